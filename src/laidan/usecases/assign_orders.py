"""Says who looks after orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from laidan.domain.access import queries as access
from laidan.domain.channels import store as channels
from laidan.domain.orders import store as orders
from laidan.domain.workplace import store as workplace
from laidan.domain.workplace.core import Assigned
from laidan.engine import epochs, unit
from laidan.kernel.actor import Place, forbidden
from laidan.kernel.ids import parse_id
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases import needing
from laidan.usecases.restating import not_found
from laidan.usecases.view_requests import Assign

BATCH_MAX = 1000
RIGHT = "orders.change_tags"
"""Who may put tags on an order may also say who looks after it."""


class Assignment(NamedTuple):
    """An order, and whose it was before (an id, or None for nobody's)."""

    order_id: str
    before: str | None


@needing.asks_inside("orders.change_tags", why="asked before each order, where it stands")
def assign_orders(batch: Sequence[Assign], *, now: datetime) -> list[Outcome[Assignment]]:
    """Give each order to a person, or to nobody; one outcome per request, in the order given.

    Locks: nothing; the last to assign wins. No event: who looks after an order is no part of it.
    Refuses: not-found (of an order), unknown-user, forbidden.
    """
    if len(batch) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} orders")
    return unit.run_batch(batch, lambda wanted: _attempt(wanted, now))


def _attempt(batch: Sequence[Assign], now: datetime) -> list[Outcome[Assignment]]:
    numbers = {one.order for one in batch if parse_id(one.order) is None}
    by_number = orders.find_order_ids(numbers) if numbers else {}
    ids = {one.order: parse_id(one.order) or by_number.get(one.order) for one in batch}
    there = orders.load_orders({one for one in ids.values() if one}, lock=False)
    shops = channels.load_shops({row.shop_id for row in there.values()}, epochs.read())
    users = _users()
    present = {key: one.user_id for key, one in workplace.load_assignments(there).items()}
    stored = set(present)
    outcomes: list[Outcome[Assignment]] = []
    wanted: dict[str, Assigned | None] = {}
    for request in batch:
        order_id = ids[request.order]
        row = there.get(order_id or "")
        here = Place(shops[row.shop_id].code, row.category, row.state) if row else None
        if order_id is None or here is None or not request.actor.sees(here):
            outcomes.append(not_found(request.order))
        elif not request.actor.at(here).may(RIGHT):
            outcomes.append(forbidden(RIGHT))
        elif request.username and request.username not in users:
            outcomes.append(_unknown_user(request.username))
        else:
            user_id = users.get(request.username)
            outcomes.append(Done(Assignment(order_id, present.pop(order_id, None))))
            if user_id is not None:
                present[order_id] = user_id
            made = Assigned(order_id, user_id, request.actor.label) if user_id else None
            wanted[order_id] = made
    given = [one for one in wanted.values() if one is not None]
    workplace.write_assignments(
        [one for one in given if one.order_id not in stored],
        [one for one in given if one.order_id in stored],
        now=now,
    )
    workplace.delete_assignments([key for key, one in wanted.items() if one is None])
    return outcomes


def _users() -> dict[str, str]:
    """Return the ids of active users by name and by id."""
    found: dict[str, str] = {}
    for one in access.list_users():
        if one.is_active:
            found |= {one.username: one.id, one.id: one.id}
    return found


def _unknown_user(username: str) -> Refused:
    return Refused("unknown-user", f"There is no active user {username!r}.", 404)
