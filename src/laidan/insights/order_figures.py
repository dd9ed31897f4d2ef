"""Figures of orders: how many, for how much, to whom; in all, and by day, article, place and more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from laidan.domain.orders.selecting import Condition
from laidan.engine import calendar_sql, reading_sql
from laidan.engine.bulk_sql import instant
from laidan.engine.reading_sql import Fragment
from laidan.insights.order_conditions import OrderFilter
from laidan.insights.order_list import Scope, scope_of
from laidan.kernel.money import round_half_up
from laidan.kernel.outcome import Refused

By = Literal[
    "day", "month", "hour", "type", "shop", "state", "category", "country", "province", "customer",
    "sku",
]  # fmt: skip
ORDERS_MAX = 200_000
"""How many orders one question may read."""
MICRO = 6
"""Units are counted in millionths, since some articles are sold by the gram."""
_PERIODS: dict[str, calendar_sql.Period] = {"day": "day", "month": "month", "hour": "hour"}
_COLUMNS = {
    "type": "o.type", "state": "o.state", "category": "o.category", "shop": "o.shop_id",
    "country": "o.ship_country", "province": "o.ship_province", "customer": "o.customer_id",
}  # fmt: skip
_SORTS = {
    "key": "part", "amount": "amount", "orders": "orders", "units": "units", "buyers": "buyers",
    "refunded": "refunded",
}  # fmt: skip
_NAMES = {
    "shop": ("id", "code, name", "shop"),
    "customer": ("id", "ref, name", "customer"),
    "sku": ("code", "code, name", "sku"),
}
"""By which column a part is looked up, its code and name, and where."""
_BRANCHES_MAX = 200
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: of which orders, by what, in which order, how many parts."""

    wanted: OrderFilter
    by: By | None
    sort: str
    limit: int
    zone: ZoneInfo
    country: str | None = None
    province: str | None = None
    currency: str | None = None
    """Of which currency the parts are; the sums are of each."""


@dataclass(frozen=True, slots=True)
class Part:
    """Figures of some orders in one currency; amounts are in minor units, units in millionths.

    Captures and refunds are those of whole orders: by article they are None.
    """

    key: str
    currency: str
    orders: int
    paid_orders: int
    cancelled_orders: int
    units: int
    free_units: int | None
    goods: int
    amount: int
    captured: int | None
    refunded: int | None
    buyers: int
    repeat_buyers: int
    label: str = ""

    @property
    def kept(self) -> int | None:
        """What was captured and not refunded."""
        if self.captured is None or self.refunded is None:
            return None
        return self.captured - self.refunded

    @property
    def average_amount(self) -> int | None:
        """The amount of an order on average, rounded half up."""
        return round_half_up(self.amount, self.orders) if self.orders else None

    @property
    def average_paid(self) -> int | None:
        """What was kept of a paid order on average, rounded half up."""
        if self.kept is None or not self.paid_orders:
            return None
        return round_half_up(self.kept, self.paid_orders)


@dataclass(frozen=True, slots=True)
class Answer:
    """The sums of each currency, the parts asked for, and whether there are more parts."""

    totals: list[Part]
    parts: list[Part]
    has_more: bool


NOTHING = Answer([], [], has_more=False)


def read_figures(question: Question, *, now: datetime) -> Answer | Refused:
    """Return the figures of the orders that a filter leaves; a fixed number of queries.

    More than ORDERS_MAX orders in the span and groups asked for are refused: span-too-wide.
    """
    scope = scope_of(question.wanted, now=now)
    if scope is None or not scope.groups:
        return NOTHING
    if _is_too_wide(question.wanted, scope):
        return Refused(
            "span-too-wide",
            f"More than {ORDERS_MAX:,} orders: narrow placed_from and placed_to, shop, type or "
            "state.",
            422,
        )
    source, sums = _source(question, scope), _order_sums()
    totals = _read(question, source, None, sums)
    if question.by is None or not totals:
        return Answer(totals, [], has_more=False)
    if question.currency is not None:
        where, params = source
        where = f"{where} {'AND' if where else 'WHERE'} o.currency = %s"
        source = where, (*params, question.currency)
    parts = _read(question, source, question.by, sums)
    return Answer(totals, _named(question.by, parts[: question.limit]), len(parts) > question.limit)


