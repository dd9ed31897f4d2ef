"""An external number that comes again: the same order, or another one under its number."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from laidan.kernel import money
from laidan.kernel.outcome import Refused
from laidan.kernel.quantity import parse_quantity
from laidan.usecases.order_requests import PlaceOrder

_encode = msgspec.json.Encoder().encode
_DECIMALS = 6


def content_digest(order: PlaceOrder) -> str:
    """Return SHA-256 of what was sent: the same content, however it is spelled, is the same order.

    64.0 is 64.00, 2 is "2", ten o'clock in Shanghai is two o'clock in Greenwich, and tags have no
    order.
    """
    paid = order.paid
    content = (
        order.type, order.shop, order.external_no, _moment(order.placed_at), order.currency,
        order.priority, order.customer, order.ship_to,
        [
            (
                line.sku, _quantity(line.quantity), _amount(line.unit_price),
                _amount(line.discount), _amount(line.tax), line.title, line.attributes,
                line.from_ and _moment(line.from_), line.until and _moment(line.until),
            )
            for line in order.lines
        ],
        _amount(order.discount), _amount(order.shipping_fee),
        paid and (paid.provider, _amount(paid.amount), paid.reference, _moment(paid.at)),
        order.buyer_note, order.seller_note, order.tags and sorted(set(order.tags)), order.fields,
    )  # fmt: skip
    return hashlib.sha256(_encode(content)).hexdigest()


@lru_cache(maxsize=16_384)
def _amount(text: str | None) -> str | int | None:
    """Return an amount in millionths; what is none stays as it is."""
    if text is None:
        return None
    try:
        return money.parse_scaled(text, _DECIMALS)
    except money.NotAnAmountError:
        return text


@lru_cache(maxsize=1024)
def _quantity(value: float | str) -> int | str:
    """Return a quantity in millionths; what is none stays as it is."""
    try:
        return parse_quantity(value, _DECIMALS)
    except money.NotAnAmountError:
        return repr(value)


def _moment(text: str | None) -> str | float | None:
    """Return an instant in seconds, whatever clock told it; dates and nonsense stay as they are."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        return at.timestamp() if at.tzinfo is not None else text
    except (ValueError, OverflowError):
        return text


def duplicate(order: PlaceOrder, order_id: str, order_no: str, first: str | None) -> Refused:
    """Return the refusal of other content under a taken number; `first` is the first event."""
    differs = _differences(order, msgspec.json.decode(first)["order"]) if first else []
    return Refused(
        "duplicate-order",
        f"The external number {order.external_no!r} is order {order_no} already, with other content"
        + (f" ({', '.join(differs)})." if differs else "."),
        409,
        extra={"order_id": order_id, "order_no": order_no, "differs": differs},
    )


def _differences(order: PlaceOrder, first: dict[str, Any]) -> list[str]:
    """Name the fields in which a request differs from the order first placed."""
    found = [
        name
        for name in ("buyer_note", "seller_note", "priority", "fields")
        if getattr(order, name) != first[name]
    ]
    if sorted(set(order.tags)) != first["tags"]:
        found.append("tags")
    found += [
        name
        for name in ("discount", "shipping_fee")
        if _amount(getattr(order, name)) != _amount(first[name])
    ]
    sent = [(line.sku, _quantity(line.quantity), _amount(line.unit_price)) for line in order.lines]
    # What was not said of a price then cannot differ now.
    kept = [
        (line["sku"], _quantity(line["quantity"]), price and _amount(line["unit_price"]))
        for line, (_, _, price) in zip(first["lines"], sent, strict=False)
    ]
    if len(first["lines"]) != len(sent) or sent != kept:
        found.append("lines")
    return found or ["customer, address or times"]
