"""A SKU as the rest of the program sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS = ("goods", "virtual", "custom", "bundle", "capacity")
COUNTED = frozenset(("goods", "capacity"))
"""Kinds that have balances."""


@dataclass(frozen=True, slots=True)
class Component:
    """How much of a SKU one unit of a bundle holds, in the component's smallest unit."""

    sku_id: str
    sku_code: str
    quantity: int
    backorder: bool
    decimals: int = 0
    safety: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Sku:
    """A SKU's facts; `prices` holds (quantity from, price) steps by price list.

    Compared by identity: facts that were loaded anew are another value.
    """

    id: str
    code: str
    name: str
    kind: str
    decimals: int
    price_micro: int | None
    currency: str | None
    backorder: bool
    safety: int
    is_active: bool
    components: tuple[Component, ...] = ()
    prices: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)

    def price(self, price_list_id: str | None, currency: str, quantity: int) -> int | None:
        """Return the unit price of a quantity: the list's best step, else the SKU's own."""
        if price_list_id is not None:
            for quantity_min, micro in reversed(self.prices.get(price_list_id, ())):
                if quantity >= quantity_min:
                    return micro
        return self.price_micro if self.currency == currency else None
