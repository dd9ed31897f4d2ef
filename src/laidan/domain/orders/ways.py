"""The ways to a page of orders as SQL: every one gives the same page, at its own cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from laidan.domain.orders.selecting import Condition, Group, Selection
from laidan.engine import reading_sql
from laidan.engine.bulk_sql import instant
from laidan.engine.reading_sql import Fragment

# Groups that one statement merges; SQLite takes no more than 500 parts.
BRANCHES_MAX = 200
# Orders that may come in between counting candidates and fetching them.
SLACK = 200
# Keeps the databases from planning what is inside for the little that the outside asks for.
_ALL = f"LIMIT {10**9}"
# The index that holds each group in the order of a sort.
_GROUP_INDEX = {
    "placed_at": "order_group", "updated_at": "order_updated", "total": "order_total",
}  # fmt: skip
_COLUMNS = {"placed_at": "placed_at", "updated_at": "updated_at", "total": "total_minor"}
# What conditions and sorts look at; the rest of an order is loaded for one page only.
_NARROW = ", ".join(
    f"o.{name}"
    for name in (
        "id", "shop_id", "type", "state", "category", "customer_id", "phone_index", "last4_index",
        "order_no", "external_no", "currency", "total_minor", "placed_at", "updated_at", "late_at",
        "open_holds",
    )
)  # fmt: skip
_GROUP_KEYS = ("o.shop_id", "o.type", "o.state")


class Ways:
    """The pieces of SQL that all ways to one page share."""

    def __init__(self, chosen: Selection, limit: int) -> None:
        self.chosen = chosen
        self.limit = limit
        self.column = f"o.{_COLUMNS[chosen.sort]}"
        self.backwards = chosen.position is not None and chosen.position.backwards
        self.descending = chosen.descending != self.backwards
        self.compare = "<" if self.descending else ">"
        direction = "DESC" if self.descending else "ASC"
        self.tail = f"ORDER BY {self.column} {direction}, o.id {direction} LIMIT {limit}"

    def follow(self, driver: Condition, in_order: Fragment) -> list[str]:
        """Read a condition's own orders in the order of placing, keep what meets the others."""
        chosen = self.chosen
        others = [one for one in chosen.conditions if one is not driver]
        others += [chosen.within] if chosen.within else []
        rest = [one for one in others if one.bounds != "placed_at"]
        where, params = self._where(rest, "AND", from_start=False)
        join = "JOIN sales_order o ON o.id = k.order_id" if rest else ""
        # The rows that are followed know themselves when their orders were placed.
        spans = [one for one in others if one.bounds == "placed_at"]
        span, span_params = self._where(spans, "AND", from_start=False)
        span = span.replace("o.placed_at", "k.placed_at")
        start, start_params = self._start("k.placed_at", "k.order_id")
        beyond = f"AND {start}" if start else ""
        direction = "DESC" if self.descending else "ASC"
        source, values = in_order
        table, condition = source.split(" WHERE ", 1)
        sql = (
            f"SELECT k.order_id FROM {table} {join} WHERE {condition} {where} {span} {beyond} "
            "GROUP BY k.placed_at, k.order_id "
            f"ORDER BY k.placed_at {direction}, k.order_id {direction} LIMIT {self.limit}"
        )
        return reading_sql.ids(sql, (*values, *params, *span_params, *start_params))

    def gather(self, driver: Condition, few: int = 10**9) -> list[str]:
        """Fetch the candidates of a condition, drop those that fail the others, sort.

        Knowing how few they are keeps the databases from preparing for many.
        """
        chosen = self.chosen
        rest = [one for one in chosen.conditions if one is not driver]
        rest += [chosen.within] if chosen.within else []
        if not rest and chosen.sort == "placed_at" and driver.has_placed_at:
            return self._gather_keys(driver, few)
        where, params = self._where(rest, "WHERE")
        source, values = self._source(driver, _NARROW, few)
        sql = f"SELECT o.id FROM {source} AS o {where} {self.tail}"
        return reading_sql.ids(sql, (*values, *params))

    def _gather_keys(self, driver: Condition, few: int) -> list[str]:
        """Put a condition's orders in order by what its keys say of them."""
        keys, values = driver.keys or ("", ())
        start, params = self._start("o.placed_at", "o.id")
        sql = (
            "SELECT o.id FROM (SELECT DISTINCT k.order_id AS id, k.placed_at "
            f"FROM ({keys} {_ALL}) k LIMIT {few}) o {f'WHERE {start}' if start else ''} {self.tail}"
        )
        return reading_sql.ids(sql, (*values, *params))

    def _source(self, condition: Condition, columns: str, few: int) -> Fragment:
        """Return up to `few` orders that meet a condition, found by its index, as a table.

        The limit also keeps the databases from merging this into the query around it, whose sort
        would tempt them to walk another index.
        """
        if condition.keys is not None:
            keys, params = condition.keys
            sql = (
                f"(SELECT {columns} FROM "
                f"(SELECT DISTINCT k.order_id FROM ({keys} {_ALL}) k LIMIT {few}) c "
                "JOIN sales_order o ON o.id = c.order_id)"
            )
            return sql, params
        if condition.bounds in (None, "placed_at"):
            sql = f"(SELECT {columns} FROM sales_order o WHERE {condition.sql} LIMIT {few})"
            return sql, condition.params
        # A range of updates or totals lies in each group, not in one piece.
        return reading_sql.branches(
            f"SELECT {columns} FROM sales_order o"
            + reading_sql.by_index(_GROUP_INDEX[condition.bounds]),
            _GROUP_KEYS,
            self.chosen.groups,
            (f"AND {condition.sql}", condition.params),
            f"LIMIT {few}",
        )

    def probe(self, drivers: Sequence[Condition], few: int) -> list[int]:
        """Count what each condition finds, up to one more than a few (one query)."""
        parts: list[str] = []
        params: list[Any] = []
        for one in drivers:
            # Without the orders themselves where another table's index knows.
            source, values = (
                (f"({one.keys[0]})", one.keys[1]) if one.keys else self._source(one, "1", few + 1)
            )
            parts.append(f"(SELECT COUNT(*) FROM (SELECT 1 FROM {source} s LIMIT {few + 1}) p)")
            params += values
        (row,) = reading_sql.rows(f"SELECT {', '.join(parts)}", params)
        return [int(count) for count in row]

    def merge(self) -> list[str]:
        """Take an ordered page of each group and merge them."""
        groups = self.chosen.groups
        if len(groups) <= BRANCHES_MAX:
            return self._merge_some(groups)
        ids: list[str] = []
        for start in range(0, len(groups), BRANCHES_MAX):
            ids += self._merge_some(groups[start : start + BRANCHES_MAX])
        where, params = reading_sql.one_of("o.id", ids)
        return reading_sql.ids(f"SELECT o.id FROM sales_order o WHERE {where} {self.tail}", params)

    def _merge_some(self, groups: Sequence[Group]) -> list[str]:
        where, params = self._where(self.chosen.conditions, "AND")
        use = reading_sql.by_index(_GROUP_INDEX[self.chosen.sort])
        table, values = reading_sql.merged_branches(
            f"SELECT o.id, {self.column} FROM sales_order o{use}",
            _GROUP_KEYS,
            groups,
            (where, params),
            self.tail,
        )
        return reading_sql.ids(f"SELECT o.id FROM {table} AS o {self.tail}", values)

    def can_meet(self, driver: Condition) -> bool:
        """Say whether index entries alone tell which orders meet all conditions but one."""
        others = [one for one in self.chosen.conditions if one is not driver]
        few_groups = len(self.chosen.groups) <= BRANCHES_MAX
        return few_groups and all(one.bounds == self.chosen.sort for one in others)

    def meet(self, driver: Condition, few: int) -> list[str]:
        """Read the groups' index entries and keep those that a condition's keys name.

        Both lie together in their indexes, while looking up one for each of the other would read
        pages from all over them.
        """
        bounds = [one for one in self.chosen.conditions if one is not driver]
        where, params = self._where(bounds, "AND")
        order, _, _ = self.tail.partition(" LIMIT ")
        table, values = reading_sql.branches(
            f"SELECT o.id, {self.column} FROM sales_order o"
            + reading_sql.by_index(_GROUP_INDEX[self.chosen.sort]),
            _GROUP_KEYS,
            self.chosen.groups,
            (where, params),
            f"{order} {_ALL}",
        )
        keys, key_values = driver.keys or ("", ())
        met = f"(SELECT DISTINCT k.order_id FROM ({keys} {_ALL}) k LIMIT {few})"
        sql = f"SELECT o.id FROM {table} AS o JOIN {met} m ON m.order_id = o.id {self.tail}"
        return reading_sql.ids(sql, (*values, *key_values))

    def look(self, window: int) -> list[str]:
        """Look at the next `window` orders by placing one by one until the page is full."""
        bounds = [one for one in self.chosen.conditions if one.bounds == self.chosen.sort]
        rest = [one for one in self.chosen.conditions if one not in bounds]
        inner, params = self._where(bounds, "WHERE")
        where, values = self._where(rest, "WHERE", from_start=False)
        order, _, _ = self.tail.partition(" LIMIT ")
        source = f"SELECT {_NARROW} FROM sales_order o {inner} {order} LIMIT {window}"
        return reading_sql.ids(
            f"SELECT o.id FROM ({source}) AS o {where} {self.tail}", (*params, *values)
        )

    def walk(self, window: int = 0) -> list[str]:
        """Read the index of all orders by placing and keep what meets the conditions."""
        where, params = self._where(self.chosen.conditions, "WHERE")
        if window:
            edge, edge_params = self._edge(window)
            where, params = f"{where} AND {edge}", (*params, *edge_params)
        sql = f"SELECT o.id FROM sales_order o{_by_placing()} {where} {self.tail}"
        return reading_sql.ids(sql, params)

    def _edge(self, window: int) -> Fragment:
        """Return the condition that an order lies among the next `window` of the index."""
        bounds = [one for one in self.chosen.conditions if one.bounds == self.chosen.sort]
        where, params = self._where(bounds, "WHERE")
        direction = "DESC" if self.descending else "ASC"
        last = (
            f"(SELECT {self.column} FROM sales_order o{_by_placing()} {where} "
            f"ORDER BY {self.column} {direction}, o.id {direction} LIMIT 1 OFFSET {window})"
        )
        extreme = "MIN" if self.descending else "MAX"
        end = f"(SELECT {extreme}({self.column}) FROM sales_order o)"
        return f"{self.column} {'>' if self.descending else '<'}= COALESCE({last}, {end})", params

    def _where(
        self, conditions: Sequence[Condition], word: str, *, from_start: bool = True
    ) -> Fragment:
        parts = [one.sql for one in conditions]
        params = [item for one in conditions for item in one.params]
        start, start_params = self._start(self.column, "o.id")
        if start and from_start:
            parts.append(start)
            params += start_params
        return (f"{word} {' AND '.join(parts)}" if parts else ""), tuple(params)

    def _start(self, column: str, key: str) -> Fragment:
        """Return the condition that an order lies beyond the position."""
        position = self.chosen.position
        if position is None:
            return "", ()
        value = position.value if self.chosen.sort == "total" else instant(position.value)
        # The first half bounds the index, which not every engine sees in a row comparison.
        sql = (
            f"{column} {self.compare}= %s AND "
            f"({column} {self.compare} %s OR {key} {self.compare} %s)"
        )
        return sql, (value, value, position.id)


def _by_placing() -> str:
    return reading_sql.by_index("order_placed")
