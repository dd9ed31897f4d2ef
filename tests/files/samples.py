"""Files made on the spot: workbooks with what no honest program writes, and old binary ones."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import xlsxwriter

from laidan.interfaces.files.tables import Declared, Limits, Row, RowError, read_tables

_NONE = 0xFFFFFFFF


def write(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def read_all(path: Path, declared: Declared | None = None, limits: Limits | None = None):
    """Return (headers, rows, errors) of everything under a path."""
    declared, limits = declared or Declared(), limits or Limits()
    headers, rows, errors = [], [], []
    for table in read_tables(path, declared, limits):
        if isinstance(table, RowError):
            errors.append(table)
            continue
        headers.append(table.header)
        for row in table.rows:
            (rows if isinstance(row, Row) else errors).append(row)
    return headers, rows, errors


def codes(errors) -> list[str]:
    return [error.code for error in errors]


def workbook(path: Path, rows, sheet: str = "orders") -> Path:
    """Write rows of Python values as XLSX."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                if isinstance(value, str):
                    page.write_string(number, place, value)
                elif value is not None:
                    page.write(number, place, value)
    return path


def repacked(path: Path, changes: dict[str, bytes]) -> Path:
    """Replace or add parts of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts.update(changes)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def understated(path: Path, part: str, claimed: int) -> Path:
    """Let a workbook's directory claim that a part is smaller than it is."""
    content = bytearray(path.read_bytes())
    name = part.encode()
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(part)
        crc = zlib.crc32(archive.read(part)[:claimed])
    local = info.header_offset
    struct.pack_into("<I", content, local + 14, crc)
    struct.pack_into("<I", content, local + 22, claimed)
    central = content.find(b"PK\x01\x02")
    while content[central + 46 : central + 46 + len(name)] != name:
        central = content.find(b"PK\x01\x02", central + 4)
    struct.pack_into("<I", content, central + 16, crc)
    struct.pack_into("<I", content, central + 24, claimed)
    path.write_bytes(content)
    return path


def old_workbook(path: Path, rows: list[list[str | float]], extra: str = "") -> Path:
    """Write rows as XLS (BIFF8 in an OLE container); `extra` names one more directory entry."""
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            head = struct.pack("<HHH", number, place, 0)
            if isinstance(value, str):
                text = struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
                sheet += _record(0x0204, head + text)
            else:
                sheet += _record(0x0203, head + struct.pack("<d", value))
    sheet += _record(0x000A, b"")
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    end = _record(0x000A, b"")
    name = b"\x06\x00orders"
    at = len(start) + 4 + 6 + len(name) + len(end)
    bound = _record(0x0085, struct.pack("<IBB", at, 0, 0) + name)
    stream = start + bound + end + sheet
    path.write_bytes(_ole(stream.ljust(4096, b"\0"), extra))
    return path


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _ole(stream: bytes, extra: str) -> bytes:
    sectors = -(-len(stream) // 512)
    fat = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    fat += [0xFFFFFFFF] * (128 - len(fat))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6xIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096)
    header += struct.pack("<IIII", 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    entries = _entry("Root Entry", 5, (0xFFFFFFFE, 0), child=1)
    entries += _entry("Workbook", 2, (2, len(stream)), right=2 if extra else _NONE)
    entries += _entry(extra, 1, (0, 0)) if extra else bytes(128)
    entries += bytes(128)
    out = io.BytesIO()
    out.write(header)
    out.write(struct.pack("<128I", *fat))
    out.write(entries)
    out.write(stream.ljust(sectors * 512, b"\0"))
    return out.getvalue()


def _entry(name: str, kind: int, place: tuple[int, int], child=_NONE, right=_NONE):
    start, size = place
    text = (name + "\0").encode("utf-16-le")
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(text), kind, 1, _NONE, right, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )
