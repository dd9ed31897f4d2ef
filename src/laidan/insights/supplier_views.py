"""Suppliers as people look for them."""

from __future__ import annotations

from typing import Any, NamedTuple

from laidan.engine import reading_sql


class SupplierCard(NamedTuple):
    """One supplier of a list."""

    code: str
    name: str
    lead_days: int | None
    note: str
    is_active: bool


def list_suppliers(text: str, *, after: str | None, limit: int) -> list[SupplierCard]:
    """Return suppliers by code, after a code; a text begins the code or the name (one query)."""
    parts: list[str] = []
    params: list[Any] = []
    if text:
        by_code, codes = reading_sql.starting_with("code", text)
        by_name, names = reading_sql.starting_with("name", text)
        parts.append(f"({by_code} OR {by_name})")
        params += [*codes, *names]
    if after is not None:
        parts.append("code > %s")
        params.append(after)
    where = f" WHERE {' AND '.join(parts)}" if parts else ""
    rows = reading_sql.rows(
        f"SELECT code, name, lead_days, note, is_active FROM supplier{where} "
        f"ORDER BY code LIMIT {limit}",
        params,
    )
    return [SupplierCard._make([*row[:4], bool(row[4])]) for row in rows]
