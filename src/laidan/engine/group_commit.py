"""Group commit: simultaneous single requests travel in one batch.

While one batch commits, the next one gathers; there is no timer, so a lone request never waits.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Generic, TypeVar

from django.db import close_old_connections

from laidan.engine import spare_time
from laidan.kernel.outcome import Outcome

R = TypeVar("R")
T = TypeVar("T")
log = logging.getLogger("laidan.group_commit")

BATCH_MAX = 128
"""Requests of one commit: larger batches gain little throughput and cost latency."""
QUEUE_MAX = 8192
"""Requests that may wait: about two seconds of work; more are turned away before any work."""

_REST_SECONDS = 5.0

Answering = Callable[[Outcome[T] | BaseException], None]
Entry = tuple[R, Answering[T]]


class OverloadedError(Exception):
    """The queue is full; the request was not begun."""


class GroupCommit(Generic[R, T]):
    """Gathers requests of one command; one leader thread at a time commits them."""

    def __init__(
        self,
        command: Callable[[Sequence[R]], Sequence[Outcome[T]]],
        *,
        prepare: Callable[[R], R] | None = None,
        batch_max: int = BATCH_MAX,
        queue_max: int = QUEUE_MAX,
    ) -> None:
        self._command = command
        self._prepare = prepare
        self._prepared = 0
        self._used_at = 0.0
        self._batch_max = batch_max
        self._queue_max = queue_max
        self._waiting: deque[Entry[R, T]] = deque()
        self._arrived = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._leader: threading.Thread | None = None
        self._sleeping = False

    def submit(self, request: R, answer: Answering[T]) -> None:
        """Queue a request; `answer` is called once from the leader's thread.

        Raises OverloadedError when the queue is full.
        """
        self.submit_many([(request, answer)])

    def submit_many(self, entries: Sequence[Entry[R, T]]) -> None:
        """Queue requests with their answers, as `submit` does; all of them or none."""
        waiting = self._waiting
        # An empty queue takes what is larger than itself, or that could never be done.
        if waiting and len(waiting) + len(entries) > self._queue_max:
            raise OverloadedError
        waiting.extend(entries)
        if self._sleeping or self._leader is None:
            self._wake()

    def call(self, request: R) -> Outcome[T]:
        """Queue a request and wait for its outcome; raises what the command raised."""
        (outcome,) = self.call_many([request])
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def call_many(self, requests: Sequence[R]) -> list[Outcome[T] | BaseException]:
        """Queue requests together and wait for their outcomes, in the order given."""
        futures: list[Future[Outcome[T] | BaseException]] = [Future() for _ in requests]
        self.submit_many(
            [
                (request, future.set_result)
                for request, future in zip(requests, futures, strict=True)
            ]
        )
        return [future.result() for future in futures]

    def _wake(self) -> None:
        with self._lock:
            if self._leader is None or not self._leader.is_alive():
                self._leader = threading.Thread(
                    target=self._lead, name="laidan-committer", daemon=True
                )
                self._leader.start()
            elif self._sleeping:
                self._sleeping = False
                self._arrived.release()

    def _lead(self) -> None:
        while True:
            if not self._waiting:
                self._sleeping = True
                # A request queued before the flag was seen would wait for the next one.
                if self._waiting:
                    self._sleeping = False
                else:
                    self._arrived.acquire()
                continue
            count = min(len(self._waiting), self._batch_max)
            self._prepared = max(0, self._prepared - count)
            self._commit([self._waiting.popleft() for _ in range(count)])

    def _look_after_connection(self) -> None:
        """Have a connection that rested looked at; one in use shows by itself that it is alive."""
        now = time.monotonic()
        if now - self._used_at > _REST_SECONDS:
            close_old_connections()
        self._used_at = now

    def _prepare_next(self) -> bool:
        """Prepare one request of the next batch, while this one waits for the database."""
        prepare, place = self._prepare, self._prepared
        if prepare is None or place >= min(len(self._waiting), self._batch_max):
            return False
        # Others only append, and this thread alone takes away.
        request, answer = self._waiting[place]
        self._prepared = place + 1
        with suppress(Exception):  # what is wrong with it comes out when its own batch decides
            self._waiting[place] = (prepare(request), answer)
        return True

    def _commit(self, taken: Sequence[Entry[R, T]]) -> None:
        try:
            self._look_after_connection()
            with spare_time.used_for(self._prepare_next):
                outcomes: Sequence[Outcome[T] | BaseException] = self._command(
                    [request for request, _ in taken]
                )
        except BaseException as error:  # whoever waits must be told
            outcomes = [error] * len(taken)
        if len(outcomes) != len(taken):
            outcomes = [RuntimeError("the command lost count of its requests")] * len(taken)
        for (_, answer), outcome in zip(taken, outcomes, strict=True):
            try:
                answer(outcome)
            except BaseException:
                # Whoever asked may be gone; the others still wait for theirs.
                log.exception("an outcome could not be delivered")
