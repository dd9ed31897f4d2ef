"""Laws of stock: balances are what movements and allocations add up to."""

from __future__ import annotations

from laidan.domain.orders.core import LIVING
from laidan.insights.laws.law import Law, by_sql

_OPEN = "('reserved', 'picked')"
_LIVING = "(" + ", ".join(f"'{category}'" for category in sorted(LIVING)) + ")"

LAWS: tuple[Law, ...] = (
    by_sql(
        "on-hand-is-movements",
        "What is on hand is the sum of the balance's movements.",
        "balance sku_id location_id bucket on_hand movements",
        """
        SELECT b.id, b.sku_id, b.location_id, b.bucket, b.on_hand, COALESCE(m.total, 0)
        FROM balance b
        LEFT JOIN (
            SELECT balance_id, SUM(delta) AS total FROM movement GROUP BY balance_id
        ) m ON m.balance_id = b.id
        WHERE b.on_hand <> COALESCE(m.total, 0)
        """,
    ),
    by_sql(
        "reserved-is-allocations",
        "What is reserved is the sum of the balance's open allocations.",
        "balance sku_id location_id bucket reserved allocations",
        f"""
        SELECT b.id, b.sku_id, b.location_id, b.bucket, b.reserved, COALESCE(a.total, 0)
        FROM balance b
        LEFT JOIN (
            SELECT balance_id, SUM(quantity) AS total FROM allocation
            WHERE state IN {_OPEN} GROUP BY balance_id
        ) a ON a.balance_id = b.id
        WHERE b.reserved <> COALESCE(a.total, 0)
        """,
    ),
    by_sql(
        "never-oversold",
        "0 ≤ reserved ≤ on hand, unless the SKU allows backorder.",
        "balance sku_id location_id bucket on_hand reserved backorder",
        """
        SELECT b.id, b.sku_id, b.location_id, b.bucket, b.on_hand, b.reserved, b.backorder
        FROM balance b
        WHERE b.on_hand < 0 OR b.reserved < 0 OR (b.reserved > b.on_hand AND NOT b.backorder)
        """,
    ),
    by_sql(
        "cancelled-is-released",
        "A cancelled order reserves nothing.",
        "allocation order_id order_no quantity state",
        f"""
        SELECT a.id, o.id, o.order_no, a.quantity, a.state
        FROM allocation a JOIN sales_order o ON o.id = a.order_id
        WHERE a.state IN {_OPEN} AND o.category = 'cancelled'
        """,
    ),
    by_sql(
        "reservation-has-living-order",
        "What is reserved is reserved for an order that is not done.",
        "allocation order_id category quantity state",
        f"""
        SELECT a.id, a.order_id, o.category, a.quantity, a.state
        FROM allocation a LEFT JOIN sales_order o ON o.id = a.order_id
        WHERE a.state IN {_OPEN} AND (o.id IS NULL OR o.category NOT IN {_LIVING})
        """,
    ),
    by_sql(
        "allocation-within-line",
        "A line has no more reserved and shipped for it than it asks for; a booking, each day.",
        "line order_id balance_sku quantity allocated",
        """
        SELECT l.id, l.order_id, a.sku_id, l.quantity, SUM(a.quantity)
        FROM allocation a JOIN order_line l ON l.id = a.line_id
        WHERE a.state <> 'released'
        GROUP BY l.id, l.order_id, a.sku_id, l.quantity, a.per_unit,
            CASE WHEN l.kind = 'capacity' THEN a.balance_id END
        HAVING SUM(a.quantity) > l.quantity * a.per_unit
        """,
    ),
)
