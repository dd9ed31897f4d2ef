"""Turning the text of a cell into a value: one parser for each kind of field."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import cast
from zoneinfo import ZoneInfo

from laidan.interfaces.files.faults import BadCellError
from laidan.kernel import money


class Kind(StrEnum):
    """What a field takes."""

    CODE = "code"
    TEXT = "text"
    NOTE = "note"
    MONEY = "money"
    PRICE = "price"
    QUANTITY = "quantity"
    INSTANT = "instant"
    CURRENCY = "currency"
    TAGS = "tags"
    JSON = "json"
    YES_NO = "yes-no"
    WHOLE = "whole"
    DECIMAL = "decimal"
    DATE = "date"


OWN_KINDS = {
    "integer": Kind.WHOLE, "decimal": Kind.DECIMAL, "boolean": Kind.YES_NO, "date": Kind.DATE,
}  # fmt: skip
"""What an order type's own field may take beside a text, as a map names it."""


@dataclass(frozen=True, slots=True)
class Formats:
    """How a file writes times and numbers; nothing here is ever guessed.

    `verbatim` is the project's own export: texts keep their blanks and lose the apostrophe that
    the writer puts before what a spreadsheet would take for a formula. An empty `time_zone` is
    the shop's.
    """

    time_zone: str = ""
    instants: tuple[str, ...] = ()
    decimal_mark: str = "."
    thousands_mark: str = ""
    verbatim: bool = False


Parse = Callable[[str], object]

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?\Z", re.ASCII)
_SYMBOLS = str.maketrans("", "", "¥￥$€£ \u00a0")
_BLANKS = re.compile(r"\s+")
_YES, _NO = frozenset({"true", "yes", "1", "y", "是"}), frozenset({"false", "no", "0", "n", "否"})
_CHARS_MAX = {Kind.CODE: 80, Kind.TEXT: 300, Kind.NOTE: 2000}
_YEAR_MIN, _YEAR_MAX = 1970, 2100
_DECIMALS_MAX = {Kind.PRICE: money.MICRO, Kind.QUANTITY: 6}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a text for a formula, or hides it from a check for one."""


def parser(kind: Kind, formats: Formats) -> Parse:
    """Return the parser of a kind; it takes a text that is not blank, or raises BadCellError."""
    if kind in _CHARS_MAX:
        return _text_parser(kind, formats)
    if kind is Kind.INSTANT:
        return _instant_parser(formats)
    if kind in {Kind.MONEY, Kind.PRICE, Kind.QUANTITY}:
        return _number_parser(kind, formats)
    if kind is Kind.TAGS:
        return _tags_parser(formats)
    if kind is Kind.DATE:
        return lambda text: _read_instant(text.strip(), formats.instants).date().isoformat()
    if kind in {Kind.WHOLE, Kind.DECIMAL}:
        return _own_number_parser(kind, formats)
    return _PLAIN[kind]


def _text_parser(kind: Kind, formats: Formats) -> Parse:
    limit = _CHARS_MAX[kind]

    def parse(text: str) -> str:
        if formats.verbatim:
            text = bare(text)
        elif kind is Kind.NOTE:
            text = text.strip()
        elif kind is Kind.TEXT:
            text = _BLANKS.sub(" ", text.strip())
        else:
            text = text.strip()
            if "\n" in text or "\r" in text:
                raise BadCellError("not-a-code", "a code cannot have a line break")
        if len(text) > limit:
            raise BadCellError("text-too-long", f"{len(text)} characters; {limit} are allowed")
        return text

    return parse


def guarded(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would take for a formula.

    >>> guarded("=1+1"), guarded("plain"), bare(guarded("'=x")) == "'=x"
    ("'=1+1", 'plain', True)
    """
    return f"'{text}" if text.startswith((*FORMULA_STARTS, "'")) else text


def bare(text: str) -> str:
    """Undo `guarded`."""
    if text.startswith("'") and text[1:].startswith((*FORMULA_STARTS, "'")):
        return text[1:]
    return text


