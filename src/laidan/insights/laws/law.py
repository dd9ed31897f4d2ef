"""A law as a value, and what a look at the database says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from time import perf_counter
from typing import Any
from uuid import UUID

from laidan.engine import reading_sql

SHOWN_MAX = 20
"""Offending rows that are named; beyond them only the number is given."""
Offence = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Law:
    """A sentence that holds for every row, and how to find the rows for which it does not."""

    name: str
    sentence: str
    find: Callable[[], Finding]
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """The rows that offend: how many, and the first of them."""

    count: int = 0
    rows: tuple[Offence, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one look said of one law."""

    name: str
    sentence: str
    count: int
    seconds: float
    rows: tuple[Offence, ...] = field(default=())

    @property
    def holds(self) -> bool:
        """Whether no row offends."""
        return self.count == 0


def judge(law: Law) -> Verdict:
    """Look for offenders."""
    begun = perf_counter()
    finding = law.find()
    return Verdict(law.name, law.sentence, finding.count, perf_counter() - begun, finding.rows)


def by_sql(name: str, sentence: str, columns: str, sql: str) -> Law:
    """Return the law that a query finds the offenders of; `columns` names what it selects."""
    names = columns.split()

    def find() -> Finding:
        found = reading_sql.rows(f"{sql} LIMIT {SHOWN_MAX + 1}")
        count = len(found)
        if count > SHOWN_MAX:
            count = int(reading_sql.rows(f"SELECT COUNT(*) FROM ({sql}) AS offender")[0][0])
        return Finding(count, tuple(_offence(names, row) for row in found[:SHOWN_MAX]))

    return Law(name, sentence, find)


def by_python(
    name: str, sentence: str, offenders: Callable[[], Iterable[Offence]], *, slow: bool = False
) -> Law:
    """Return the law whose offenders a function yields, however many they are."""

    def find() -> Finding:
        found = iter(offenders())
        shown = tuple(islice(found, SHOWN_MAX))
        return Finding(len(shown) + sum(1 for _ in found), shown)

    return Law(name, sentence, find, slow)


def _offence(names: list[str], row: tuple[Any, ...]) -> Offence:
    return {name: plain(value) for name, value in zip(names, row, strict=True)}


def plain(value: Any) -> Any:
    """Return a value as JSON and people show it: sums come as decimals, ids as UUIDs."""
    if isinstance(value, Decimal):
        return int(value)
    return str(value) if isinstance(value, UUID) else value
