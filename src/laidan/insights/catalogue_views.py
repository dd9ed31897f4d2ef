"""Price lists as people look at them: which there are, who sells at them, their steps."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from laidan.engine import reading_sql


class ListCard(NamedTuple):
    """A price list: how many prices it has and which shops sell at it."""

    id: str
    code: str
    name: str
    currency: str
    valid_from: datetime | None
    valid_until: datetime | None
    in_force: bool
    prices: int
    shops: tuple[str, ...] = ()


class StepRow(NamedTuple):
    """One price of a list: from a quantity on, in millionths."""

    sku: str
    name: str
    decimals: int
    unit: str
    quantity_min: int
    price_micro: int
    own_micro: int | None
    own_currency: str | None


def list_price_lists(code: str = "") -> list[ListCard]:
    """Return price lists by code, or the one of a code (two queries)."""
    where, params = ("WHERE l.code = %s ", [code]) if code else ("", [])
    rows = reading_sql.rows(
        "SELECT l.id, l.code, l.name, l.currency, l.valid_from, l.valid_until, l.in_force, "
        "COUNT(p.id) FROM price_list l LEFT JOIN price p ON p.price_list_id = l.id "
        f"{where}GROUP BY l.id, l.code, l.name, l.currency, l.valid_from, l.valid_until, l.in_force "
        "ORDER BY l.code",
        params,
    )
    shops: dict[str, tuple[str, ...]] = {}
    for list_id, name in reading_sql.rows(
        "SELECT price_list_id, name FROM shop WHERE price_list_id IS NOT NULL ORDER BY code"
    ):
        shops[str(list_id)] = (*shops.get(str(list_id), ()), name)
    return [
        ListCard._make([
            str(row[0]), *row[1:4], reading_sql.instant_of(row[4]), reading_sql.instant_of(row[5]),
            bool(row[6]), int(row[7]), shops.get(str(row[0]), ()),
        ])
        for row in rows
    ]  # fmt: skip


def list_steps(
    list_id: str, *, text: str, after: tuple[str, ...] | None, limit: int
) -> list[StepRow]:
    """Return a list's prices by SKU and quantity, after such a place (one query)."""
    parts = ["p.price_list_id = %s"]
    params: list[Any] = [list_id]
    if text:
        begins, values = reading_sql.starting_with("s.code", text)
        parts.append(begins)
        params += values
    if after is not None:
        parts.append("s.code >= %s AND (s.code > %s OR p.quantity_min > %s)")
        params += [after[0], after[0], after[1]]
    rows = reading_sql.rows(
        "SELECT s.code, s.name, s.decimals, s.unit, p.quantity_min, p.price_micro, s.price_micro, "
        "s.currency FROM price p JOIN sku s ON s.id = p.sku_id "
        f"WHERE {' AND '.join(parts)} ORDER BY s.code, p.quantity_min LIMIT {limit}",
        params,
    )
    return [StepRow(*row) for row in rows]