def _is_too_wide(wanted: OrderFilter, scope: Scope) -> bool:
    """Count what may have to be read: by the counters, else by index entries of the span."""
    if scope.group_total <= ORDERS_MAX:
        return False
    span = _span(wanted)
    if span is None:
        return True
    where, params = span
    table, values = f"sales_order o{reading_sql.by_index('order_placed')} WHERE {where}", params
    if scope.within is not None and len(scope.groups) <= _BRANCHES_MAX:
        inner, values = reading_sql.branches(
            f"SELECT o.id FROM sales_order o{reading_sql.by_index('order_group')}",
            ("o.shop_id", "o.type", "o.state"),
            scope.groups,
            (f"AND {where}", params),
            f"LIMIT {ORDERS_MAX + 1}",
        )
        table = f"{inner} o"
    ((count,),) = reading_sql.rows(
        f"SELECT COUNT(*) FROM (SELECT 1 FROM {table} LIMIT {ORDERS_MAX + 1}) c", values
    )
    return int(count) > ORDERS_MAX


def _span(wanted: OrderFilter) -> Fragment | None:
    parts = [
        (f"o.placed_at {compare} %s", instant(value))
        for compare, value in ((">=", wanted.placed_from), ("<", wanted.placed_to))
        if value is not None
    ]
    if not parts:
        return None
    return " AND ".join(sql for sql, _ in parts), tuple(value for _, value in parts)


def _source(question: Question, scope: Scope) -> Fragment:
    """Return the orders asked for as WHERE's conditions."""
    conditions = [*scope.conditions, *([scope.within] if scope.within else [])]
    for name in ("country", "province"):
        value = getattr(question, name)
        if value is not None:
            conditions.append(Condition(f"o.ship_{name} = %s", (value,), indexed=False))
    sql = " AND ".join(one.sql for one in conditions)
    return f"WHERE {sql}" if sql else "", tuple(item for one in conditions for item in one.params)


def _read(question: Question, source: Fragment, by: By | None, sums: str) -> list[Part]:
    """Return the parts by key and currency: first summed up for each customer, then over all."""
    key, key_params = _key(question, by)
    where, params = source
    if by == "customer":
        where = f"{where} {'AND' if where else 'WHERE'} o.customer_id IS NOT NULL"
    of_span = _span(question.wanted) is not None
    use = reading_sql.by_index("order_placed") if of_span else ""
    sums, join = (_LINE_SUMS, _LINES) if by == "sku" else (sums, "")
    inner = (
        f"SELECT {key} AS part, o.currency, o.customer_id, {sums} FROM sales_order o{use} {join} "
        f"{where} GROUP BY part, o.currency, o.customer_id"
    )
    names = ("orders", "paid_orders", "cancelled_orders", "units", "free_units", "goods", "amount",
             "captured", "refunded")  # fmt: skip
    added = ", ".join(f"SUM(s.{name}) AS {name}" for name in names)
    order, limit = "currency", ""
    if by is not None:
        column = _SORTS[question.sort.removeprefix("-")]
        direction = "DESC" if question.sort.startswith("-") else "ASC"
        order, limit = f"{column} {direction}, part, currency", f"LIMIT {question.limit + 1}"
    rows = reading_sql.rows(
        f"SELECT s.part AS part, s.currency AS currency, {added}, "
        "COUNT(s.customer_id) AS buyers, "
        "SUM(CASE WHEN s.customer_id IS NOT NULL AND s.orders > 1 THEN 1 ELSE 0 END) "
        f"FROM ({inner}) s GROUP BY s.part, s.currency ORDER BY {order} {limit}",
        (*key_params, *params),
    )
    return [_part(row, of_lines=by == "sku") for row in rows]


