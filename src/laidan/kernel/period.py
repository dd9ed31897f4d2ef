"""Half-open periods [starts, ends) and the dated buckets that they cover."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

NIGHTS_MAX = 366


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open span of days; empty or backward spans raise ValueError."""

    starts_date: date
    ends_date: date

    def __post_init__(self) -> None:
        if self.ends_date <= self.starts_date:
            raise ValueError("a period ends after it starts")

    def dates(self) -> list[date]:
        """Return each day of the period, the end left out."""
        days = (self.ends_date - self.starts_date).days
        return [self.starts_date + timedelta(days=offset) for offset in range(days)]


def parse_day(text: str) -> date:
    """Return the day of an ISO 8601 date or date-time; raises ValueError."""
    return datetime.fromisoformat(text).date() if len(text) > 10 else date.fromisoformat(text)


def buckets(starts: str, ends: str) -> list[str]:
    """Return the ISO dates of [starts, ends), at most NIGHTS_MAX; raises ValueError."""
    period = Period(parse_day(starts), parse_day(ends))
    if (period.ends_date - period.starts_date).days > NIGHTS_MAX:
        raise ValueError(f"a booking covers at most {NIGHTS_MAX} days")
    return [day.isoformat() for day in period.dates()]
