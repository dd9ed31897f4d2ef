"""The rows of a file that were refused, as a file to mend and send again."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from laidan.interfaces.files.binding import Binding, bind
from laidan.interfaces.files.cells import guarded
from laidan.interfaces.files.delimited import Declared, Row
from laidan.interfaces.files.faults import BadFileError, Limits, RowError
from laidan.interfaces.files.mapping import Mapping as FileMap
from laidan.interfaces.files.reading import row_key
from laidan.interfaces.files.tables import Table, read_tables

REASON = "laidan: why"
"""The column that says why; a map passes over it when the file comes again."""
_NUMBER = re.compile(r"[+-]?[0-9.,]+\Z")


def rows_to_fix(
    path: Path, mapping: FileMap | None, rows: Mapping[int, str], orders: Mapping[str, str]
) -> Iterator[str]:
    """Yield a CSV with those rows of a file that are named, by number or by their order, and why.

    An order of which one row was refused was refused whole, and comes with all of its rows.
    """
    # The mark at the start makes Excel read the file as UTF-8.
    mark = "\ufeff"
    for table in read_tables(path, mapping.declared if mapping else Declared(), Limits()):
        if isinstance(table, RowError):
            continue
        binding = _bound(mapping, table)
        yield mark + _line([*table.header, REASON])
        mark = ""
        for row in table.rows:
            if isinstance(row, Row):
                key = row_key(binding, row) if binding and orders else ""
                reason = rows.get(row.number) or orders.get(key)
                if reason:
                    yield _line([*(_safe(cell) for cell in row.cells), reason])


def _bound(mapping: FileMap | None, table: Table) -> Binding | None:
    try:
        return bind(mapping, table) if mapping else None
    except BadFileError:
        return None


def _safe(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; numbers below nothing stay numbers."""
    text = cell.encode("utf-8", "replace").decode()
    return text if _NUMBER.match(text) else guarded(text)


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
