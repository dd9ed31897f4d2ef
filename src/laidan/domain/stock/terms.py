"""The terms of SKUs that balances repeat: backorder and safety stock."""

from __future__ import annotations

from collections.abc import Iterable

from laidan.domain.stock import core
from laidan.domain.stock.models import Balance
from laidan.engine import bulk_sql


def load_balances_of(sku_ids: Iterable[str]) -> dict[str, list[core.Balance]]:
    """Return every balance of SKUs, by SKU, locked in key order."""
    where, values = bulk_sql.among("sku_id", sku_ids)
    found = bulk_sql.rows(
        "SELECT id, sku_id, location_id, bucket, on_hand, reserved, safety, backorder "
        f"FROM balance WHERE {where} ORDER BY id{bulk_sql.locking()}",
        values,
    )
    loaded: dict[str, list[core.Balance]] = {}
    for row in found:
        balance = core.Balance(*row)
        balance.backorder = bool(balance.backorder)
        loaded.setdefault(balance.sku_id, []).append(balance)
    return loaded


def write_terms(balances: Iterable[core.Balance]) -> None:
    """Write the terms of balances that hold their locks."""
    bulk_sql.update_rows(
        Balance, ("id",), ("safety", "backorder"), [(b.id, b.safety, b.backorder) for b in balances]
    )


def find_stocked(sku_ids: Iterable[str]) -> set[str]:
    """Return those SKUs that have balances."""
    where, values = bulk_sql.among("sku_id", sku_ids)
    found = bulk_sql.rows(f"SELECT DISTINCT sku_id FROM balance WHERE {where}", values)
    return {row[0] for row in found}
