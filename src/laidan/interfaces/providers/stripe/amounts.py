"""Stripe's smallest units, which are not ISO 4217's in every currency."""

from __future__ import annotations

from laidan.interfaces.providers.reading import UnreadableError
from laidan.kernel.money import exponent, is_currency

# https://docs.stripe.com/currencies: Stripe counts these otherwise than ISO 4217 does.
_OTHERWISE = {"ISK": 2, "UGX": 2, "MGA": 0}


def to_stripe(amount_minor: int, currency: str) -> int | None:
    """Return an amount in Stripe's units, None where it has parts that Stripe cannot say.

    >>> to_stripe(1099, "USD"), to_stripe(500, "ISK"), to_stripe(150, "MGA")
    (1099, 50000, None)
    """
    amount, rest = _scaled(amount_minor, exponent(currency), _decimals(currency))
    return None if rest else amount


def from_stripe(amount: int, currency: str) -> int:
    """Return an amount of Stripe's in minor units; raises UnreadableError.

    >>> from_stripe(50000, "ISK")
    500
    """
    if not is_currency(currency):
        raise UnreadableError("a currency that is none")
    minor, rest = _scaled(amount, _decimals(currency), exponent(currency))
    if rest:
        raise UnreadableError("an amount that the currency cannot have")
    return minor


def _decimals(currency: str) -> int:
    return _OTHERWISE.get(currency, exponent(currency))


def _scaled(amount: int, held: int, wanted: int) -> tuple[int, int]:
    factor: int = 10 ** abs(wanted - held)
    return (amount * factor, 0) if wanted >= held else divmod(amount, factor)
