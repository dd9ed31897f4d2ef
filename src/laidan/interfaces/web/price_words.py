"""What prices a reader may see, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from laidan.domain.orders.rows import LineRow
from laidan.insights.order_reasons import Listed
from laidan.interfaces.web import formats
from laidan.kernel.actor import Actor
from laidan.kernel.money import format_price

MASK = "***"
_OF_ORDER = ("total", "discount", "shipping_fee")
_OF_LINE = ("unit_price", "discount", "tax")


def seen(order: Mapping[str, Any], actor: Actor) -> Mapping[str, Any]:
    """Return an order's document without amounts where an actor may not see them."""
    if "price" not in actor.masks:
        return order
    return {
        **order,
        **dict.fromkeys(_OF_ORDER, MASK),
        "amounts": dict.fromkeys(order["amounts"], MASK),
        "lines": [_line(line) for line in order["lines"]],
        "payments": [{**one, "amount": MASK} for one in order["payments"]],
        "refunds": [{**one, "amount": MASK} for one in order["refunds"]],
    }


def _line(line: Mapping[str, Any]) -> Mapping[str, Any]:
    amounts = dict.fromkeys(line["amounts"], MASK)
    return {**line, **dict.fromkeys(_OF_LINE, MASK), "amounts": amounts}


def reasons(
    lines: Sequence[LineRow], listed: Mapping[str, Listed], currency: str, actor: Actor
) -> dict[str, str]:
    """Return where each line's price comes from, by line."""
    if "price" in actor.masks:
        return {}
    return {line.id: _reason(line, listed.get(line.id), currency) for line in lines}


def _reason(line: LineRow, listed: Listed | None, currency: str) -> str:
    if listed is None or listed.price_micro is None:
        return gettext("Given with the order: the price list has none today.")
    if listed.price_micro == line.unit_price_micro:
        if listed.is_of_list:
            return gettext("The shop's price list for this quantity.")
        return gettext("The SKU's own price.")
    price = formats.amount(format_price(listed.price_micro, currency), currency)
    return gettext("Given with the order or listed then; the list says %(price)s today.") % {
        "price": price
    }
