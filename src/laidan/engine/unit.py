"""The unit of work: one transaction for a batch, retried, and bisected around a fault."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, Protocol, TypeVar

from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection
from django.db import transaction as django_transaction

from laidan.engine import statements
from laidan.kernel.outcome import Outcome, Refused

R = TypeVar("R")
T = TypeVar("T")
log = logging.getLogger("laidan.unit")

TRIES_MAX = 8
"""Lost races are decided anew this often; each winner made progress, so few suffice."""
_BACKOFF_SECONDS = 0.004
# SQLite admits one writer: waiting on a lock of our own is fair and wakes at once, its busy
# handler polls.
_sqlite_writer = threading.RLock()
# 40001 serialization failure, 40P01 deadlock, 55P03 lock timeout; MySQL 1213 deadlock,
# 1205 lock wait timeout, 1020 record changed since last read.
_TRANSIENT_STATES = {"40001", "40P01", "55P03"}
_TRANSIENT_NUMBERS = {1213, 1205, 1020}


class BusyError(Exception):
    """The database stayed busy or away; the same request may be sent again under its key."""


class SupersededError(Exception):
    """The work that a batch belongs to was taken over or ended: it is rolled back and left."""


class Rider(Protocol):
    """What is committed along with a batch by somebody whom the batch does not know."""

    def ride(self, batch: Sequence[Any], outcomes: Sequence[Outcome[Any]]) -> None:
        """Write into the batch's transaction; raising rolls the batch back with it."""

    def arrived(self) -> None:
        """Take note that the transaction ridden last was committed."""


class _Riding(threading.local):
    """The rider of this thread's batches."""

    rider: Rider | None = None


_riding = _Riding()


@contextmanager
def riding(rider: Rider) -> Iterator[None]:
    """Let somebody write into every transaction that a command commits inside the block."""
    before, _riding.rider = _riding.rider, rider
    try:
        yield
    finally:
        _riding.rider = before


def transaction() -> AbstractContextManager[Any]:
    """Return the one transaction that a command runs in."""
    return django_transaction.atomic(durable=True)


def run_batch(
    batch: Sequence[R], attempt: Callable[[Sequence[R]], Sequence[Outcome[T]]]
) -> list[Outcome[T]]:
    """Run a batch in one transaction; return one outcome per request, in order.

    A transient fault (deadlock, serialization failure, busy or absent database, lost race) rolls
    back and decides again on fresh state; BusyError is raised where that does not help. Any other
    exception halves the batch until the request that causes it stands alone and is answered by a
    refusal; requests that share a `link` stay together.
    """
    if not batch:
        return []
    try:
        return _with_retries(batch, attempt)
    except (BusyError, SupersededError):
        raise
    except Exception as fault:
        linked = chains(batch)
        if len(linked) == 1:
            log.exception("a request faulted and was rolled back")
            refusal = Refused(
                "internal-fault",
                "The request met a fault of the program; nothing of it was kept. "
                f"({type(fault).__name__})",
                500,
            )
            return [refusal] * len(batch)
    middle = len(linked) // 2
    left = [request for chain in linked[:middle] for request in chain]
    right = [request for chain in linked[middle:] for request in chain]
    return _run_half(left, attempt) + _run_half(right, attempt)


def _run_half(
    batch: Sequence[R], attempt: Callable[[Sequence[R]], Sequence[Outcome[T]]]
) -> list[Outcome[T]]:
    """Run a part of a batch; the other part may be committed, so this one speaks for itself."""
    try:
        return run_batch(batch, attempt)
    except BusyError:
        refusal = Refused("busy", "The database is busy; send the same request again.", 503)
        return [refusal] * len(batch)


def run_once(work: Callable[[], T]) -> T:
    """Run work that answers for itself in one transaction, with the same retries."""
    outcome: list[T] = []

    def attempt(_: Sequence[None]) -> list[Outcome[None]]:
        outcome[:] = [work()]
        return []

    _with_retries([None], attempt)
    return outcome[0]


class _UndoneError(Exception):
    """Ends a transaction that was only to be looked at."""


def run_undone(work: Callable[[], T]) -> T:
    """Run work in one transaction, with the same retries, and keep nothing of it."""
    outcome: list[T] = []

    def attempt() -> None:
        outcome[:] = [work()]
        raise _UndoneError

    with suppress(_UndoneError):
        run_once(attempt)
    return outcome[0]


def _with_retries(
    batch: Sequence[R], attempt: Callable[[Sequence[R]], Sequence[Outcome[T]]]
) -> list[Outcome[T]]:
    rider = _riding.rider
    writer = _sqlite_writer if connection.vendor == "sqlite" else nullcontext()
    for tried in range(1, TRIES_MAX + 1):
        session, is_decided = None, False
        try:
            with writer, transaction():
                session = connection.connection
                outcomes = list(attempt(batch))
                if rider is not None:
                    rider.ride(batch, outcomes)
                is_decided = True
                statements.commit()
        except (DatabaseError, InterfaceError) as error:
            # Django replaces a session that broke; one that never began could not connect.
            is_lost = session is None or session is not connection.connection
            if not is_lost and not _is_transient(error):
                raise
            if is_lost and is_decided:
                # Nobody knows whether the commit arrived: deciding again could do it twice.
                raise BusyError("the database went away while committing") from error
            if tried == TRIES_MAX:
                if isinstance(error, IntegrityError):
                    raise
                raise BusyError("the database is busy or away") from error
            time.sleep(random.uniform(0, _BACKOFF_SECONDS * 2**tried))  # noqa: S311 - jitter
        else:
            if rider is not None:
                rider.arrived()
            return outcomes
    raise AssertionError("unreachable")


def _is_transient(error: DatabaseError | InterfaceError) -> bool:
    if isinstance(error, IntegrityError):
        return True
    cause = error.__cause__
    if getattr(cause, "sqlstate", None) in _TRANSIENT_STATES:
        return True
    arguments = error.args or (0,)
    if isinstance(error, OperationalError) and connection.vendor == "sqlite":
        return "locked" in str(error) or "busy" in str(error)
    return arguments[0] in _TRANSIENT_NUMBERS


def chains(batch: Sequence[R]) -> list[list[R]]:
    """Group neighbours that share a link; a request without a link stands alone."""
    found: list[list[R]] = []
    last: str | None = None
    for request in batch:
        named = getattr(request, "link", None)
        link = named if isinstance(named, str) else None
        if link is not None and link == last:
            found[-1].append(request)
        else:
            found.append([request])
        last = link
    return found
