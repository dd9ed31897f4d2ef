"""The ledger: entries are added, never changed; refunds move to their end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from laidan.domain.payments import models
from laidan.domain.payments.core import Entry, Refund
from laidan.engine import bulk_sql, instants


def load_references(references: Iterable[str]) -> set[tuple[str, str, str]]:
    """Return those (provider, reference, kind) that the ledger has."""
    return references_query(references).asked()


def references_query(references: Iterable[str]) -> bulk_sql.Query[set[tuple[str, str, str]]]:
    """Return the query of `load_references`."""
    where, values = bulk_sql.among("reference", references, "text")
    return bulk_sql.Query(
        f"SELECT provider, reference, kind FROM ledger_entry WHERE {where}",
        values,
        lambda found: {(row[0], row[1], row[2]) for row in found},
    )


def load_entries(order_ids: Iterable[str]) -> dict[str, list[Entry]]:
    """Return ledger entries by order, oldest first."""
    where, values = bulk_sql.among("order_id", order_ids)
    loaded: dict[str, list[Entry]] = {}
    for row in bulk_sql.rows(
        f"SELECT {', '.join(Entry._fields)} FROM ledger_entry WHERE {where} ORDER BY id", values
    ):
        loaded.setdefault(row[1], []).append(Entry(*instants.aware(row)))
    return loaded


def load_refunds(order_ids: Iterable[str]) -> dict[str, list[Refund]]:
    """Return refunds by order, oldest first."""
    where, values = bulk_sql.among("order_id", order_ids)
    loaded: dict[str, list[Refund]] = {}
    for row in bulk_sql.rows(
        f"SELECT {', '.join(Refund._fields)} FROM refund WHERE {where} ORDER BY id", values
    ):
        loaded.setdefault(row[1], []).append(Refund(*instants.aware(row)))
    return loaded


def write_entries(rows: Sequence[Entry]) -> None:
    """Insert ledger entries."""
    bulk_sql.insert_rows(models.LedgerEntry, Entry._fields, rows)


def write_refunds(added: Sequence[Refund], changed: Sequence[Refund]) -> None:
    """Insert refunds and set the state, amount and end of others."""
    bulk_sql.insert_rows(models.Refund, Refund._fields, added)
    bulk_sql.update_rows(
        models.Refund,
        ("id",),
        ("state", "amount_minor", "closed_at"),
        [(one.id, one.state, one.amount_minor, one.closed_at) for one in changed],
    )
