"""The queues in which simultaneous requests about orders gather; each commits batch by batch."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar

from django.db import InterfaceError, OperationalError

from laidan.engine import idempotency
from laidan.engine.group_commit import Answering, GroupCommit, OverloadedError
from laidan.engine.idempotency import Keyed
from laidan.engine.unit import BusyError
from laidan.interfaces.api import bodies
from laidan.interfaces.api.bodies import Headers
from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.amend_orders import amend_orders
from laidan.usecases.answers import OrderAnswer
from laidan.usecases.order_requests import Placing
from laidan.usecases.place_orders import place_orders
from laidan.usecases.preparing import Preparer
from laidan.usecases.transition_requests import Advance, Amend

R = TypeVar("R")
T = TypeVar("T")
K = TypeVar("K", bound=Keyed)
log = logging.getLogger("laidan.api")

OVERLOADED = Refused(
    "overloaded", "More requests are waiting than can be answered soon; try again later.", 503
)
BUSY = Refused(
    "busy", "The database is busy or away; send the same request again, under its key.", 503
)
FAULT = Refused("internal-fault", "The request met a fault of the program.", 500)


_preparer = Preparer()


def _place(batch: Sequence[Placing]) -> Sequence[Outcome[OrderAnswer]]:
    now = datetime.now(UTC)
    outcomes = place_orders(batch, now=now)
    _preparer.note_short(outcomes, now=now)
    return outcomes


def _prepare(request: Placing) -> Placing:
    return _preparer.prepare(request, now=datetime.now(UTC))


def _advance(batch: Sequence[Advance]) -> Sequence[Outcome[OrderAnswer]]:
    return advance_orders(batch, now=datetime.now(UTC))


def _amend(batch: Sequence[Amend]) -> Sequence[Outcome[OrderAnswer]]:
    return amend_orders(batch, now=datetime.now(UTC))


placing: GroupCommit[Placing, OrderAnswer] = GroupCommit(_place, prepare=_prepare)
"""Every order that this process takes over HTTP is placed through this queue."""
advancing: GroupCommit[Advance, OrderAnswer] = GroupCommit(_advance)
amending: GroupCommit[Amend, OrderAnswer] = GroupCommit(_amend)


def read_batch(
    target: bytes, headers: Headers, body: bytes, actor: Actor
) -> list[Placing | Refused] | Refused:
    """Return the requests of a batch of orders, unless its key was used for another batch."""
    requests = bodies.placings_of(target, headers, body, actor)
    return requests if isinstance(requests, Refused) else unless_used(requests)


def unless_used(requests: list[K | Refused]) -> list[K | Refused] | Refused:
    """Return a batch's requests, unless its key was used for another batch (one query)."""
    keys = [one.once for one in requests if not isinstance(one, Refused) and one.once is not None]
    return idempotency.conflict(keys) or requests


def refusal_of(fault: BaseException) -> Refused:
    """Return what a caller is told about a fault."""
    if isinstance(fault, OverloadedError):
        return OVERLOADED
    if isinstance(fault, (BusyError, OperationalError, InterfaceError)):
        return BUSY
    log.error("a command faulted", exc_info=fault)
    return FAULT


class Mailbox(Generic[R, T]):
    """Brings outcomes from a queue's leader to one event loop, which it wakes once for many."""

    def __init__(self, queue: GroupCommit[R, T], loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._queue = queue
        self._landed: deque[tuple[asyncio.Future[Outcome[T]], Outcome[T]]] = deque()
        self._is_called = False

    async def ask(self, request: R) -> Outcome[T]:
        """Queue a request and return its outcome; a fault is a refusal."""
        future: asyncio.Future[Outcome[T]] = self.loop.create_future()
        try:
            self._queue.submit(request, self._answering(future))
        except OverloadedError:
            return OVERLOADED
        return await future

    async def ask_all(self, requests: Sequence[R]) -> list[Outcome[T]] | Refused:
        """Queue requests together, or refuse them together; return their outcomes in order."""
        futures = [self.loop.create_future() for _ in requests]
        entries = [
            (request, self._answering(future))
            for request, future in zip(requests, futures, strict=True)
        ]
        try:
            self._queue.submit_many(entries)
        except OverloadedError:
            return OVERLOADED
        return [await future for future in futures]

    def _answering(self, future: asyncio.Future[Outcome[T]]) -> Answering[T]:
        def answer(outcome: Outcome[T] | BaseException) -> None:
            told = refusal_of(outcome) if isinstance(outcome, BaseException) else outcome
            self._landed.append((future, told))
            if not self._is_called:
                self._is_called = True
                self.loop.call_soon_threadsafe(self._deliver)

        return answer

    def _deliver(self) -> None:
        # Cleared first: what lands from here on calls again.
        self._is_called = False
        landed = self._landed
        while landed:
            future, outcome = landed.popleft()
            # Who hung up has cancelled its future.
            if not future.done():
                future.set_result(outcome)


def call_all(queue: GroupCommit[R, T], requests: Sequence[R]) -> list[Outcome[T]] | Refused:
    """Queue requests together and wait in a thread, as `Mailbox.ask_all` does in a loop."""
    try:
        found = queue.call_many(requests)
    except OverloadedError:
        return OVERLOADED
    return [refusal_of(one) if isinstance(one, BaseException) else one for one in found]
