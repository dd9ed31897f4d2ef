"""Laws of history: an event for every version, a chain of hashes, listed transitions only."""

from __future__ import annotations

from collections.abc import Callable

from laidan.insights.laws.history import History
from laidan.insights.laws.law import Law, by_python, by_sql

LAWS: tuple[Law, ...] = (
    by_sql(
        "event-for-every-version",
        "The events of an order are numbered 1 to its version without a gap.",
        "order order_no version events first last",
        """
        SELECT o.id, o.order_no, o.version, COALESCE(e.total, 0), e.first, e.last
        FROM sales_order o
        LEFT JOIN (
            SELECT subject_id, COUNT(*) AS total, MIN(seq) AS first, MAX(seq) AS last
            FROM event GROUP BY subject_id
        ) e ON e.subject_id = o.id
        WHERE e.subject_id IS NULL OR e.first <> 1 OR e.last <> e.total OR e.last <> o.version
        """,
    ),
    by_sql(
        "order-has-last-hash",
        "An order carries the hash of its last event.",
        "order order_no version order_hash event_hash",
        """
        SELECT o.id, o.order_no, o.version, o.event_hash, e.hash
        FROM sales_order o JOIN event e ON e.subject_id = o.id AND e.seq = o.version
        WHERE e.hash <> o.event_hash
        """,
    ),
    by_sql(
        "event-has-order",
        "Every event of an order belongs to an order that is there, or that was withdrawn after it.",
        "event subject_id seq type",
        """
        SELECT e.id, e.subject_id, e.seq, e.type
        FROM event e LEFT JOIN sales_order o ON o.id = e.subject_id
        WHERE e.subject_kind = 'order' AND o.id IS NULL AND NOT EXISTS (
            SELECT 1 FROM event w
            WHERE w.subject_id = e.subject_id AND w.seq >= e.seq AND w.type = 'order.withdrawn'
        )
        """,
    ),
)


def reading_laws(progress: Callable[[int], None]) -> tuple[Law, ...]:
    """Return the laws that read every event; both come out of one walk over them."""
    history = History(progress)
    return (
        by_python(
            "chain-of-hashes",
            "The hash of every event covers its content and the hash of the one before it.",
            lambda: history.broken_links(),  # noqa: PLW0108 - the walk begins when it is asked
            slow=True,
        ),
        by_python(
            "listed-transitions-only",
            "Every change of state in an order's history is a transition of its order type's "
            "version, starts where the last one ended, and ends where the order is.",
            lambda: history.strange_steps(),  # noqa: PLW0108 - the walk begins when it is asked
            slow=True,
        ),
    )
