"""Small tables handed out at once, as CSV or XLSX that spreadsheets open safely."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal

import xlsxwriter

from laidan.interfaces.files.cells import guarded

Cell = str | int | Decimal | None


def csv_of(head: Sequence[str], rows: Iterator[Sequence[Cell]]) -> bytes:
    """Return a table as CSV in UTF-8; its mark at the start makes Excel read it so."""
    text = io.StringIO(newline="")
    write = csv.writer(text).writerow
    write([guarded(name) for name in head])
    for row in rows:
        write([guarded(cell) if isinstance(cell, str) else cell for cell in row])
    return ("\ufeff" + text.getvalue()).encode()


def xlsx_of(head: Sequence[str], rows: Iterator[Sequence[Cell]]) -> bytes:
    """Return a table as a workbook of one sheet, numbers as numbers, texts never as formulas."""
    held = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(held, options) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, head, book.add_format({"bold": True}))
        for number, row in enumerate(rows, 1):
            for place, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, place, cell)
                elif cell is not None:
                    sheet.write_number(number, place, float(cell))
        sheet.autofit()
    return held.getvalue()
