"""What a caller asks when it changes products; the field names are the public contract's."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from laidan.kernel.actor import Actor
from laidan.usecases.order_requests import Amount, Code, Name, Quantity

AwareTime = Annotated[datetime, msgspec.Meta(tz=True)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
BarcodeText = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class ComponentRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A SKU, and how much of it, that one unit of a bundle holds."""

    sku: Code
    quantity: Quantity = 1


class SkuRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A SKU as it shall be; what is not given stays, or takes its default in a new SKU.

    `barcode` and `barcodes` together are all the barcodes that the SKU has afterwards.
    """

    code: Code
    name: Title | UnsetType = UNSET
    kind: Annotated[str, msgspec.Meta(examples=["goods"])] | UnsetType = UNSET
    barcode: Annotated[str, msgspec.Meta(max_length=80)] | UnsetType | None = UNSET
    barcodes: Annotated[list[BarcodeText], msgspec.Meta(max_length=50)] | UnsetType = UNSET
    price: Amount | UnsetType | None = UNSET
    currency: Annotated[str, msgspec.Meta(max_length=3)] | UnsetType | None = UNSET
    unit: Annotated[str, msgspec.Meta(min_length=1, max_length=20)] | UnsetType = UNSET
    decimals: Annotated[int, msgspec.Meta(ge=0, le=6)] | UnsetType = UNSET
    backorder: bool | UnsetType = UNSET
    safety: Quantity | UnsetType = UNSET
    weight_grams: Annotated[int, msgspec.Meta(ge=0, le=10**9)] | UnsetType | None = UNSET
    components: Annotated[list[ComponentRequest], msgspec.Meta(max_length=100)] | UnsetType = UNSET
    attributes: dict[str, Any] | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class ProductRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A product with those of its SKUs that are to be made or changed; others stay."""

    code: Code
    name: Title | UnsetType = UNSET
    skus: Annotated[list[SkuRequest], msgspec.Meta(max_length=500)] = []


class UpsertProduct(msgspec.Struct, frozen=True):
    """One request of a batch: the product, and who changes it."""

    product: ProductRequest
    actor: Actor


class PriceRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A SKU's price from a quantity upwards; the price None takes the step away."""

    sku: Code
    price: Amount | None
    quantity_from: Quantity = 0


class PriceListRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A price list with the steps that are to be made, changed or taken away; others stay.

    Its prices hold from `valid_from` until `valid_until`; null is always.
    """

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    name: Name | None = None
    currency: Annotated[str, msgspec.Meta(max_length=3)] | None = None
    valid_from: AwareTime | UnsetType | None = UNSET
    valid_until: AwareTime | UnsetType | None = UNSET
    prices: Annotated[list[PriceRequest], msgspec.Meta(max_length=10_000)] = []


class SetPrices(msgspec.Struct, frozen=True):
    """One request of a batch: the list, and who changes it."""

    prices: PriceListRequest
    actor: Actor
