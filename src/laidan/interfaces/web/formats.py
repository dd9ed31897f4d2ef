"""Amounts, quantities and instants as people read them; pure functions of value and language."""

from __future__ import annotations

import re
from datetime import datetime

SYMBOLS = {
    "CNY": "¥", "USD": "US$", "EUR": "€", "GBP": "£", "JPY": "JP¥", "HKD": "HK$", "TWD": "NT$",
    "BRL": "R$", "KRW": "₩", "INR": "₹", "AUD": "A$", "CAD": "C$", "SGD": "S$",
}  # fmt: skip
_THOUSANDS = re.compile(r"(?<=\d)(?=(?:\d{3})+(?!\d))")
_STEPS = (
    (60, 1, "second"),
    (3600, 60, "minute"),
    (86_400, 3600, "hour"),
    (2_592_000, 86_400, "day"),
)
_NOTHING = {"zh-hans": "现在", "en": "now"}
_DAYS = {
    "zh-hans": {-2: "前天", -1: "昨天", 1: "明天", 2: "后天"},
    "en": {-1: "yesterday", 1: "tomorrow"},
}
_UNITS = {
    "zh-hans": {"second": "秒钟", "minute": "分钟", "hour": "小时", "day": "天"},
    "en": {"second": "sec.", "minute": "min.", "hour": "hr.", "day": "day"},
}


def grouped(decimal: str) -> str:
    """Return a decimal text with its thousands separated.

    >>> grouped("-1234567.50"), grouped("999")
    ('-1,234,567.50', '999')
    """
    whole, point, fraction = decimal.partition(".")
    return f"{_THOUSANDS.sub(',', whole)}{point}{fraction}"


def amount(decimal: str, currency: str) -> str:
    """Return an amount with its currency before it.

    >>> amount("1280.00", "CNY"), amount("-5.00", "CHF")
    ('¥1,280.00', '-CHF 5.00')
    """
    sign, digits = ("-", decimal[1:]) if decimal.startswith("-") else ("", decimal)
    symbol = SYMBOLS.get(currency)
    before = symbol or f"{currency}\u00a0"
    return f"{sign}{before}{grouped(digits)}"


def age(at: datetime, *, now: datetime, language: str) -> str | None:
    """Return how long ago (or ahead) an instant is, None where a date says it better.

    The words are those that a browser's Intl.RelativeTimeFormat (short) gives, so that nothing
    jumps when the script takes over; in Chinese with the space before a word.

    >>> from datetime import UTC
    >>> age(datetime(2026, 1, 1, tzinfo=UTC), now=datetime(2026, 1, 1, 3, tzinfo=UTC), language="en")
    '3 hr. ago'
    """
    seconds = (at - now).total_seconds()
    step = next((one for one in _STEPS if abs(seconds) < one[0]), None)
    if step is None:
        return None
    _, length, unit = step
    count = int(seconds / length)
    if count == 0:
        return _NOTHING[language] if unit == "second" else _words(0, unit, language)
    if unit == "day" and count in _DAYS[language]:
        return _DAYS[language][count]
    return _words(count, unit, language)


def _words(count: int, unit: str, language: str) -> str:
    name, number = _UNITS[language][unit], abs(count)
    if language == "zh-hans":
        return f"{number} {name}{'前' if count < 0 else '后'}"
    if unit == "day" and number != 1:
        name = "days"
    return f"{number} {name} ago" if count < 0 else f"in {number} {name}"


def absolute(at: datetime) -> str:
    """Return an instant, given in the zone to show it in, to the minute."""
    return at.strftime("%Y-%m-%d %H:%M")


def with_zone(at: datetime) -> str:
    """Return an instant to the second with its zone.

    >>> from datetime import timedelta, timezone
    >>> with_zone(datetime(2026, 11, 22, 10, 0, tzinfo=timezone(timedelta(hours=8))))
    '2026-11-22 10:00:00 (UTC+08:00)'
    """
    offset = at.strftime("%z")
    return f"{at.strftime('%Y-%m-%d %H:%M:%S')} (UTC{offset[:3]}:{offset[3:5]})"
