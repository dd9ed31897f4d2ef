"""Customers who are merged: loaded, pointed to the one that is kept, and back."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from laidan.domain.parties.models import Customer, Merge
from laidan.engine import bulk_sql, instants


class Person(NamedTuple):
    """A customer as far as merging needs to know."""

    id: str
    ref: str | None
    name: str
    merged_into_id: str | None


class MergeRow(NamedTuple):
    """One row of customer_merge; the lists are JSON texts."""

    id: str
    kept_id: str
    merged_id: str
    order_ids: str
    double_ids: str
    merged_by: str
    merged_at: datetime
    undone_at: datetime | None

    @property
    def orders(self) -> list[str]:
        """The orders that were moved."""
        return list(json.loads(self.order_ids))

    @property
    def doubles(self) -> list[str]:
        """The doubles that were moved."""
        return list(json.loads(self.double_ids))


def load_people(ids: Collection[str]) -> dict[str, Person]:
    """Return customers by id and the doubles merged into them, locked in key order."""
    where, values = bulk_sql.among("id", ids)
    doubles, double_values = bulk_sql.among("merged_into_id", ids)
    found = bulk_sql.rows(
        f"SELECT id, ref, name, merged_into_id FROM customer WHERE {where} OR {doubles} "
        f"ORDER BY id{bulk_sql.locking()}",
        [*values, *double_values],
    )
    rows = [Person(*(str(cell) if cell is not None else None for cell in row)) for row in found]  # type: ignore[arg-type]  # id and name are never null
    return {row.id: row for row in rows}


def load_merges(ids: Collection[str]) -> dict[str, MergeRow]:
    """Return merges by id, locked in key order."""
    where, values = bulk_sql.among("id", ids)
    found = bulk_sql.rows(
        f"SELECT {', '.join(MergeRow._fields)} FROM customer_merge WHERE {where} "
        f"ORDER BY id{bulk_sql.locking()}",
        values,
    )
    rows = [MergeRow(*instants.aware(row)) for row in found]
    return {row.id: row for row in rows}


def write_pointers(pointers: Mapping[str, str | None]) -> None:
    """Say into whom customers are merged, None for nobody."""
    bulk_sql.update_rows(Customer, ("id",), ("merged_into_id",), sorted(pointers.items()))


def write_merges(added: Sequence[MergeRow], undone: Collection[str], *, now: datetime) -> None:
    """Insert merges, and say that others were undone."""
    bulk_sql.insert_rows(Merge, MergeRow._fields, added)
    bulk_sql.update_rows(Merge, ("id",), ("undone_at",), [(id_, now) for id_ in sorted(undone)])
