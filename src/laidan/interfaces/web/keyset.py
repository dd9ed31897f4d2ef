"""Pages of the order list: where one begins and where its neighbours do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core import signing

from laidan.domain.orders.rows import OrderRow
from laidan.domain.orders.selecting import Position
from laidan.insights import order_cards, order_list
from laidan.insights.order_cards import OrderCard
from laidan.interfaces.web.order_query import OrderQuery

_SALT = "laidan.web.list"


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page: its orders and the places of its neighbours, "" where there is none."""

    cards: list[OrderCard]
    before: str
    after: str


def find_page(query: OrderQuery, *, now: datetime) -> ListPage:
    """Return the page that an address asks for; a place that cannot be read is the beginning."""
    given = query.address
    position = _read(given.get("after"), query.sort, backwards=False)
    if position is None:
        position = _read(given.get("before"), query.sort, backwards=True)
    page = _find(query, position, now)
    if position is not None and position.backwards and not page.has_more:
        # Fewer than a page lie before: the first page is whole.
        position, page = None, _find(query, None, now)
    cards = order_cards.load_cards(page.ids, now=now)
    if not cards:
        return ListPage([], "", "")
    goes_back = position is not None and position.backwards
    return ListPage(
        cards,
        before=_write(query.sort, cards[0].row) if position is not None else "",
        after=_write(query.sort, cards[-1].row) if page.has_more or goes_back else "",
    )


def _find(query: OrderQuery, position: Position | None, now: datetime) -> order_list.Page:
    return order_list.find_page(
        query.filter, sort=query.sort, limit=query.limit, position=position, now=now
    )


def _write(sort: str, row: OrderRow) -> str:
    name = sort.removeprefix("-")
    value = {
        "placed_at": row.placed_at.isoformat(),
        "updated_at": row.updated_at.isoformat(),
        "total": row.total_minor,
    }[name]
    return signing.Signer(salt=_SALT).sign_object([name, value, row.id])


def _read(text: str | None, sort: str, *, backwards: bool) -> Position | None:
    if not text:
        return None
    try:
        name, value, order_id = signing.Signer(salt=_SALT).unsign_object(text)
    except Exception:  # base64, JSON and compression each fail in their way
        return None
    if name != sort.removeprefix("-"):
        return None
    if name != "total":
        value = datetime.fromisoformat(value)
    return Position(value, order_id, backwards)
