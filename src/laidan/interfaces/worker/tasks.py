"""What the worker does by the second, and how often; what comes at times of day are schedules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from laidan.engine import housekeeping
from laidan.interfaces.worker import jobs, notes, schedules
from laidan.interfaces.worker.loop import Task
from laidan.usecases import grant_access
from laidan.usecases.expire_deadlines import end_holds, expire_due
from laidan.usecases.set_prices import turn_price_lists

DEADLINES_SECONDS = 1.0
HOLDS_SECONDS = 5.0
HEARTBEAT_SECONDS = 5.0
PRICES_SECONDS = 15.0
SILENT_AFTER = timedelta(seconds=60)
"""A worker that has not been heard of for so long is missing."""
_EXPIRE_AT_ONCE = 200


def all_tasks() -> Sequence[Task]:
    """Return every task of the worker."""
    return (
        Task("deadlines", DEADLINES_SECONDS, _expire, full=_EXPIRE_AT_ONCE),
        Task("holds", HOLDS_SECONDS, _end_holds, full=_EXPIRE_AT_ONCE),
        Task("heartbeat", HEARTBEAT_SECONDS, _beat),
        Task("job-leases", jobs.LEASES_SECONDS, jobs.extend_leases),
        Task("schedule-leases", jobs.LEASES_SECONDS, schedules.extend_leases),
        Task("key-use", 15.0, _note_key_use),
        Task("price-lists", PRICES_SECONDS, _turn_prices),
        Task("task-notes", notes.NOTES_SECONDS, notes.write_notes),
    )


def _expire(now: datetime) -> int:
    return expire_due(_EXPIRE_AT_ONCE, now=now)


def _end_holds(now: datetime) -> int:
    return end_holds(_EXPIRE_AT_ONCE, now=now)


def _beat(now: datetime) -> int:
    housekeeping.beat(now=now)
    return 1


def _note_key_use(_: datetime) -> int:
    return grant_access.note_key_use()


def _turn_prices(now: datetime) -> int:
    return turn_price_lists(now=now)
