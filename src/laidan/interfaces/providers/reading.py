"""What providers send, read strictly: documents, texts, whole numbers, amounts and times."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from laidan.domain.payments.facts import Account
from laidan.interfaces.providers.base import MisconfiguredError
from laidan.kernel.money import MINOR_MAX, NotAnAmountError, exponent, parse_scaled

CALLBACK_BYTES = 1 << 18
"""No provider's callback comes near this."""
CHINA = timezone(timedelta(hours=8))
"""Alipay and WeChat Pay write the time of China, which has no other since 1991."""


class UnreadableError(ValueError):
    """A document that is not what the provider says it sends; the message holds nothing of it."""


def setting(account: Account, name: str) -> str:
    """Return what an account says for a field, empty where it says nothing."""
    return (account.secrets.get(name) or account.settings.get(name) or "").strip()


def needed(account: Account, name: str) -> str:
    """Return what an account says for a field; raises MisconfiguredError where it is missing."""
    value = setting(account, name)
    if not value:
        raise MisconfiguredError(f"{name}: missing")
    return value


def document(data: bytes | str) -> dict[str, Any]:
    """Return the JSON object that some bytes are; raises UnreadableError."""
    try:
        read = json.loads(data.decode("utf-8") if isinstance(data, bytes) else data)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("not a JSON document in UTF-8") from error
    return inner(read)


def inner(value: object) -> dict[str, Any]:
    """Return an object inside a document; raises UnreadableError."""
    if not isinstance(value, dict):
        raise UnreadableError("not a JSON object")
    return value


def rows(of: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the objects of a list that has to be there; raises UnreadableError."""
    value = of.get(name)
    if not isinstance(value, list):
        raise UnreadableError(f"{name} is no list")
    return [inner(one) for one in value]


def text(of: Mapping[str, Any], name: str) -> str:
    """Return a text that has to be there; raises UnreadableError."""
    value = of.get(name)
    if not isinstance(value, str) or not value:
        raise UnreadableError(f"{name} is missing")
    return value


def text_or_none(of: Mapping[str, Any], name: str) -> str | None:
    """Return a text, None where it is empty or not there."""
    value = of.get(name)
    return value if isinstance(value, str) and value else None


def minor(of: Mapping[str, Any], name: str) -> int:
    """Return an amount given in minor units; raises UnreadableError."""
    value = of.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MINOR_MAX:
        raise UnreadableError(f"{name} is no amount in minor units")
    return value


def major(value: object, currency: str) -> int:
    """Return the minor units of a decimal text such as 1.01; raises UnreadableError."""
    try:
        amount = parse_scaled(str(value), exponent(currency))
    except NotAnAmountError as error:
        raise UnreadableError("not a decimal amount") from error
    if abs(amount) > MINOR_MAX:
        raise UnreadableError("an amount that is too large")
    return amount


def china_time(value: str) -> datetime:
    """Return the instant of `2018-06-07 00:00:00` (parts of seconds are cut off)."""
    try:
        read = datetime.strptime(value[:19], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 -- next line
    except ValueError as error:
        raise UnreadableError("not a time") from error
    return read.replace(tzinfo=CHINA).astimezone(UTC)


def offset_time(value: str) -> datetime:
    """Return the instant of an RFC 3339 text with its offset."""
    try:
        read = datetime.fromisoformat(value)
        if read.tzinfo is None:
            raise UnreadableError("a time without an offset")
        return read.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnreadableError("not a time") from error


def unix_time(value: object) -> datetime:
    """Return the instant of seconds since 1970."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 34:
        raise UnreadableError("not a time in seconds")
    return datetime.fromtimestamp(value, UTC)
