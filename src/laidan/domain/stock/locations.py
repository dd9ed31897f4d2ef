"""Locations by code: read and written in sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from laidan.domain.stock.models import Location as LocationTable
from laidan.engine import bulk_sql


class Location(NamedTuple):
    """One row of location, but for its first instant."""

    id: str
    code: str
    name: str
    is_active: bool


def load_locations(codes: Iterable[str], *, lock: bool = False) -> dict[str, Location]:
    """Return locations by code."""
    where, values = bulk_sql.among("code", codes, "text")
    found = bulk_sql.rows(
        f"SELECT id, code, name, is_active FROM location WHERE {where} "
        f"ORDER BY id{bulk_sql.locking() if lock else ''}",
        values,
    )
    return {
        code: Location(id_, code, name, bool(is_active)) for id_, code, name, is_active in found
    }


def write_locations(
    added: Sequence[Location], changed: Sequence[Location], *, now: datetime
) -> None:
    """Insert locations, and update others."""
    names = (*Location._fields, "created_at")
    bulk_sql.insert_rows(LocationTable, names, [(*row, now) for row in added])
    bulk_sql.update_rows(
        LocationTable,
        ("id",),
        ("name", "is_active"),
        [(row.id, row.name, row.is_active) for row in changed],
    )
