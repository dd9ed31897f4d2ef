"""Stock as people look at it: balances that need attention, the ledger of a SKU, alerts, scans."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from laidan.engine import reading_sql
from laidan.insights.stock_list import StockRow

LOW, OVERSOLD = "low", "oversold"


@dataclass(frozen=True, slots=True)
class StockQuestion:
    """What a list of balances is narrowed to.

    `text` begins a code or a name or is a barcode; `need` is LOW (nothing available beyond the
    safety stock) or OVERSOLD; `reach` are the codes of the locations that may be seen, None all.
    """

    text: str = ""
    sku: str = ""
    location: str = ""
    need: str = ""
    reach: Collection[str] | None = None


class LedgerRow(NamedTuple):
    """One movement of a ledger, in the SKU's smallest unit."""

    id: str
    kind: str
    sku: str
    name: str
    decimals: int
    unit: str
    location: str
    bucket: str
    delta: int
    reason: str
    reference: str
    order_no: str | None
    actor: str
    at: datetime


class AlertRow(NamedTuple):
    """One open alert; figures are those of now, in the SKU's smallest unit."""

    id: str
    kind: str
    sku: str
    name: str
    decimals: int
    unit: str
    location: str | None
    on_hand: int
    reserved: int
    safety: int
    raised_at: datetime
    seen_at: datetime | None
    seen_by: str
    bucket: str


class ScannedSku(NamedTuple):
    """What a scanned code stands for."""

    code: str
    name: str
    kind: str
    unit: str
    decimals: int
    is_active: bool


_BALANCES = (
    "SELECT s.code, s.name, s.unit, s.decimals, l.code, b.bucket, b.on_hand, b.reserved, "
    "b.safety, b.backorder FROM sku s JOIN balance b ON b.sku_id = s.id "
    "JOIN location l ON l.id = b.location_id"
)


def list_balances(
    asked: StockQuestion, *, after: tuple[str, ...] | None, limit: int
) -> list[StockRow]:
    """Return balances by SKU, location and bucket, after such a place (one query)."""
    parts, params = _places("l.code", asked)
    if asked.sku:
        parts.append("s.code = %s")
        params.append(asked.sku)
    if asked.text:
        by_code, codes = reading_sql.starting_with("s.code", asked.text)
        by_name, names = reading_sql.starting_with("s.name", asked.text)
        known = "EXISTS (SELECT 1 FROM barcode c WHERE c.sku_id = s.id AND c.code = %s)"
        parts.append(f"({by_code} OR {by_name} OR {known})")
        params += [*codes, *names, asked.text]
    if asked.need == LOW:
        parts.append("b.on_hand - b.reserved - b.safety <= 0")
    elif asked.need == OVERSOLD:
        parts.append("b.reserved > b.on_hand")
    if after is not None:
        sku, location, bucket = after
        # The first half bounds the index, which not every engine sees in a row comparison.
        parts.append(
            "s.code >= %s AND (s.code > %s OR (l.code > %s OR (l.code = %s AND b.bucket > %s)))"
        )
        params += [sku, sku, location, location, bucket]
    rows = reading_sql.rows(
        f"{_BALANCES}{_where(parts)} ORDER BY s.code, l.code, b.bucket LIMIT {limit}", params
    )
    return [StockRow(*[*row[:9], bool(row[9])]) for row in rows]


def list_ledger(
    asked: StockQuestion, *, kind: str = "", before: str | None = None, limit: int
) -> list[LedgerRow]:
    """Return movements, the newest first, before a movement's id (one query)."""
    parts, params = _places("l.code", asked)
    for column, value in (("s.code", asked.sku), ("m.kind", kind)):
        if value:
            parts.append(f"{column} = %s")
            params.append(value)
    if before is not None:
        parts.append("m.id < %s")
        params.append(before)
    rows = reading_sql.rows(
        "SELECT m.id, m.kind, s.code, s.name, s.decimals, s.unit, l.code, m.bucket, m.delta, "
        "m.reason, m.reference, o.order_no, m.actor, m.at FROM movement m "
        "JOIN sku s ON s.id = m.sku_id JOIN location l ON l.id = m.location_id "
        f"LEFT JOIN sales_order o ON o.id = m.order_id{_where(parts)} "
        f"ORDER BY m.id DESC LIMIT {limit}",
        params,
    )
    return [
        LedgerRow._make([str(row[0]), *row[1:13], reading_sql.instant_of(row[13])]) for row in rows
    ]


