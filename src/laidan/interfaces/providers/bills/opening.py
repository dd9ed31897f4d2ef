"""Opens a bill, packed or not, finds out whose it is, and hands its lines to the right reader."""

from __future__ import annotations

import gzip
import io
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from laidan.domain.settlement.core import BillFault, Found
from laidan.interfaces.files import zipguard
from laidan.interfaces.files.delimited import Declared, Table, read_delimited
from laidan.interfaces.files.encodings import detect
from laidan.interfaces.files.faults import BadFileError, Limits, RowError
from laidan.interfaces.providers.bills import alipay, generic, stripe, wechat
from laidan.interfaces.providers.bills.lines import LINE_CHARS, Numbered, Reading, Told

LAYOUTS = ("alipay", "wechat_pay", "stripe", "table")
_ZIP, _GZIP = b"PK", b"\x1f\x8b"
_HEAD = 16_384
_CHUNK = 1 << 20
_IN_MEMORY = 8 << 20
# What a summary file beside the lines is called: its sums are in the other file, too.
_SUMMARY = "汇总"


@dataclass(frozen=True, slots=True)
class OpenedBill:
    """A bill that can be read: its layout, and what is in it as a stream."""

    layout: str
    found: Iterator[Found]


@contextmanager
def opened(path: Path, reading: Reading, limits: Limits = Limits()) -> Iterator[list[OpenedBill]]:
    """Yield the bills in a file, several where it is an archive; raises BadFileError.

    Each is read once, in order, within the block.
    """
    with ExitStack() as stack:
        stream = stack.enter_context(path.open("rb"))
        magic = stream.read(4)
        stream.seek(0)
        if not magic:
            raise BadFileError("empty-file", "the file is empty")
        if magic.startswith(_ZIP):
            texts = _members(stack, stream, limits)
        elif magic.startswith(_GZIP):
            texts = [_gunzipped(stack, stream, limits)]
        else:
            texts = [stream]
        yield [_opened(text, path.name, reading, limits) for text in texts]


def _members(stack: ExitStack, stream: BinaryIO, limits: Limits) -> list[BinaryIO]:
    archive = zipguard.open_zip(stream, limits, limits.unpacked_bytes)
    # Alipay writes names in GBK without saying so; what is in them decides all the same.
    members = [one for one in archive.infolist() if not one.is_dir()]
    named = [one for one in members if _SUMMARY not in _name(one.filename)]
    if not named:
        raise BadFileError("empty-file", "the archive is empty")
    found = []
    for member in named:
        text = stack.enter_context(_spool())
        for piece in zipguard.unpack(stream, member):
            text.write(piece)
        text.seek(0)
        found.append(cast(BinaryIO, text))
    return found


def _spool() -> tempfile.SpooledTemporaryFile[bytes]:
    return tempfile.SpooledTemporaryFile(_IN_MEMORY)


def _name(stored: str) -> str:
    try:
        return stored.encode("cp437").decode("gb18030")
    except UnicodeError:
        return stored


def _gunzipped(stack: ExitStack, stream: BinaryIO, limits: Limits) -> BinaryIO:
    text = stack.enter_context(_spool())
    size = 0
    try:
        with gzip.GzipFile(fileobj=stream) as unzipped:
            while piece := unzipped.read(_CHUNK):
                size += len(piece)
                is_bomb = size > limits.ratio_from_bytes and size > stream.tell() * limits.ratio
                if is_bomb or size > limits.unpacked_bytes:
                    raise BadFileError("zip-bomb", "the file unpacks to more than is allowed")
                text.write(piece)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        reason = f"the compressed data is damaged: {error}"
        raise BadFileError("damaged-file", reason) from None
    text.seek(0)
    return cast(BinaryIO, text)


def _opened(stream: BinaryIO, name: str, reading: Reading, limits: Limits) -> OpenedBill:
    encoding = detect(stream)
    head = stream.read(_HEAD).decode(encoding.name, "replace")
    stream.seek(0)
    layout = layout_of(head)
    if layout in ("stripe", "table"):
        table = read_delimited(stream, name, Declared(encoding.name), limits)
        rows = _cells(table)
        if layout == "stripe":
            return OpenedBill(layout, stripe.read_rows(rows, reading))
        return OpenedBill(layout, generic.read(table.header, rows, reading))
    text = io.TextIOWrapper(stream, encoding.name, encoding.errors)
    read = alipay.read if layout == "alipay" else wechat.read
    return OpenedBill(layout, read(_lines(text), reading))


def layout_of(head: str) -> str:
    """Say whose bill begins so; a table of nobody known is read by the names of its columns.

    >>> layout_of("#支付宝业务明细查询"), layout_of("a,b,c")
    ('alipay', 'table')
    """
    start = head.removeprefix("\ufeff").lstrip()
    first = start.partition("\n")[0]
    if first.startswith("#") or "支付宝交易号" in first or "账务流水号" in first:
        return "alipay"
    if "微信订单号" in first or "微信支付业务单号" in first:
        return "wechat_pay"
    names = {one.strip().strip('"').lower() for one in first.split(",")}
    is_stripe = "balance_transaction_id" in names or {"id", "type", "source", "net"} <= names
    return "stripe" if is_stripe else "table"


def _lines(text: io.TextIOBase) -> Iterator[Numbered]:
    number = 0
    while line := text.readline(LINE_CHARS):
        number += 1
        if len(line) >= LINE_CHARS:
            raise BadFileError("cell-too-long", f"line {number} is longer than any bill's")
        yield number, line.rstrip("\r\n")


def _cells(table: Table) -> Iterator[Told]:
    for row in table.rows:
        if isinstance(row, RowError):
            yield BillFault(row.row, row.code, row.reason)
        elif row.faults:
            yield BillFault(row.number, row.faults[0].code, row.faults[0].reason)
        else:
            yield row.number, dict(zip(table.header, row.cells, strict=True))