def _number_parser(kind: Kind, formats: Formats) -> Parse:
    decimals = _DECIMALS_MAX.get(kind)

    def parse(text: str) -> Decimal:
        plain = text.strip().translate(_SYMBOLS)
        if formats.thousands_mark:
            plain = plain.replace(formats.thousands_mark, "")
        if formats.decimal_mark != ".":
            if "." in plain:
                raise BadCellError("not-a-number", f"{text[:40]!r} has a dot, not a comma")
            plain = plain.replace(formats.decimal_mark, ".")
        if not _NUMBER.match(plain):
            raise BadCellError("not-a-number", f"{text[:40]!r} is not a number")
        value = Decimal(plain)
        if decimals is not None and value != round(value, decimals):
            raise BadCellError("too-many-decimals", f"{text[:40]!r} has more than {decimals}")
        return value

    return parse


def _own_number_parser(kind: Kind, formats: Formats) -> Parse:
    """Return what reads a number as an order type's own field keeps it."""
    number = _number_parser(kind, formats)

    def parse(text: str) -> int | str:
        value = cast(Decimal, number(text))
        if kind is Kind.DECIMAL:
            return f"{value:f}"
        if value != int(value):
            raise BadCellError("not-a-number", f"{text[:40]!r} is not a whole number")
        return int(value)

    return parse


def _instant_parser(formats: Formats) -> Parse:
    zone = ZoneInfo(formats.time_zone or "UTC")

    @lru_cache(maxsize=4096)
    def parse(text: str) -> datetime:
        return in_utc(_read_instant(text.strip(), formats.instants), zone)

    return parse


def _read_instant(text: str, instants: tuple[str, ...]) -> datetime:
    for layout in instants:
        try:
            return datetime.strptime(text, layout)  # noqa: DTZ007 - the zone is put on afterwards
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        allowed = ", ".join((*instants, "YYYY-MM-DD hh:mm:ss"))
        raise BadCellError("not-a-time", f"{text[:40]!r} is not a time like {allowed}") from None


def in_utc(local: datetime, zone: ZoneInfo) -> datetime:
    """Return a local time in UTC; of an hour that a clock change repeats, the first is meant.

    An hour that a clock change skips is counted from before the change, as clocks that were
    not put forward would show it.
    """
    aware = local if local.tzinfo else local.replace(tzinfo=zone)
    if not _YEAR_MIN <= aware.year <= _YEAR_MAX:
        raise BadCellError("not-a-time", f"the year {aware.year} cannot be meant")
    return aware.astimezone(UTC)


def _currency(text: str) -> str:
    code = text.strip().upper()
    if not money.is_currency(code):
        raise BadCellError("unknown-currency", f"{text[:20]!r} is not a currency of ISO 4217")
    return code


def _tags_parser(formats: Formats) -> Parse:
    def parse(text: str) -> tuple[str, ...]:
        if formats.verbatim:
            text = bare(text)
        found = _json(text) if text.startswith("[") else text.split(",")
        if not isinstance(found, list) or not all(isinstance(tag, str) for tag in found):
            raise BadCellError("not-tags", "the cell should hold words between commas")
        return tuple(dict.fromkeys(word for tag in found if (word := tag.strip())))

    return parse


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadCellError("not-json", "the cell should hold JSON and does not") from None


def _yes_no(text: str) -> bool:
    word = text.strip().lower()
    if word in _YES or word in _NO:
        return word in _YES
    raise BadCellError("not-yes-or-no", f"{text[:20]!r} is neither yes nor no")


_PLAIN: dict[Kind, Parse] = {
    Kind.CURRENCY: _currency,
    Kind.JSON: _json,
    Kind.YES_NO: _yes_no,
}

_FLOAT_CODE = re.compile(r"([0-9]+)\.0\Z")


def _drop_float(text: str) -> str:
    return _FLOAT_CODE.sub(r"\1", text)


TRANSFORMS: dict[str, Callable[[str], str]] = {
    "drop-float": _drop_float,
    "upper": str.upper,
    "lower": str.lower,
    "digits": lambda text: "".join(char for char in text if char.isdecimal()),
}
"""What a map may do to a cell before it is read, by name."""
