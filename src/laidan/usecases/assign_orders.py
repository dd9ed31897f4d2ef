"""Says who looks after orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from laidan.domain.access import queries as access
from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.channels import store as channels
from laidan.domain.orders import store as orders
from laidan.domain.orders.rows import OrderRow
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
RIGHT = "orders.assign"


class Assignment(NamedTuple):
    """An order, and whose it was before (an id, or None for nobody's)."""

    order_id: str
    before: str | None


@needing.asks_inside(RIGHT, why="asked before each order, where it stands")
def assign_orders(batch: Sequence[Assign], *, now: datetime) -> list[Outcome[Assignment]]:
    """Give each order to a person, or to nobody; one outcome per request, in the order given.

    Locks: nothing; the last to assign wins. No event: who looks after an order is no part of it;
    the operation log tells.
    Refuses: not-found (of an order), unknown-user, forbidden.
    """
    if len(batch) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} orders")
    return unit.run_batch(batch, lambda wanted: _attempt(wanted, now))


class Known(NamedTuple):
    """What assigning a batch needs to know: orders by the names given, users, who has what."""

    rows: dict[str, OrderRow]
    places: dict[str, Place]
    users: dict[str, str]
    present: dict[str, str]


def _attempt(batch: Sequence[Assign], now: datetime) -> list[Outcome[Assignment]]:
    known = _load(batch)
    stored, present = set(known.present), dict(known.present)
    names = {user_id: name for name, user_id in known.users.items() if name != user_id}
    outcomes: list[Outcome[Assignment]] = []
    deeds: list[Deed] = []
    wanted: dict[str, Assigned | None] = {}
    for request in batch:
        refused = _refusal(request, known)
        if refused is not None:
            outcomes.append(refused)
            continue
        row, user_id = known.rows[request.order], known.users.get(request.username)
        before = present.pop(row.id, None)
        outcomes.append(Done(Assignment(row.id, before)))
        if user_id is not None:
            present[row.id] = user_id
        wanted[row.id] = Assigned(row.id, user_id, request.actor.label) if user_id else None
        if before != user_id:
            old, new = ({"assignee": names.get(one or "", one)} for one in (before, user_id))
            deeds.append(
                Deed(request.actor.label, "order.assigned", "order", row.id, row.order_no, old, new)
            )
    given = [one for one in wanted.values() if one is not None]
    workplace.write_assignments(
        [one for one in given if one.order_id not in stored],
        [one for one in given if one.order_id in stored],
        now=now,
    )
    workplace.delete_assignments([key for key, one in wanted.items() if one is None])
    record(deeds, now=now)
    return outcomes


def _load(batch: Sequence[Assign]) -> Known:
    numbers = {one.order for one in batch if parse_id(one.order) is None}
    by_number = orders.find_order_ids(numbers) if numbers else {}
    ids = {one.order: parse_id(one.order) or by_number.get(one.order) for one in batch}
    there = orders.load_orders({one for one in ids.values() if one}, lock=False)
    shops = channels.load_shops({row.shop_id for row in there.values()}, epochs.read())
    rows = {name: there[id_] for name, id_ in ids.items() if id_ in there}
    places = {
        name: Place(shops[row.shop_id].code, row.category, row.state) for name, row in rows.items()
    }
    assigned = {key: one.user_id for key, one in workplace.load_assignments(there).items()}
    return Known(rows, places, _users(), assigned)


def _refusal(request: Assign, known: Known) -> Refused | None:
    here = known.places.get(request.order)
    if here is None or not request.actor.sees(here):
        return not_found(request.order)
    if not request.actor.at(here).may(RIGHT):
        return forbidden(RIGHT)
    if request.username and request.username not in known.users:
        return _unknown_user(request.username)
    return None


def _users() -> dict[str, str]:
    """Return the ids of active users by name and by id."""
    found: dict[str, str] = {}
    for one in access.list_users():
        if one.is_active:
            found |= {one.username: one.id, one.id: one.id}
    return found


def _unknown_user(username: str) -> Refused:
    return Refused("unknown-user", f"There is no active user {username!r}.", 404)
