"""Files of products, stock and customers as rows of values, with or without a map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from laidan.interfaces.files.binding import Values, bind
from laidan.interfaces.files.delimited import Table
from laidan.interfaces.files.faults import BadFileError, Limits, RowError
from laidan.interfaces.files.importing.aliases import columns_by_name
from laidan.interfaces.files.mapping import Mapping
from laidan.interfaces.files.schema import SCHEMAS
from laidan.interfaces.files.tables import read_tables


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of a file as typed values, by field."""

    file: str
    sheet: str
    number: int
    values: Values

    def error(self, code: str, reason: str, name: str = "") -> RowError:
        """Return why the row is not imported."""
        return RowError(self.file, self.number, code, reason, self.sheet, name)


def read_rows(path: Path, mapping: Mapping) -> Iterator[SourceRow | RowError]:
    """Yield the rows of a file; a map without columns is made from each table's header."""
    required = [field.name for field in SCHEMAS[mapping.kind].values() if field.required]
    for table in read_tables(path, mapping.declared, Limits()):
        if isinstance(table, RowError):
            yield table
            continue
        try:
            binding = bind(_fitted(mapping, table), table)
        except BadFileError as error:
            yield error.as_row_error(table.file, table.sheet)
            continue
        for row in table.rows:
            if isinstance(row, RowError):
                yield row
                continue
            values, problems = binding.read(row, binding.order)
            source = SourceRow(table.file, table.sheet, row.number, values)
            empty = [name for name in required if values.get(name) is None]
            if empty and not problems:
                yield source.error("missing-value", f"{', '.join(empty)}: the cell is empty")
            elif problems:
                reason = "; ".join(problem.reason for problem in problems)
                yield source.error(problems[0].code, reason)
            else:
                yield source


def _fitted(mapping: Mapping, table: Table) -> Mapping:
    """Return the map, or one of those columns whose names say what they hold."""
    if mapping.columns:
        return mapping
    return replace(mapping, columns=columns_by_name(mapping.kind, table.header))
