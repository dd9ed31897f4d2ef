"""An external number that comes again: the same order, or another one under its number."""

from __future__ import annotations

from typing import Any

import msgspec

from laidan.kernel import money
from laidan.kernel.outcome import Refused
from laidan.usecases.order_requests import PlaceOrder


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
    for name in ("discount", "shipping_fee"):
        try:
            if money.parse_scaled(getattr(order, name), 6) != money.parse_scaled(first[name], 6):
                found.append(name)
        except money.NotAnAmountError:
            found.append(name)
    sent = [(line.sku, str(line.quantity), line.unit_price) for line in order.lines]
    kept = [
        (line["sku"], str(line["quantity"]), price and line["unit_price"])
        for line, (_, _, price) in zip(first["lines"], sent, strict=False)
    ]
    if len(first["lines"]) != len(sent) or any(
        a[:2] != b[:2] or not _same_price(a[2], b[2]) for a, b in zip(sent, kept, strict=False)
    ):
        found.append("lines")
    return found or ["customer, address or times"]


def _same_price(sent: str | None, kept: str | None) -> bool:
    if sent is None or kept is None:
        return True
    try:
        return money.parse_scaled(sent, 6) == money.parse_scaled(kept, 6)
    except money.NotAnAmountError:
        return False
