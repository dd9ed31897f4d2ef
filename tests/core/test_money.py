"""Money is exact: parsing never rounds, a line rounds once, a split loses nothing."""

import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from laidan.kernel import money
from laidan.kernel.money import CurrencyMismatchError, Money, NotAnAmountError

CASES = Path(__file__).resolve().parents[3] / "shared/data/peers/rounding_cases.json"

amounts = st.integers(-money.MINOR_MAX, money.MINOR_MAX)
decimals = st.integers(0, 6)
currencies = st.sampled_from(["CNY", "JPY", "KWD", "EUR", "XAF", "BHD"])


@pytest.mark.parametrize(
    ("text", "places", "value"),
    [
        ("0", 2, 0),
        ("-0", 2, 0),
        ("64", 2, 6400),
        ("64.5", 2, 6450),
        ("64.50", 2, 6450),
        ("64.5000", 2, 6450),
        ("-0.05", 2, -5),
        ("007", 0, 7),
        ("1.250", 3, 1250),
        ("1.", 2, None),
        (".5", 2, None),
        ("1.005", 2, None),
        ("1.5", 0, None),
        ("1.0", 0, 1),
        ("+1", 2, None),
        ("--1", 2, None),
        ("1e3", 2, None),
        ("1,000.00", 2, None),
        (" 1", 2, None),
        ("1\n", 2, None),
        ("", 2, None),
        ("NaN", 2, None),
        ("Infinity", 2, None),
        ("٣", 2, None),
        ("１２", 2, None),
        ("9" * 19, 0, None),
        ("1_000", 0, None),
    ],
)
def test_a_decimal_text_is_read_exactly_or_not_at_all(text, places, value):
    if value is None:
        with pytest.raises(NotAnAmountError):
            money.parse_scaled(text, places)
    else:
        assert money.parse_scaled(text, places) == value


@given(amounts, decimals)
def test_what_is_written_reads_back(value, places):
    assert money.parse_scaled(money.format_scaled(value, places), places) == value


@given(amounts, decimals)
def test_written_like_a_decimal_of_that_many_places(value, places):
    text = money.format_scaled(value, places)
    assert Decimal(text) == Decimal(value).scaleb(-places)
    assert len(text.partition(".")[2]) == places


@given(st.integers(0, 10**15), currencies)
def test_a_unit_price_is_written_exactly(micro, currency):
    text = money.format_price(micro, currency)
    assert money.parse_scaled(text, money.MICRO) == micro
    shown = len(text.partition(".")[2])
    assert money.exponent(currency) <= shown <= money.MICRO
    if shown > money.exponent(currency):
        assert not text.endswith("0")


def test_the_largest_amount_is_a_limit():
    largest = money.format_minor(money.MINOR_MAX, "CNY")
    assert money.parse_minor(largest, "CNY") == money.MINOR_MAX
    for text in (money.format_minor(money.MINOR_MAX + 1, "CNY"), "-" + "9" * 18):
        with pytest.raises(NotAnAmountError):
            money.parse_minor(text, "CNY")


@pytest.mark.parametrize(
    ("code", "places"),
    [("CNY", 2), ("USD", 2), ("JPY", 0), ("KRW", 0), ("ISK", 0), ("KWD", 3), ("TND", 3)],
)
def test_a_currency_has_the_decimals_of_iso_4217(code, places):
    assert money.is_currency(code)
    assert money.exponent(code) == places


@pytest.mark.parametrize("code", ["", "cny", "RMB", "QQQ", "XAU", "CNYY", "C N"])
def test_what_is_no_currency_is_refused(code):
    assert not money.is_currency(code)
    with pytest.raises(NotAnAmountError):
        money.exponent(code)


@given(st.integers(-(10**24), 10**24), st.integers(1, 10**12))
@example(5, 10)
@example(-5, 10)
@example(4, 10)
def test_rounding_is_half_away_from_zero(numerator, denominator):
    rounded = money.round_half_up(numerator, denominator)
    # |rounded - exact| <= 1/2, and a tie goes away from zero; all in integers.
    assert 2 * abs(rounded * denominator - numerator) <= denominator
    if 2 * abs(rounded * denominator - numerator) == denominator:
        assert abs(rounded) * denominator > abs(numerator)


