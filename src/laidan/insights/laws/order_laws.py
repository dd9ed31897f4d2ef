"""Laws of orders: amounts and units add up, nothing is there twice, holds are counted."""

from __future__ import annotations

from laidan.insights.laws.law import Law, by_sql

_COMPONENTS = ("goods", "discount", "shipping", "tax", "total")
_SUMS = ", ".join(f"SUM({name}_minor) AS {name}" for name in _COMPONENTS)
_DIFFER = " OR ".join(f"o.{name}_minor <> COALESCE(l.{name}, 0)" for name in _COMPONENTS)
_BOTH = ", ".join(f"o.{name}_minor, COALESCE(l.{name}, 0)" for name in _COMPONENTS)

LAWS: tuple[Law, ...] = (
    by_sql(
        "order-adds-up",
        "goods - discount + shipping + tax = total for every order, and none is negative.",
        "order order_no goods discount shipping tax total",
        """
        SELECT id, order_no, goods_minor, discount_minor, shipping_minor, tax_minor, total_minor
        FROM sales_order
        WHERE total_minor <> goods_minor - discount_minor + shipping_minor + tax_minor
        OR goods_minor < 0 OR discount_minor < 0 OR shipping_minor < 0 OR tax_minor < 0
        """,
    ),
    by_sql(
        "line-adds-up",
        "goods - discount + shipping + tax = total for every line, and none is negative.",
        "line order_id goods discount shipping tax total",
        """
        SELECT id, order_id, goods_minor, discount_minor, shipping_minor, tax_minor, total_minor
        FROM order_line
        WHERE total_minor <> goods_minor - discount_minor + shipping_minor + tax_minor
        OR goods_minor < 0 OR discount_minor < 0 OR shipping_minor < 0 OR tax_minor < 0
        """,
    ),
    by_sql(
        "order-is-its-lines",
        "Goods, discount, shipping, tax and total of an order are the sums over its lines.",
        "order order_no " + " ".join(f"{name} lines_{name}" for name in _COMPONENTS),
        f"""
        SELECT o.id, o.order_no, {_BOTH}
        FROM sales_order o
        LEFT JOIN (SELECT order_id, {_SUMS} FROM order_line GROUP BY order_id) l
        ON l.order_id = o.id
        WHERE {_DIFFER}
        """,
    ),
    by_sql(
        "line-has-order-instant",
        "Every line repeats the instant at which its order was placed.",
        "line order_id placed_at order_placed_at",
        """
        SELECT l.id, l.order_id, l.placed_at, o.placed_at
        FROM order_line l
        JOIN sales_order o ON o.id = l.order_id
        WHERE l.placed_at <> o.placed_at
        """,
    ),
    by_sql(
        "units-are-lines",
        "Units, units shipped and units delivered of an order are the sums over its lines.",
        "order order_no units lines_units shipped lines_shipped delivered lines_delivered lines "
        "lines_counted",
        """
        SELECT o.id, o.order_no, o.units, COALESCE(l.units, 0), o.units_shipped,
            COALESCE(l.shipped, 0), o.units_delivered, COALESCE(l.delivered, 0), o.line_count,
            COALESCE(l.lines_counted, 0)
        FROM sales_order o
        LEFT JOIN (
            SELECT order_id, SUM(quantity) AS units, SUM(shipped) AS shipped,
                SUM(delivered) AS delivered, COUNT(*) AS lines_counted
            FROM order_line GROUP BY order_id
        ) l ON l.order_id = o.id
        WHERE o.units <> COALESCE(l.units, 0) OR o.units_shipped <> COALESCE(l.shipped, 0)
        OR o.units_delivered <> COALESCE(l.delivered, 0)
        OR o.line_count <> COALESCE(l.lines_counted, 0)
        """,
    ),
    by_sql(
        "line-within-quantity",
        "0 ≤ delivered ≤ shipped ≤ quantity for every line.",
        "line order_id quantity shipped delivered",
        """
        SELECT id, order_id, quantity, shipped, delivered FROM order_line
        WHERE shipped < 0 OR shipped > quantity OR delivered < 0 OR delivered > shipped
        """,
    ),
    by_sql(
        "shipped-is-shipments",
        "What a line says was shipped is the sum of what is in shipments.",
        "line order_id shipped shipments",
        """
        SELECT l.id, l.order_id, l.shipped, COALESCE(s.total, 0)
        FROM order_line l
        LEFT JOIN (
            SELECT line_id, SUM(quantity) AS total FROM shipment_line GROUP BY line_id
        ) s ON s.line_id = l.id
        WHERE l.shipped <> COALESCE(s.total, 0)
        """,
    ),
    by_sql(
        "external-number-once",
        "One external number of a shop is one order.",
        "shop_id external_no orders",
        """
        SELECT shop_id, external_no, COUNT(*) FROM sales_order
        WHERE external_no IS NOT NULL GROUP BY shop_id, external_no HAVING COUNT(*) > 1
        """,
    ),
    by_sql(
        "order-number-once",
        "One order number is one order.",
        "order_no orders",
        """
        SELECT order_no, COUNT(*) FROM sales_order GROUP BY order_no HAVING COUNT(*) > 1
        """,
    ),
    by_sql(
        "key-answers-once",
        "One idempotency key has one answer.",
        "scope name answers",
        """
        SELECT scope, name, COUNT(*) FROM idempotency_key
        GROUP BY scope, name HAVING COUNT(*) > 1
        """,
    ),
    by_sql(
        "key-answers-for-something",
        "An idempotency key that answers with an order answers with one that exists.",
        "key scope name subject_id",
        """
        SELECT k.id, k.scope, k.name, k.subject_id
        FROM idempotency_key k
        LEFT JOIN sales_order o ON o.id = k.subject_id
        WHERE k.subject_id IS NOT NULL AND o.id IS NULL
        """,
    ),
    by_sql(
        "holds-are-counted",
        "The number of open holds of an order is the number of its holds not yet released.",
        "order order_no open_holds holds",
        """
        SELECT o.id, o.order_no, o.open_holds, COALESCE(h.total, 0)
        FROM sales_order o
        LEFT JOIN (
            SELECT order_id, COUNT(*) AS total FROM hold WHERE released_at IS NULL GROUP BY order_id
        ) h ON h.order_id = o.id
        WHERE o.open_holds <> COALESCE(h.total, 0)
        """,
    ),
)
