"""Bytes kept once under the SHA-256 of their content, in `files/` of the data directory."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

HEAD_BYTES = 4096
"""How much of the beginning is handed on, for telling what the bytes are."""
_SLEEP_SECONDS = 24 * 3600
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class BlobTooLargeError(Exception):
    """More came than was allowed; nothing of it was kept."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that are in the store: their digest, how many, and how they begin."""

    sha256: str
    size: int
    head: bytes


def keep(chunks: Iterable[bytes], *, limit: int) -> Blob:
    """Write bytes as they come and put them in their place; the same content is kept once.

    Raises BlobTooLargeError as soon as more than `limit` bytes have come.
    """
    incoming = _root() / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    scratch = incoming / secrets.token_hex(16)
    digest, size, head = hashlib.sha256(), 0, b""
    try:
        with scratch.open("xb") as out:
            for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise BlobTooLargeError
                if len(head) < HEAD_BYTES:
                    head += chunk[: HEAD_BYTES - len(head)]
                digest.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        _place(scratch, digest.hexdigest())
    finally:
        scratch.unlink(missing_ok=True)
    return Blob(digest.hexdigest(), size, head)


def path_of(sha256: str) -> Path:
    """Return where the bytes of a digest are, whether they are there or not."""
    if not _DIGEST.match(sha256):
        raise ValueError("that is no SHA-256")
    return _root() / sha256[:2] / sha256


def size_of(sha256: str) -> int | None:
    """Return how many bytes are kept under a digest, None where there are none."""
    try:
        return path_of(sha256).stat().st_size
    except FileNotFoundError:
        return None


def drop_unless_fresh(sha256: str) -> bool:
    """Remove bytes that nobody brought for a day; say whether they are gone.

    What was brought lately may belong to somebody who is just writing down that he has it.
    """
    path = path_of(sha256)
    try:
        if time.time() - path.stat().st_mtime < _SLEEP_SECONDS:
            return False
        path.unlink()
    except FileNotFoundError:
        pass
    return True


def drop_leftovers() -> int:
    """Remove what interrupted uploads left behind; return how many there were."""
    dropped = 0
    for scratch in (_root() / "incoming").glob("*"):
        if time.time() - scratch.stat().st_mtime > _SLEEP_SECONDS:
            scratch.unlink(missing_ok=True)
            dropped += 1
    return dropped


def digests() -> Iterator[str]:
    """Yield the digest of everything that is kept."""
    for folder in sorted(_root().glob("[0-9a-f][0-9a-f]")):
        yield from sorted(path.name for path in folder.iterdir() if _DIGEST.match(path.name))


def _root() -> Path:
    return Path(settings.LAIDAN_DATA_DIR) / "files"


def _place(scratch: Path, sha256: str) -> None:
    path = path_of(sha256)
    path.parent.mkdir(exist_ok=True)
    if path.is_file():
        # It counts as brought just now, so that nobody clears it away.
        os.utime(path)
        return
    scratch.chmod(0o600)
    scratch.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
