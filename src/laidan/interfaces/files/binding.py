"""A map laid over a file's header: from here on a row is a set of typed values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from laidan.interfaces.files.cells import OWN_KINDS, TRANSFORMS, Parse, parser
from laidan.interfaces.files.delimited import Row, Table
from laidan.interfaces.files.faults import BadCellError, BadFileError
from laidan.interfaces.files.mapping import ANYTHING_ELSE, Column, Mapping
from laidan.interfaces.files.schema import SCHEMAS, Field, find_field

Values = dict[str, object]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be read."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class FieldReader:
    """Reads one field of a row: takes the cells, changes, maps and parses them."""

    field: Field
    indexes: tuple[int, ...]
    column: Column
    parse: Parse
    constant: object
    is_verbatim: bool

    def text(self, row: Row) -> str:
        """Return the field's text as the file has it, after transform and value map."""
        if len(self.indexes) == 1:
            text = row.cells[self.indexes[0]]
        else:
            cells = (row.cells[index].strip() for index in self.indexes)
            text = self.column.separator.join(cell for cell in cells if cell)
        if not self.is_verbatim:
            text = text.strip()
        if self.column.transform and text:
            text = TRANSFORMS[self.column.transform](text)
        return self._mapped(text)

    def _mapped(self, text: str) -> str:
        values = self.column.values
        if values is None:
            return text
        found = values.get(text, values.get(ANYTHING_ELSE))
        if found == ANYTHING_ELSE:
            return text
        if found is None and text:
            raise BadCellError("unknown-value", f"{text[:40]!r} is not in the map's list of values")
        return found or ""

    def value(self, row: Row) -> object:
        """Return the typed value, or None where cell and constant are empty."""
        if row.faults:
            for fault in row.faults:
                if fault.column in self.indexes:
                    raise BadCellError(fault.code, fault.reason)
        text = self.text(row)
        if text and not text.isspace():
            return self.parse(text)
        return self.constant


@dataclass(frozen=True, slots=True)
class Binding:
    """The readers of one table, apart for the order and its lines."""

    mapping: Mapping
    order: tuple[FieldReader, ...]
    line: tuple[FieldReader, ...]
    header: tuple[str, ...]

    def read(self, row: Row, readers: Iterable[FieldReader]) -> tuple[Values, list[Problem]]:
        """Return the row's values and everything wrong with it."""
        values: Values = {}
        problems = []
        for reader in readers:
            try:
                values[reader.field.name] = reader.value(row)
            except BadCellError as error:
                problems.append(Problem(error.code, f"{self._where(reader)}: {error.reason}"))
        return values, problems

    def _where(self, reader: FieldReader) -> str:
        return " + ".join(self.header[index] for index in reader.indexes) or reader.field.name


def bind(mapping: Mapping, table: Table) -> Binding:
    """Lay a map over a table; raises BadFileError that names every missing column."""
    places: dict[str, list[int]] = {}
    for index, name in enumerate(table.header):
        places.setdefault(name, []).append(index)
    missing: list[str] = []
    readers = []
    for name, column in mapping.columns.items():
        known = find_field(mapping.kind, name)
        if known is None:
            continue
        indexes = _indexes(column, places, missing)
        if indexes is not None:
            readers.append(_reader(mapping, known, indexes, column))
    if missing:
        have = ", ".join(name for name in table.header if name)[:400]
        reason = f"the column {_listed(missing)} is missing; the file has: {have}"
        raise BadFileError("missing-column", reason)
    bound = {reader.field.name for reader in readers}
    for name in mapping.constants:
        known = find_field(mapping.kind, name)
        if known is not None and name not in bound:
            readers.append(_reader(mapping, known, (), Column(())))
    if not mapping.is_partial:
        _check_required(mapping, {reader.field.name for reader in readers})
    return Binding(
        mapping,
        tuple(reader for reader in readers if not reader.field.is_line),
        tuple(reader for reader in readers if reader.field.is_line),
        table.header,
    )


def _indexes(
    column: Column, places: dict[str, list[int]], missing: list[str]
) -> tuple[int, ...] | None:
    """Return where a field's columns are; None where an optional one is not there."""
    found: list[int] = []
    for name in column.names:
        at = places.get(name, [])
        if len(at) > 1:
            reason = f"the column {name!r} is there {len(at)} times; which one is meant?"
            raise BadFileError("duplicate-column", reason)
        if not at and not column.is_optional:
            missing.append(name)
        found += at
    return tuple(found) or None


def _reader(
    mapping: Mapping, known: Field, indexes: tuple[int, ...], column: Column
) -> FieldReader:
    parse = parser(OWN_KINDS.get(column.kind, known.kind), mapping.formats)
    constant = mapping.constants.get(known.name)
    value = None if constant is None else parse(constant)
    if not indexes:
        # A constant alone: its text is empty, so that the reader answers with the constant.
        return FieldReader(known, (), Column(()), parse, value, is_verbatim=False)
    return FieldReader(known, indexes, column, parse, value, mapping.formats.verbatim)


def _check_required(mapping: Mapping, bound: set[str]) -> None:
    lacking = [f.name for f in SCHEMAS[mapping.kind].values() if f.required and f.name not in bound]
    if lacking:
        raise BadFileError("missing-column", f"the column {_listed(lacking)} is missing")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)
