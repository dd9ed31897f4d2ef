"""A handful of numbers that tell how an installation is doing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from laidan.domain.orders.groups import list_groups
from laidan.engine import reading_sql
from laidan.engine.bulk_sql import instant

COUNTED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts at an instant; late, held and due are counted up to COUNTED_MAX."""

    orders: dict[tuple[str, str], int]
    late: int
    held: int
    due: int


def read_figures(*, now: datetime) -> Figures:
    """Return the numbers, from counters and from indexes that hold little else."""
    orders: dict[tuple[str, str], int] = {}
    for one in list_groups():
        key = (one.group.type, one.group.state)
        orders[key] = orders.get(key, 0) + one.count
    return Figures(
        orders,
        _count("sales_order WHERE late_at < %s", instant(now)),
        _count("hold WHERE released_at IS NULL"),
        _count("sales_order WHERE deadline_at < %s", instant(now)),
    )


def _count(source: str, *params: object) -> int:
    ((count,),) = reading_sql.rows(
        f"SELECT COUNT(*) FROM (SELECT 1 FROM {source} LIMIT {COUNTED_MAX}) s", params
    )
    return int(count)
