"""The rows of a file that were refused, as a file to mend and send again."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from laidan.interfaces.files.binding import Binding, bind
from laidan.interfaces.files.cells import guarded
from laidan.interfaces.files.delimited import Declared, Row
from laidan.interfaces.files.faults import BadFileError, Limits, RowError
from laidan.interfaces.files.mapping import Mapping as FileMap
from laidan.interfaces.files.presets import SIDE_TABLES
from laidan.interfaces.files.reading import row_key
from laidan.interfaces.files.tables import Table, read_tables

REASON = "laidan: why"
"""The column that says why; a map passes over it when the file comes again."""
_NUMBER = re.compile(r"[+-]?[0-9.,]+\Z")


@dataclass(frozen=True, slots=True)
class Refusals:
    """Why rows were refused: by their number, by their order, or by what they are about and number.

    What a row is about is its file where nothing else is known of it.
    """

    rows: Mapping[int, str]
    orders: Mapping[str, str]
    named: Mapping[tuple[str, int], str] = field(default_factory=dict)


def rows_to_fix(path: Path, mapping: FileMap | None, refused: Refusals) -> Iterator[str]:
    """Yield a CSV with those rows of a file that are named, by number or by their order, and why.

    An order of which one row was refused was refused whole, and comes with all of its rows.
    """
    # The mark at the start makes Excel read the file as UTF-8.
    mark = "\ufeff"
    for table in _tables(path, mapping):
        _, binding = _bound(mapping, table)
        yield mark + _line([*table.header, REASON])
        mark = ""
        for row in table.rows:
            if isinstance(row, Row):
                key = row_key(binding, row) if binding and refused.orders else ""
                reason = refused.rows.get(row.number) or refused.orders.get(key)
                if reason:
                    yield _fixable(row, reason)


def write_tables_to_fix(
    path: Path, mapping: FileMap | None, refused: Refusals, out: BinaryIO
) -> None:
    """Write a ZIP with the refused rows of each of several files.

    What several orders refer to comes whole, so that the mended files can be sent again.
    """
    taken: set[str] = set()
    whole = SIDE_TABLES.get(mapping.name, ()) if mapping else ()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in _tables(path, mapping):
            part, binding = _bound(mapping, table)
            lines = _whole(table) if part in whole else _named(table, binding, refused)
            first = next(lines, None)
            if first is None:
                continue
            stem = table.file.rpartition(".")[0] or table.file
            name = stem if stem not in taken else f"{stem} {len(taken) + 1}"
            taken.add(name)
            head = [*table.header] if part in whole else [*table.header, REASON]
            with archive.open(f"{name}.csv", "w") as member:
                for line in ("\ufeff" + _line(head), first, *lines):
                    member.write(line.encode())


def _tables(path: Path, mapping: FileMap | None) -> Iterator[Table]:
    for table in read_tables(path, mapping.declared if mapping else Declared(), Limits()):
        if not isinstance(table, RowError):
            yield table


def _whole(table: Table) -> Iterator[str]:
    return (_line([_safe(cell) for cell in row.cells]) for row in table.rows
            if isinstance(row, Row))  # fmt: skip


def _named(table: Table, binding: Binding | None, refused: Refusals) -> Iterator[str]:
    for row in table.rows:
        if isinstance(row, Row):
            key = row_key(binding, row) if binding else ""
            reason = refused.orders.get(key) or _of_row(table.file, row, refused)
            if reason:
                yield _fixable(row, reason)


def _of_row(file: str, row: Row, refused: Refusals) -> str | None:
    """Return why a row of one of several files was refused: its number is in all of them."""
    if row.number not in refused.rows:
        return None
    names = (file, *(cell.strip() for cell in row.cells))
    return next((no for name in names if (no := refused.named.get((name, row.number)))), None)


def _fixable(row: Row, reason: str) -> str:
    return _line([*(_safe(cell) for cell in row.cells), reason])


def _bound(mapping: FileMap | None, table: Table) -> tuple[str, Binding | None]:
    """Return which of a source's tables this is, and the map laid over it."""
    for part, candidate in {"": mapping, **(mapping.tables if mapping else {})}.items():
        with suppress(BadFileError):
            if candidate is not None:
                return part, bind(candidate, table)
    return "", None


def _safe(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; numbers below nothing stay numbers."""
    text = cell.encode("utf-8", "replace").decode()
    return text if _NUMBER.match(text) else guarded(text)


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
