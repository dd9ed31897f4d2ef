"""From a path and a map to a stream of drafts and row errors; nothing raises on bad input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from laidan.interfaces.files.binding import Binding, Problem, Values, bind
from laidan.interfaces.files.building import build_order, finish
from laidan.interfaces.files.delimited import CellFault, Row, Table, raw_text
from laidan.interfaces.files.drafts import DraftOrder
from laidan.interfaces.files.faults import WHOLE_FILE, BadCellError, BadFileError, Limits, RowError
from laidan.interfaces.files.lines import Located
from laidan.interfaces.files.mapping import Mapping
from laidan.interfaces.files.schema import SCHEMAS
from laidan.interfaces.files.spool import Spool
from laidan.interfaces.files.tables import read_tables

Rule = Callable[[DraftOrder, Mapping], DraftOrder | RowError]
"""What a preset knows of its source beyond the map: applied to each draft before it is checked."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a file that is not an order: a SKU, a movement, a customer."""

    file: str
    row: int
    values: Values


def read_orders(
    path: Path, mapping: Mapping, rule: Rule | None = None, limits: Limits = Limits()
) -> Iterator[DraftOrder | RowError]:
    """Yield each order in the order of its first row; a row that is refused is a RowError.

    An order of which one row is refused is refused whole.
    """
    groups = _single_rows if mapping.is_row_per_order else _gathered_rows
    for group in groups(path, mapping, limits):
        if isinstance(group, RowError):
            yield group
            continue
        if len(group) > limits.rows_per_order:
            reason = f"an order of {len(group):,} rows; {limits.rows_per_order:,} are allowed"
            at = group[0]
            yield RowError(at.file, at.row.number, "order-too-long", reason, at.sheet)
            continue
        yield from _checked(build_order(group), mapping, rule)


def _checked(
    built: DraftOrder | list[RowError], mapping: Mapping, rule: Rule | None
) -> Iterator[DraftOrder | RowError]:
    if isinstance(built, list):
        yield from built
        return
    result = rule(built, mapping) if rule else built
    yield result if isinstance(result, RowError) else finish(result)


def read_records(
    path: Path, mapping: Mapping, limits: Limits = Limits()
) -> Iterator[Record | RowError]:
    """Yield each row of a file of SKUs, movements or customers as its values."""
    for table, binding in _bound_tables(path, mapping, limits):
        if isinstance(table, RowError):
            yield table
            continue
        for row in table.rows:
            if isinstance(row, RowError):
                yield row
                continue
            values, problems = cast(Binding, binding).read(row, cast(Binding, binding).order)
            problems += _lacking(values, mapping)
            if problems:
                raw = raw_text(row.cells)
                for problem in problems:
                    yield RowError(
                        table.file, row.number, problem.code, problem.reason, table.sheet, raw=raw
                    )
            else:
                yield Record(table.file, row.number, values)


def _lacking(values: Values, mapping: Mapping) -> list[Problem]:
    return [
        Problem("missing-value", f"{known.name} is empty")
        for known in SCHEMAS[mapping.kind].values()
        if known.required and known.name in values and values[known.name] is None
    ]


_Bound = tuple[Table, Binding] | tuple[RowError, None]


def _bound_tables(path: Path, mapping: Mapping, limits: Limits) -> Iterator[_Bound]:
    """Yield the tables that the map fits; sheets it does not fit are errors only if none fits."""
    misfits: list[RowError] = []
    is_any_bound = False
    for table in read_tables(path, mapping.declared, limits):
        if isinstance(table, RowError):
            yield table, None
            continue
        try:
            binding = bind(mapping, table)
        except BadFileError as error:
            misfits.append(error.as_row_error(table.file, table.sheet))
            continue
        is_any_bound = True
        yield table, binding
    for misfit in misfits:
        # A workbook's notes sheet is no fault of the orders in it; a whole file that fits is one.
        is_side_sheet = is_any_bound and misfit.sheet != ""
        yield _left_out(misfit) if is_side_sheet else misfit, None


def _left_out(error: RowError) -> RowError:
    return RowError(error.file, WHOLE_FILE, error.code, error.reason, error.sheet, left_out=True)


Group = list[Located]


def _single_rows(path: Path, mapping: Mapping, limits: Limits) -> Iterator[Group | RowError]:
    seen: set[str] = set()
    for table, binding in _bound_tables(path, mapping, limits):
        if isinstance(table, RowError):
            yield table
            continue
        for row in table.rows:
            if isinstance(row, RowError):
                yield row
                continue
            key = row_key(cast(Binding, binding), row)
            if key and key in seen:
                reason = f"order {key} stands in the file before; a row is an order of its own here"
                yield RowError(
                    table.file, row.number, "duplicate-in-file", reason, table.sheet, key,
                    raw_text(row.cells),
                )  # fmt: skip
                continue
            seen.add(key)
            yield [Located(cast(Binding, binding), table.file, table.sheet, row)]


def _gathered_rows(path: Path, mapping: Mapping, limits: Limits) -> Iterator[Group | RowError]:
    places: list[tuple[Binding, str, str]] = []
    with Spool() as spool:
        for table, binding in _bound_tables(path, mapping, limits):
            if isinstance(table, RowError):
                yield table
                continue
            places.append((cast(Binding, binding), table.file, table.sheet))
            for row in table.rows:
                if isinstance(row, RowError):
                    yield row
                elif key := row_key(places[-1][0], row):
                    spool.add(str(len(places) - 1), key, spooled_row(row))
                else:
                    yield _without_key(table, row)
        for _, rows in spool.groups():
            yield [Located(*places[int(part)], unspooled_row(content)) for part, content in rows]


def _without_key(table: Table, row: Row) -> RowError:
    reason = "the row does not say which order it belongs to"
    return RowError(
        table.file, row.number, "missing-value", reason, table.sheet, raw=raw_text(row.cells)
    )


def row_key(binding: Binding, row: Row) -> str:
    """Return the text that says which order a row belongs to; empty where there is none."""
    for reader in binding.order:
        if reader.field.name == "external_no":
            try:
                return reader.text(row).encode("utf-8", "backslashreplace").decode()
            except BadCellError:
                return ""
    return ""


def spooled_row(row: Row) -> list[object]:
    """Return a row as the plain values that a spool keeps; damaged bytes travel as bytes."""
    cells = [cell.encode("utf-8", "surrogateescape") for cell in row.cells] if row.faults else None
    faults = [[fault.column, fault.code, fault.reason] for fault in row.faults]
    return [row.number, cells or row.cells, faults]


def unspooled_row(content: object) -> Row:
    """Return the row that a spool kept."""
    number, cells, faults = cast(
        "tuple[int, list[str | bytes], list[tuple[int, str, str]]]", content
    )
    texts = tuple(
        cell.decode("utf-8", "surrogateescape") if isinstance(cell, bytes) else cell
        for cell in cells
    )
    return Row(number, texts, tuple(CellFault(*fault) for fault in faults))
