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
        "A cancelled order that keeps money has a refund, open or finished, or somebody who looks for "
        "it, unless its file said so.",
        "order order_no captured refunded",
        """
        SELECT o.id, o.order_no, o.captured_minor, o.refunded_minor
        FROM sales_order o
        LEFT JOIN refund r ON r.order_id = o.id AND r.state <> 'cancelled'
        LEFT JOIN suspense s ON s.order_id = o.id AND s.reason = 'late-money'
        WHERE o.category = 'cancelled' AND o.captured_minor > o.refunded_minor AND r.id IS NULL
        AND s.id IS NULL
        AND o.flags NOT LIKE '%%"cancelled-but-paid"%%'
        """,
    ),
    by_sql(
        "owed-within-kept",
        "What an order's refunds still owe is at most what was captured and not refunded.",
        "order order_no kept owed",
        """
        SELECT o.id, o.order_no, o.captured_minor - o.refunded_minor, r.owed
        FROM (
            SELECT order_id, SUM(amount_minor) AS owed FROM refund
            WHERE state IN ('requested', 'approved', 'submitted', 'unknown', 'failed')
            GROUP BY order_id
        ) r JOIN sales_order o ON o.id = r.order_id
        WHERE r.owed > o.captured_minor - o.refunded_minor
        """,
    ),
    by_sql(
        "payment-is-in-ledger",
        "What a payment captured and refunded are the ledger's entries for it, unless the same money "
        "was recorded by hand before.",
        "payment number captured ledger_captured refunded ledger_refunded",
        """
        SELECT p.id, p.number, p.captured_minor, COALESCE(e.captured, 0), p.refunded_minor,
            COALESCE(e.refunded, 0)
        FROM payment p
        LEFT JOIN (
            SELECT payment_id,
                SUM(CASE WHEN kind = 'capture' THEN amount_minor ELSE 0 END) AS captured,
                SUM(CASE WHEN kind = 'refund' THEN amount_minor ELSE 0 END) AS refunded
            FROM ledger_entry WHERE payment_id IS NOT NULL GROUP BY payment_id
        ) e ON e.payment_id = p.id
        LEFT JOIN suspense s ON s.payment_id = p.id AND s.reason = 'recorded-before'
        WHERE (p.captured_minor <> COALESCE(e.captured, 0) AND s.id IS NULL)
        OR p.refunded_minor <> COALESCE(e.refunded, 0)
        """,
    ),
    by_sql(
        "set-aside-is-refunds",
        "What a payment has set aside is the sum of its refunds that are on their way.",
        "payment number refunding on_their_way",
        """
        SELECT p.id, p.number, p.refunding_minor, COALESCE(r.amount, 0)
        FROM payment p
        LEFT JOIN (
            SELECT payment_id, SUM(amount_minor) AS amount FROM refund
            WHERE state IN ('approved', 'submitted', 'unknown') GROUP BY payment_id
        ) r ON r.payment_id = p.id
        WHERE p.refunding_minor <> COALESCE(r.amount, 0)
        """,
    ),
    by_sql(
        "refund-is-given-once",
        "A refund that succeeded or was given by hand at a payment has exactly one ledger entry.",
        "refund state entries",
        """
        SELECT r.id, r.state, COALESCE(e.entries, 0)
        FROM refund r
        LEFT JOIN (
            SELECT refund_id, COUNT(*) AS entries FROM ledger_entry
            WHERE refund_id IS NOT NULL GROUP BY refund_id
        ) e ON e.refund_id = r.id
        WHERE (r.number IS NOT NULL AND r.state IN ('succeeded', 'manual')
            AND COALESCE(e.entries, 0) <> 1)
        OR (r.state NOT IN ('succeeded', 'manual') AND COALESCE(e.entries, 0) <> 0)
        """,
    ),
)
