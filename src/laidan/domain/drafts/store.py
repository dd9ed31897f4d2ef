"""Drafts of orders: read and written in sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from laidan.domain.drafts.models import OrderDraft
from laidan.engine import bulk_sql, instants


class DraftRow(NamedTuple):
    """One row of order_draft."""

    id: str
    owner: str
    is_shared: bool
    title: str
    shop: str
    line_count: int
    sealed: str
    version: int
    created_at: datetime
    updated_at: datetime


_CHANGES = ("is_shared", "title", "shop", "line_count", "sealed", "version", "updated_at")


def load_drafts(ids: Iterable[str], *, lock: bool) -> dict[str, DraftRow]:
    """Return drafts by id."""
    where, values = bulk_sql.among("id", ids)
    found = bulk_sql.rows(
        f"SELECT {', '.join(DraftRow._fields)} FROM order_draft WHERE {where} "
        f"ORDER BY id{bulk_sql.locking() if lock else ''}",
        values,
    )
    rows = (DraftRow(*instants.aware(row)) for row in found)
    return {row.id: row._replace(is_shared=bool(row.is_shared)) for row in rows}


def write_drafts(added: Sequence[DraftRow], changed: Sequence[DraftRow]) -> None:
    """Insert drafts, and update others."""
    bulk_sql.insert_rows(OrderDraft, DraftRow._fields, added)
    bulk_sql.update_rows(
        OrderDraft,
        ("id",),
        _CHANGES,
        [(row.id, *[getattr(row, name) for name in _CHANGES]) for row in changed],
    )


def delete_drafts(ids: Iterable[str]) -> None:
    """Delete drafts."""
    wanted = list(ids)
    if wanted:
        OrderDraft.objects.filter(pk__in=wanted).delete()
