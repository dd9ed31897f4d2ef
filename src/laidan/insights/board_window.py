"""The board of one customer or of a span of time: what the counters do not know, counted in bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from laidan.domain.orders.groups import list_groups
from laidan.domain.orders.models import WAITING
from laidan.engine import reading_sql
from laidan.engine.bulk_sql import instant
from laidan.insights.board import Column, Sum
from laidan.insights.order_conditions import LATE_CATEGORIES
from laidan.insights.sight import Seen
from laidan.kernel.actor import Sight

COUNTED_MAX = 2_000
"""Orders of one state that are counted; beyond it the board says so many."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which orders a board is about: those of a customer, and those placed since then."""

    customer: str | None = None
    placed_from: datetime | None = None


def narrow(
    columns: Sequence[Column],
    window: Window,
    shops: Sequence[str],
    sight: Sight,
    *,
    now: datetime,
) -> list[Column]:
    """Return the columns with what lies in the window (a fixed number of queries).

    `columns` come from `board.get_board` for the same types, shops and sight.
    """
    where, params = _where(window, sight)
    keys = _keys(columns, shops)
    if where is None or not keys:
        return [_empty(one) for one in columns]
    table, values = reading_sql.branches(
        "SELECT o.type, o.state, o.category, o.currency, o.total_minor, o.state_since_at, "
        "o.late_at, o.open_holds FROM sales_order o",
        ("o.shop_id", "o.type", "o.state"),
        keys,
        (where, params),
        f"LIMIT {COUNTED_MAX}",
    )
    late = ", ".join(f"'{category}'" for category in LATE_CATEGORIES)
    found = reading_sql.rows(
        "SELECT o.type, o.state, o.category, o.currency, COUNT(*), SUM(o.total_minor), "
        "MIN(o.state_since_at), SUM(CASE WHEN o.late_at < %s AND o.category IN "
        f"({late}) THEN 1 ELSE 0 END), SUM(CASE WHEN o.open_holds > 0 THEN 1 ELSE 0 END) "
        f"FROM {table} AS o GROUP BY o.type, o.state, o.category, o.currency",
        (instant(now), *values),
    )
    return [_filled(one, [row for row in found if _is_of(one, row)]) for one in columns]


def _keys(columns: Sequence[Column], shops: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return shop, type and state of the groups that the columns count (one or two queries)."""
    wanted = {(type_, one.state) for one in columns if one.count for type_ in one.types}
    shop_ids: set[str] | None = None
    if shops:
        where, values = reading_sql.one_of("code", shops)
        shop_ids = set(reading_sql.ids(f"SELECT id FROM shop WHERE {where}", values))
    found = {
        tuple(one.group)
        for one in list_groups()
        if one.count
        and (one.group.type, one.group.state) in wanted
        and (shop_ids is None or one.group.shop_id in shop_ids)
    }
    return sorted((shop, type_, state) for shop, type_, state in found)


def _where(window: Window, sight: Sight) -> tuple[str | None, tuple[object, ...]]:
    """Return what narrows each state, None where nobody is meant."""
    parts: list[str] = []
    params: list[object] = []
    within = Seen(sight).condition()
    if within is not None:
        parts.append(f"AND {within.sql}")
        params += within.params
    if window.customer is not None:
        ids = reading_sql.ids("SELECT id FROM customer WHERE ref = %s", [window.customer])
        if not ids:
            return None, ()
        parts.append("AND o.customer_id = %s")
        params.append(ids[0])
    if window.placed_from is not None:
        parts.append("AND o.placed_at >= %s")
        params.append(instant(window.placed_from))
    return " ".join(parts), tuple(params)


def _is_of(column: Column, row: tuple[object, ...]) -> bool:
    return row[0] in column.types and row[1] == column.state and row[2] == column.category


def _empty(column: Column) -> Column:
    return replace(column, count=0, sums=(), oldest_at=None, late=0, held=0)


def _filled(column: Column, rows: Sequence[tuple[object, ...]]) -> Column:
    sums: dict[str, list[int]] = {}
    for row in rows:
        total = sums.setdefault(str(row[3]), [0, 0])
        total[0] += int(str(row[4]))
        total[1] += int(str(row[5]))
    waits = [
        at
        for row in rows
        if row[2] in WAITING and (at := reading_sql.instant_of(row[6])) is not None
    ]
    return replace(
        column,
        count=sum(count for count, _ in sums.values()),
        sums=tuple(Sum(code, count, amount) for code, (count, amount) in sorted(sums.items())),
        oldest_at=min(waits, default=None),
        late=sum(int(str(row[7])) for row in rows),
        held=sum(int(str(row[8])) for row in rows),
    )
