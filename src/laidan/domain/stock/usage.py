"""Where words of the data dictionary stand in the ledger."""

from __future__ import annotations

from collections.abc import Collection

from laidan.engine import bulk_sql


def count_reasons(reasons: Collection[str]) -> dict[str, int]:
    """Return how many movements were made for reasons, for those that are used."""
    where, values = bulk_sql.among("reason", reasons, "text")
    return dict(
        bulk_sql.rows(
            f"SELECT reason, COUNT(*) FROM movement WHERE {where} GROUP BY reason", values
        )
    )
