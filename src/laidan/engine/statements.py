"""Runs statements on the connection: prepared ones on PostgreSQL, several in one pipeline."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from django.db import IntegrityError, connection
from django.db.backends.utils import CursorWrapper

Row = tuple[Any, ...]
T = TypeVar("T")


class _Pipeline(threading.local):
    """The writes that a thread has sent without waiting: the table, and the rows to match.

    `answers` are those that a query among the writes has waited for already.
    """

    expected: list[tuple[str, int | None]] | None = None
    answers: list[Any]


_pipeline = _Pipeline()


class LostRaceError(IntegrityError):
    """A conditional update met other rows than were read: decide again on fresh state."""


class Query(Generic[T]):
    """A read and what is made of its rows; `answer` is there once it was asked.

    `by_key` where an index finds every row: its plan is then made once, for whatever keys.
    """

    answer: T

    def __init__(
        self,
        sql: str,
        params: Sequence[Any],
        take: Callable[[list[Row]], T],
        *,
        by_key: bool = False,
    ) -> None:
        self.sql = sql
        self.params = params
        self.take = take
        self.by_key = by_key

    def asked(self) -> T:
        """Ask this one alone and return its answer."""
        ask(self)
        return self.answer


def ask(*queries: Query[Any]) -> None:
    """Ask queries in their order; PostgreSQL answers all of them in one round trip."""
    if connection.vendor == "postgresql" and not connection.execute_wrappers:
        connection.ensure_connection()
        with connection.wrap_database_errors:
            wire = _wire()
            try:
                for query in queries:
                    wire.send(query.sql, query.params, generic=query.by_key)
            except BaseException:
                wire.abandon()
                raise
            found = [answer.fetchall() for answer in wire.answers()]
    else:
        found = [rows(query.sql, query.params) for query in queries]
    for query, listed in zip(queries, found, strict=True):
        query.answer = query.take(listed)


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
    wire = _wire()
    expected: list[tuple[str, int | None]] = []
    with connection.wrap_database_errors:
        _pipeline.expected, _pipeline.answers = expected, []
        try:
            yield
        except BaseException:
            wire.abandon()
            raise
        finally:
            _pipeline.expected = None
        answers = [*_pipeline.answers, *wire.answers()]
    for (table, count), answer in zip(expected, answers, strict=True):
        expect(table, count, answer.rowcount)


def write(
    table: str,
    sql: str,
    params: Sequence[Any],
    expected: int | None = None,
    *,
    generic: bool = False,
) -> int:
    """Run a write, or send it along; `expected` is how many rows it has to match."""
    under_way = _pipeline.expected
    if under_way is None:
        matched = run(sql, params)
        expect(table, expected, matched)
        return matched
    _wire().send(sql, params, generic=generic)
    under_way.append((table, expected))
    return 0


def commit() -> None:
    """Commit this thread's transaction on PostgreSQL's wire, where waiting time is put to use.

    Whoever began the transaction ends it as ever, and finds nothing left to commit. One inside
    another, or one that is to be rolled back, is left to him.
    """
    if connection.vendor != "postgresql" or connection.execute_wrappers:
        return
    if not connection.savepoint_ids and not connection.needs_rollback:
        with connection.wrap_database_errors:
            _wire().commit()


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
        wire = _wire()
        wire.send(sql, params)
        *earlier, answer = wire.answers()
        if earlier:
            _pipeline.answers += earlier
        return answer


def _through_wrappers(sql: str, params: Sequence[Any]) -> Any:
    def execute(sql: str, params: Any, *_: Any) -> Any:
        return _pg_execute(sql, params)

    call: Any = execute
    for wrapper in reversed(connection.execute_wrappers):
        call = _bind(wrapper, call)
    cursor = CursorWrapper(connection.connection.cursor(), connection)
    many = False
    return call(sql, params, many, {"connection": connection, "cursor": cursor})


def _bind(wrapper: Any, inner: Any) -> Any:
    return lambda sql, params, many, context: wrapper(inner, sql, params, many, context)


def _wire() -> Any:
    """Return the wire of this thread's connection to PostgreSQL."""
    from laidan.engine.pg_wire import wire_of  # its driver is an optional dependency

    return wire_of(connection.connection)
