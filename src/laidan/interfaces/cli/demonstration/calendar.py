"""When the demo's orders come in: more on evenings, week-ends and sales, and more each month."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

DAYS = 90
ZONE = ZoneInfo("Asia/Shanghai")
LAST_MINUTES = 25
"""The span before now in which some orders are sure to have come, so that some are still unpaid."""
LAST_ORDERS = 30
_HOURS = (3, 2, 1, 1, 1, 2, 4, 8, 14, 22, 26, 22, 24, 22, 18, 17, 16, 16, 18, 24, 32, 34, 24, 10)
_SALES = {(6, 18): 3.0, (11, 11): 3.4, (12, 12): 2.4}


def instants(count: int, now: datetime, rng: Random) -> list[datetime]:
    """Return when each order came in, the first first."""
    begin = now - timedelta(days=DAYS)
    hours = [begin + timedelta(hours=hour) for hour in range(DAYS * 24)]
    weights = [_weight(hour.astimezone(ZONE), (hour - begin).days / DAYS) for hour in hours]
    late = min(LAST_ORDERS, count // 10)
    found = [
        hour + timedelta(seconds=rng.randrange(3600))
        for hour in rng.choices(hours, weights, k=count - late)
    ]
    found += [now - timedelta(seconds=rng.randrange(30, LAST_MINUTES * 60)) for _ in range(late)]
    return sorted(min(instant, now - timedelta(seconds=5)) for instant in found)


def _weight(local: datetime, share: float) -> float:
    week = 1.25 if local.weekday() >= 5 else 1.0
    sale = _SALES.get((local.month, local.day), 1.0)
    return _HOURS[local.hour] * week * sale * (0.8 + 0.5 * share)
