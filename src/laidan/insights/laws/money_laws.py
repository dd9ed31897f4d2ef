"""Laws of money: what orders say is what the ledger adds up to."""

from __future__ import annotations

from laidan.insights.laws.law import Law, by_sql

LAWS: tuple[Law, ...] = (
    by_sql(
        "money-is-ledger",
        "Captured and refunded of an order are the sums of its ledger entries.",
        "order order_no captured ledger_captured refunded ledger_refunded",
        """
        SELECT o.id, o.order_no, o.captured_minor, COALESCE(e.captured, 0), o.refunded_minor,
            COALESCE(e.refunded, 0)
        FROM sales_order o
        LEFT JOIN (
            SELECT order_id,
                SUM(CASE WHEN kind = 'capture' THEN amount_minor ELSE 0 END) AS captured,
                SUM(CASE WHEN kind = 'refund' THEN amount_minor ELSE 0 END) AS refunded
            FROM ledger_entry GROUP BY order_id
        ) e ON e.order_id = o.id
        WHERE o.captured_minor <> COALESCE(e.captured, 0)
        OR o.refunded_minor <> COALESCE(e.refunded, 0)
        """,
    ),
    by_sql(
        "refund-within-capture",
        "0 ≤ refunded ≤ captured for every order.",
        "order order_no captured refunded",
        """
        SELECT id, order_no, captured_minor, refunded_minor FROM sales_order
        WHERE refunded_minor < 0 OR refunded_minor > captured_minor
        """,
    ),
    by_sql(
        "ledger-in-order-currency",
        "A ledger entry is a capture or a refund, positive and in its order's currency.",
        "entry order_id kind amount currency order_currency",
        """
        SELECT e.id, e.order_id, e.kind, e.amount_minor, e.currency, o.currency
        FROM ledger_entry e JOIN sales_order o ON o.id = e.order_id
        WHERE e.currency <> o.currency OR e.amount_minor <= 0
        OR e.kind NOT IN ('capture', 'refund')
        """,
    ),
    by_sql(
        "cancelled-owes-refund",
        "A cancelled order that keeps money has a refund, open or finished, unless its file said so.",
        "order order_no captured refunded",
        """
        SELECT o.id, o.order_no, o.captured_minor, o.refunded_minor
        FROM sales_order o
        LEFT JOIN refund r ON r.order_id = o.id AND r.state <> 'cancelled'
        WHERE o.category = 'cancelled' AND o.captured_minor > o.refunded_minor AND r.id IS NULL
        AND o.flags NOT LIKE '%%"cancelled-but-paid"%%'
        """,
    ),
)
