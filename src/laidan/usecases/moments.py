"""Instants that callers give."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from laidan.kernel.outcome import Refused, invalid


def past_instant(loc: str, text: str, now: datetime) -> datetime | Refused:
    """Return an instant that is not in the future, in UTC, or the refusal of its text."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return invalid(loc, "must be a time such as 2026-11-22T10:00:00+08:00")
    if at.tzinfo is None:
        return invalid(loc, "must have an offset such as +08:00")
    if at.year < 1990 or at > now + timedelta(days=1):
        return invalid(loc, "must be between 1990 and now")
    return at.astimezone(UTC)
