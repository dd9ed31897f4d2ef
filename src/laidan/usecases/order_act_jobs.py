"""Leaves an act on many chosen orders to a worker, and takes such a job back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from laidan.domain.jobs.core import RowResult
from laidan.domain.orders import store as orders
from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases.act_on_orders import (
    ASSIGN,
    HOLD,
    RELEASE,
    TAG,
    UNTAG,
    ManyAct,
    acts_of,
    text_of,
)
from laidan.usecases.start_jobs import StartJob, start_jobs
from laidan.usecases.transition_requests import TransitionInputs

ORDER_ACT = "order_act"
ORDERS_MAX = 20_000


ROWS_KNOW = (ASSIGN, RELEASE)
"""Acts that each order takes back in its own way: their job's rows say how."""


class OrderAct(msgspec.Struct, frozen=True):
    """What the job is told: the act, and the orders by id; `more` are further acts after it."""

    orders: list[str]
    act: ManyAct
    more: list[OrderAct] = []

    @property
    def parts(self) -> list[OrderAct]:
        """Every act with its orders."""
        return [self, *self.more]


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
    total = sum(len(part.orders) for part in wish.parts)
    request = StartJob(ORDER_ACT, actor, user_id, params=_told(wish), title=title, total=total)
    (outcome,) = start_jobs([request], now=now)
    return outcome


def _told(wish: OrderAct) -> dict[str, object]:
    inputs = {
        name: value
        for name, value in msgspec.to_builtins(wish.act.inputs).items()
        if value is not None
    }
    act = {"name": wish.act.name, "value": wish.act.value, "inputs": inputs}
    told: dict[str, object] = {"orders": wish.orders, "act": act}
    return told | {"more": [_told(part) for part in wish.more]} if wish.more else told


def can_go_back(params: dict[str, object]) -> bool:
    """Say whether there is a way back from what a job was told to do."""
    try:
        wish = msgspec.convert(params, OrderAct)
    except msgspec.ValidationError:
        return False
    return _is_told_by_rows(wish) or (not wish.more and _back_of_all(wish.act) is not None)


def way_back_of(params: dict[str, object], rows: Iterable[RowResult]) -> OrderAct | None:
    """Return the acts that take a whole job back, None where nothing does (one query)."""
    if not can_go_back(params):
        return None
    wish = msgspec.convert(params, OrderAct)
    done = [row for row in rows if row.told.code == "done" and not row.told.is_refused]
    known = orders.find_order_ids([row.object for row in done]) if done else {}
    by_act: dict[str, list[str]] = {}
    usual = _back_of_all(wish.act)
    for row in done:
        for act in acts_of(row.told.back) or ([usual] if usual is not None else []):
            if row.object in known:
                by_act.setdefault(text_of([act]), []).append(known[row.object])
    parts = [OrderAct(ids, acts_of(text)[0]) for text, ids in by_act.items()]
    return OrderAct(parts[0].orders, parts[0].act, parts[1:]) if parts else None


def _is_told_by_rows(wish: OrderAct) -> bool:
    return all(part.act.name in ROWS_KNOW for part in wish.parts)


def _back_of_all(act: ManyAct) -> ManyAct | None:
    """Return the act that takes an act back from whatever order, None where orders differ."""
    if act.name in (TAG, UNTAG):
        return ManyAct(UNTAG if act.name == TAG else TAG, act.value)
    if act.name == HOLD:
        return ManyAct(RELEASE, inputs=TransitionInputs(scope=act.inputs.scope or "order"))
    return None
