"""The catalogue as a batch of changes sees it, and what the batch makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from laidan.domain.catalog.rows import ProductRow, SkuRow
from laidan.domain.stock.core import Balance
from laidan.engine import events
from laidan.kernel.outcome import Outcome

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ProductAnswer:
    """A product with the SKUs that were named; both flags are False where all was so already."""

    document: dict[str, Any]
    created: bool = False
    changed: bool = False
    skus_created: tuple[str, ...] = ()
    skus_changed: tuple[str, ...] = ()


class Catalogue:
    """The part of the catalogue that a batch works on; each request sees the earlier ones."""

    def __init__(
        self,
        products: Mapping[str, ProductRow] = _NOTHING,
        skus: Mapping[str, SkuRow] = _NOTHING,
        components: Mapping[str, Mapping[str, int]] = _NOTHING,
        barcodes: Mapping[str, str] = _NOTHING,
    ) -> None:
        self.products = dict(products)
        self.skus = dict(skus)
        self.by_id = {row.id: row for row in self.skus.values()}
        self.components = {bundle: dict(parts) for bundle, parts in components.items()}
        self.barcodes: dict[str, str] = {}
        self._owned: dict[str, set[str]] = {}
        for code, sku_id in barcodes.items():
            self._give(code, sku_id)

    def copy(self) -> Catalogue:
        """Return a copy to change."""
        return Catalogue(self.products, self.skus, self.components, self.barcodes)

    def overlaid(self, later: Catalogue) -> Catalogue:
        """Return this catalogue with what became of it later."""
        return Catalogue(
            self.products | later.products,
            self.skus | later.skus,
            self.components | later.components,
            self.barcodes | later.barcodes,
        )

    def put(self, row: SkuRow) -> None:
        """Put a SKU in the place of what it was."""
        self.skus[row.code] = self.by_id[row.id] = row

    def barcodes_of(self, sku_id: str) -> set[str]:
        """Return a SKU's barcodes."""
        return self._owned.get(sku_id, set())

    def set_barcodes(self, barcodes: Mapping[str, set[str]]) -> None:
        """Let SKUs have these barcodes and no others."""
        for sku_id in barcodes:
            for code in self._owned.pop(sku_id, set()):
                del self.barcodes[code]
        for sku_id, codes in barcodes.items():
            for code in codes:
                self._give(code, sku_id)

    def _give(self, code: str, sku_id: str) -> None:
        self.barcodes[code] = sku_id
        self._owned.setdefault(sku_id, set()).add(code)


@dataclass(frozen=True, slots=True)
class Known:
    """What upserting a batch needs to know.

    `counted` are SKUs that balances, orders or price steps speak of: what they count in is fixed.
    `heads` are number and hash of the products' last events.
    """

    catalogue: Catalogue
    counted: frozenset[str]
    balances: Mapping[str, Sequence[Balance]]
    heads: Mapping[str, tuple[int, str]]


@dataclass(slots=True)
class Decision:
    """Outcomes, the catalogue as it shall be, and the events that say so."""

    catalogue: Catalogue
    outcomes: list[Outcome[ProductAnswer]] = field(default_factory=list)
    events: list[events.NewEvent] = field(default_factory=list)
