"""Bringing rows that belong together side by side, however large the file is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from types import TracebackType

import msgspec

_BUFFER = 2000


class Spool:
    """Rows by key, in a private database that SQLite keeps in memory and spills to the disk.

    Files are not sorted: the rows of an order may stand apart, or in two files.
    """

    def __init__(self) -> None:
        # An empty name makes a database that no other process sees and that is gone on closing.
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;"
            "CREATE TABLE entry (seq INTEGER PRIMARY KEY, part TEXT, key TEXT, content BLOB);"
        )
        self._buffer: list[tuple[str, str, bytes]] = []
        self._is_indexed = False

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._db.close()

    def add(self, part: str, key: str, content: object) -> None:
        """Keep a value made of plain lists, texts and numbers."""
        self._buffer.append((part, key, msgspec.msgpack.encode(content)))
        if len(self._buffer) >= _BUFFER:
            self._flush()

    def _flush(self) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO entry (part, key, content) VALUES (?, ?, ?)", self._buffer
        )
        self._db.execute("COMMIT")
        self._buffer.clear()

    def _ready(self) -> None:
        """Write what is buffered and build the index: after the rows, in one sort."""
        if self._buffer:
            self._flush()
        if not self._is_indexed:
            self._db.execute("CREATE INDEX by_key ON entry (key, part)")
            self._db.execute("ANALYZE")
            self._is_indexed = True

    def find(self, part: str, key: str) -> list[object]:
        """Return the values of one part and key, in the order they were added."""
        self._ready()
        found = self._db.execute(
            "SELECT content FROM entry WHERE key = ? AND part = ? ORDER BY seq", (key, part)
        )
        return [msgspec.msgpack.decode(content) for (content,) in found]

    def groups(self, leading: str = "") -> Iterator[tuple[str, list[tuple[str, object]]]]:
        """Yield each key with its (part, value) pairs, as they were added.

        The keys come in the order of the leading part's rows, others after them; without a
        leading part in the order of their first rows.
        """
        self._ready()
        decode = msgspec.msgpack.decode
        found = self._db.execute(
            "SELECT key, part, content FROM entry JOIN (SELECT key AS of_key, MIN(seq) AS first,"
            " MIN(CASE WHEN part = ? THEN seq END) AS led FROM entry GROUP BY key)"
            " ON of_key = key ORDER BY led IS NULL, led, first, seq",
            (leading,),
        )
        for key, rows in groupby(found, key=itemgetter(0)):
            yield key, [(part, decode(content)) for _, part, content in rows]
