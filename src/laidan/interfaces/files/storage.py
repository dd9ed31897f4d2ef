"""Files of jobs: what was uploaded and what was made, under random names in the data directory."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from laidan.domain.jobs.core import StoredFile

UPLOAD_BYTES_MAX = 200 << 20
"""The largest file that a browser may bring; the command line takes larger ones."""
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]+")
_NAME_BYTES = 150
_LEFT_SECONDS = 24 * 3600
_PART = ".part"


class FileGoneError(Exception):
    """A job's file is not there any more."""


class FileTooLargeError(Exception):
    """More came than a browser may bring; nothing of it was kept."""


def safe_name(name: str) -> str:
    """Return a file's own name as a name that every file system takes.

    >>> safe_name("../订单 2026.csv"), safe_name("..")
    ('订单 2026.csv', 'file')
    """
    plain = _UNSAFE.sub("_", name.rpartition("/")[2].rpartition("\\")[2]).strip(" .")
    while len(plain.encode()) > _NAME_BYTES:
        # The ending says what kind of file it is: the beginning is what goes.
        plain = plain[1:]
    return plain or "file"


def keep(chunks: Iterable[bytes], name: str, limit: int = UPLOAD_BYTES_MAX) -> StoredFile:
    """Write bytes as they come; raises FileTooLargeError as soon as they are too many."""
    with new_file(name) as (path, stored):
        digest, size = hashlib.sha256(), 0
        with path.open("xb") as out:
            for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise FileTooLargeError
                digest.update(chunk)
                out.write(chunk)
    return StoredFile(stored.name, stored.path, size, digest.hexdigest())


def keep_all(files: Iterable[tuple[str, Iterable[bytes]]]) -> StoredFile:
    """Write one file as it is, several as one ZIP; raises FileTooLargeError."""
    given = [(safe_name(name), chunks) for name, chunks in files]
    if len(given) == 1:
        return keep(given[0][1], given[0][0])
    stem = given[0][0].partition(".")[0]
    with new_file(f"{stem} +{len(given) - 1}.zip") as (path, stored):
        size, taken = 0, set[str]()
        with zipfile.ZipFile(path, "x") as archive:
            for name, chunks in given:
                own = name if name not in taken else f"{len(taken) + 1} {name}"
                taken.add(own)
                with archive.open(own, "w", force_zip64=True) as out:
                    for chunk in chunks:
                        size += len(chunk)
                        if size > UPLOAD_BYTES_MAX:
                            raise FileTooLargeError
                        out.write(chunk)
    return sized(stored)


@contextmanager
def new_file(name: str) -> Iterator[tuple[Path, StoredFile]]:
    """Yield where to write a file, and how it is called; it is there when the block has ended well.

    The file's own name stays its last part: readers tell people and movements by it.
    """
    folder = f"{secrets.token_hex(16)}"
    plain = safe_name(name)
    part = _root() / (folder + _PART)
    part.mkdir(parents=True, mode=0o700)
    try:
        yield part / plain, StoredFile(plain, f"{folder}/{plain}", 0)
        part.rename(_root() / folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def sized(stored: StoredFile) -> StoredFile:
    """Return a file that was written with its size."""
    return StoredFile(stored.name, stored.path, path_of(stored).stat().st_size, stored.sha256)


def path_of(stored: StoredFile) -> Path:
    """Return where a job's file is; raises FileGoneError where it is not."""
    path = (_root() / stored.path).resolve()
    if not path.is_relative_to(_root().resolve()) or not path.is_file():
        raise FileGoneError(stored.name)
    return path


def drop(stored: StoredFile) -> None:
    """Remove a file."""
    folder = (_root() / stored.path).parent
    if folder.parent == _root():
        shutil.rmtree(folder, ignore_errors=True)


def drop_leftovers() -> int:
    """Remove what interrupted uploads left behind; return how many there were."""
    dropped = 0
    for part in _root().glob(f"*{_PART}"):
        try:
            if time.time() - part.stat().st_mtime < _LEFT_SECONDS:
                continue
        except FileNotFoundError:
            continue
        shutil.rmtree(part, ignore_errors=True)
        dropped += 1
    return dropped


def _root() -> Path:
    return Path(os.path.realpath(settings.LAIDAN_DATA_DIR)) / "jobs"
