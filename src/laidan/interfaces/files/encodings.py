"""Finding out how a text file is encoded: by its bytes, never by its name."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from charset_normalizer import from_bytes

from laidan.interfaces.files.faults import BadFileError

_CHUNK = 1 << 20
_HEAD = 8192
_EVIDENCE_BYTES = 1 << 18
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ESCAPED = re.compile("[\udc80-\udcff]+")
_NON_ASCII = re.compile("[\u0080-\ud7ff\ue000-\U0010ffff]")
_COMMON_GB = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef\u2010-\u2027\u00b7\u00d7]")
_TELLING_LINE = re.compile(rb"[^\n\x80-\xff]{0,1000}[\x80-\xff][^\n]{0,1000}")
# The start of a UTF-8 sequence whose end is missing.
_HALF = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z")
_HALVES_MAX = 3
_COMMON_WESTERN = "cp1252"


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding's Python name; `damaged` where some bytes of the file are not in it.

    `guessed` is said in reports: a person should look at the names that were read. Damaged bytes are decoded to lone surrogates, so that the cells which hold them can be refused.
    """

    name: str
    damaged: bool = False
    guessed: bool = False

    @property
    def label(self) -> str:
        """Return the name as a report says it."""
        doubts = [word for word in ("damaged", "guessed") if getattr(self, word)]
        return f"{self.name} ({', '.join(doubts)})" if doubts else self.name

    @property
    def errors(self) -> str:
        """Return the error handler to decode with."""
        return "surrogateescape" if self.damaged else "strict"


def detect(stream: BinaryIO, declared: str = "") -> Encoding:
    """Read the whole stream once and return its encoding; leaves the stream at its start.

    The order is: what the caller declared, a byte-order mark, strict UTF-8, UTF-8 with a few
    damaged bytes, GB18030 (only if what comes out is Chinese text), then a statistical guess.
    Raises BadFileError where the bytes are not text.
    """
    stream.seek(0)
    head = stream.read(_HEAD)
    try:
        if declared:
            return _declared(stream, declared)
        for bom, name in _BOMS:
            if head.startswith(bom):
                return _declared(stream, name)
        if b"\0" in head:
            raise BadFileError("not-a-table", "the file is binary, not text or a spreadsheet")
        if _decodes(stream, "utf-8"):
            return Encoding("utf-8")
        if _is_damaged_utf8(stream):
            return Encoding("utf-8", damaged=True)
        evidence = _evidence(stream)
        if _is_chinese(evidence) and _decodes(stream, "gb18030"):
            return Encoding("gb18030")
        return _guess(stream, evidence)
    finally:
        stream.seek(0)


def _declared(stream: BinaryIO, declared: str) -> Encoding:
    try:
        name = codecs.lookup(declared).name
    except LookupError:
        raise BadFileError("unknown-encoding", f"there is no encoding {declared!r}") from None
    if _decodes(stream, name):
        return Encoding(name)
    if name.startswith(("utf-16", "utf-32")):
        raise BadFileError("bad-encoding", f"the file is not {name} throughout: it is damaged")
    return Encoding(name, damaged=True)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    while chunk := stream.read(_CHUNK):
        yield chunk


def _decodes(stream: BinaryIO, name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)("strict")
    try:
        for chunk in _chunks(stream):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _evidence(stream: BinaryIO) -> bytes:
    """Return lines that are not plain ASCII, from wherever in the file they are."""
    found = bytearray()
    for chunk in _chunks(stream):
        for match in _TELLING_LINE.finditer(chunk):
            found += match[0] + b"\n"
        if len(found) > _EVIDENCE_BYTES:
            break
    return bytes(found)


def _is_damaged_utf8(stream: BinaryIO) -> bool:
    """Say whether this is UTF-8 with a few broken places rather than another encoding.

    In a GB18030 text nearly every Chinese character is invalid as UTF-8, so the valid sequences
    decide. A file with no valid sequence is called damaged only if its few broken places are
    all the start of a sequence, and not just single bytes as in "café" of Latin-1: taking half
    a character for a Chinese one would import it wrong silently.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    valid = broken = halves = long_halves = 0
    for chunk in (*_chunks(stream), b""):
        text = decoder.decode(chunk, final=not chunk)
        valid += len(_NON_ASCII.findall(text))
        for found in _ESCAPED.findall(text):
            broken += 1
            raw = found.encode("ascii", "surrogateescape")
            is_half = _HALF.fullmatch(raw) is not None
            halves += is_half
            long_halves += is_half and len(raw) > 1
    if valid == 0:
        return long_halves > 0 and broken == halves and broken <= _HALVES_MAX
    return broken * 4 < valid


def _is_chinese(evidence: bytes) -> bool:
    """Say whether most of what GB18030 makes of the lines is Chinese, not chance pairs."""
    # A character cut at the edge of a chunk is ignored.
    text = codecs.getincrementaldecoder("gb18030")("ignore").decode(evidence)
    wide = _NON_ASCII.findall(text)
    pairs = [char.encode("gb18030", "ignore") for char in wide if _COMMON_GB.match(char)]
    # The characters of GB 2312 have both bytes above A0; chance pairs seldom have.
    common = sum(1 for pair in pairs if len(pair) == 2 and pair[0] <= 0xF7 and pair[1] > 0xA0)
    return bool(wide) and common >= 0.9 * len(wide)


def _guess(stream: BinaryIO, evidence: bytes) -> Encoding:
    matches = from_bytes(evidence)
    best = matches.best()
    # Of guesses that are as good as each other the one that most programs write is meant.
    name = best.encoding if best else ""
    for match in matches:
        if best and match.chaos <= best.chaos and _COMMON_WESTERN in match.could_be_from_charset:
            name = _COMMON_WESTERN
    if not name or not _decodes(stream, name):
        raise BadFileError(
            "unknown-encoding",
            "the text is neither UTF-8 nor GB18030 nor anything recognisable; "
            "save it as UTF-8, or name the encoding in the map",
        )
    return Encoding(codecs.lookup(name).name, guessed=True)
