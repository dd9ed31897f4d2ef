"""What the API tells: orders, their timelines, the board."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from laidan.domain.orders.rows import OrderRow
from laidan.domain.orders.selecting import Position
from laidan.insights import board, masking, order_documents, order_list, timeline
from laidan.insights.order_documents import ShownOrder, place_of
from laidan.insights.vocabulary import worded
from laidan.interfaces.api import answers, paying, questions, rendering
from laidan.interfaces.api.authentication import Needs, viewer_of
from laidan.interfaces.api.order_schemas import ORDER
from laidan.interfaces.api.pagination import read_cursor, write_cursor
from laidan.interfaces.api.problems import RefusedError
from laidan.interfaces.api.rendering import Viewer
from laidan.kernel.actor import Actor
from laidan.kernel.money import format_minor
from laidan.kernel.outcome import Refused

_encode = msgspec.json.Encoder().encode
_JSON = "application/json; charset=utf-8"
_READ = Needs("orders.view")


def register(router: Router) -> None:
    """Add the operations, after those of other files whose paths begin with fixed words.

    Ninja has one view for a path of one router, so that reading and writing share theirs.
    """
    for path, view, schema, summary in (
        ("/orders", list_orders, answers.ORDERS, "List orders"),
        ("/orders/{order}", get_order, ORDER, "Get an order"),
        ("/orders/{order}/events", list_events, answers.EVENTS, "Timeline of an order"),
        ("/board", get_board, answers.BOARD, "Orders by state"),
    ):
        router.add_api_operation(
            path, ["GET"], view, auth=_READ, summary=summary, tags=["orders"],
            openapi_extra=answers.described(schema),
        )  # fmt: skip


def answer(document: object) -> HttpResponse:
    """Return a document as JSON that no cache keeps."""
    return _answer(_encode(document))


def _answer(body: bytes) -> HttpResponse:
    response = HttpResponse(body, content_type=_JSON)
    response["Cache-Control"] = "no-store"
    return response


def list_orders(request: HttpRequest, wanted: Query[questions.OrderQuery]) -> HttpResponse:
    """Orders that meet every filter given, page by page; a page's end stays under inserts.

    Payments, parcels, returns and actions are told with `full=true`, or by GET of one order.
    """
    now, viewer = datetime.now(UTC), viewer_of(request)
    page = order_list.find_page(
        wanted.filter(viewer.actor.sight()),
        sort=wanted.sort,
        limit=wanted.limit,
        position=_position(wanted.sort, wanted.cursor),
        now=now,
    )
    last, items = None, []
    if wanted.full:
        for shown in order_documents.load_shown(page.ids, now=now):
            items.append(order_json(shown, viewer))
            last = shown.row
    else:
        for listed in order_documents.load_listed(page.ids):
            actor = viewer.actor.at(place_of(listed.row, listed.document["shop"]))
            contact = masking.contact_for(listed.contact, actor)
            items.append(_encode(masking.document_for(listed.document, actor) | contact))
            last = listed.row
    cursor = None
    if page.has_more and last is not None:
        cursor = write_cursor(f"orders {wanted.sort}", _place(last, wanted.sort))
    return _answer(b'{"items":[%b],"next_cursor":%b}' % (b",".join(items), _encode(cursor)))


def _position(sort: str, cursor: str | None) -> Position | None:
    kind = int if sort.endswith("total") else datetime
    found = read_cursor(f"orders {sort}", cursor, (kind, str))
    return Position(*found) if found is not None else None


def _place(row: OrderRow, sort: str) -> Sequence[Any]:
    values = {"placed_at": row.placed_at, "updated_at": row.updated_at, "total": row.total_minor}
    return values[sort.removeprefix("-")], row.id


def get_order(request: HttpRequest, order: str) -> HttpResponse:
    """One order, by id or by order number; its version is the ETag."""
    viewer = viewer_of(request)
    shown = find_shown(order, viewer.actor)
    response = _answer(order_json(shown, viewer))
    response["ETag"] = f'"{shown.row.version}"'
    return response


def find_shown(name: str, actor: Actor) -> ShownOrder:
    """Return the order of an id or number, if the actor sees it; raises RefusedError: not-found."""
    order_id = order_documents.find_order_id(name)
    found = order_documents.load_shown([order_id] if order_id else [], now=datetime.now(UTC))
    if not found or not actor.sees(found[0].place):
        raise RefusedError(Refused("not-found", f"There is no order {name[:40]!r}.", 404))
    return found[0]


def order_json(shown: ShownOrder, viewer: Viewer) -> bytes:
    """Return an order with its contact, as far as the viewer may read it, and his actions."""
    actor = viewer.actor.at(shown.place)
    contact = masking.contact_for(shown.contact, actor)
    actions = rendering.actions_json(shown.type_key, shown.standing, viewer._replace(actor=actor))
    document, person = _encode(masking.document_for(shown.document, actor)), _encode(contact)
    payment = paying.member(shown.row.id, shown.standing, document, actor)
    return b'%b,%b%b,"actions":%b}' % (document[:-1], person[1:-1], payment, actions)


def list_events(
    request: HttpRequest,
    order: str,
    wanted: Query[questions.PageQuery],
) -> HttpResponse:
    """What happened to an order, the first first; each event carries the chain's hash."""
    viewer = viewer_of(request)
    shown = find_shown(order, viewer.actor)
    kind = f"events {shown.row.id}"
    found = read_cursor(kind, wanted.cursor, (int,))
    entries = timeline.list_events(
        shown.row.id, after=found[0] if found else 0, limit=wanted.limit + 1
    )
    more = len(entries) > wanted.limit
    entries = entries[: wanted.limit]
    cursor = write_cursor(kind, (entries[-1].seq,)) if more else None
    actor = viewer.actor.at(shown.place)
    items = [masking.entry_for(one, actor) for one in entries]
    return answer({"items": items, "next_cursor": cursor})


def get_board(request: HttpRequest, wanted: Query[questions.BoardQuery]) -> HttpResponse:
    """Count, amount and oldest age of each state; never older than the last commit."""
    now, viewer = datetime.now(UTC), viewer_of(request)
    columns = board.get_board(
        now=now, types=wanted.type, shops=wanted.shop, sight=viewer.actor.sight()
    )
    return answer({"at": now, "states": [_column(one, now, viewer) for one in columns]})


def _column(column: board.Column, now: datetime, viewer: Viewer) -> dict[str, Any]:
    sums = () if "price" in viewer.actor.masks else column.sums
    only = sums[0] if len(sums) == 1 else None
    oldest = column.oldest_at
    return {
        "state": column.state,
        "category": column.category,
        "label": worded(column.label, viewer.language),
        "types": column.types,
        "count": column.count,
        "currency": only.currency if only else None,
        "amount": format_minor(only.amount_minor, only.currency) if only else None,
        "amounts": [
            {
                "currency": one.currency,
                "count": one.count,
                "amount": format_minor(one.amount_minor, one.currency),
            }
            for one in sums
        ],
        "oldest_at": oldest,
        "oldest_age_seconds": int((now - oldest).total_seconds()) if oldest else None,
        "late": column.late,
        "held": column.held,
    }
