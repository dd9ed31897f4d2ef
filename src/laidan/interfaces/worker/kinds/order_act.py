"""The job that takes one act for many chosen orders: a transition, a hold, a tag, an assignment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import msgspec

from laidan.domain.jobs.core import RowResult, Told
from laidan.domain.orders import store as orders
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases import work_jobs
from laidan.usecases.act_on_orders import (
    ASSIGN,
    BATCH_MAX,
    RELEASE,
    TAG,
    UNTAG,
    Acted,
    ManyAct,
    act_on_orders,
    back_of,
    inputs_for,
    text_of,
)
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.assign_orders import assign_orders
from laidan.usecases.order_act_jobs import OrderAct
from laidan.usecases.transition_requests import Advance
from laidan.usecases.view_requests import Assign
from laidan.usecases.work_jobs import Item, Work

_UNCHANGED = "unchanged"


def work(job: Work) -> Iterator[None]:
    """Act on the orders chunk by chunk; yields after each."""
    for act, ids, start in _chunks(msgspec.convert(job.job.params, OrderAct), job.cursor or 0):
        rows = orders.load_orders(ids, lock=False)
        named = [(one, rows[one].order_no if one in rows else one) for one in ids]
        if act.name in (TAG, UNTAG):
            _tag(job, act, named, start)
        elif act.name == ASSIGN:
            _assign(job, act, named, start)
        else:
            _advance(job, act, named, start)
        yield


Named = Sequence[tuple[str, str]]
"""Orders by id, each with what people call it."""


def _chunks(wish: OrderAct, begin: int) -> Iterator[tuple[ManyAct, list[str], int]]:
    """Yield the acts from a place on, each with a batch of orders and the place before it."""
    ahead = 0
    for part in wish.parts:
        for start in range(max(0, begin - ahead), len(part.orders), BATCH_MAX):
            yield part.act, part.orders[start : start + BATCH_MAX], ahead + start
        ahead += len(part.orders)


def _tag(job: Work, act: ManyAct, named: Named, start: int) -> None:
    outcomes = act_on_orders([one for one, _ in named], act, actor=job.actor, now=job.clock())
    told = [
        RowResult(at, name, _tagged(outcome))
        for at, ((_, name), outcome) in enumerate(
            zip(named, outcomes, strict=True), start=start + 1
        )
    ]
    # Done again after a crash, each of these changes nothing.
    job.note(told, start + len(named))


def _assign(job: Work, act: ManyAct, named: Named, start: int) -> None:
    items = [
        Item(Assign(order_id, act.value, job.actor), at, name, at)
        for at, (order_id, name) in enumerate(named, start=start + 1)
    ]
    job.carry_out(items, partial(assign_orders, now=job.clock()), _assigned)


def _advance(job: Work, act: ManyAct, named: Named, start: int) -> None:
    holds = orders.load_holds([one for one, _ in named]) if act.name == RELEASE else {}

    def tell(outcome: Outcome[Any]) -> Told:
        told = work_jobs.told(outcome)
        if isinstance(outcome, Refused) or act.name != RELEASE:
            return told
        before = [(one.scope, one.reason) for one in holds.get(outcome.value.order_id, [])]
        return told._replace(back=text_of(back_of(act, before)))

    items = [
        Item(Advance(order_id, act.name, job.actor, inputs_for(act, name)), at, name, at)
        for at, (order_id, name) in enumerate(named, start=start + 1)
    ]
    job.carry_out(items, partial(advance_orders, now=job.clock()), tell)


def _tagged(outcome: Outcome[Acted]) -> Told:
    if isinstance(outcome, Refused):
        return Told(outcome.code, outcome.detail, is_refused=True)
    return Told("done" if outcome.value.changed else _UNCHANGED)


def _assigned(outcome: Outcome[Any]) -> Told:
    if isinstance(outcome, Refused):
        return work_jobs.told(outcome)
    return Told("done", back=text_of([ManyAct(ASSIGN, outcome.value.before or "")]))
