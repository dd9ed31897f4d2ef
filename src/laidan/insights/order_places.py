"""Where orders stand, as far as that decides who may see them."""

from __future__ import annotations

from collections.abc import Collection

from laidan.engine import reading_sql
from laidan.kernel.actor import Place


def load_places(order_ids: Collection[str]) -> list[Place]:
    """Return the places of those orders that exist; no query where none are asked for."""
    if not order_ids:
        return []
    where, values = reading_sql.one_of("o.id", order_ids)
    rows = reading_sql.rows(
        "SELECT s.code, o.category, o.state FROM sales_order o JOIN shop s ON s.id = o.shop_id "
        f"WHERE {where}",
        values,
    )
    return [Place(*row) for row in rows]
