"""Opening whatever the user has: a text file, a workbook, an archive of texts, or a folder."""

from __future__ import annotations

import gzip
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from laidan.interfaces.files import zipguard
from laidan.interfaces.files.delimited import CellFault, Declared, Row, Table, read_delimited
from laidan.interfaces.files.faults import WHOLE_FILE, BadFileError, Limits, RowError
from laidan.interfaces.files.workbooks import read_workbook

__all__ = ["CellFault", "Declared", "Limits", "Row", "RowError", "Table", "read_tables"]

_TEXTS = (".csv", ".tsv", ".txt", ".tab")
_PACKED_TEXTS = tuple(f"{ending}.gz" for ending in _TEXTS)
_READABLE = (*_TEXTS, ".xlsx", ".xls", ".xlsm", ".gz", ".tgz", ".zip")
_ZIP, _GZIP, _OLE = b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_EMPTY_ZIP = b"PK\x05\x06"
_CHUNK = 1 << 20
_IN_MEMORY = 8 << 20


def read_tables(
    path: Path, declared: Declared = Declared(), limits: Limits = Limits()
) -> Iterator[Table | RowError]:
    """Yield every table under a path, files in name order; what cannot be read is a RowError.

    A table's rows must be consumed before the next table is asked for.
    """
    try:
        files = _files(path)
    except OSError as error:
        reason = error.strerror or str(error)
        yield RowError(path.name, WHOLE_FILE, "no-such-file", f"{path}: {reason}")
        return
    if not files:
        yield RowError(path.name, WHOLE_FILE, "empty-file", "the folder holds no table")
    for file in files:
        try:
            yield from _read_file(file, declared, limits)
        except BadFileError as error:
            yield error.as_row_error(file.name)
        except OSError as error:
            reason = error.strerror or str(error)
            yield RowError(file.name, WHOLE_FILE, "unreadable-file", reason)


def bundled(path: Path) -> tuple[str, ...]:
    """Return the names of the texts in a ZIP of several; nothing for any other file."""
    if path.is_dir():
        return ()
    try:
        with path.open("rb") as stream:
            if not stream.read(len(_ZIP)).startswith(_ZIP):
                return ()
            stream.seek(0)
            limits = Limits()
            archive = zipguard.open_zip(stream, limits, limits.unpacked_bytes)
            names = [name for name, _ in _members(archive)]
    except (BadFileError, OSError):
        return ()
    texts = tuple(name for name in names if name.lower().endswith((*_TEXTS, *_PACKED_TEXTS)))
    return texts if len(texts) > 1 and "[Content_Types].xml" not in names else ()


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        path.stat()
        return [path]
    return sorted(
        child
        for child in path.iterdir()
        if child.is_file() and child.suffix.lower() in _READABLE and child.name[0] not in ".~"
    )


def _read_file(path: Path, declared: Declared, limits: Limits) -> Iterator[Table | RowError]:
    size = path.stat().st_size
    if size == 0:
        raise BadFileError("empty-file", "the file is empty")
    if size > limits.file_bytes:
        raise BadFileError("file-too-large", f"{size:,} bytes; {limits.file_bytes:,} are allowed")
    with path.open("rb") as stream:
        magic = stream.read(8)
        stream.seek(0)
        if magic.startswith((_ZIP, _EMPTY_ZIP)):
            archive = zipguard.open_zip(stream, limits, limits.unpacked_bytes)
            if "[Content_Types].xml" not in archive.namelist():
                yield from _read_zip(stream, archive, declared, limits)
                return
        elif magic.startswith(_GZIP):
            yield from _read_gzip(path, stream, declared, limits)
            return
        elif not magic.startswith(_OLE):
            yield read_delimited(stream, path.name, declared, limits)
            return
    yield from read_workbook(path, path.name, declared, limits)


def _read_zip(
    stream: BinaryIO, archive: zipfile.ZipFile, declared: Declared, limits: Limits
) -> Iterator[Table | RowError]:
    members = _members(archive)
    if not members:
        raise BadFileError("empty-file", "the archive is empty")
    meter = _Meter(limits)
    for name, member in members:
        packed = name.lower().endswith(_PACKED_TEXTS)
        pieces = zipguard.unpack(stream, member)
        if packed:
            inner = cast(BinaryIO, _Pieces(pieces))
            pieces = meter.over(_gunzip(inner, member.file_size, limits))
        text = name[: -len(".gz")] if packed else name
        yield from _member(text, pieces, declared, limits)


