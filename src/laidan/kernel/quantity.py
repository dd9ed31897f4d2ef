"""Quantities: integers in a SKU's smallest unit."""

from __future__ import annotations

from laidan.kernel.money import NotAnAmountError, format_scaled, parse_scaled

QUANTITY_MAX = 10**12
"""The largest quantity of one line or movement, in smallest units."""


def parse_quantity(value: object, decimals: int) -> int:
    """Return a JSON number or decimal text as an integer of 10**-decimals of the unit.

    Raises NotAnAmountError on what is no number, is too fine or too large.

    >>> parse_quantity("1.250", 3), parse_quantity(2, 0)
    (1250, 2)
    """
    if isinstance(value, int) and not isinstance(value, bool):
        scaled = value * int(10**decimals)
    elif isinstance(value, float):
        # repr is the shortest text that reads back as the same number: 1.1 stays 1.1.
        text = repr(value)
        if "e" in text or "n" in text:
            raise NotAnAmountError(f"{text} is not a quantity")
        scaled = parse_scaled(text, decimals)
    elif isinstance(value, str):
        scaled = parse_scaled(value, decimals)
    else:
        raise NotAnAmountError(f"{str(value)[:40]!r} is not a quantity")
    if not -QUANTITY_MAX <= scaled <= QUANTITY_MAX:
        raise NotAnAmountError("the quantity is larger than any taken here")
    return scaled


def format_quantity(value: int, decimals: int) -> int | str:
    """Return whole quantities as numbers and others as decimal text.

    >>> format_quantity(1250, 3), format_quantity(2, 0)
    ('1.250', 2)
    """
    return value if decimals == 0 else format_scaled(value, decimals)