@given(st.integers(0, 10**13), st.integers(0, 10**9), decimals, currencies)
def test_a_line_is_rounded_once(micro, quantity, places, currency):
    exact = Decimal(micro).scaleb(-6) * Decimal(quantity).scaleb(-places)
    unit = Decimal(1).scaleb(-money.exponent(currency))
    wanted = exact.quantize(unit, ROUND_HALF_UP).scaleb(money.exponent(currency))
    assert money.line_amount(micro, quantity, places, currency) == int(wanted)


# --- splitting ------------------------------------------------------------------------------


@given(amounts, st.lists(st.integers(0, 10**12), min_size=1, max_size=30))
def test_the_parts_sum_to_the_whole_and_each_is_its_share(total, weights):
    parts = money.allocate(total, weights)
    assert sum(parts) == total
    assert len(parts) == len(weights)
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        share = (weight, whole) if whole else (1, len(weights))
        # No part is a whole unit away from its exact share, none has the other sign.
        assert abs(part * share[1] - total * share[0]) < share[1]
        assert part * total >= 0


@given(amounts, st.lists(st.integers(0, 10**6), min_size=2, max_size=10))
def test_a_larger_remainder_is_served_first(total, weights):
    parts = money.allocate(total, weights)
    whole = sum(weights)
    if not whole:
        return
    rest = [abs(total) * weight % whole for weight in weights]
    extra = [abs(part) - abs(total) * w // whole for part, w in zip(parts, weights, strict=True)]
    assert set(extra) <= {0, 1}
    served = [(rest[i], -i) for i in range(len(parts)) if extra[i]]
    waiting = [(rest[i], -i) for i in range(len(parts)) if not extra[i]]
    assert not served or not waiting or min(served) > max(waiting)


@given(amounts, st.lists(st.integers(0, 10**6), min_size=1, max_size=10))
def test_a_negative_total_splits_like_the_positive_one(total, weights):
    assert money.allocate(-total, weights) == [-part for part in money.allocate(total, weights)]


def test_what_cannot_be_split():
    assert money.allocate(0, []) == []
    with pytest.raises(ValueError, match="nothing"):
        money.allocate(1, [])
    with pytest.raises(ValueError, match="negative"):
        money.allocate(1, [2, -1])


# --- money with its currency ----------------------------------------------------------------


@given(amounts, amounts, currencies, currencies)
def test_currencies_never_mix(left, right, one, other):
    a, b = Money(left, one), Money(right, other)
    if one == other:
        assert a + b == Money(left + right, one)
        assert a - b == Money(left - right, one)
        assert (a < b, a <= b) == (left < right, left <= right)
        return
    for mix in (lambda: a + b, lambda: a - b, lambda: a < b, lambda: a <= b):
        with pytest.raises(CurrencyMismatchError):
            mix()


def test_money_is_read_and_written():
    fee = Money.parse("128.50", "CNY")
    assert fee == Money(12850, "CNY")
    assert str(-fee) == "CNY -128.50"
    assert [part.minor for part in fee.split([1, 1, 1])] == [4284, 4283, 4283]


# --- what other systems assert --------------------------------------------------------------


def _cases(section: str) -> list[dict]:
    """Cases of other order systems, where the data lies beside the project."""
    if not CASES.is_file():
        return []
    return json.loads(CASES.read_text(encoding="utf-8"))[section]


def _minor(value: str | int) -> int:
    return value if isinstance(value, int) else money.parse_minor(value, "CNY")


@pytest.mark.parametrize("case", _cases("allocate_total_over_lines"))
def test_splits_of_other_systems(case):
    weights = [_minor(one) for one in case.get("weights_minor") or case["weights"]]
    total = _minor(case["total_minor"] if "total_minor" in case else case["total"])
    parts = money.allocate(total, weights)
    wanted = case.get("expect_minor") or case.get("expect") or case["expect_any_order"]
    wanted = [_minor(one) for one in wanted]
    if "expect_any_order" in case:
        parts, wanted = sorted(parts), sorted(wanted)
    assert parts == wanted


@pytest.mark.parametrize("case", _cases("tax_on_lines"))
def test_amounts_of_other_systems_are_rounded_alike(case):
    """Their tax is computed from a rate, which rounds the line's exact product half up, once."""
    if case["included"] or "expect_tax" not in case:
        return
    rate = money.parse_scaled(case["rate"], 2)
    taxes = [
        money.round_half_up(money.parse_scaled(price, 3) * quantity * rate, 1000)
        for price, quantity in case["lines"]
    ]
    assert sum(taxes) == money.parse_minor(case["expect_tax"], "CNY")
