"""Exact money: integer minor units beside an ISO 4217 currency."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from laidan.kernel.currencies import EXPONENTS

MICRO = 6
"""Decimals of a stored unit price: a price is an integer of 10**-6 major units."""
MINOR_MAX = 10**15
"""The largest amount taken, in minor units; sums of a million such amounts still fit 64 bits."""
PRICE_MAX = 10**18
"""The largest unit price taken, in 10**-6 major units: a stored price has 64 bits."""

_DECIMAL = re.compile(r"(-?)(\d{1,18})(?:\.(\d{1,18}))?\Z", re.ASCII)


class CurrencyMismatchError(ValueError):
    """Two currencies met where one was expected."""


class NotAnAmountError(ValueError):
    """A text is no decimal number of the wanted precision and size."""


def exponent(currency: str) -> int:
    """Return the decimals of a currency; raises NotAnAmountError where it is unknown.

    >>> exponent("CNY"), exponent("JPY"), exponent("KWD")
    (2, 0, 3)
    """
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise NotAnAmountError(f"{currency!r} is not a currency of ISO 4217") from None


def is_currency(code: str) -> bool:
    """Say whether a code is a known ISO 4217 currency."""
    return code in EXPONENTS


@lru_cache(maxsize=16_384)
def parse_scaled(text: str, decimals: int) -> int:
    """Return a decimal text as an integer of 10**-decimals; never rounds.

    >>> parse_scaled("64.5", 2)
    6450
    """
    match = _DECIMAL.match(text)
    if match is None:
        raise NotAnAmountError(f"{text[:40]!r} is not a decimal number such as 128.50")
    sign, whole, fraction = match.groups(default="")
    if len(fraction) > decimals:
        if fraction[decimals:].strip("0"):
            raise NotAnAmountError(f"{text[:40]!r} has more than {decimals} decimals")
        fraction = fraction[:decimals]
    value = int(whole + fraction.ljust(decimals, "0"))
    return -value if sign else value


@lru_cache(maxsize=16_384)
def parse_price(text: str) -> int:
    """Return a unit price's text in 10**-6 major units; raises NotAnAmountError.

    >>> parse_price("64.5")
    64500000
    """
    micro = parse_scaled(text, MICRO)
    if micro < 0:
        raise NotAnAmountError("must not be negative")
    if micro > PRICE_MAX:
        raise NotAnAmountError(f"{text[:40]!r} is larger than any price taken here")
    return micro


def parse_minor(text: str, currency: str) -> int:
    """Return an amount's text in minor units of its currency; refuses what is too large."""
    value = parse_scaled(text, exponent(currency))
    if not -MINOR_MAX <= value <= MINOR_MAX:
        raise NotAnAmountError(f"{text[:40]!r} is larger than any amount taken here")
    return value


@lru_cache(maxsize=16_384)
def format_scaled(value: int, decimals: int) -> str:
    """Return an integer of 10**-decimals as decimal text.

    >>> format_scaled(-5, 2), format_scaled(1990, 0)
    ('-0.05', '1990')
    """
    if decimals == 0:
        return str(value)
    digits = f"{abs(value):0{decimals + 1}d}"
    return f"{'-' if value < 0 else ''}{digits[:-decimals]}.{digits[-decimals:]}"


def format_minor(value: int, currency: str) -> str:
    """Return minor units as the decimal text of the major unit."""
    return format_scaled(value, exponent(currency))


@lru_cache(maxsize=16_384)
def format_price(micro: int, currency: str) -> str:
    """Return a unit price with its currency's decimals, or more where it has more.

    >>> format_price(64_000_000, "CNY"), format_price(1_234_500, "CNY")
    ('64.00', '1.2345')
    """
    least = exponent(currency)
    text = format_scaled(micro, MICRO)
    whole, _, fraction = text.partition(".")
    kept = fraction.rstrip("0").ljust(least, "0")
    return f"{whole}.{kept}" if kept else whole


def round_half_up(numerator: int, denominator: int) -> int:
    """Divide and round half away from zero (denominator > 0).

    >>> round_half_up(5, 2), round_half_up(-5, 2)
    (3, -3)
    """
    if numerator < 0:
        return -((-2 * numerator + denominator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def line_amount(unit_price_micro: int, quantity: int, decimals: int, currency: str) -> int:
    """Return quantity × unit price in minor units, rounded half up once.

    `quantity` is in 10**-decimals of the SKU's unit.
    """
    scale = MICRO + decimals - exponent(currency)
    product = unit_price_micro * quantity
    return round_half_up(product, 10**scale) if scale >= 0 else product * 10**-scale


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split a total over weights by largest remainder; the parts always sum to the total.

    Weights must not be negative; where all are zero the parts are as equal as they can be.

    >>> allocate(100, [1, 1, 1])
    [34, 33, 33]
    """
    count = len(weights)
    if count == 0:
        if total:
            raise ValueError("nothing to split over")
        return []
    if min(weights) < 0:
        raise ValueError("a weight is negative")
    if total == 0:
        return [0] * count
    if count == 1:
        return [total]
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * count, count
    sign, size = (-1, -total) if total < 0 else (1, total)
    parts = [size * weight // whole for weight in weights]
    left = size - sum(parts)
    if left:
        # Ties go to the earlier part, so that the split does not depend on the sort.
        by_remainder = sorted(range(count), key=lambda i: (-(size * weights[i] % whole), i))
        for index in by_remainder[:left]:
            parts[index] += 1
    return [sign * part for part in parts]


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount; adding or comparing different currencies raises."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Read a decimal text of the major unit."""
        return cls(parse_minor(text, currency), currency)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatchError(f"{self.currency} and {other.currency} do not mix")
        return other.minor

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def __str__(self) -> str:
        return f"{self.currency} {format_minor(self.minor, self.currency)}"

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Split by largest remainder."""
        return [Money(part, self.currency) for part in allocate(self.minor, weights)]
