"""What the lines of an order ask for and cost: pure decisions of placing and amending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

from laidan.blueprints import fields
from laidan.blueprints.model import Blueprint
from laidan.domain.catalog.core import COUNTED, Sku
from laidan.domain.channels.core import Shop
from laidan.domain.orders import core as orders
from laidan.domain.orders.rows import LineRow
from laidan.domain.stock.core import Demand, Shortage
from laidan.kernel import money
from laidan.kernel.outcome import Fault, Refused
from laidan.kernel.period import buckets, parse_day
from laidan.kernel.quantity import format_quantity, parse_quantity
from laidan.usecases.order_requests import LineRequest, Quantity

_MOMENT_MAX = 32
"""Characters of the column that keeps from and until."""
_attributes_text = msgspec.json.Encoder().encode


class PricedLine(NamedTuple):
    """A line as it will be kept, but for its shares of order-wide amounts."""

    sku: Sku
    title: str
    quantity: int
    unit_price_micro: int
    goods: int
    discount: int
    tax: int
    starts: str | None
    ends: str | None
    attributes: str


@lru_cache(maxsize=65_536)
def _plain_line(
    sku: Sku, quantity: Quantity, amounts: tuple[str | None, str, str], title: str, shop: Shop
) -> PricedLine | None:
    """Price a line of goods that carries nothing special; None where something may be wrong.

    What sells, sells again at the same price: the answer is remembered while the SKU's facts and
    the shop's are.
    """
    unit_price, discount, tax = amounts
    try:
        counted = parse_quantity(quantity, sku.decimals)
        micro = _unit_price(unit_price, sku, shop, counted)
        less = money.parse_minor(discount, shop.currency)
        taxed = money.parse_minor(tax, shop.currency)
    except money.NotAnAmountError:
        return None
    goods = money.line_amount(micro, counted, sku.decimals, shop.currency)
    if counted <= 0 or goods > money.MINOR_MAX or sku.kind == "capacity" or not sku.is_active:
        return None
    return PricedLine(sku, title or sku.name, counted, micro, goods, less, taxed, None, None, "{}")


def price_line(
    line: LineRequest, place: int, sku: Sku, shop: Shop, blueprint: Blueprint
) -> PricedLine | list[Fault]:
    """Price one line, or say everything that is wrong with it."""
    found = _kind_faults(line, place, sku, blueprint)
    currency = shop.currency
    quantity = micro = discount = tax = 0
    name = "quantity"
    try:
        quantity = parse_quantity(line.quantity, sku.decimals)
        if quantity <= 0:
            found.append(_fault(place, name, "must be more than 0"))
        name = "unit_price"
        micro = _unit_price(line.unit_price, sku, shop, quantity)
        name = "discount"
        discount = money.parse_minor(line.discount, currency)
        name = "tax"
        tax = money.parse_minor(line.tax, currency)
    except money.NotAnAmountError as error:
        found.append(_fault(place, name, str(error)))
    goods = money.line_amount(micro, quantity, sku.decimals, currency)
    if goods > money.MINOR_MAX:
        found.append(Fault(f"lines[{place}]", "the amount is larger than any taken here"))
    if found:
        return found
    attributes = _attributes_text(line.attributes).decode() if line.attributes else "{}"
    return PricedLine(
        sku, line.title or sku.name, quantity, micro, goods, discount, tax, line.from_, line.until,
        attributes,
    )  # fmt: skip


def _fault(place: int, name: str, msg: str) -> Fault:
    return Fault(f"lines[{place}].{name}", msg)


def _unit_price(asked: str | None, sku: Sku, shop: Shop, quantity: int) -> int:
    """Return the price asked for, or the listed one; raises NotAnAmountError."""
    if asked is None:
        listed = sku.price(shop.price_list_id, shop.currency, quantity)
        if listed is None:
            raise money.NotAnAmountError(f"{sku.code} has no price in {shop.currency}; give one")
        return listed
    return money.parse_price(asked)


def _kind_faults(line: LineRequest, place: int, sku: Sku, blueprint: Blueprint) -> list[Fault]:
    found: list[Fault] = []
    loc = f"lines[{place}]"
    if not sku.is_active:
        found.append(Fault(f"{loc}.sku", f"{sku.code} is not sold any more"))
    if sku.kind not in blueprint.line_kinds:
        found.append(
            Fault(
                f"{loc}.sku",
                f"{sku.code} is of kind {sku.kind}; an order of type {blueprint.code} takes "
                f"{', '.join(sorted(blueprint.line_kinds))}",
            )
        )
    if blueprint.line_fields:
        found += fields.faults(blueprint.line_fields, line.attributes, f"{loc}.attributes")
    elif line.attributes:
        found += fields.free_faults(line.attributes, f"{loc}.attributes")
    for name, text in (("from", line.from_), ("until", line.until)):
        if text is not None and not _is_moment(text):
            found.append(Fault(f"{loc}.{name}", "must be a date or a time such as 2026-11-22"))
            return found
    if sku.kind == "capacity":
        if line.from_ is None or line.until is None:
            found.append(Fault(f"{loc}.from", f"{sku.code} is booked by day: give from and until"))
        else:
            try:
                buckets(line.from_, line.until)
            except ValueError as error:
                found.append(Fault(f"{loc}.from", f"from and until: {error}"))
    return found


def _is_moment(text: str) -> bool:
    try:
        parse_day(text)
    except ValueError:
        return False
    return len(text) <= _MOMENT_MAX


def demands_of(lines: Sequence[tuple[int, PricedLine]]) -> list[Demand]:
    """Return what numbered lines ask of stock: bundles by component, bookings by day."""
    found: list[Demand] = []
    for line_no, line in lines:
        found += _demands(line_no, line.sku, line.quantity, line.starts, line.ends)
    return found


def demands_of_rows(lines: Sequence[LineRow], skus: Mapping[str, Sku]) -> list[Demand]:
    """Return what kept lines still ask of stock: what was shipped is asked no more."""
    found: list[Demand] = []
    for line in lines:
        left = line.quantity - line.shipped
        if left > 0:
            found += _demands(line.line_no, skus[line.sku_code], left, line.starts, line.ends)
    return found


def _demands(
    line_no: int, sku: Sku, quantity: int, starts: str | None, ends: str | None
) -> list[Demand]:
    if sku.kind == "bundle":
        return [
            Demand(
                line_no, part.sku_id, part.sku_code, None, part.quantity * quantity,
                part.quantity, part.backorder, part.safety,
            )
            for part in sku.components
        ]  # fmt: skip
    if sku.kind == "capacity":
        return [
            Demand(line_no, sku.id, sku.code, day, quantity, 1, sku.backorder, sku.safety)
            for day in buckets(starts or "", ends or "")
        ]
    if sku.kind in COUNTED:
        return [Demand(line_no, sku.id, sku.code, None, quantity, 1, sku.backorder, sku.safety)]
    return []


def add_up(
    lines: Sequence[PricedLine], discount: str, shipping_fee: str, currency: str
) -> orders.Amounts | Refused:
    """Add the order up, or say which amount cannot be."""
    try:
        return orders.add_up(
            [line.goods for line in lines],
            [line.discount for line in lines],
            [line.tax for line in lines],
            discount=money.parse_minor(discount, currency) if discount != "0" else 0,
            shipping=money.parse_minor(shipping_fee, currency) if shipping_fee != "0" else 0,
        )
    except orders.AmountError as error:
        return refused([Fault(error.loc, error.msg)])
    except money.NotAnAmountError as error:
        return refused([Fault("discount or shipping_fee", str(error))])


def refused(found: Sequence[Fault], code: str = "invalid-order") -> Refused:
    """Return the refusal of an order with what is wrong in it."""
    return Refused(code, "; ".join(f"{f.loc}: {f.msg}" for f in found[:3]), 422, tuple(found))


def price_lines(
    requests: Sequence[LineRequest],
    skus: Mapping[str, Sku],
    shop: Shop,
    blueprint: Blueprint,
) -> list[PricedLine] | Refused:
    """Price every line, or refuse with all that is wrong."""
    priced: list[PricedLine] = []
    found: list[Fault] = []
    unknown = False
    for place, line in enumerate(requests):
        sku = skus.get(line.sku)
        if sku is None:
            unknown = True
            found.append(Fault(f"lines[{place}].sku", f"there is no SKU {line.sku!r}"))
            continue
        known = None
        if sku.kind in blueprint.line_kinds and not (
            line.attributes or line.from_ or line.until or blueprint.line_fields
        ):
            amounts = (line.unit_price, line.discount, line.tax)
            known = _plain_line(sku, line.quantity, amounts, line.title, shop)
        answer = known or price_line(line, place, sku, shop, blueprint)
        if isinstance(answer, PricedLine):
            priced.append(answer)
        else:
            found += answer
    if found:
        return refused(found, "unknown-sku" if unknown else "invalid-order")
    return priced


def out_of_stock(shortages: Sequence[Shortage], skus: Mapping[str, Sku]) -> Refused:
    """Return the refusal that names what is short, in the SKUs' units."""
    decimals = {part.sku_code: part.decimals for sku in skus.values() for part in sku.components}
    decimals |= {sku.code: sku.decimals for sku in skus.values()}
    listed = [
        {
            "sku": short.sku_code,
            "wanted": format_quantity(short.wanted, decimals.get(short.sku_code, 0)),
            "available": format_quantity(short.available, decimals.get(short.sku_code, 0)),
        }
        for short in shortages
    ]
    words = "; ".join(f"{s['sku']}: {s['available']} of {s['wanted']}" for s in listed[:5])
    return Refused("out-of-stock", f"Not enough stock: {words}.", 409, extra={"shortages": listed})
