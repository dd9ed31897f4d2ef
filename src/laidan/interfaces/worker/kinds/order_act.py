"""The job that takes one act for many chosen orders: a transition, a hold, a tag, an assignment."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import msgspec

from laidan.domain.jobs.core import RowResult, Told
from laidan.domain.orders import store as orders
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases.act_on_orders import ASSIGN, BATCH_MAX, TAG, UNTAG, Acted, act_on_orders
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.order_act_jobs import OrderAct
from laidan.usecases.transition_requests import Advance
from laidan.usecases.work_jobs import Item, Work

_UNCHANGED = "unchanged"


def work(job: Work) -> Iterator[None]:
    """Act on the orders chunk by chunk; yields after each."""
    wish = msgspec.convert(job.job.params, OrderAct)
    for start in range(job.cursor or 0, len(wish.orders), BATCH_MAX):
        ids = wish.orders[start : start + BATCH_MAX]
        rows = orders.load_orders(ids, lock=False)
        names = [rows[one].order_no if one in rows else one for one in ids]
        if wish.act.name in (TAG, UNTAG, ASSIGN):
            outcomes = act_on_orders(ids, wish.act, actor=job.actor, now=job.clock())
            told = [
                RowResult(at, name, _told(outcome))
                for at, (name, outcome) in enumerate(
                    zip(names, outcomes, strict=True), start=start + 1
                )
            ]
            # Done again after a crash, each of these changes nothing.
            job.note(told, start + len(ids))
        else:
            items = [
                Item(Advance(order_id, wish.act.name, job.actor, wish.act.inputs), at, name, at)
                for at, (order_id, name) in enumerate(zip(ids, names, strict=True), start=start + 1)
            ]
            job.carry_out(items, partial(advance_orders, now=job.clock()))
        yield


def _told(outcome: Outcome[Acted]) -> Told:
    if isinstance(outcome, Refused):
        return Told(outcome.code, outcome.detail, is_refused=True)
    return Told("done" if outcome.value.changed else _UNCHANGED)
