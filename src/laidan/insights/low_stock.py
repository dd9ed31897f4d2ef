"""What lies under its safety stock, by location: the rows of the report."""

from __future__ import annotations

from typing import NamedTuple

from laidan.engine import reading_sql
from laidan.kernel.quantity import format_quantity


class LowRow(NamedTuple):
    """A balance of which less is left than shall be kept back, in the SKU's smallest unit."""

    location: str
    sku: str
    bucket: str
    name: str
    unit: str
    decimals: int
    on_hand: int
    reserved: int
    safety: int

    @property
    def missing(self) -> int:
        """How much has to come in until the safety stock is whole."""
        return self.safety - (self.on_hand - self.reserved)

    def texts(self) -> tuple[str, ...]:
        """Return the row as cells of a file, in the SKU's unit."""
        amounts = (self.on_hand, self.reserved, self.safety, self.missing)
        return (
            self.location, self.sku, self.bucket, self.name, self.unit,
            *(str(format_quantity(one, self.decimals)) for one in amounts),
        )  # fmt: skip


COLUMNS = (
    "location", "sku", "bucket", "name", "unit", "on_hand", "reserved", "safety", "missing",
)  # fmt: skip
"""The heads of the file, in the order of `LowRow.texts`."""


def list_low(*, after: tuple[str, str, str] | None, limit: int) -> list[LowRow]:
    """Return balances under their safety stock by location, SKU and bucket, after such a place."""
    place, params = "", []
    if after is not None:
        place = " AND (l.code > %s OR (l.code = %s AND (s.code > %s OR (s.code = %s AND b.bucket > %s))))"
        params = [after[0], after[0], after[1], after[1], after[2]]
    found = reading_sql.rows(
        "SELECT l.code, s.code, b.bucket, s.name, s.unit, s.decimals, b.on_hand, b.reserved, "
        "b.safety FROM balance b JOIN sku s ON s.id = b.sku_id JOIN location l ON "
        f"l.id = b.location_id WHERE b.safety > 0 AND b.on_hand - b.reserved < b.safety{place} "
        f"ORDER BY l.code, s.code, b.bucket LIMIT {limit:d}",
        params,
    )
    return [LowRow(*row) for row in found]
