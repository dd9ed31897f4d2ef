"""Alerts that are open, and who has seen them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from laidan.domain.stock.models import StockAlert
from laidan.engine import bulk_sql


def load_open(ids: Collection[str]) -> dict[str, bool]:
    """Return those alerts that are open, locked in key order, and whether they were seen."""
    where, values = bulk_sql.among("id", ids)
    found = bulk_sql.rows(
        "SELECT id, seen_at IS NOT NULL FROM stock_alert "
        f"WHERE {where} AND closed_at IS NULL ORDER BY id{bulk_sql.locking()}",
        values,
    )
    return {str(id_): bool(seen) for id_, seen in found}


def write_seen(seen: Mapping[str, str], *, now: datetime) -> None:
    """Write down who saw alerts."""
    rows = [(id_, now, label) for id_, label in seen.items()]
    bulk_sql.update_rows(StockAlert, ("id",), ("seen_at", "seen_by"), rows)
