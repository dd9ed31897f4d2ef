"""Figures as people see them: numbers with what they were before, a table, a chart, a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext, gettext_noop

from laidan.insights.order_figures import MICRO, Part
from laidan.insights.vocabulary import Vocabulary
from laidan.interfaces.files.sheets import Cell
from laidan.interfaces.web import formats
from laidan.interfaces.web.report_query import IN_TIME, MONEY, ReportQuery, part_word
from laidan.kernel.money import format_minor, format_scaled, round_half_up

CHART_PARTS = 20
"""How many parts a chart of bars shows; the table has them all."""
COLUMNS = {
    "orders": gettext_noop("Orders"),
    "units": gettext_noop("Units sold"),
    "amount": gettext_noop("Amount"),
    "average": gettext_noop("Average order value"),
    "kept": gettext_noop("Paid"),
    "refunded": gettext_noop("Refunded"),
    "buyers": gettext_noop("Buyers"),
    "repeat": gettext_noop("Bought again"),
    "cancelled": gettext_noop("Cancelled"),
}
_MONEY = MONEY | {"average", "kept"}
_OF_ORDERS = frozenset(("kept", "refunded", "average"))
"""What an article has no part of: money is paid and given back for whole orders."""
_SORTED = frozenset(("orders", "units", "amount", "refunded", "buyers"))
_NUMBERS = ("amount", "orders", "average", "kept", "refunded", "buyers", "repeat", "cancelled")


@dataclass(frozen=True, slots=True)
class Number:
    """One of the numbers above the chart: what it is now, and how it changed."""

    label: str
    text: str
    change: str
    direction: str


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column: following it sorts, where there is somewhere to follow."""

    code: str
    label: str
    address: str
    direction: str


@dataclass(frozen=True, slots=True)
class Row:
    """A part: what it is called, and its figures by column."""

    label: str
    hint: str
    cells: list[tuple[str, str]]


def columns(query: ReportQuery, *, hides_money: bool) -> list[str]:
    """Return the columns of the table that a reader may see and that mean something."""
    hidden = (_MONEY if hides_money else frozenset()) | (_OF_ORDERS if query.by == "sku" else set())
    return [code for code in COLUMNS if code not in hidden]


def numbers(now: Part, before: Part | None, *, hides_money: bool) -> list[Number]:
    """Return the numbers, each with its change since as many days before."""
    found = []
    for code in _NUMBERS:
        if hides_money and code in _MONEY:
            continue
        text = shown(now, code)
        was = _value(before, code) if before is not None else None
        change, direction = _change(_value(now, code), was)
        found.append(Number(gettext(COLUMNS[code]), text, change, direction))
    return found


def heads(query: ReportQuery, codes: Sequence[str]) -> list[Head]:
    """Return the heads of the table; the first is what the parts are."""
    found = []
    for code in ("key", *codes):
        label = part_word(query.by) if code == "key" else gettext(COLUMNS[code])
        name = query.sort.removeprefix("-")
        direction = "none"
        if name == code:
            direction = "descending" if query.sort.startswith("-") else "ascending"
        first = code if code == "key" else f"-{code}"
        turned = {f"-{code}": code, code: f"-{code}"}.get(query.sort, first)
        address = query.with_(sort=turned) if code == "key" or code in _SORTED else ""
        found.append(Head(code, label, address, direction))
    return found


def rows(parts: Sequence[Part], codes: Sequence[str], names: Mapping[str, str]) -> list[Row]:
    """Return the rows of the table; `names` has what people call a key."""
    return [
        Row(
            names.get(part.key) or _named(part), part.label if part.label != part.key else "",
            [(gettext(COLUMNS[code]), shown(part, code)) for code in codes],
        )
        for part in parts
    ]  # fmt: skip


def file_rows(
    parts: Sequence[Part], codes: Sequence[str], names: Mapping[str, str]
) -> Iterator[Sequence[Cell]]:
    """Yield the rows of the file: numbers as numbers."""
    for part in parts:
        label = names.get(part.key) or part.label
        yield [part.key, label, part.currency, *(_value(part, code) for code in codes)]


