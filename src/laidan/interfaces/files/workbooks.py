"""Reading XLSX and XLS as data: guarded before opening, and no macro or formula is ever run."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from laidan.interfaces.files import zipguard
from laidan.interfaces.files.delimited import CellFault, Declared, Row, Table, cell_faults
from laidan.interfaces.files.faults import BadFileError, Limits, RowError

_CELL = re.compile(rb'<c[^>]{0,200}?\sr="([A-Z]{1,3})([0-9]{1,7})"')
_CELL_TEXT_MAX = 300
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml\Z")
_DIGITS_MAX = 10**15
"""A spreadsheet number keeps 15 digits: from here on the last digits are made up."""
_OLE_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_OLE_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read_workbook(
    path: Path, file: str, declared: Declared, limits: Limits
) -> Iterator[Table | RowError]:
    """Yield the visible sheets of a workbook; raises BadFileError where it must not be opened."""
    with path.open("rb") as stream:
        if stream.read(4) == b"PK\x03\x04":
            _guard_xlsx(stream, limits)
        else:
            _guard_xls(stream, limits)
    with _damage_said("the workbook"):
        book = CalamineWorkbook.from_path(str(path))
    with book:
        names = [
            meta.name
            for meta in book.sheets_metadata
            if meta.visible == SheetVisibleEnum.Visible and declared.sheet in {"", meta.name}
        ]
        if declared.sheet and not names:
            raise BadFileError("no-such-sheet", f"there is no visible sheet {declared.sheet!r}")
        filled = 0
        for name in names:
            table = _sheet(book, name, file, (declared, limits))
            if table is not None:
                filled += 1
                yield table
        if not filled:
            raise BadFileError("empty-file", "the workbook has no filled sheet")


@contextmanager
def _damage_said(what: str) -> Iterator[None]:
    """Turn whatever the reader of workbooks raises into a refusal of the file."""
    try:
        yield
    except (CalamineError, OSError, ValueError) as error:
        raise BadFileError("damaged-file", f"{what} cannot be read: {error}") from None
    except BaseException as fault:
        # Its Rust panics are no Exceptions, and their type cannot be imported.
        if type(fault).__name__ != "PanicException":
            raise
        raise BadFileError("damaged-file", f"{what} cannot be read: it is damaged") from None


def _guard_xlsx(stream: BinaryIO, limits: Limits) -> None:
    """Refuse bombs, macros, entities and used areas too large to hold, by reading each part once."""
    archive = zipguard.open_zip(stream, limits, limits.workbook_bytes)
    names = {member.filename for member in archive.infolist()}
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise BadFileError(
            "macro-file", "the workbook contains a macro; save it without (as .xlsx) and try again"
        )
    if "xl/workbook.bin" in names:
        raise BadFileError("unsupported-file", "XLSB is not read; save it as .xlsx")
    if "xl/workbook.xml" not in names:
        raise BadFileError("unsupported-file", "this is not an Excel workbook; save it as .xlsx")
    for member in archive.infolist():
        _scan_part(stream, member, limits)


def _scan_part(stream: BinaryIO, member: zipfile.ZipInfo, limits: Limits) -> None:
    is_sheet = _SHEET.match(member.filename) is not None
    tail, first = b"", True
    rows = columns = 0
    for piece in zipguard.unpack(stream, member):
        if first and (b"<!DOCTYPE" in piece or b"<!ENTITY" in piece):
            raise BadFileError("unsafe-file", "the workbook declares XML entities; refused")
        if first and b"macroEnabled" in piece:
            raise BadFileError("macro-file", "the workbook is macro-enabled; save it as .xlsx")
        first = False
        if not is_sheet:
            continue
        text = tail + piece
        for letters, digits in _CELL.findall(text):
            rows = max(rows, int(digits))
            columns = max(columns, _column_number(letters))
        tail = text[-_CELL_TEXT_MAX:]
        _check_area(rows, columns, limits)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _check_area(rows: int, columns: int, limits: Limits) -> None:
    if columns > limits.columns:
        raise BadFileError("too-many-columns", f"{columns} columns; {limits.columns} are allowed")
    if rows * columns > limits.workbook_cells:
        reason = f"{rows:,} rows × {columns} columns are in use; split the sheet or export CSV"
        raise BadFileError("too-many-cells", reason)


def _guard_xls(stream: BinaryIO, limits: Limits) -> None:
    """Refuse macros and passwords in the old binary format; its sheets are small by nature."""
    stream.seek(0)
    content = stream.read(limits.workbook_bytes + 1)
    if len(content) > limits.workbook_bytes:
        raise BadFileError("file-too-large", "the workbook is too large; export it as CSV")
    if _OLE_ENCRYPTED in content:
        raise BadFileError("encrypted-file", "the workbook is protected by a password")
    if _OLE_MACROS in content:
        raise BadFileError("macro-file", "the workbook contains a macro; save it as .xlsx")


def _sheet(
    book: CalamineWorkbook, name: str, file: str, options: tuple[Declared, Limits]
) -> Table | None:
    declared, limits = options
    with _damage_said(f"the sheet {name!r}"):
        sheet = book.get_sheet_by_name(name)
    if sheet.width > limits.columns:
        raise BadFileError("too-many-columns", f"{sheet.width} columns; {limits.columns} allowed")
    rows = _numbered(sheet)
    for number, cells in rows:
        if number >= declared.header_row and any(cell not in {"", None} for cell in cells):
            header = tuple(_text(cell)[0].strip() for cell in cells)
            while header and not header[-1]:
                header = header[:-1]
            return Table(file, name, header, "", _rows(rows, (file, name), len(header), limits))
    return None


def _numbered(sheet: CalamineSheet) -> Iterator[tuple[int, list[object]]]:
    if sheet.height == 0:
        return
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        yield number, list(cells)


def _rows(
    rows: Iterator[tuple[int, list[object]]], where: tuple[str, str], width: int, limits: Limits
) -> Iterator[Row | RowError]:
    file, sheet = where
    for number, values in rows:
        read = [_text(value) for value in values]
        cells = tuple(text for text, _ in read[:width])
        surplus = [text for text, _ in read[width:] if text]
        if surplus:
            reason = (
                f"the row has a value beyond the last column of the header: {surplus[0][:40]!r}"
            )
            yield RowError(file, number, "too-many-cells", reason, sheet=sheet)
        elif any(cells):
            faults = [
                CellFault(index, "digits-lost", reason)
                for index, (_, reason) in enumerate(read[:width])
                if reason
            ]
            yield Row(number, cells, (*faults, *cell_faults(cells, limits)))


def _text(value: object) -> tuple[str, str]:
    """Return a cell as the text a CSV export would hold, and what is wrong with it if anything."""
    if isinstance(value, str):
        return value, ""
    if isinstance(value, bool):
        return ("true" if value else "false"), ""
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat(), ""
    if isinstance(value, timedelta):
        return str(value), ""
    return ("" if value is None else str(value)), ""


def _number(value: float) -> tuple[str, str]:
    if abs(value) >= _DIGITS_MAX:
        text = f"{value:.0f}"
        return text, (
            f"{text} was stored as a number: a spreadsheet keeps 15 digits and has lost the rest; "
            "format the column as text in the program it comes from"
        )
    if value == int(value):
        return str(int(value)), ""
    # Fifteen significant digits undo the binary noise (957.5775000000001) that Excel hides too.
    text = f"{value:.15g}"
    return (f"{value:.20f}".rstrip("0") if "e" in text else text), ""
