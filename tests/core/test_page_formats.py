"""Amounts and ages as the pages write them."""

from datetime import UTC, datetime, timedelta

import pytest

from laidan.interfaces.web import formats

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("decimal", "currency", "shown"),
    [
        ("0.00", "CNY", "¥0.00"),
        ("1234567.50", "CNY", "¥1,234,567.50"),
        ("-64.00", "CNY", "-¥64.00"),
        ("1000", "JPY", "JP¥1,000"),
        ("1000.125", "KWD", "KWD\u00a01,000.125"),
    ],
)
def test_amounts_have_their_currency_before_them(decimal: str, currency: str, shown: str) -> None:
    assert formats.amount(decimal, currency) == shown


@pytest.mark.parametrize(
    ("ago", "english", "chinese"),
    [
        (timedelta(0), "now", "现在"),
        (timedelta(seconds=59), "59 sec. ago", "59 秒钟前"),
        (timedelta(minutes=1), "1 min. ago", "1 分钟前"),
        (timedelta(hours=23, minutes=59), "23 hr. ago", "23 小时前"),
        (timedelta(days=1), "yesterday", "昨天"),
        (timedelta(days=2), "2 days ago", "前天"),
        (timedelta(days=29), "29 days ago", "29 天前"),
        (timedelta(hours=-3), "in 3 hr.", "3 小时后"),
        (timedelta(days=-6), "in 6 days", "6 天后"),
    ],
)
def test_ages_are_short_and_chinese_has_its_spaces(
    ago: timedelta, english: str, chinese: str
) -> None:
    assert formats.age(NOW - ago, now=NOW, language="en") == english
    assert formats.age(NOW - ago, now=NOW, language="zh-hans") == chinese


def test_what_is_old_is_said_by_its_date() -> None:
    assert formats.age(NOW - timedelta(days=30), now=NOW, language="en") is None
    assert formats.absolute(NOW) == "2026-11-22 04:00"
