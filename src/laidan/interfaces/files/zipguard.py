"""Looking into a ZIP before anything unpacks it: counts, sizes, ratios and lies."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from laidan.interfaces.files.faults import BadFileError, Limits

_STORED, _DEFLATED = 0, 8
_CHUNK = 1 << 18
_LOCAL_HEADER = struct.Struct("<4s22xHH")


def open_zip(stream: BinaryIO, limits: Limits, unpacked_bytes: int) -> zipfile.ZipFile:
    """Open a ZIP whose central directory stays within the limits; raises BadFileError."""
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise BadFileError("damaged-file", f"the ZIP structure is damaged: {error}") from None
    members = archive.infolist()
    if len(members) > limits.entries:
        raise BadFileError(
            "too-many-entries", f"{len(members):,} parts; {limits.entries:,} allowed"
        )
    unpacked = sum(member.file_size for member in members)
    if unpacked > unpacked_bytes:
        raise _too_large(unpacked, unpacked_bytes)
    packed = sum(member.compress_size for member in members) or 1
    if unpacked > limits.ratio_from_bytes and unpacked > packed * limits.ratio:
        raise BadFileError(
            "zip-bomb", f"{packed:,} packed bytes claim {unpacked:,} unpacked ones; refused"
        )
    for member in members:
        if member.flag_bits & 1:
            raise BadFileError("encrypted-file", "the file is protected by a password")
        if member.compress_type not in {_STORED, _DEFLATED}:
            raise BadFileError("damaged-file", "the ZIP uses a compression nobody's Excel writes")
    return archive


def _too_large(unpacked: int, allowed: int) -> BadFileError:
    return BadFileError(
        "zip-bomb", f"the file unpacks to {unpacked:,} bytes; {allowed:,} are allowed"
    )


def unpack(stream: BinaryIO, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a member's bytes; raises BadFileError as soon as there are more than it declares.

    The zipfile module stops reading at the declared size and would not see that a member which
    declares 1 kB holds 1 GB; other readers, the spreadsheet's among them, go on to the end.
    """
    stream.seek(member.header_offset)
    try:
        magic, name_size, extra_size = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
    except struct.error:
        magic = b""
        name_size = extra_size = 0
    if magic != b"PK\x03\x04":
        raise BadFileError(
            "damaged-file", f"the part {member.filename!r} is not where it should be"
        )
    stream.seek(name_size + extra_size, 1)
    left, produced = member.compress_size, 0
    inflater = zlib.decompressobj(-15) if member.compress_type == _DEFLATED else None
    while left > 0 and (packed := stream.read(min(_CHUNK, left))):
        left -= len(packed)
        for piece in _inflate(inflater, packed) if inflater else (packed,):
            produced += len(piece)
            if produced > member.file_size:
                raise BadFileError(
                    "zip-bomb", f"the part {member.filename!r} is larger than it declares"
                )
            yield piece


def _inflate(inflater: zlib._Decompress, packed: bytes) -> Iterator[bytes]:
    try:
        while packed:
            yield inflater.decompress(packed, _CHUNK)
            packed = inflater.unconsumed_tail
    except zlib.error as error:
        raise BadFileError("damaged-file", f"the compressed data is damaged: {error}") from None