def list_alerts(
    asked: StockQuestion, *, kind: str = "", before: str | None = None, limit: int
) -> list[AlertRow]:
    """Return open alerts, the newest first, with the figures of now (one query)."""
    parts, params = _places("l.code", asked)
    parts.append("a.closed_at IS NULL")
    if kind:
        parts.append("a.kind = %s")
        params.append(kind)
    if before is not None:
        parts.append("a.id < %s")
        params.append(before)
    rows = reading_sql.rows(
        "SELECT a.id, a.kind, s.code, s.name, s.decimals, s.unit, l.code, "
        "COALESCE(SUM(b.on_hand), 0), COALESCE(SUM(b.reserved), 0), COALESCE(MAX(b.safety), 0), "
        "a.raised_at, a.seen_at, a.seen_by, a.bucket FROM stock_alert a "
        "JOIN sku s ON s.id = a.sku_id LEFT JOIN location l ON l.id = a.location_id "
        "LEFT JOIN balance b ON b.sku_id = a.sku_id AND b.location_id = a.location_id "
        "AND b.bucket = a.bucket"
        f"{_where(parts)} GROUP BY a.id, a.kind, s.code, s.name, s.decimals, s.unit, l.code, "
        f"a.raised_at, a.seen_at, a.seen_by, a.bucket ORDER BY a.id DESC LIMIT {limit}",
        params,
    )
    return [
        AlertRow._make([
            str(row[0]), *row[1:7], *(int(figure) for figure in row[7:10]),
            reading_sql.instant_of(row[10]), reading_sql.instant_of(row[11]), *row[12:],
        ])
        for row in rows
    ]  # fmt: skip


def count_alerts() -> int:
    """Return how many alerts are open and not yet seen by anybody (one query)."""
    rows = reading_sql.rows(
        "SELECT COUNT(*) FROM stock_alert WHERE closed_at IS NULL AND seen_at IS NULL"
    )
    return int(rows[0][0])


def find_scanned(codes: Collection[str]) -> dict[str, ScannedSku]:
    """Return what codes of SKUs and barcodes stand for, by the code scanned (two queries)."""
    if not codes:
        return {}
    columns = "s.code, s.name, s.kind, s.unit, s.decimals, s.is_active"
    where, params = reading_sql.one_of("s.code", codes)
    found = {
        row[0]: _scanned(row)
        for row in reading_sql.rows(f"SELECT {columns} FROM sku s WHERE {where}", params)
    }
    missing = [code for code in codes if code not in found]
    where, params = reading_sql.one_of("b.code", missing)
    for row in reading_sql.rows(
        f"SELECT {columns}, b.code FROM barcode b JOIN sku s ON s.id = b.sku_id WHERE {where}",
        params,
    ):
        found[row[6]] = _scanned(row)
    return found


def _scanned(row: Sequence[Any]) -> ScannedSku:
    return ScannedSku._make([*row[:5], bool(row[5])])


def _places(column: str, asked: StockQuestion) -> tuple[list[str], list[Any]]:
    parts: list[str] = []
    params: list[Any] = []
    if asked.location:
        parts.append(f"{column} = %s")
        params.append(asked.location)
    if asked.reach is not None:
        within, values = reading_sql.one_of(column, sorted(asked.reach))
        parts.append(within)
        params += values
    return parts, params


def _where(parts: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(parts)}" if parts else ""
