"""Instants as days, months and hours of a clock somewhere, in three dialects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from django.db import connection

from laidan.engine.bulk_sql import instant
from laidan.engine.reading_sql import Fragment

Period = Literal["day", "month", "hour"]
_LAYOUTS: dict[Period, tuple[str, str]] = {
    "day": ("YYYY-MM-DD", "%%Y-%%m-%%d"),
    "month": ("YYYY-MM", "%%Y-%%m"),
    "hour": ("HH24", "%%H"),
}
# No clock of the world is put forward and back again within so short a time.
_STEP = timedelta(days=7)
_EXACT = timedelta(seconds=1)


def period_of(
    column: str, period: Period, zone: ZoneInfo, span: tuple[datetime, datetime]
) -> Fragment:
    """Return the text of an instant's day (2026-11-22), month (2026-11) or hour (09).

    The clock is that of `zone`, whose changes within `span` become part of the expression: not
    every database knows time zones.
    """
    offset, params = _offset(column, zone, *span)
    standard, layout = _LAYOUTS[period]
    if connection.vendor == "postgresql":
        local = f"({column} AT TIME ZONE 'UTC') + ({offset}) * INTERVAL '1 second'"
        return f"to_char({local}, '{standard}')", params
    if connection.vendor == "mysql":
        layout = f"DATE_FORMAT({column} + INTERVAL ({offset}) SECOND, '{layout}')"
        return layout, params
    return f"strftime('{layout}', {column}, ({offset}) || ' seconds')", params


def _offset(column: str, zone: ZoneInfo, first: datetime, last: datetime) -> Fragment:
    """Return how many seconds a zone is ahead of UTC at an instant."""
    changes = _changes(zone, first, last)
    parts, params = [], []
    for at, seconds in reversed(changes):
        parts.append(f"WHEN {column} >= %s THEN {seconds}")
        params.append(instant(at))
    before = _seconds(zone, first)
    return (f"CASE {' '.join(parts)} ELSE {before} END" if parts else str(before)), tuple(params)


def _changes(zone: ZoneInfo, first: datetime, last: datetime) -> list[tuple[datetime, int]]:
    """Return when a zone's clock was changed within a span, and what it was ahead from then on."""
    steps = int((last - first) / _STEP) + 1
    marks = [*(first + _STEP * step for step in range(steps)), last]
    found = []
    for start, end in pairwise(marks):
        if _seconds(zone, start) != _seconds(zone, end):
            at = _changed_at(zone, start, end)
            found.append((at, _seconds(zone, at)))
    return found


def _changed_at(zone: ZoneInfo, start: datetime, end: datetime) -> datetime:
    """Return the first whole second of a span at which the clock is as at its end."""
    after = _seconds(zone, end)
    start, end = start.replace(microsecond=0), end.replace(microsecond=0) + _EXACT
    while end - start > _EXACT:
        middle = start + timedelta(seconds=int((end - start).total_seconds()) // 2)
        if _seconds(zone, middle) == after:
            end = middle
        else:
            start = middle
    return end


def _seconds(zone: ZoneInfo, at: datetime) -> int:
    ahead = at.astimezone(UTC).astimezone(zone).utcoffset() or timedelta()
    return int(ahead.total_seconds())
