"""What there is, where, and how it came to be: balances and movements page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

from laidan.engine import reading_sql

_DECIMALS_MAX = 6
_BIGINT_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class StockFilter:
    """What a list of balances is narrowed to; `below` is in the SKU's unit.

    `locations` are those that the asker sees; None is all.
    """

    sku: str | None = None
    location: str | None = None
    below: Decimal | None = None
    locations: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class StockRow:
    """One balance, in the SKU's smallest unit."""

    sku: str
    name: str
    unit: str
    decimals: int
    location: str
    bucket: str
    on_hand: int
    reserved: int
    safety: int
    backorder: bool

    @property
    def available(self) -> int:
        """What may be promised: on hand less what is promised and what is kept back."""
        return self.on_hand - self.reserved - self.safety


@dataclass(frozen=True, slots=True)
class MovementRow:
    """One change of what is on hand."""

    id: str
    kind: str
    sku: str
    decimals: int
    location: str
    bucket: str
    delta: int
    reason: str
    reference: str
    order_id: str | None
    actor: str
    at: datetime | None


_BALANCES = (
    "SELECT s.code, s.name, s.unit, s.decimals, l.code, b.bucket, b.on_hand, b.reserved, "
    "b.safety, b.backorder FROM sku s JOIN balance b ON b.sku_id = s.id "
    "JOIN location l ON l.id = b.location_id"
)
_MOVEMENTS = (
    "SELECT m.id, m.kind, s.code, s.decimals, l.code, m.bucket, m.delta, m.reason, m.reference, "
    "m.order_id, m.actor, m.at FROM movement m JOIN sku s ON s.id = m.sku_id "
    "JOIN location l ON l.id = m.location_id"
)


def list_stock(
    wanted: StockFilter, *, after: tuple[str, str, str] | None, limit: int
) -> list[StockRow]:
    """Return balances by SKU, location and bucket, after such a place."""
    parts, params = _equal((("s.code", wanted.sku), ("l.code", wanted.location)))
    _limit(parts, params, wanted.locations)
    if wanted.below is not None:
        steps = " ".join(f"WHEN {decimals} THEN %s" for decimals in range(_DECIMALS_MAX + 1))
        parts.append(f"b.on_hand - b.reserved - b.safety < CASE s.decimals {steps} END")
        params += [_smallest(wanted.below, decimals) for decimals in range(_DECIMALS_MAX + 1)]
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
    return [_balance(*row) for row in rows]


def list_movements(
    *,
    sku: str | None,
    location: str | None,
    before: str | None,
    limit: int,
    locations: frozenset[str] | None = None,
) -> list[MovementRow]:
    """Return movements, the newest first, before a movement's id (ids rise with time)."""
    parts, params = _equal((("s.code", sku), ("l.code", location)))
    _limit(parts, params, locations)
    if before is not None:
        parts.append("m.id < %s")
        params.append(before)
    rows = reading_sql.rows(f"{_MOVEMENTS}{_where(parts)} ORDER BY m.id DESC LIMIT {limit}", params)
    return [_movement(*row) for row in rows]


def _balance(*row: Any) -> StockRow:
    values = [*row]
    values[9] = bool(row[9])
    return StockRow(*values)


def _movement(*row: Any) -> MovementRow:
    values = [*row]
    values[0] = str(row[0])
    values[9] = str(row[9]) if row[9] else None
    values[11] = reading_sql.instant_of(row[11])
    return MovementRow(*values)


def _equal(pairs: Sequence[tuple[str, str | None]]) -> tuple[list[str], list[Any]]:
    given = [(column, value) for column, value in pairs if value is not None]
    return [f"{column} = %s" for column, _ in given], [value for _, value in given]


def _limit(parts: list[str], params: list[Any], locations: frozenset[str] | None) -> None:
    """Leave out what lies in locations that the asker does not see."""
    if locations is not None:
        sql, values = reading_sql.one_of("l.code", sorted(locations))
        parts.append(sql)
        params += values


def _where(parts: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(parts)}" if parts else ""


def _smallest(amount: Decimal, decimals: int) -> int:
    """Return the least integer that is not below an amount of a SKU with so many decimals."""
    scaled = (amount * 10**decimals).to_integral_value(ROUND_CEILING)
    return max(-_BIGINT_MAX, min(int(scaled), _BIGINT_MAX))
