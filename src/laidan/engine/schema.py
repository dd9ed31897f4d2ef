"""The tables' state: made and brought up to date by one process at a time."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

_LOCK_NAME = "laidan-schema"
_LOCK_NUMBER = 0x1A1DA2
_LOCK_SECONDS = 600
_POLL_SECONDS = 0.1


def pending_migrations() -> list[str]:
    """Return the names of the migrations that the database still lacks."""
    if not _sqlite_is_there():
        return ["everything"]
    return _missing()


def _missing() -> list[str]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def is_empty() -> bool:
    """Say whether the database holds no table at all."""
    if not _sqlite_is_there():
        return True
    return not connection.introspection.table_names()


def migrate() -> list[str]:
    """Bring the tables up to date and return the migrations applied; call it under `alone`."""
    missing = _missing()
    if missing:
        _set_collation()
        call_command("migrate", verbosity=0, interactive=False)
    return missing


@contextmanager
def alone() -> Iterator[None]:
    """Keep every other process out of `alone` on this database for as long as the block lasts."""
    if connection.vendor == "sqlite":
        with _alone_by_file():
            yield
        return
    deadline = time.monotonic() + _LOCK_SECONDS
    # Asking again and again: a session that waits inside the server would hold a snapshot,
    # which an index that is built concurrently waits for in turn.
    while not _try_lock():
        if time.monotonic() > deadline:
            raise TimeoutError("another process has been changing the schema for ten minutes")
        time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        _unlock()


def _sqlite_path() -> Path | None:
    name = str(connection.settings_dict["NAME"])
    is_file = connection.vendor == "sqlite" and ":memory:" not in name and "mode=memory" not in name
    return Path(name) if is_file else None


def _sqlite_is_there() -> bool:
    """Look before opening: SQLite makes an empty file where there is none."""
    path = _sqlite_path()
    return path is None or path.is_file()


@contextmanager
def _alone_by_file() -> Iterator[None]:
    path = _sqlite_path()
    if path is None:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}-schema.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _try_lock() -> bool:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK_NUMBER])
        else:
            cursor.execute("SELECT GET_LOCK(CONCAT(%s, DATABASE()), 0)", [_LOCK_NAME])
        return bool(cursor.fetchone()[0])


def _unlock() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK_NUMBER])
        else:
            cursor.execute("SELECT RELEASE_LOCK(CONCAT(%s, DATABASE()))", [_LOCK_NAME])


def _set_collation() -> None:
    """Make MariaDB and MySQL compare texts as the other engines do: exactly, with no padding.

    Tables take the database's collation when they are created, so it is set before.
    """
    if connection.vendor != "mysql":
        return
    is_mariadb = bool(getattr(connection, "mysql_is_mariadb", False))
    wanted = "utf8mb4_nopad_bin" if is_mariadb else "utf8mb4_0900_bin"
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@collation_database, DATABASE()")
        current, name = cursor.fetchone()
        if current == wanted:
            return
        quoted = connection.ops.quote_name(name)
        try:
            cursor.execute(f"ALTER DATABASE {quoted} CHARACTER SET utf8mb4 COLLATE {wanted}")
        except DatabaseError as error:
            raise DatabaseError(
                f"the database {name!r} has the collation {current!r} and may not be altered; "
                f"run: ALTER DATABASE {quoted} CHARACTER SET utf8mb4 COLLATE {wanted}"
            ) from error
