"""Set-based reading and writing of balances, allocations and movements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from laidan.domain.stock import core, models
from laidan.domain.stock.rows import Allocation, Movement
from laidan.engine import bulk_sql, instants

_BALANCE_COLUMNS = (
    "id", "sku_id", "location_id", "bucket", "on_hand", "reserved", "safety", "backorder",
)  # fmt: skip


def load_balances(
    sku_ids: Iterable[str], location_ids: Iterable[str], *, lock: bool
) -> list[core.Balance]:
    """Return the balances of SKUs at locations, locked in key order.

    Buckets come in order, so that the lot or day that sorts first is taken first.
    """
    return balances_query(sku_ids, location_ids, lock=lock).asked()


def balances_query(
    sku_ids: Iterable[str], location_ids: Iterable[str], *, lock: bool
) -> bulk_sql.Query[list[core.Balance]]:
    """Return the query of `load_balances`."""
    skus, sku_values = bulk_sql.among("sku_id", sku_ids)
    places, place_values = bulk_sql.among("location_id", location_ids)
    return bulk_sql.Query(
        f"SELECT {', '.join(_BALANCE_COLUMNS)} FROM balance WHERE {skus} AND {places} "
        f"ORDER BY id{bulk_sql.locking() if lock else ''}",
        [*sku_values, *place_values],
        _in_order,
        by_key=True,
    )


def _in_order(rows: Sequence[bulk_sql.Row]) -> list[core.Balance]:
    balances = [core.Balance(*row) for row in rows]
    if any(balance.bucket for balance in balances):
        balances.sort(key=lambda balance: balance.bucket)
    return balances


def load_claimed_balances(
    balance_ids: Iterable[str], sku_ids: Iterable[str], location_ids: Iterable[str]
) -> list[core.Balance]:
    """Return balances by id, and those of SKUs at locations, locked together in key order."""
    ids, values = bulk_sql.among("id", balance_ids)
    skus, sku_values = bulk_sql.among("sku_id", sku_ids)
    places, place_values = bulk_sql.among("location_id", location_ids)
    found = bulk_sql.rows(
        f"SELECT {', '.join(_BALANCE_COLUMNS)} FROM balance "
        f"WHERE {ids} OR ({skus} AND {places}) ORDER BY id{bulk_sql.locking()}",
        [*values, *sku_values, *place_values],
    )
    balances = [core.Balance(*row) for row in found]
    balances.sort(key=lambda balance: balance.bucket)
    return balances


def write_balances(shelf: core.Shelf) -> None:
    """Write what a batch did to its balances; a balance changed by others is a lost race."""
    bulk_sql.insert_rows(
        models.Balance,
        _BALANCE_COLUMNS,
        [
            (b.id, b.sku_id, b.location_id, b.bucket, b.on_hand, b.reserved, b.safety, b.backorder)
            for b in shelf.added
        ],
    )
    bulk_sql.update_rows(
        models.Balance,
        ("id", "on_hand", "reserved"),
        ("on_hand", "reserved"),
        [(b.id, b.was_on_hand, b.was_reserved, b.on_hand, b.reserved) for b in shelf.changed()],
    )


def write_allocations(rows: Sequence[Allocation]) -> None:
    """Insert allocations."""
    bulk_sql.insert_rows(models.Allocation, Allocation._fields, rows)


def write_movements(rows: Sequence[Movement]) -> None:
    """Insert movements."""
    bulk_sql.insert_rows(models.Movement, Movement._fields, rows)


def load_open_allocations(order_ids: Iterable[str]) -> dict[str, list[Allocation]]:
    """Return the claims that still hold, by order."""
    orders, values = bulk_sql.among("order_id", order_ids)
    loaded: dict[str, list[Allocation]] = {}
    for row in bulk_sql.rows(
        f"SELECT {', '.join(Allocation._fields)} FROM allocation "
        f"WHERE {orders} AND state IN ('reserved', 'picked') ORDER BY id",
        values,
    ):
        loaded.setdefault(row[1], []).append(Allocation(*instants.aware(row)))
    return loaded


def write_allocation_changes(rows: Sequence[Allocation]) -> None:
    """Set the state and quantity of allocations; their order's lock guards them."""
    bulk_sql.update_rows(
        models.Allocation,
        ("id",),
        ("state", "quantity", "updated_at"),
        [(one.id, one.state, one.quantity, one.updated_at) for one in rows],
    )


def write_alerts(alerts: Sequence[core.Alert], now: datetime) -> None:
    """Insert the alerts raised and close those whose cause is gone."""
    bulk_sql.insert_rows(
        models.StockAlert,
        ("id", "kind", "sku_id", "location_id", "bucket", "detail", "raised_at"),
        [
            (a.id, a.kind, a.sku_id, a.location_id, a.bucket, a.detail, now)
            for a in alerts
            if a.raised
        ],
    )
    closed = {(a.kind, a.sku_id, a.location_id, a.bucket) for a in alerts if not a.raised}
    if not closed:
        return
    skus, values = bulk_sql.among("sku_id", {one[1] for one in closed})
    ended = [
        row[0]
        for row in bulk_sql.rows(
            "SELECT id, kind, sku_id, location_id, bucket FROM stock_alert "
            f"WHERE closed_at IS NULL AND {skus}",
            values,
        )
        if tuple(row[1:]) in closed
    ]
    bulk_sql.update_rows(models.StockAlert, ("id",), ("closed_at",), [(id_, now) for id_ in ended])