def _members(archive: zipfile.ZipFile) -> list[tuple[str, zipfile.ZipInfo]]:
    """Return the files of an archive by their own names, wherever they say that they belong."""
    found = [
        (PurePosixPath(member.filename).name, member)
        for member in sorted(archive.infolist(), key=lambda member: member.filename)
        if not member.is_dir() and "__MACOSX" not in member.filename
    ]
    return [(name, member) for name, member in found if not name.startswith(".")]


class _Meter:
    """Counts what the packed members of an archive hold together."""

    def __init__(self, limits: Limits) -> None:
        self._left = limits.unpacked_bytes

    def over(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Pass pieces on until all members together are more than the limits allow."""
        for piece in pieces:
            self._left -= len(piece)
            if self._left < 0:
                raise BadFileError("zip-bomb", "the members unpack to more than is allowed")
            yield piece


def _read_gzip(
    path: Path, stream: BinaryIO, declared: Declared, limits: Limits
) -> Iterator[Table | RowError]:
    pieces = _gunzip(stream, path.stat().st_size, limits)
    name = path.name.lower()
    if not name.endswith((".tar.gz", ".tgz")):
        yield from _member(path.name.removesuffix(".gz"), pieces, declared, limits)
        return
    try:
        with tarfile.open(fileobj=cast(IO[bytes], _Pieces(pieces)), mode="r|") as archive:
            for count, member in enumerate(archive, start=1):
                if count > limits.entries:
                    raise BadFileError("too-many-entries", f"over {limits.entries:,} members")
                if member.issparse():
                    # Its holes cost no packed byte, so the limits would not see them.
                    raise BadFileError("zip-bomb", "the archive holds a file with holes; refused")
                content = archive.extractfile(member) if member.isreg() else None
                if content is None:
                    continue
                chunks = iter(partial(content.read, _CHUNK), b"")
                yield from _member(PurePosixPath(member.name).name, chunks, declared, limits)
    except (tarfile.TarError, ValueError, OverflowError) as error:
        # The tar reader lets wrong numbers in a member's extra headers through as they are.
        raise BadFileError("damaged-file", f"the archive is damaged: {error}") from None


def _gunzip(stream: BinaryIO, packed: int, limits: Limits) -> Iterator[bytes]:
    """Yield what a gzip holds until it is more than the limits allow."""
    produced = 0
    try:
        with gzip.GzipFile(fileobj=stream) as unzipped:
            while piece := unzipped.read(_CHUNK):
                produced += len(piece)
                is_bomb = produced > limits.ratio_from_bytes and produced > packed * limits.ratio
                if is_bomb or produced > limits.unpacked_bytes:
                    reason = (
                        f"{packed:,} packed bytes hold over {produced:,} unpacked ones; refused"
                    )
                    raise BadFileError("zip-bomb", reason)
                yield piece
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadFileError("damaged-file", f"the compressed data is damaged: {error}") from None


class _Pieces:
    """A readable stream over pieces of bytes, for the tar reader."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; fewer only at the end."""
        found, have = [self._rest], len(self._rest)
        while (size < 0 or have < size) and (piece := next(self._pieces, b"")):
            found.append(piece)
            have += len(piece)
        whole = b"".join(found)
        if size < 0:
            size = len(whole)
        self._rest = whole[size:]
        return whole[:size]


def _member(
    name: str, pieces: Iterator[bytes], declared: Declared, limits: Limits
) -> Iterator[Table | RowError]:
    """Read one text of an archive through a nameless temporary file: encodings need two looks."""
    if not name.lower().endswith(_TEXTS):
        reason = "an archive may hold CSV and TSV files only; this one is not read"
        yield RowError(name, WHOLE_FILE, "not-a-table", reason)
        return
    try:
        with _spooled(pieces) as stream:
            yield read_delimited(stream, name, declared, limits)
    except BadFileError as error:
        if error.code in {"zip-bomb", "damaged-file"}:
            raise
        yield error.as_row_error(name)


@contextmanager
def _spooled(pieces: Iterator[bytes]) -> Iterator[BinaryIO]:
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as stream:
        for piece in pieces:
            stream.write(piece)
        if stream.tell() == 0:
            raise BadFileError("empty-file", "the file is empty")
        stream.seek(0)
        yield cast(BinaryIO, stream)
