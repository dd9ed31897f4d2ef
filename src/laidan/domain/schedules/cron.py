"""When a cron expression comes due in a zone: each time of its clocks once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

CHARS_MAX = 120
_FIELDS = 5
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
_SOONEST = timedelta(seconds=1)


class CronFault(ValueError):
    """An expression that cannot be read, or that never comes due; its text says what is wrong."""


def check_cron(text: str) -> None:
    """Raise CronFault where an expression cannot be used.

    >>> check_cron("30 3 * * *")
    """
    if len(text) > CHARS_MAX:
        raise CronFault(f"has at most {CHARS_MAX} characters")
    if len(text.split()) != _FIELDS:
        raise CronFault("needs five parts: minute, hour, day, month, weekday")
    try:
        if not next_times(text, "UTC", _BEGINNING, 1):
            raise CronFault("never comes due")
    except CronSimError as error:
        part = str(error).removeprefix("Bad ")
        raise CronFault(f"cannot be read: {part}") from None


def next_times(text: str, zone: str, after: datetime, count: int) -> list[datetime]:
    """Return the next instants (UTC) after one, on the clocks of a zone; [] where there is none.

    A fixed time that the clocks skip in spring comes right after the gap, one that they show twice
    in autumn comes the first time alone; what comes at intervals keeps its rhythm (as Debian's
    cron does it).
    """
    return list(_next_times(" ".join(text.split()), zone, after, count))


@lru_cache(maxsize=256)
def _next_times(text: str, zone: str, after: datetime, count: int) -> tuple[datetime, ...]:
    found: list[datetime] = []
    for moment in CronSim(text, after.astimezone(ZoneInfo(zone))):
        instant = moment.astimezone(UTC)
        # In the hour that the clocks show twice, an expression may answer with the first of both.
        if instant - after >= _SOONEST and instant not in found:
            found.append(instant)
        if len(found) == count:
            break
    return tuple(found)
