"""What the worker does, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from laidan.engine import housekeeping
from laidan.interfaces.worker import jobs
from laidan.interfaces.worker.loop import Task
from laidan.usecases import grant_access, keep_sessions
from laidan.usecases.expire_deadlines import end_holds, expire_due
from laidan.usecases.keep_files import sweep_files
from laidan.usecases.seal_log import seal_days
from laidan.usecases.set_prices import turn_price_lists

DEADLINES_SECONDS = 1.0
HOLDS_SECONDS = 5.0
HEARTBEAT_SECONDS = 5.0
PRICES_SECONDS = 15.0
SILENT_AFTER = timedelta(seconds=60)
"""A worker that has not been heard of for so long is missing."""
_EXPIRE_AT_ONCE = 200
_CLEAN_AT_ONCE = 500
SEAL_SECONDS = 900.0
_SEAL_AT_ONCE = 7
_KEYS_KEPT = timedelta(days=30)


def all_tasks() -> Sequence[Task]:
    """Return every task of the worker."""
    return (
        Task("deadlines", DEADLINES_SECONDS, _expire, full=_EXPIRE_AT_ONCE),
        Task("holds", HOLDS_SECONDS, _end_holds, full=_EXPIRE_AT_ONCE),
        Task("heartbeat", HEARTBEAT_SECONDS, _beat),
        Task("job-leases", jobs.LEASES_SECONDS, jobs.extend_leases),
        Task("seal-log", SEAL_SECONDS, _seal_log, full=_SEAL_AT_ONCE),
        Task("clean-sessions", 3600.0, _clean_sessions),
        Task("key-use", 15.0, _note_key_use),
        Task("price-lists", PRICES_SECONDS, _turn_prices),
        Task("clean-files", 3600.0, _sweep_files, full=_CLEAN_AT_ONCE),
        Task("clean-idempotency-keys", 600.0, _clean_keys, full=_CLEAN_AT_ONCE),
    )


def _expire(now: datetime) -> int:
    return expire_due(_EXPIRE_AT_ONCE, now=now)


def _end_holds(now: datetime) -> int:
    return end_holds(_EXPIRE_AT_ONCE, now=now)


def _beat(now: datetime) -> int:
    housekeeping.beat(now=now)
    return 1


def _seal_log(now: datetime) -> int:
    return seal_days(_SEAL_AT_ONCE, now=now)


def _clean_sessions(now: datetime) -> int:
    return keep_sessions.clean_sessions(now=now)


def _note_key_use(_: datetime) -> int:
    return grant_access.note_key_use()


def _turn_prices(now: datetime) -> int:
    return turn_price_lists(now=now)


def _sweep_files(now: datetime) -> int:
    return sweep_files(now=now, limit=_CLEAN_AT_ONCE)


def _clean_keys(now: datetime) -> int:
    return housekeeping.sweep_old_keys(now - _KEYS_KEPT, limit=_CLEAN_AT_ONCE)
