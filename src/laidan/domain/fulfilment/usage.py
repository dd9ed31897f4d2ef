"""Where words of the data dictionary stand in shipments."""

from __future__ import annotations

from collections.abc import Collection

from laidan.engine import bulk_sql


def count_couriers(couriers: Collection[str]) -> dict[str, int]:
    """Return how many parcels couriers carried, for those that are used."""
    where, values = bulk_sql.among("courier", couriers, "text")
    return dict(
        bulk_sql.rows(
            f"SELECT courier, COUNT(*) FROM shipment WHERE {where} GROUP BY courier", values
        )
    )
