"""What a SKU becomes when a request is laid over what it was: pure, and one SKU at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import UnsetType

from laidan.blueprints import fields
from laidan.domain.catalog.core import KINDS
from laidan.domain.catalog.rows import SkuRow
from laidan.kernel import money
from laidan.kernel.outcome import Fault
from laidan.kernel.quantity import QUANTITY_MAX, parse_quantity
from laidan.usecases.product_requests import SkuRequest
from laidan.usecases.texts import name_faults

T = TypeVar("T")
DECIMALS_MAX = 6
_encode = msgspec.json.Encoder(order="deterministic").encode


def given(value: T | UnsetType, otherwise: T) -> T:
    """Return what was given, else the other."""
    return otherwise if isinstance(value, UnsetType) else value


def new_sku(request: SkuRequest, sku_id: str, product: tuple[str, str], now: datetime) -> SkuRow:
    """Return the defaults of a SKU that is not there yet; `product` is its id and name."""
    return SkuRow(
        sku_id, product[0], request.code, product[1], "goods", "pcs", 0, None, None,
        backorder=False, safety=0, weight_grams=None, attributes="{}", is_active=True,
        updated_at=now,
    )  # fmt: skip


def wanted(base: SkuRow, request: SkuRequest, loc: str) -> SkuRow | list[Fault]:
    """Return the SKU as a request wants it, or everything that is wrong with the request."""
    row = base._replace(
        name=given(request.name, base.name),
        kind=given(request.kind, base.kind),
        unit=given(request.unit, base.unit),
        decimals=given(request.decimals, base.decimals),
        currency=given(request.currency, base.currency),
        backorder=given(request.backorder, base.backorder),
        weight_grams=given(request.weight_grams, base.weight_grams),
        is_active=given(request.active, base.is_active),
    )
    found = list(_plain_faults(row, loc))
    if found:
        return found
    price = _price(base, row, request, loc)
    safety = _safety(base, row, request, loc)
    attributes = _attributes(base, request, loc)
    if isinstance(price, Fault) or isinstance(safety, Fault) or isinstance(attributes, Fault):
        return [part for part in (price, safety, attributes) if isinstance(part, Fault)]
    return row._replace(price_micro=price, safety=safety, attributes=attributes)


def _plain_faults(row: SkuRow, loc: str) -> Iterator[Fault]:
    for name in ("code", "name", "unit"):
        yield from name_faults(getattr(row, name), f"{loc}.{name}")
    if row.kind not in KINDS:
        yield Fault(f"{loc}.kind", f"must be one of {', '.join(KINDS)}")
    if not 0 <= row.decimals <= DECIMALS_MAX:
        yield Fault(f"{loc}.decimals", f"must be from 0 to {DECIMALS_MAX}")
    elif row.kind == "bundle" and row.decimals:
        yield Fault(f"{loc}.decimals", "a bundle is counted in whole pieces: must be 0")
    if row.currency is not None and not money.is_currency(row.currency):
        yield Fault(f"{loc}.currency", f"{row.currency!r} is not a currency of ISO 4217")
    if row.weight_grams is not None and not 0 <= row.weight_grams <= 10**9:
        yield Fault(f"{loc}.weight_grams", "must be from 0 to 1,000,000,000")


def _price(base: SkuRow, row: SkuRow, request: SkuRequest, loc: str) -> int | Fault | None:
    try:
        if isinstance(request.price, UnsetType):
            micro = base.price_micro
        else:
            micro = None if request.price is None else money.parse_price(request.price)
    except money.NotAnAmountError as error:
        return Fault(f"{loc}.price", str(error))
    if micro is not None and row.currency is None:
        return Fault(f"{loc}.currency", "say in which currency the price is")
    return micro


def _safety(base: SkuRow, row: SkuRow, request: SkuRequest, loc: str) -> int | Fault:
    if isinstance(request.safety, UnsetType):
        return _rescaled(base.safety, row.decimals - base.decimals, loc)
    try:
        safety = parse_quantity(request.safety, row.decimals)
    except money.NotAnAmountError as error:
        return Fault(f"{loc}.safety", str(error))
    return safety if safety >= 0 else Fault(f"{loc}.safety", "must not be negative")


def _rescaled(safety: int, shift: int, loc: str) -> int | Fault:
    """Return the same quantity in other decimals."""
    factor = int(10 ** abs(shift))
    scaled, rest = (safety * factor, 0) if shift >= 0 else divmod(safety, factor)
    if rest or scaled > QUANTITY_MAX:
        return Fault(f"{loc}.safety", "the old one does not fit the new decimals: give one")
    return scaled


def _attributes(base: SkuRow, request: SkuRequest, loc: str) -> str | Fault:
    if isinstance(request.attributes, UnsetType):
        return base.attributes
    found = fields.free_faults(request.attributes, f"{loc}.attributes")
    return found[0] if found else _encode(request.attributes).decode()
