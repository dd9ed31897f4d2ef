"""Where words of the data dictionary stand in the catalogue."""

from __future__ import annotations

from collections.abc import Collection

from laidan.engine import bulk_sql


def count_units(units: Collection[str]) -> dict[str, int]:
    """Return how many SKUs are counted in units, for those that are used."""
    where, values = bulk_sql.among("unit", units, "text")
    return dict(
        bulk_sql.rows(f"SELECT unit, COUNT(*) FROM sku WHERE {where} GROUP BY unit", values)
    )
