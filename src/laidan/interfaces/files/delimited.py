"""Reading CSV and TSV: one bounded line at a time, in whatever encoding and delimiter it has."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from laidan.interfaces.files.encodings import detect
from laidan.interfaces.files.faults import WHOLE_FILE, BadFileError, Limits, RowError

_DELIMITERS = ",;\t|"
_SNIFFED_RECORDS = 50
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class CellFault:
    """A cell that cannot be used; it matters only where a field reads its column."""

    column: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row as text; `number` counts as a spreadsheet does, the header being 1."""

    number: int
    cells: tuple[str, ...]
    faults: tuple[CellFault, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A header and its rows; the rows are read once, before the next table is asked for."""

    file: str
    sheet: str
    header: tuple[str, ...]
    encoding: str
    rows: Iterator[Row | RowError]


def cell_faults(cells: tuple[str, ...], limits: Limits) -> tuple[CellFault, ...]:
    """Return what is wrong with the text of a row's cells."""
    whole = "\n".join(cells)
    if (
        len(whole) <= limits.cell_chars
        and not _NOT_TEXT.search(whole)
        and not _SURROGATE.search(whole)
    ):
        return ()
    found = []
    for column, cell in enumerate(cells):
        if len(cell) > limits.cell_chars:
            reason = f"the cell has {len(cell):,} characters; {limits.cell_chars:,} are allowed"
            found.append(CellFault(column, "cell-too-long", reason))
        elif _SURROGATE.search(cell):
            reason = "the cell holds bytes that are not text in the file's encoding"
            found.append(CellFault(column, "bad-encoding", reason))
        elif match := _NOT_TEXT.search(cell):
            reason = f"the cell holds the control character U+{ord(match[0]):04X}"
            found.append(CellFault(column, "control-character", reason))
    return tuple(found)


class _BoundedLines:
    """The lines of a text, each cut at a limit; remembers that one was cut."""

    def __init__(self, text: io.TextIOBase, line_chars: int) -> None:
        self._text = text
        self._limit = line_chars
        self.was_cut = False

    def __iter__(self) -> _BoundedLines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._limit)
        if not line:
            raise StopIteration
        if len(line) == self._limit and not line.endswith(("\n", "\r")):
            self.was_cut = True
            while (rest := self._text.readline(self._limit)) and not rest.endswith(("\n", "\r")):
                pass
            return "\n"
        return line


@dataclass(frozen=True, slots=True)
class Declared:
    """What a map says about a text file; empty: find out."""

    encoding: str = ""
    delimiter: str = ""
    header_row: int = 1
    sheet: str = ""


def read_delimited(stream: BinaryIO, file: str, declared: Declared, limits: Limits) -> Table:
    """Return the table in a CSV or TSV stream; raises BadFileError where there is none."""
    encoding = detect(stream, declared.encoding)
    text = io.TextIOWrapper(stream, encoding.name, encoding.errors, newline="")
    delimiter = declared.delimiter or _sniff(text, limits)
    # The csv module's own limit is one per process and only says that something was too long.
    csv.field_size_limit(max(limits.line_chars, limits.cell_chars) + 1)
    records = _records(text, delimiter, limits)
    header, number = _header(records, file, declared.header_row)
    if len(header) > limits.columns:
        raise BadFileError("too-many-columns", f"{len(header)} columns; {limits.columns} allowed")
    rows = _rows(records, file, (number, len(header)), limits)
    return Table(file, "", header, encoding.label, rows)


def _sniff(text: io.TextIOWrapper, limits: Limits) -> str:
    """Return the delimiter that splits the first records into the most even columns."""
    sample = list(islice(_BoundedLines(text, limits.line_chars), 200))
    text.seek(0)
    best, best_score = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        try:
            rows = [row for row in csv.reader(sample, delimiter=delimiter) if row]
        except csv.Error:
            continue
        widths = Counter(len(row) for row in rows[:_SNIFFED_RECORDS])
        if not widths:
            continue
        width, count = widths.most_common(1)[0]
        score = (count / widths.total(), width)
        if width > 1 and score > best_score:
            best, best_score = delimiter, score
    return best


_Record = tuple[int, list[str] | str]


def _records(text: io.TextIOWrapper, delimiter: str, limits: Limits) -> Iterator[_Record]:
    """Yield each record's number and cells, or the reason why it cannot be read."""
    lines = _BoundedLines(text, limits.line_chars)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = first_line = 0
    while True:
        number += 1
        first_line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            last = reader.line_num
            where = f"line {first_line}" if last <= first_line else f"lines {first_line}–{last}"
            yield number, f"{where} cannot be read as one row: {error}"
            continue
        if lines.was_cut:
            lines.was_cut = False
            yield number, f"a line is longer than {limits.line_chars:,} characters"
        else:
            yield number, cells


def _header(records: Iterator[_Record], file: str, header_row: int) -> tuple[tuple[str, ...], int]:
    for number, cells in records:
        if number < header_row:
            continue
        if isinstance(cells, str):
            raise BadFileError("bad-header", f"the header of {file} cannot be read: {cells}")
        if any(cell.strip() for cell in cells):
            return tuple(cell.strip().removeprefix("\ufeff") for cell in cells), number
    raise BadFileError("empty-file", "the file is empty")


def _rows(
    records: Iterator[_Record], file: str, header: tuple[int, int], limits: Limits
) -> Iterator[Row | RowError]:
    _, width = header
    for number, cells in records:
        if isinstance(cells, str):
            yield RowError(file, number, "bad-row", cells)
        elif not any(cells):
            continue
        elif len(cells) >= width and not any(cells[width:]):
            kept = tuple(cells[:width])
            yield Row(number, kept, cell_faults(kept, limits))
        else:
            yield uneven(file, number, cells, width)


def uneven(file: str, number: int, cells: list[str], width: int) -> RowError:
    """Return the error of a row with more or fewer cells than the header."""
    code = "too-many-cells" if len(cells) > width else "too-few-cells"
    reason = f"the row has {len(cells)} cells and the header {width}"
    return RowError(file, number or WHOLE_FILE, code, reason, raw=raw_text(cells))


def raw_text(cells: list[str] | tuple[str, ...]) -> str:
    """Return cells as one line of CSV, cut to what an errors file repeats."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([cell[:200] for cell in cells])
    return out.getvalue()[:500].encode("utf-8", "backslashreplace").decode()
