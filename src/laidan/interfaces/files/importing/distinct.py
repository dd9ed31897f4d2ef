"""Which values the columns of a file hold, so that each can be given one of ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from laidan.interfaces.files.binding import FieldReader, bind
from laidan.interfaces.files.delimited import Declared, Row
from laidan.interfaces.files.faults import BadCellError, BadFileError, Limits, RowError
from laidan.interfaces.files.mapping import Column
from laidan.interfaces.files.mapping import Mapping as FileMap
from laidan.interfaces.files.tables import read_tables

ROWS_MAX = 50_000
"""So many rows are looked through; what comes after them is what the map says of all others."""
VALUES_MAX = 30
_KEPT = 1_000
_CHARS = 200


@dataclass(frozen=True, slots=True)
class Found:
    """The values of a field, the most frequent first, with how often each is there."""

    values: tuple[tuple[str, int], ...] = ()
    is_all: bool = True


def values_of(
    path: Path, kind: str, declared: Declared, columns: Mapping[str, Column]
) -> dict[str, Found]:
    """Return what each field finds in its columns, changed by its transform and not yet mapped."""
    for table in read_tables(path, declared, Limits()):
        if isinstance(table, RowError):
            continue
        open_ = {
            name: replace(column, values=None, is_optional=True) for name, column in columns.items()
        }
        try:
            bound = bind(FileMap("look", kind=kind, columns=open_, is_partial=True), table)
        except BadFileError:
            return {}
        readers = (*bound.order, *bound.line)
        counts: dict[str, Counter[str]] = {one.field.name: Counter() for one in readers}
        for row in islice(table.rows, ROWS_MAX):
            if isinstance(row, Row):
                _count(row, readers, counts)
        is_whole = next(iter(table.rows), None) is None
        return {name: _found(one, is_whole=is_whole) for name, one in counts.items()}
    return {}


def _count(row: Row, readers: tuple[FieldReader, ...], counts: dict[str, Counter[str]]) -> None:
    for reader in readers:
        try:
            text = reader.text(row)
        except BadCellError:
            continue
        known = counts[reader.field.name]
        # A column of a million different values is none to choose ours for.
        if text and len(text) <= _CHARS and (text in known or len(known) < _KEPT):
            known[text] += 1


def _found(counted: Counter[str], *, is_whole: bool) -> Found:
    listed = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return Found(tuple(listed[:VALUES_MAX]), is_whole and len(listed) <= VALUES_MAX)
