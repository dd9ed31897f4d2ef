"""Pages of the order list: where one begins and where its neighbours do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from django.core import signing

from laidan.domain.orders.rows import OrderRow
from laidan.domain.orders.selecting import Position
from laidan.insights import order_cards, order_list
from laidan.insights.order_cards import OrderCard
from laidan.interfaces.web.order_query import OrderQuery
from laidan.kernel.actor import EVERYTHING_SEEN, Sight

_SALT = "laidan.web.list"
STATE = "state"
_IN_STATE = "-placed_at"
"""How orders of one state lie in a list by state."""


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page: its orders and the places of its neighbours, "" where there is none."""

    cards: list[OrderCard]
    before: str
    after: str


class _Place(NamedTuple):
    """A position, and in a list by state in which state it lies."""

    position: Position
    state: str = ""


def find_page(
    query: OrderQuery,
    *,
    now: datetime,
    states: Sequence[str] = (),
    sight: Sight = EVERYTHING_SEEN,
) -> ListPage:
    """Return the page that an address asks for; a place that cannot be read is the beginning.

    `states` are those that orders are in, in the order of a list by state.
    """
    given = query.address
    query = replace(query, filter=replace(query.filter, sight=sight))
    place = _read(given.get("after"), query.sort, backwards=False)
    if place is None:
        place = _read(given.get("before"), query.sort, backwards=True)
    page = _find(query, place, now, states)
    goes_back = place is not None and place.position.backwards
    if goes_back and not page.has_more:
        # Fewer than a page lie before: the first page is whole.
        place, goes_back = None, False
        page = _find(query, None, now, states)
    cards = order_cards.load_cards(page.ids, now=now)
    if not cards:
        return ListPage([], "", "")
    return ListPage(
        cards,
        before=_write(query.sort, cards[0].row) if place is not None else "",
        after=_write(query.sort, cards[-1].row) if page.has_more or goes_back else "",
    )


def _find(
    query: OrderQuery, place: _Place | None, now: datetime, states: Sequence[str]
) -> order_list.Page:
    if query.sort == STATE:
        return _find_by_state(query, place, now, states)
    position = place.position if place else None
    return order_list.find_page(
        query.filter, sort=query.sort, limit=query.limit, position=position, now=now
    )


def _find_by_state(
    query: OrderQuery, place: _Place | None, now: datetime, states: Sequence[str]
) -> order_list.Page:
    """Return a page that goes through the states one after the other.

    One page of each state is read at most, and most pages lie within one.
    """
    wanted = [one for one in states if not query.filter.state or one in query.filter.state]
    backwards = place is not None and place.position.backwards
    if backwards:
        wanted.reverse()
    if place is not None and place.state in wanted:
        wanted = wanted[wanted.index(place.state) :]
    ids: list[str] = []
    for state in wanted:
        left = query.limit + 1 - len(ids)
        here = place.position if place is not None and place.state == state else None
        # From behind a state begins with its oldest orders.
        sort = "placed_at" if backwards and here is None else _IN_STATE
        page = order_list.find_page(
            replace(query.filter, state=(state,)), sort=sort, limit=left, position=here, now=now
        )
        found = page.ids if sort == "placed_at" or not backwards else page.ids[::-1]
        ids += found
        if len(ids) > query.limit or page.has_more:
            break
    has_more = len(ids) > query.limit
    ids = ids[: query.limit]
    return order_list.Page(ids[::-1] if backwards else ids, has_more)


def _write(sort: str, row: OrderRow) -> str:
    name = sort.removeprefix("-")
    value = {
        "placed_at": row.placed_at.isoformat(),
        "updated_at": row.updated_at.isoformat(),
        "total": row.total_minor,
        STATE: row.placed_at.isoformat(),
    }[name]
    told = [name, value, row.id]
    return signing.Signer(salt=_SALT).sign_object([*told, row.state] if name == STATE else told)


def _read(text: str | None, sort: str, *, backwards: bool) -> _Place | None:
    if not text:
        return None
    try:
        name, value, order_id, *state = signing.Signer(salt=_SALT).unsign_object(text)
    except Exception:  # base64, JSON and compression each fail in their way
        return None
    if name != sort.removeprefix("-"):
        return None
    if name != "total":
        value = datetime.fromisoformat(value)
    return _Place(Position(value, order_id, backwards), *state)
