"""Set-based reading and writing of orders and lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from laidan.domain.orders.models import Hold, Order, OrderLine, OrderTag
from laidan.domain.orders.rows import HoldRow, LineRow, OrderRow
from laidan.engine import bulk_sql, instants

_ORDER_LIST = ", ".join(f"o.{name}" for name in OrderRow._fields)
_LINE_LIST = ", ".join(LineRow._fields)


def order_row(row: Sequence[Any]) -> OrderRow:
    """Return a fetched row (columns in the order of OrderRow) with aware instants."""
    return OrderRow(*instants.aware(row))


def load_orders(order_ids: Iterable[str], *, lock: bool) -> dict[str, OrderRow]:
    """Return orders by id, locked in key order."""
    where, values = bulk_sql.among("o.id", order_ids)
    found = bulk_sql.rows(
        f"SELECT {_ORDER_LIST} FROM sales_order o WHERE {where} ORDER BY o.id"
        f"{bulk_sql.locking() if lock else ''}",
        values,
    )
    return {row[0]: order_row(row) for row in found}


def find_order_ids(numbers: Iterable[str]) -> dict[str, str]:
    """Return ids by order number."""
    where, values = bulk_sql.among("order_no", numbers, "text")
    return dict(bulk_sql.rows(f"SELECT order_no, id FROM sales_order WHERE {where}", values))


def load_lines(order_ids: Iterable[str]) -> dict[str, list[LineRow]]:
    """Return lines by order, in line order."""
    where, values = bulk_sql.among("order_id", order_ids)
    loaded: dict[str, list[LineRow]] = {}
    for row in bulk_sql.rows(
        f"SELECT {_LINE_LIST} FROM order_line WHERE {where} ORDER BY order_id, line_no", values
    ):
        loaded.setdefault(row[1], []).append(LineRow(*instants.aware(row)))
    return loaded


External = dict[tuple[str, str], tuple[str, str, str]]
"""(Id, order number, content digest) by (shop, external number)."""


def external_query(numbers: Iterable[str]) -> bulk_sql.Query[External]:
    """Return the query of the orders that have one of the external numbers.

    Shops are left out of the condition: few as they are, they tempt planners to read all of theirs.
    """
    where, values = bulk_sql.among("external_no", numbers, "text")
    return bulk_sql.Query(
        f"SELECT shop_id, external_no, id, order_no, content_digest FROM sales_order WHERE {where}",
        values,
        lambda found: {(row[0], row[1]): (row[2], row[3], row[4]) for row in found},
        by_key=True,
    )


def write_orders(rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert orders given in the order of OrderRow's fields."""
    bulk_sql.insert_rows(Order, OrderRow._fields, rows)


def write_lines(rows: Sequence[LineRow]) -> None:
    """Insert lines."""
    bulk_sql.insert_rows(OrderLine, LineRow._fields, rows)


def write_order_changes(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Update orders given as (id, old version, new values of `names`…): compare-and-set."""
    bulk_sql.update_rows(Order, ("id", "version"), names, rows)


def write_tags(rows: Sequence[tuple[str, str, str]]) -> None:
    """Insert (id, order, tag); a tag that is there stays."""
    bulk_sql.insert_new_rows(OrderTag, ("id", "order_id", "tag"), rows)


def load_tags(order_ids: Iterable[str]) -> dict[str, list[str]]:
    """Return tags by order, in alphabetical order."""
    where, values = bulk_sql.among("order_id", order_ids)
    loaded: dict[str, list[str]] = {}
    for order_id, tag in bulk_sql.rows(
        f"SELECT order_id, tag FROM order_tag WHERE {where} ORDER BY tag", values
    ):
        loaded.setdefault(order_id, []).append(tag)
    return loaded


def delete_tags(pairs: Sequence[tuple[str, str]]) -> None:
    """Take tags given as (order, tag) off."""
    if not pairs:
        return
    where, values = bulk_sql.among("order_id", {order_id for order_id, _ in pairs})
    found = bulk_sql.rows(f"SELECT id, order_id, tag FROM order_tag WHERE {where}", values)
    wanted = set(pairs)
    ids, parameters = bulk_sql.among("id", [row[0] for row in found if (row[1], row[2]) in wanted])
    bulk_sql.run(f"DELETE FROM order_tag WHERE {ids}", parameters)


def load_holds(order_ids: Iterable[str]) -> dict[str, list[HoldRow]]:
    """Return the holds that are not released, by order, oldest first."""
    where, values = bulk_sql.among("order_id", order_ids)
    loaded: dict[str, list[HoldRow]] = {}
    for row in bulk_sql.rows(
        f"SELECT {', '.join(HoldRow._fields)} FROM hold "
        f"WHERE {where} AND released_at IS NULL ORDER BY id",
        values,
    ):
        loaded.setdefault(row[1], []).append(HoldRow(*instants.aware(row)))
    return loaded


def write_holds(added: Sequence[HoldRow], released: Sequence[HoldRow]) -> None:
    """Insert holds and end others."""
    bulk_sql.insert_rows(Hold, HoldRow._fields, added)
    bulk_sql.update_rows(
        Hold,
        ("id",),
        ("released_by", "released_at"),
        [(one.id, one.released_by, one.released_at) for one in released],
    )


def write_line_changes(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Update lines given as (id, new values of `names`…); the order's lock guards them."""
    bulk_sql.update_rows(OrderLine, ("id",), names, rows)


def delete_lines(line_ids: Iterable[str]) -> None:
    """Delete lines."""
    listed = list(line_ids)
    if listed:
        where, values = bulk_sql.among("id", listed)
        bulk_sql.run(f"DELETE FROM order_line WHERE {where}", values)
