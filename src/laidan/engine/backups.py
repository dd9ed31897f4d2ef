"""Backups of the whole database: written while it is in use, restored as one change where possible.

SQLite copies itself; PostgreSQL and MariaDB are driven through their own programs.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from django.db import connection, connections

from laidan.engine.dumps import (
    BackupFault,
    read_mysql,
    read_postgres,
    write_mysql,
    write_postgres,
)

_MAGIC = {b"SQLite format 3\x00": "sqlite", b"PGDMP": "postgresql", b"\x1f\x8b": "mysql"}
_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MariaDB"}


def write_backup(path: Path) -> int:
    """Write the database to a file, whole or not at all; return its size in bytes."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite" and _is_same(path, Path(str(settings["NAME"]))):
        raise BackupFault(f"{path} is the database itself")
    if not path.parent.is_dir():
        raise BackupFault(f"there is no directory {path.parent}")
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    write = {"sqlite": _sqlite_write, "postgresql": write_postgres, "mysql": write_mysql}
    try:
        # Made before anything is in it: the backup is readable by its owner alone.
        scratch.touch(mode=0o600)
        with _faults_of_sqlite_said():
            write[connection.vendor](scratch)
        with scratch.open("rb+") as written:
            os.fsync(written.fileno())
        scratch.replace(path)
        _sync_directory(path.parent)
    finally:
        scratch.unlink(missing_ok=True)
    return path.stat().st_size


def read_backup(path: Path) -> None:
    """Replace everything in the database by a backup of the same kind of database.

    On SQLite and PostgreSQL nothing has changed when this fails; MariaDB cannot undo changes of
    tables, so there the file is read to its end before anything is touched.
    """
    kind = _kind_of(path)
    if kind != connection.vendor:
        raise BackupFault(
            f"{path} is a backup of {_NAMES[kind]}, the database is {_NAMES[connection.vendor]}"
        )
    read = {"sqlite": _sqlite_read, "postgresql": read_postgres, "mysql": read_mysql}
    with _faults_of_sqlite_said():
        read[kind](path)
    connections.close_all()


@contextmanager
def _faults_of_sqlite_said() -> Iterator[None]:
    """Turn what SQLite raises (a file in use elsewhere, a full disk, damage) into a BackupFault."""
    try:
        yield
    except sqlite3.Error as error:
        raise BackupFault(f"SQLite says: {error}") from error


def _kind_of(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(16)
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return kind
    raise BackupFault(f"{path} is not a backup")


def _is_same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _sync_directory(directory: Path) -> None:
    """Make the rename last, too; a file system that cannot is left as it is."""
    with suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


# --- SQLite ---------------------------------------------------------------------------------


def _sqlite_write(scratch: Path) -> None:
    source = Path(str(connection.settings_dict["NAME"]))
    if not source.is_file():
        raise BackupFault(f"there is no database {source}")
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(scratch)) as copy:
        # One step is one snapshot: writers go on meanwhile, the copy does not see them.
        live.backup(copy)
        # The copy is one file, without the log that belongs to a database in use.
        copy.execute("PRAGMA journal_mode = DELETE")
        _must_be_sound(copy, scratch)


def _sqlite_read(path: Path) -> None:
    target = Path(str(connection.settings_dict["NAME"]))
    target.parent.mkdir(parents=True, exist_ok=True)
    connections.close_all()
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as backup:
        _must_be_sound(backup, path)
        with closing(sqlite3.connect(target, timeout=20)) as live:
            # Copied into the living file as one transaction: who has it open sees the change.
            live.execute("PRAGMA journal_mode = WAL")
            backup.backup(live)
            live.execute("PRAGMA journal_mode = WAL")


def _must_be_sound(database: sqlite3.Connection, path: Path) -> None:
    try:
        (verdict,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    if verdict != "ok":
        raise BackupFault(f"{path} is damaged: {verdict}")
