"""Writing orders as rows that spreadsheets open safely and Laidan reads back unchanged."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from laidan.interfaces.files.cells import Kind, guarded
from laidan.interfaces.files.schema import ORDERS, SCHEMAS, Field

ORDER_COLUMNS = tuple(
    name for name in ORDERS if not name.startswith(("paid.", "refunded.")) and name != "line.amount"
)
"""The columns of an export of orders: the fields, but for those that others hold in full."""

_XLSX_ROWS = 1_048_576
_XLSX_CELL_CHARS = 32_767
_EXACT_DIGITS = 15
_GUARDED = frozenset({Kind.CODE, Kind.TEXT, Kind.NOTE, Kind.TAGS, Kind.JSON})
_NUMBERS = frozenset({Kind.MONEY, Kind.PRICE, Kind.QUANTITY})

Document = Mapping[str, Any]
Record = dict[str, str]


class CannotWriteError(ValueError):
    """A value that the format cannot hold."""


def order_records(document: Document, contact: Document) -> Iterator[Record]:
    """Yield an order's rows, one for each line; an order without lines has one row.

    `document` is the order as the API shows it, `contact` its customer and ship_to.
    """
    head = _head(document, contact)
    lines: Sequence[Document] = document["lines"] or ({},)
    for line in lines:
        yield {
            **head,
            **{
                f"line.{name}": _text(line.get(name))
                for name in (
                    "sku", "title", "kind", "quantity", "unit_price", "discount", "tax", "from",
                    "until", "attributes",
                )
            },
        }  # fmt: skip


def _head(document: Document, contact: Document) -> Record:
    head = {
        name: _text(document.get(name))
        for name in ORDER_COLUMNS
        if not name.startswith(("line.", "customer.", "ship_to."))
    }
    for part in ("customer", "ship_to"):
        values = contact.get(part) or {}
        for name in ORDER_COLUMNS:
            if name.startswith(f"{part}."):
                head[name] = _text(values.get(name.removeprefix(f"{part}.")))
    money = document.get("payments") or ()
    head["payments"] = _text(_entries(money, "capture", ("provider", "reference", "amount", "at")))
    head["refunds"] = _text(_entries(money, "refund", ("provider", "reference", "amount", "at")))
    head["tags"] = _tags(document.get("tags") or ())
    # An order that has no number from its channel is known by its own when it comes back.
    head["external_no"] = head["external_no"] or head["order_no"]
    if document.get("fulfilment_status") == "partially_shipped":
        # A history is shipped whole or not at all; what is lost on the way is said.
        flag = {"code": "partly-shipped", "detail": "when it was exported a part had been shipped"}
        head |= {"shipped_at": "", "flags": _text([*(document.get("flags") or ()), flag])}
    parcels: Sequence[Document] = document.get("fulfilments") or ()
    parcel = parcels[0] if parcels else {}
    head["courier"] = _text(parcel.get("courier"))
    head["tracking_no"] = _text(parcel.get("tracking_no"))
    return head


def _entries(money: Sequence[Document], kind: str, names: Sequence[str]) -> list[Record]:
    return [{name: entry[name] for name in names} for entry in money if entry["kind"] == kind]


def _tags(tags: Sequence[str]) -> str:
    if any("," in tag or tag.startswith("[") for tag in tags):
        return json.dumps(list(tags), ensure_ascii=False)
    return ",".join(tags)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value else ""
    return str(value)


class CsvOut:
    """A CSV that grows record by record; use it as a context."""

    def __init__(self, path: Path, kind: str = "orders", encoding: str = "utf-8") -> None:
        self._columns = _columns(kind)
        self._stream = path.open("w", encoding=encoding, newline="")
        self._writer = csv.writer(self._stream)
        self._writer.writerow([column.name for column in self._columns])
        self.rows = 0

    def __enter__(self) -> CsvOut:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def add(self, record: Record) -> None:
        """Write a record."""
        self._writer.writerow([_cell(column, record) for column in self._columns])
        self.rows += 1


class XlsxOut:
    """An XLSX that grows record by record; no text becomes a formula. Use it as a context.

    `add` raises CannotWriteError for a text that is longer than a cell of the format may be.
    """

    def __init__(self, path: Path, kind: str = "orders") -> None:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._kind = kind
        self._columns = _columns(kind)
        self._book = xlsxwriter.Workbook(str(path), options)
        self._style = (self._columns, self._book.add_format({"bold": True}))
        self._sheet: Any = None
        self.rows = 0

    def __enter__(self) -> XlsxOut:
        return self

    def __exit__(self, *_: object) -> None:
        if self._sheet is None:
            _add_sheet(self._book, self._kind, 0, self._style)
        self._book.close()

    def add(self, record: Record) -> None:
        """Write a record, on a further sheet where one is full."""
        place = self.rows % (_XLSX_ROWS - 1) + 1
        if self._sheet is None or place == 1:
            self._sheet = _add_sheet(self._book, self._kind, self.rows, self._style)
        for index, column in enumerate(self._columns):
            _write_cell(self._sheet, (place, index), column, _cell(column, record))
        self.rows += 1


def write_csv(
    path: Path, records: Iterable[Record], kind: str = "orders", *, with_bom: bool = False
) -> int:
    """Write records as CSV in UTF-8 and return how many rows there are."""
    # A byte-order mark makes Excel on Windows read the file as UTF-8.
    with CsvOut(path, kind, "utf-8-sig" if with_bom else "utf-8") as out:
        for record in records:
            out.add(record)
    return out.rows


def write_xlsx(path: Path, records: Iterable[Record], kind: str = "orders") -> int:
    """Write records as XLSX and return how many rows there are; no text becomes a formula."""
    with XlsxOut(path, kind) as out:
        for record in records:
            out.add(record)
    return out.rows


def _add_sheet(book: Any, kind: str, rows: int, style: tuple[Sequence[Field], Any]) -> Any:
    columns, bold = style
    number = rows // (_XLSX_ROWS - 1) + 1
    sheet = book.add_worksheet(kind if number == 1 else f"{kind} {number}")
    sheet.freeze_panes(1, 0)
    for index, column in enumerate(columns):
        sheet.write_string(0, index, column.name, bold)
    return sheet


def _write_cell(sheet: Any, place: tuple[int, int], column: Field, text: str) -> None:
    if not text:
        return
    if column.kind in _NUMBERS and _is_exact(text):
        sheet.write_number(*place, float(text))
        return
    if len(text) > _XLSX_CELL_CHARS:
        reason = f"{column.name} has {len(text):,} characters; XLSX allows {_XLSX_CELL_CHARS:,}"
        raise CannotWriteError(f"{reason}: write CSV")
    sheet.write_string(*place, text)


def _is_exact(text: str) -> bool:
    """Say whether a spreadsheet's number, which is a double, keeps every digit of the text."""
    return len(Decimal(text).as_tuple().digits) <= _EXACT_DIGITS


def _columns(kind: str) -> list[Field]:
    names = ORDER_COLUMNS if kind == "orders" else tuple(SCHEMAS[kind])
    return [SCHEMAS[kind][name] for name in names]


def _cell(column: Field, record: Record) -> str:
    text = record.get(column.name, "")
    return guarded(text) if column.kind in _GUARDED else text
