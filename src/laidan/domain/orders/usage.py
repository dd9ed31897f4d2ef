"""Whether orders exist that speak of something: what may then no longer change."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from laidan.engine import bulk_sql


def find_selling(shop_ids: Iterable[str]) -> set[str]:
    """Return those shops that have orders; one probe of an index each."""
    where, values = bulk_sql.among("s.id", shop_ids)
    found = bulk_sql.rows(
        f"SELECT s.id FROM shop s WHERE {where} "
        "AND EXISTS (SELECT 1 FROM sales_order o WHERE o.shop_id = s.id)",
        values,
    )
    return {row[0] for row in found}


def find_ordered(sku_ids: Iterable[str]) -> set[str]:
    """Return those SKUs that stand in order lines; one probe of an index each."""
    where, values = bulk_sql.among("s.id", sku_ids)
    found = bulk_sql.rows(
        f"SELECT s.id FROM sku s WHERE {where} "
        "AND EXISTS (SELECT 1 FROM order_line l WHERE l.sku_id = s.id)",
        values,
    )
    return {row[0] for row in found}


def count_hold_reasons(reasons: Collection[str]) -> dict[str, int]:
    """Return how many holds were placed for reasons, for those that are used."""
    where, values = bulk_sql.among("reason", reasons, "text")
    return dict(
        bulk_sql.rows(f"SELECT reason, COUNT(*) FROM hold WHERE {where} GROUP BY reason", values)
    )
