"""Runs statements on the connection: prepared ones on PostgreSQL, several in one pipeline."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from django.db import IntegrityError, connection
from django.db.backends.utils import CursorWrapper

Row = tuple[Any, ...]


class _Pipeline(threading.local):
    """The writes that a thread has sent without waiting: cursor, table, rows to match."""

    sent: list[tuple[Any, str, int | None]] | None = None


_pipeline = _Pipeline()
_pg_cursors: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


class LostRaceError(IntegrityError):
    """A conditional update met other rows than were read: decide again on fresh state."""


def rows(sql: str, params: Sequence[Any] = ()) -> list[Row]:
    """Run a query and return its rows; UUIDs come as text, instants as `instants.aware` mends."""
    cursor = _run(sql, params)
    return list(cursor.fetchall())


def run(sql: str, params: Sequence[Any] = ()) -> int:
    """Run a statement and return the number of rows that it matched."""
    return int(_run(sql, params).rowcount)


@contextmanager
def pipelined() -> Iterator[None]:
    """Send the writes inside one after the other, without waiting for each answer (PostgreSQL).

    While the server works on one, the program prepares the next. What they matched is checked at
    the end, where LostRaceError comes then.
    """
    if connection.vendor != "postgresql" or connection.execute_wrappers:
        yield
        return
    connection.ensure_connection()
    sent: list[tuple[Any, str, int | None]] = []
    with connection.wrap_database_errors:
        with connection.connection.pipeline():
            _pipeline.sent = sent
            try:
                yield
            finally:
                _pipeline.sent = None
        for cursor, table, expected in sent:
            expect(table, expected, cursor.rowcount)


def write(table: str, sql: str, params: Sequence[Any], expected: int | None = None) -> int:
    """Run a write, or send it along; `expected` is how many rows it has to match."""
    sent = _pipeline.sent
    if sent is None:
        matched = run(sql, params)
        expect(table, expected, matched)
        return matched
    import psycopg  # an optional dependency

    cursor = psycopg.Cursor(connection.connection)
    cursor.execute(sql, params, prepare=True)
    sent.append((cursor, table, expected))
    return 0


def expect(table: str, expected: int | None, matched: int) -> None:
    """Raise LostRaceError where a write matched other than the rows expected."""
    if expected is not None and matched != expected:
        raise LostRaceError(f"{table}: {expected - matched} rows changed since they were read")


def _run(sql: str, params: Sequence[Any]) -> Any:
    if connection.vendor != "postgresql":
        cursor = connection.cursor()
        cursor.execute(sql, params)
        return cursor
    connection.ensure_connection()
    if connection.execute_wrappers:
        # Statement counters of the tests listen here; Django's own cursor calls them too.
        return _through_wrappers(sql, params)
    return _pg_execute(sql, params)


def _pg_execute(sql: str, params: Sequence[Any]) -> Any:
    # Django's cursors turn the driver's errors into its own, by which lost races are known.
    with connection.wrap_database_errors:
        return _pg_cursor().execute(sql, params, prepare=True)


def _through_wrappers(sql: str, params: Sequence[Any]) -> Any:
    def execute(sql: str, params: Any, *_: Any) -> Any:
        return _pg_execute(sql, params)

    call: Any = execute
    for wrapper in reversed(connection.execute_wrappers):
        call = _bind(wrapper, call)
    context = {"connection": connection, "cursor": CursorWrapper(_pg_cursor(), connection)}
    many = False
    return call(sql, params, many, context)


def _bind(wrapper: Any, inner: Any) -> Any:
    return lambda sql, params, many, context: wrapper(inner, sql, params, many, context)


def _pg_cursor() -> Any:
    """Return the connection's server-side binding cursor, whose statements stay prepared.

    Django's own cursors interpolate in the client, so that the server plans each statement anew.
    """
    raw = connection.connection
    cursor = _pg_cursors.get(raw)
    if cursor is None or cursor.closed:
        import psycopg  # an optional dependency
        from psycopg.types.string import TextLoader

        cursor = psycopg.Cursor(raw)
        cursor.adapters.register_loader("uuid", TextLoader)
        _pg_cursors[raw] = cursor
    return cursor
