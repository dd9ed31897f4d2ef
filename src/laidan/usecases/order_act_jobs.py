"""Leaves an act on many chosen orders to a worker, and takes such a job back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from laidan.domain.jobs.core import RowResult
from laidan.domain.orders import store as orders
from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases.act_on_orders import HOLD, RELEASE, TAG, UNTAG, ManyAct
from laidan.usecases.start_jobs import StartJob, start_jobs
from laidan.usecases.transition_requests import TransitionInputs

ORDER_ACT = "order_act"
ORDERS_MAX = 20_000


class OrderAct(msgspec.Struct, frozen=True):
    """What the job is told: the act, and the orders by id."""

    orders: list[str]
    act: ManyAct


def start_order_act(
    wish: OrderAct, actor: Actor, user_id: str | None, *, title: str, now: datetime
) -> Outcome[str]:
    """Let a worker act on many orders; answers the job's id.

    Locks nothing. Refuses: nothing-chosen, too-many-orders. What each order came to is told by
    the job's rows.
    """
    if not wish.orders:
        return Refused("nothing-chosen", "No order is chosen; choose some first.", 422)
    if len(wish.orders) > ORDERS_MAX:
        reason = f"{len(wish.orders)} orders are chosen; an act may be about {ORDERS_MAX}."
        return Refused("too-many-orders", reason, 422)
    request = StartJob(
        ORDER_ACT, actor, user_id, params=_told(wish), title=title, total=len(wish.orders)
    )
    (outcome,) = start_jobs([request], now=now)
    return outcome


def _told(wish: OrderAct) -> dict[str, object]:
    inputs = {
        name: value
        for name, value in msgspec.to_builtins(wish.act.inputs).items()
        if value is not None
    }
    act = {"name": wish.act.name, "value": wish.act.value, "inputs": inputs}
    return {"orders": wish.orders, "act": act}


def way_back_of(params: dict[str, object]) -> ManyAct | None:
    """Return the act that takes a whole job back, None where nothing does."""
    try:
        act = msgspec.convert(params, OrderAct).act
    except msgspec.ValidationError:
        return None
    if act.name in (TAG, UNTAG):
        return ManyAct(UNTAG if act.name == TAG else TAG, act.value)
    if act.name == HOLD:
        return ManyAct(RELEASE, inputs=TransitionInputs(scope=act.inputs.scope or "order"))
    return None


def changed_by(rows: Iterable[RowResult]) -> list[str]:
    """Return the ids of the orders that a job changed (one query)."""
    numbers: Sequence[str] = [
        row.object for row in rows if row.told.code == "done" and not row.told.is_refused
    ]
    known = orders.find_order_ids(numbers) if numbers else {}
    return [known[number] for number in numbers if number in known]