def _key(question: Question, by: By | None) -> Fragment:
    if by is None:
        return "''", ()
    if by in _PERIODS:
        span = _bounds(question.wanted)
        return calendar_sql.period_of("o.placed_at", _PERIODS[by], question.zone, span)
    return ("l.sku_code" if by == "sku" else _COLUMNS[by]), ()


def _bounds(wanted: OrderFilter) -> tuple[datetime, datetime]:
    """Return between which instants the orders lie that a filter may leave."""
    ((first, last),) = reading_sql.rows(
        "SELECT (SELECT MIN(placed_at) FROM sales_order), (SELECT MAX(placed_at) FROM sales_order)"
    )
    known = [reading_sql.instant_of(value) or _EARLIEST for value in (first, last)]
    start = max(known[0], wanted.placed_from or known[0], _EARLIEST)
    end = min(known[1], wanted.placed_to or known[1])
    return start, max(start, end) + timedelta(seconds=1)


_LINES = "JOIN order_line l ON l.order_id = o.id"
_LINE_MICRO = (
    "l.quantity * CASE l.decimals "
    + " ".join(f"WHEN {count} THEN {10 ** (MICRO - count)}" for count in range(MICRO + 1))
    + " END"
)
# An article may stand on several lines of an order.
_LINE_SUMS = (
    "COUNT(DISTINCT o.id) AS orders, "
    "COUNT(DISTINCT CASE WHEN o.captured_minor > 0 THEN o.id END) AS paid_orders, "
    "COUNT(DISTINCT CASE WHEN o.category = 'cancelled' THEN o.id END) AS cancelled_orders, "
    f"SUM({_LINE_MICRO}) AS units, "
    f"SUM(CASE WHEN l.goods_minor = 0 THEN {_LINE_MICRO} ELSE 0 END) AS free_units, "
    "SUM(l.goods_minor) AS goods, SUM(l.total_minor) AS amount, "
    "0 AS captured, 0 AS refunded"
)


def _order_sums() -> str:
    """Return the sums over orders; their lines are read only where an article has decimals."""
    ((measured,),) = reading_sql.rows("SELECT EXISTS (SELECT 1 FROM sku WHERE decimals > 0)")
    units = f"o.units * {10**MICRO}"
    if measured:
        units = f"(SELECT SUM({_LINE_MICRO}) FROM order_line l WHERE l.order_id = o.id)"
    return (
        "COUNT(*) AS orders, SUM(CASE WHEN o.captured_minor > 0 THEN 1 ELSE 0 END) AS paid_orders, "
        "SUM(CASE WHEN o.category = 'cancelled' THEN 1 ELSE 0 END) AS cancelled_orders, "
        f"SUM({units}) AS units, 0 AS free_units, SUM(o.goods_minor) AS goods, "
        "SUM(o.total_minor) AS amount, SUM(o.captured_minor) AS captured, "
        "SUM(o.refunded_minor) AS refunded"
    )


def _part(row: Sequence[Any], *, of_lines: bool) -> Part:
    key, currency, *sums = row
    # Sums come as integers, decimals or (of no lines at all) None.
    orders, paid, cancelled, units, free, goods, amount, captured, refunded, buyers, repeat = (
        int(value or 0) for value in sums
    )
    return Part(
        str(key), currency, orders, paid, cancelled, units, free if of_lines else None, goods,
        amount, None if of_lines else captured, None if of_lines else refunded, buyers, repeat,
    )  # fmt: skip


def _named(by: By, parts: list[Part]) -> list[Part]:
    """Return parts under codes and names that people know, in one query."""
    if by not in _NAMES or not parts:
        return parts
    key, columns, table = _NAMES[by]
    where, values = reading_sql.one_of(key, dict.fromkeys(part.key for part in parts))
    names = {
        str(id_): (code or str(id_), name)
        for id_, code, name in reading_sql.rows(
            f"SELECT {key}, {columns} FROM {table} WHERE {where}", values
        )
    }
    found = [(part, *names.get(part.key, (part.key, ""))) for part in parts]
    return [replace(part, key=key, label=label) for part, key, label in found]
