"""Quantities are integers of the smallest unit; periods are half-open spans of days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laidan.kernel.money import NotAnAmountError
from laidan.kernel.period import NIGHTS_MAX, Period, buckets, parse_day
from laidan.kernel.quantity import QUANTITY_MAX, format_quantity, parse_quantity


@pytest.mark.parametrize(
    ("value", "decimals", "quantity"),
    [
        (2, 0, 2),
        (2, 3, 2000),
        (-3, 0, -3),
        (1.1, 1, 11),
        (0.1 + 0.2, 1, None),
        (1.1, 0, None),
        (2.0, 0, 2),
        ("1.250", 3, 1250),
        ("1.25", 1, None),
        ("2", 0, 2),
        (True, 0, None),
        (False, 0, None),
        (None, 0, None),
        ("", 0, None),
        ("two", 0, None),
        (1e-7, 6, None),
        (1e22, 0, None),
        (float("nan"), 0, None),
        (float("inf"), 0, None),
        (float("-inf"), 0, None),
        ([], 0, None),
        (QUANTITY_MAX, 0, QUANTITY_MAX),
        (QUANTITY_MAX + 1, 0, None),
        (QUANTITY_MAX, 1, None),
        (10**400, 0, None),
    ],
)
def test_a_quantity_is_read_exactly_or_not_at_all(value, decimals, quantity):
    if quantity is None:
        with pytest.raises(NotAnAmountError):
            parse_quantity(value, decimals)
    else:
        assert parse_quantity(value, decimals) == quantity


@given(st.integers(-QUANTITY_MAX, QUANTITY_MAX), st.integers(0, 6))
def test_what_is_written_reads_back(quantity, decimals):
    written = format_quantity(quantity, decimals)
    assert isinstance(written, int if decimals == 0 else str)
    assert parse_quantity(written, decimals) == quantity


days = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@given(days, st.integers(1, NIGHTS_MAX))
def test_a_stay_has_one_bucket_a_night(first, nights):
    last = first + timedelta(days=nights)
    found = buckets(first.isoformat(), last.isoformat())
    assert len(found) == nights
    assert found[0] == first.isoformat()
    assert last.isoformat() not in found
    assert found == sorted(set(found))


@given(days, st.integers(1, 100), st.integers(1, 100))
def test_stays_that_follow_each_other_share_no_night(first, nights, more):
    middle = first + timedelta(days=nights)
    last = middle + timedelta(days=more)
    one = buckets(first.isoformat(), middle.isoformat())
    other = buckets(middle.isoformat(), last.isoformat())
    assert one + other == buckets(first.isoformat(), last.isoformat())


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        ("2026-11-22", "2026-11-22"),
        ("2026-11-23", "2026-11-22"),
        ("2026-02-29", "2026-03-01"),
        ("2026-11-22", "2028-11-22"),
        ("", "2026-11-22"),
        ("tomorrow", "2026-11-22"),
        ("2026-11-22T25:00:00", "2026-11-24"),
    ],
)
def test_what_is_no_stay_is_refused(starts, ends):
    with pytest.raises(ValueError, match=r"."):
        buckets(starts, ends)


def test_a_time_books_its_day():
    assert parse_day("2026-11-22T23:30:00+08:00") == date(2026, 11, 22)
    assert buckets("2026-11-22T14:00:00+08:00", "2026-11-24T12:00:00+08:00") == [
        "2026-11-22",
        "2026-11-23",
    ]


def test_the_day_of_a_changed_clock_is_one_bucket():
    assert buckets("2026-03-29", "2026-03-30") == ["2026-03-29"]
    assert Period(date(2026, 10, 25), date(2026, 10, 26)).dates() == [date(2026, 10, 25)]
