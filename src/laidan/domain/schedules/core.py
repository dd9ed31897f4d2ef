"""What schedules are, as values: when one is late, when a failed one is tried again; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

IDLE, RUNNING = "idle", "running"
DONE, FAILED, LOST = "done", "failed", "lost"
OUTCOMES = (RUNNING, DONE, FAILED, LOST)
"""What a run came to; lost is one whose worker was not heard of any more."""

LEASE = timedelta(seconds=60)
"""How long a worker may be silent before its schedule is taken by another."""
GRACE = timedelta(minutes=2)
"""So long a schedule may take after two intervals before it counts as late."""
RUNS_KEPT = 500
MESSAGE_CHARS = 500
_RETRY_FIRST = timedelta(minutes=1)
_RETRY_MOST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ScheduleFacts:
    """A schedule as the one who runs it knows it; `planned_at` is the time that was due."""

    id: str
    code: str
    kind: str
    cron: str
    shop: str
    zone: str
    params: dict[str, Any]
    is_paused: bool
    token: int
    tries: int
    run_id: str
    planned_at: datetime | None
    last_ok_at: datetime | None
    asked_by: str


class RunEnd(NamedTuple):
    """What a run came to, and what it says: figures by name, a sentence."""

    outcome: str
    figures: dict[str, int]
    message: str = ""


def lease_end(now: datetime) -> datetime:
    """Return until when a taker that is heard of now keeps its schedule."""
    return now + LEASE


def retry_at(tries: int, now: datetime) -> datetime:
    """Return when a run that failed `tries` times in a row is tried again.

    >>> retry_at(3, datetime(2026, 1, 1)).isoformat()
    '2026-01-01T00:04:00'
    """
    doubled: int = 2 ** min(max(tries - 1, 0), 10)
    return now + min(_RETRY_FIRST * doubled, _RETRY_MOST)


def late_at(times: list[datetime]) -> datetime | None:
    """Return when a schedule is late that has not succeeded: at the second of its next times."""
    return times[1] + GRACE if len(times) > 1 else None


def due_at(next_at: datetime | None, retry: datetime | None) -> datetime | None:
    """Return the sooner of both, None where there is neither."""
    return min((one for one in (next_at, retry) if one is not None), default=None)


def is_late(late: datetime | None, now: datetime, *, is_paused: bool) -> bool:
    """Say whether a schedule has not succeeded in two intervals."""
    return late is not None and late <= now and not is_paused
