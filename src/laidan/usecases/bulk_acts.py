"""Acting on many orders at once, as a job: the wish, and its start."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases.needing import asks_inside
from laidan.usecases.start_jobs import StartJob, start_jobs
from laidan.usecases.transition_requests import TransitionInputs

BULK_ACT = "bulk_act"
ORDERS_MAX = 20_000
"""So many orders may be named; more are chosen by a filter."""


class BulkAct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One transition for orders that are named (ids or numbers), or for all that a filter leaves.

    `filter` is an `insights.order_conditions.OrderFilter` by `msgspec.to_builtins`. Orders placed
    after `asked_at` are not meant.
    """

    transition: str
    inputs: TransitionInputs = TransitionInputs()
    orders: list[str] = []
    filter: dict[str, Any] | None = None
    asked_at: datetime | None = None


@asks_inside(
    "orders.transition.advance",
    why="advance_orders asks each transition's own permission per order",
)
def start_bulk_act(  # noqa: PLR0913 - who, what and once, each by its name
    wish: BulkAct,
    actor: Actor,
    user_id: str | None,
    *,
    title: str = "",
    once: str | None = None,
    now: datetime,
) -> Outcome[str]:
    """Let a worker take one transition for many orders; answers the job's id.

    Locks nothing. Refuses: nothing-chosen, too-many-orders. What each order came to is told by
    the job's rows.
    """
    if wish.filter is None and not wish.orders:
        return Refused("nothing-chosen", "No order is chosen; choose some first.", 422)
    if len(wish.orders) > ORDERS_MAX:
        reason = f"{len(wish.orders)} orders are named; name up to {ORDERS_MAX}, or use a filter."
        return Refused("too-many-orders", reason, 422)
    asked = msgspec.structs.replace(wish, asked_at=wish.asked_at or now)
    params = {name: value for name, value in msgspec.to_builtins(asked).items() if value}
    total = len(wish.orders) if wish.filter is None else None
    request = StartJob(BULK_ACT, actor, user_id, params=params, title=title, once=once, total=total)
    (outcome,) = start_jobs([request], now=now)
    return outcome
