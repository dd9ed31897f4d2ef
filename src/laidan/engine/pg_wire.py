"""PostgreSQL's wire: statements prepared by name and sent one after the other, answered together.

The driver's cursors prepare, adapt and wait for each statement by itself, which costs a batch as
much as its own work; here a statement costs one message, and several share one round trip.
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import DataError, OperationalError
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.types.string import TextLoader

from laidan.engine import spare_time

_PREPARED_MAX = 500
"""Statements that stay prepared; what comes beyond is planned each time."""
_FLUSH_BYTES = 16 * 1024
"""Each flush lets go of the interpreter, which other threads then take for a while."""
_LOOK_MILLISECONDS = 2
_TEXT, _BINARY = 0, 1
# What a plan for any parameters is for: an insert of unnested arrays has no other plan, and rows
# named by keys are found by an index, however small the table was when that was planned.
_PLANNED = (
    "SELECT set_config('plan_cache_mode', '%s', true), set_config('enable_seqscan', '%s', true)"
)
_GENERIC = _PLANNED % ("force_generic_plan", "off")
_CUSTOM = _PLANNED % ("force_custom_plan", "on")
_SUCCEEDED = frozenset((ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK))


class Answer:
    """What the server answered to one statement."""

    __slots__ = ("_result", "_wire")

    def __init__(self, wire: Wire, result: Any) -> None:
        self._wire = wire
        self._result = result

    @property
    def rowcount(self) -> int:
        """How many rows it matched."""
        return self._result.command_tuples or 0

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return its rows; UUIDs come as text."""
        return self._wire.loaded(self._result)


class Wire:
    """One connection's statements: those prepared, and those under way."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._pg = raw.pgconn
        cursor = raw.cursor()
        cursor.adapters.register_loader("uuid", TextLoader)
        self._transformer = Transformer(cursor)
        self._names: dict[str, bytes] = {}
        self._fresh: list[str] = []
        self._count = 0
        self._unflushed = 0
        # One letter for each message under way: s a statement, - what nobody asks after.
        self._sent: list[str] = []
        self._is_generic = False

    def send(self, sql: str, params: Sequence[Any], *, generic: bool = False) -> None:
        """Send a statement; `generic` where its plan does not depend on the parameters."""
        values, formats = _adapted(params)
        if not self._sent:
            self._begin()
        if generic is not self._is_generic:
            self._is_generic = generic
            self._side(_GENERIC if generic else _CUSTOM)
        self._post(sql, values, formats)
        self._sent.append("s")
        self._unflushed += sum([len(value) for value in values if value is not None])
        if self._unflushed > _FLUSH_BYTES:
            # The server begins with these while the program prepares the next.
            self._pg.flush()
            self._unflushed = 0

    def commit(self) -> None:
        """End the transaction, and wait until it is on disk."""
        if not self._sent:
            self._begin()
        self._side("COMMIT")
        self.answers()

    def answers(self) -> list[Answer]:
        """Wait for everything sent; raises the first error, after which none of it holds."""
        if not self._sent:
            return []
        try:
            self._pg.pipeline_sync()
            self._unflushed = 0
            results = self._received()
        except BaseException:
            self._forget_fresh()
            raise
        finally:
            sent, self._sent = self._sent, []
        self._pg.exit_pipeline_mode()
        fault = next((r for r in results if r.status not in _SUCCEEDED), None)
        if fault is not None:
            self._forget_fresh()
            self._is_generic = False
            raise error_from_result(fault, self._raw.info.encoding)
        self._fresh.clear()
        return [
            Answer(self, result) for mark, result in zip(sent, results, strict=True) if mark == "s"
        ]

    def abandon(self) -> None:
        """Take in what was sent and forget what it answered."""
        try:
            self.answers()
        except Exception:
            self._sent = []

    def loaded(self, result: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a result."""
        self._transformer.set_pgresult(result)
        rows: list[tuple[Any, ...]] = self._transformer.load_rows(0, result.ntuples, tuple)
        return rows

    def _begin(self) -> None:
        self._pg.enter_pipeline_mode()
        if self._pg.transaction_status == TransactionStatus.IDLE:
            # What was set for one transaction ended with it.
            self._is_generic = False
            if not self._raw.autocommit:
                self._side("BEGIN")

    def _side(self, command: str) -> None:
        self._post(command, (), ())
        self._sent.append("-")

    def _post(self, sql: str, values: Sequence[bytes | None], formats: Sequence[int]) -> None:
        name = self._names.get(sql)
        if name is None and len(self._names) < _PREPARED_MAX:
            name = b"l%d" % self._count
            self._count += 1
            self._names[sql] = name
            self._fresh.append(sql)
            self._pg.send_prepare(name, _numbered(sql))
            self._sent.append("-")
        if name is None:
            self._pg.send_query_params(_numbered(sql), values, param_formats=formats)
        else:
            self._pg.send_query_prepared(name, values, formats)

    def _forget_fresh(self) -> None:
        """Forget the names of statements of which it is not known that they were prepared."""
        for sql in self._fresh:
            self._names.pop(sql, None)
        self._fresh.clear()

    def _received(self) -> list[Any]:
        """Return one result for each message, and leave the pipeline empty."""
        pg = self._pg
        results: list[Any] = []
        poll = select.poll()
        poll.register(pg.socket, select.POLLIN)
        while pg.flush():
            poll.modify(pg.socket, select.POLLIN | select.POLLOUT)
            if poll.poll()[0][1] & select.POLLIN:
                pg.consume_input()
        poll.modify(pg.socket, select.POLLIN)
        # What is due may come while there is nothing: it is looked for again and again.
        rest = _LOOK_MILLISECONDS if spare_time.is_used() else None
        while True:
            while pg.is_busy():
                if not spare_time.spend():
                    poll.poll(rest)
                pg.consume_input()
            result = pg.get_result()
            if result is None:
                if pg.status != 0:
                    raise OperationalError("the connection is lost")
                continue
            if result.status == ExecStatus.PIPELINE_SYNC:
                return results
            results.append(result)


_wires: WeakKeyDictionary[Any, Wire] = WeakKeyDictionary()


def wire_of(raw: Any) -> Wire:
    """Return the wire of a driver's connection."""
    wire = _wires.get(raw)
    if wire is None:
        wire = _wires[raw] = Wire(raw)
    return wire


def _adapted(params: Sequence[Any]) -> tuple[list[bytes | None], list[int]]:
    """Return parameters as the wire carries them: bytes are binary, all else is text."""
    values: list[bytes | None] = []
    formats: list[int] = []
    for value in params:
        form = _TEXT
        if value is None or isinstance(value, bytes):
            form, text = _BINARY, value
        elif isinstance(value, str):
            text = value.encode()
            if b"\0" in text:
                raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
        elif isinstance(value, bool):
            text = b"t" if value else b"f"
        elif isinstance(value, int):
            text = b"%d" % value
        elif isinstance(value, datetime):
            text = value.isoformat().encode()
        else:
            raise TypeError(f"a parameter of type {type(value).__name__} has no form here")
        values.append(text)
        formats.append(form)
    return values, formats


def _numbered(sql: str) -> bytes:
    """Return a statement with numbered places: each `%s` becomes $1, $2 and so on."""
    parts = sql.replace("%%", "\0").split("%s")
    text = parts[0] + "".join(f"${place}{part}" for place, part in enumerate(parts[1:], 1))
    return text.replace("\0", "%").encode()
