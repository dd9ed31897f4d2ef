"""What changed in an order's lines: added, removed, other quantities and prices, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

Document = Mapping[str, Any]
_AMOUNTS = ("unit_price", "discount", "tax")


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value; `was` where another value stood there before."""

    label: str
    value: str
    was: str = ""


def compare(
    old: Sequence[Document], new: Sequence[Document], amount: Callable[[str], str]
) -> Iterator[Fact]:
    """Yield what differs between the lines of an order before and after."""
    before = {line["id"]: line for line in old}
    after = {line["id"] for line in new}
    for line in new:
        known = before.get(line["id"])
        if known is None:
            yield Fact(gettext("Added"), f"{line['sku']} × {line['quantity']}")
            continue
        if known["quantity"] != line["quantity"]:
            yield Fact(line["sku"], f"× {line['quantity']}", f"× {known['quantity']}")
        for name, label in zip(_AMOUNTS, _labels(), strict=True):
            if known[name] != line[name]:
                yield Fact(f"{line['sku']} {label}", amount(line[name]), amount(known[name]))
        if known["attributes"] != line["attributes"]:
            yield Fact(line["sku"], _plain(line["attributes"]), _plain(known["attributes"]))
    for line in old:
        if line["id"] not in after:
            yield Fact(gettext("Removed"), f"{line['sku']} × {line['quantity']}")


def _labels() -> tuple[str, str, str]:
    return gettext("Price"), gettext("Discount"), gettext("Tax")


def _plain(attributes: Mapping[str, Any]) -> str:
    return ", ".join(str(value) for value in attributes.values()) or "–"
