"""The columns of products and SKUs as values: written and read in this order."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class ProductRow(NamedTuple):
    """One row of product."""

    id: str
    code: str
    name: str
    created_at: datetime
    updated_at: datetime


class SkuRow(NamedTuple):
    """One row of sku; `attributes` is a JSON text."""

    id: str
    product_id: str
    code: str
    name: str
    kind: str
    unit: str
    decimals: int
    price_micro: int | None
    currency: str | None
    backorder: bool
    safety: int
    weight_grams: int | None
    attributes: str
    is_active: bool
    updated_at: datetime


class PriceListRow(NamedTuple):
    """One row of price_list."""

    id: str
    code: str
    name: str
    currency: str
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    in_force: bool = True


class PriceRow(NamedTuple):
    """One row of price: a step of a SKU's price on a list."""

    id: str
    price_list_id: str
    sku_id: str
    quantity_min: int
    price_micro: int
