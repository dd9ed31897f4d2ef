"""The ledger as it is matched with providers' bills: entries with every name they may have there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from laidan.engine import bulk_sql, instants

Span = tuple[datetime, datetime]


class Booked(NamedTuple):
    """An entry, the account that it came by (None: by none that is known), and its names."""

    id: str
    order_id: str
    kind: str
    provider: str
    reference: str | None
    amount_minor: int
    currency: str
    at: datetime
    account_id: str | None
    number: str
    other_reference: str


_SELECT = (
    "SELECT e.id, e.order_id, e.kind, e.provider, e.reference, e.amount_minor, e.currency, e.at, "
    "p.account_id, COALESCE(CASE WHEN e.kind = 'refund' THEN r.number ELSE p.number END, ''), "
    "COALESCE(CASE WHEN e.kind = 'refund' THEN r.reference ELSE p.reference END, '') "
    "FROM ledger_entry e LEFT JOIN payment p ON p.id = e.payment_id "
    "LEFT JOIN refund r ON r.id = e.refund_id WHERE "
)


def page_entries(
    providers: Collection[str], spans: Sequence[Span], after: Booked | None, limit: int
) -> list[Booked]:
    """Return a page of the entries of providers within spans of time, the oldest first."""
    if not spans:
        return []
    where, values = bulk_sql.among("e.provider", providers, "text")
    within = " OR ".join(["(e.at >= %s AND e.at < %s)"] * len(spans))
    # One range around all spans is what an index answers.
    whole = (min(first for first, _ in spans), max(end for _, end in spans))
    times = [bulk_sql.instant(one) for span in (whole, *spans) for one in span]
    behind, place = "", []
    if after is not None:
        at = bulk_sql.instant(after.at)
        behind, place = " AND (e.at > %s OR (e.at = %s AND e.id > %s))", [at, at, after.id]
    return _read(
        f"{_SELECT}e.at >= %s AND e.at < %s AND ({within}) AND {where}{behind} "
        "ORDER BY e.at, e.id LIMIT %s",
        [*times, *values, *place, limit],
    )


def find_entries(providers: Collection[str], names: Collection[str]) -> list[Booked]:
    """Return the entries of providers that have one of the names, theirs or ours."""
    if not names:
        return []
    of_provider, given = bulk_sql.among("e.provider", providers, "text")
    by_reference, references = bulk_sql.among("e.reference", names, "text")
    numbers, named = bulk_sql.among("q.number", names, "text")
    others, called = bulk_sql.among("q.reference", names, "text")
    return _read(
        f"{_SELECT}{of_provider} AND {by_reference} "
        f"UNION {_SELECT}e.order_id IN (SELECT q.order_id FROM payment q WHERE {numbers}) "
        f"AND {of_provider} "
        f"UNION {_SELECT}e.order_id IN (SELECT q.order_id FROM payment q WHERE {others}) "
        f"AND {of_provider} "
        f"UNION {_SELECT}e.refund_id IN (SELECT q.id FROM refund q WHERE {numbers}) AND {of_provider}",
        [
            *given, *references, *named, *given, *called, *given, *named, *given,
        ],
    )  # fmt: skip


def sum_entries(order_ids: Collection[str]) -> dict[tuple[str, str], int]:
    """Return the sums of orders' entries by (order, kind), whatever they came by."""
    where, values = bulk_sql.among("order_id", order_ids)
    found = bulk_sql.rows(
        f"SELECT order_id, kind, SUM(amount_minor) FROM ledger_entry WHERE {where} "
        "GROUP BY order_id, kind",
        values,
    )
    return {(order, kind): int(total) for order, kind, total in found}


def _read(sql: str, values: Sequence[Any]) -> list[Booked]:
    return [Booked(*instants.aware(row)) for row in bulk_sql.rows(sql, values)]
