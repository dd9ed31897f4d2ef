"""An order number that was misread or mistyped is found out."""

import itertools
import re
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from laidan.kernel import order_numbers

digits = st.text("0123456789", min_size=11, max_size=11)
prefixes = st.from_regex(r"\A[A-Z]{1,6}\Z")
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@given(prefixes, days, digits)
def test_a_number_is_prefix_day_digits_and_check(prefix, day, entropy):
    number = order_numbers.compose(prefix, day, entropy)
    assert re.fullmatch(r"[A-Z]{1,6}\d{18}", number)
    assert number.startswith(prefix + day.strftime("%y%m%d") + entropy)
    assert order_numbers.is_valid(number)


@given(prefixes, days, digits, st.integers(0, 17), st.integers(1, 9))
def test_every_single_wrong_digit_is_caught(prefix, day, entropy, place, shift):
    number = order_numbers.compose(prefix, day, entropy)
    at = len(prefix) + place
    wrong = str((int(number[at]) + shift) % 10)
    assert not order_numbers.is_valid(number[:at] + wrong + number[at + 1 :])


@given(prefixes, days, digits, st.integers(0, 16))
def test_every_swap_of_neighbours_is_caught(prefix, day, entropy, place):
    number = order_numbers.compose(prefix, day, entropy)
    at = len(prefix) + place
    left, right = number[at], number[at + 1]
    assume(left != right)
    assert not order_numbers.is_valid(number[:at] + right + left + number[at + 2 :])


def test_the_table_is_a_totally_antisymmetric_quasigroup():
    """What both promises rest on, looked at for all digits and not by chance."""
    table = order_numbers._DAMM
    everything = set(range(10))
    assert all(set(row) == everything for row in table)
    assert all({row[column] for row in table} == everything for column in range(10))
    assert all(table[digit][digit] == 0 for digit in range(10))
    for interim, one, other in itertools.product(range(10), repeat=3):
        if one != other:
            assert table[table[interim][one]][other] != table[table[interim][other]][one]


@given(digits)
def test_a_digit_more_or_less_is_caught_by_its_check_or_length(entropy):
    number = order_numbers.compose("LD", date(2026, 11, 22), entropy)
    assert order_numbers.check_digit(number[2:]) == 0
    assert order_numbers.is_valid(number)


@pytest.mark.parametrize(
    "text", ["", "LD", "LD2611", "LD26112204711815902X", "LD٢٦١١٢٢٠٤٧١", "ld0"]
)
def test_what_is_no_number(text):
    assert not order_numbers.is_valid(text)
