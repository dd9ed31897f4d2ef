"""The job that takes one transition for many orders: those named, or all that a filter leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from laidan.domain.orders import store as orders
from laidan.domain.orders.selecting import Position
from laidan.insights.order_conditions import OrderFilter
from laidan.insights.order_list import find_page
from laidan.kernel.ids import parse_id
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.bulk_acts import BulkAct
from laidan.usecases.transition_requests import Advance
from laidan.usecases.work_jobs import Item, Work

CHUNK = 200
COUNTED_MAX = 10_000
"""So many orders of a filter are counted beforehand; of more nobody waits for the number."""
_SORT = "placed_at"

Chosen = tuple[str, str, Any]
"""An order's id or number, what people call it, and where the job stands after it."""


def work(job: Work) -> Iterator[None]:
    """Advance the orders chunk by chunk; yields after each."""
    wish = msgspec.convert(job.job.params, BulkAct)
    if wish.filter is None:
        chunks = _named(wish.orders, job.cursor or 0)
    else:
        wanted = replace(msgspec.convert(wish.filter, OrderFilter), sight=job.actor.sight())
        if wish.asked_at is not None:
            end = min(wanted.placed_to or wish.asked_at, wish.asked_at)
            wanted = replace(wanted, placed_to=end)
        if job.job.total is None and job.cursor is None:
            job.note([], None, total=_count(wanted, job.clock()))
            yield
        chunks = _found(wanted, job)
    row = job.job.done
    for chunk in chunks:
        items = [
            Item(Advance(order, wish.transition, job.actor, wish.inputs), at, name, cursor)
            for at, (order, name, cursor) in enumerate(chunk, start=row + 1)
        ]
        row += len(items)
        job.carry_out(items, partial(advance_orders, now=job.clock()))
        yield


def _named(names: Sequence[str], begin: int) -> Iterator[list[Chosen]]:
    """Yield the orders that were named, from a place on."""
    for start in range(begin, len(names), CHUNK):
        part = names[start : start + CHUNK]
        ids = [order_id for name in part if (order_id := parse_id(name))]
        rows = orders.load_orders(ids, lock=False) if ids else {}
        yield [
            (name, rows[name].order_no if name in rows else name, at)
            for at, name in enumerate(part, start=start + 1)
        ]


def _found(wanted: OrderFilter, job: Work) -> Iterator[list[Chosen]]:
    """Yield the orders that a filter leaves, oldest first; what moves out of it meanwhile is done."""
    position = None
    if job.cursor is not None:
        at, order_id = job.cursor
        position = Position(datetime.fromisoformat(at), order_id)
    while True:
        page = find_page(wanted, sort=_SORT, limit=CHUNK, position=position, now=job.clock())
        rows = orders.load_orders(page.ids, lock=False)
        found = [rows[order_id] for order_id in page.ids if order_id in rows]
        if found:
            yield [(row.id, row.order_no, [row.placed_at.isoformat(), row.id]) for row in found]
            position = Position(found[-1].placed_at, found[-1].id)
        if not page.has_more or not found:
            return


def _count(wanted: OrderFilter, now: datetime) -> int | None:
    page = find_page(wanted, sort=_SORT, limit=COUNTED_MAX, position=None, now=now)
    return None if page.has_more else len(page.ids)