def filled(query: ReportQuery, parts: Sequence[Part], currency: str) -> list[Part]:
    """Return parts in time with those between them in which nothing was placed."""
    if query.sort.removeprefix("-") != "key" or query.by not in IN_TIME or query.days > 400:
        return [*parts]
    known = {part.key: part for part in parts}
    keys = list(dict.fromkeys((*_keys(query), *sorted(known))))
    nothing = Part("", currency, 0, 0, 0, 0, None, 0, 0, 0, 0, 0, 0)
    found = [known.get(key) or replace(nothing, key=key) for key in keys]
    return found[::-1] if query.sort.startswith("-") else found


def chart(
    query: ReportQuery, parts: Sequence[Part], names: Mapping[str, str], *, hides_money: bool
) -> dict[str, Any]:
    """Return what the script draws: bars and a line in time, else the longest bars."""
    is_across = query.by not in IN_TIME
    chosen = parts[:CHART_PARTS] if is_across else sorted(parts, key=lambda part: part.key)
    by_orders = is_across and query.sort.removeprefix("-") == "orders"
    main = "orders" if hides_money or by_orders else "amount"
    codes = [main] if is_across else list(dict.fromkeys(("orders", main)))
    return {
        "labels": [names.get(part.key) or _named(part) for part in chosen],
        "series": [
            {
                "name": gettext(COLUMNS[code]),
                "kind": "line" if code == "amount" and not is_across else "bar",
                "values": [float(_value(part, code) or 0) for part in chosen],
                "texts": [shown(part, code) for part in chosen],
            }
            for code in codes
        ],
        "isAcross": is_across,
    }


def shown(part: Part, code: str) -> str:
    """Return a figure as people read it; nothing as a dash."""
    value = _value(part, code)
    if value is None:
        return "–"
    if code in _MONEY:
        return formats.amount(str(value), part.currency)
    if code == "repeat":
        return f"{value * 100:.1f}%"
    return formats.grouped(str(value))


def state_names(vocabulary: Vocabulary, language: str) -> dict[str, str]:
    """Return what people call the states of all types, by code."""
    return {
        state: vocabulary.state_label(code, state, language)
        for code, blueprint in vocabulary.newest.items()
        for state in blueprint.states
    }


def hour_names() -> dict[str, str]:
    """Return the hours of a day as spans."""
    return {f"{hour:02}": f"{hour:02}:00–{hour:02}:59" for hour in range(24)}


def _named(part: Part) -> str:
    return part.key or gettext("Unknown")


def _keys(query: ReportQuery) -> Iterator[str]:
    if query.by == "hour":
        yield from hour_names()
        return
    day = query.first
    while day <= query.last:
        yield f"{day:%Y-%m-%d}" if query.by == "day" else f"{day:%Y-%m}"
        day = day + timedelta(days=1) if query.by == "day" else _next_month(day)


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _value(part: Part, code: str) -> Decimal | None:
    money = {
        "amount": part.amount, "average": part.average_amount, "kept": part.kept,
        "refunded": part.refunded,
    }  # fmt: skip
    if code in money:
        minor = money[code]
        return None if minor is None else Decimal(format_minor(minor, part.currency))
    if code == "units":
        whole, rest = divmod(part.units, 10**MICRO)
        return Decimal(format_scaled(part.units, MICRO).rstrip("0") if rest else whole)
    if code == "repeat":
        if not part.buyers:
            return None
        return Decimal(format_scaled(round_half_up(part.repeat_buyers * 10_000, part.buyers), 4))
    counts = {
        "orders": part.orders, "buyers": part.buyers, "cancelled": part.cancelled_orders
    }  # fmt: skip
    return Decimal(counts[code])


def _change(now: Decimal | None, was: Decimal | None) -> tuple[str, str]:
    """Return by how much a figure changed, in per cent, and where to."""
    if now is None or not was:
        return "", ""
    change = round((now - was) * 100 / was, 1)
    direction = "up" if change > 0 else "down" if change < 0 else ""
    return f"{change:+.1f}%" if change else "0%", direction
