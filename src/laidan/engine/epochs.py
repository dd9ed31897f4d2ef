"""Reference data kept in process for as long as its epoch stands in the database."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Generic, TypeVar

from laidan.engine import bulk_sql

K = TypeVar("K")
V = TypeVar("V")
Epochs = Mapping[str, int]

ENTRIES_MAX = 200_000
"""Entries that one cache may hold in a process before it starts anew."""
_caches: list[Cached[object, object]] = []


_held: ContextVar[list[Epochs] | None] = ContextVar("laidan_epochs_held", default=None)


def read() -> Epochs:
    """Return every epoch (one query, inside `held` the first time alone)."""
    held = _held.get()
    if held is None:
        return query().asked()
    if not held:
        held.append(query().asked())
    return held[0]


@contextmanager
def held() -> Iterator[None]:
    """Read the epochs once for everything inside: for what shows data and decides nothing."""
    token = _held.set([])
    try:
        yield
    finally:
        _held.reset(token)


def query() -> bulk_sql.Query[Epochs]:
    """Return the query of every epoch."""
    return bulk_sql.Query("SELECT name, value FROM epoch", (), dict, by_key=True)


def bump(name: str) -> None:
    """Begin a new epoch, in the transaction that changes the data.

    The value is random: a rolled back epoch must never come again with other data.
    """
    value = secrets.randbits(62)
    if (known := _held.get()) is not None:
        known.clear()
    if not bulk_sql.run("UPDATE epoch SET value = %s WHERE name = %s", (value, name)):
        bulk_sql.run("INSERT INTO epoch (name, value) VALUES (%s, %s)", (name, value))


class Cached(Generic[K, V]):
    """Values by key, loaded in sets, forgotten together when their epoch changes."""

    def __init__(self, epoch: str, load: Callable[[list[K]], Mapping[K, V]]) -> None:
        self._epoch = epoch
        self._load = load
        # The two travel together, so that no thread fills entries of another's epoch.
        self._kept: tuple[int | None, dict[K, V]] = (None, {})
        _caches.append(self)  # type: ignore[arg-type]  # only forget() is called on them

    def get(self, keys: Iterable[K], epochs: Epochs) -> dict[K, V]:
        """Return the values of those keys that exist; at most one query."""
        at = epochs.get(self._epoch, 0)
        known, entries = self._kept
        if at != known or len(entries) > ENTRIES_MAX:
            entries = {}
            self._kept = (at, entries)
        wanted = set(keys)
        missing = [key for key in wanted if key not in entries]
        if missing:
            entries.update(self._load(missing))
        return {key: entries[key] for key in wanted if key in entries}

    def peek(self, keys: Iterable[K]) -> tuple[int | None, dict[K, V]]:
        """Return what is kept of those keys and the epoch that it is of; no query.

        Good for a guess that is proved or dropped once the epoch is known.
        """
        epoch, entries = self._kept
        return epoch, {key: entries[key] for key in keys if key in entries}

    def forget(self) -> None:
        """Drop everything."""
        self._kept = (None, {})


def forget_all() -> None:
    """Drop every cache of this process (tests, restore)."""
    for cached in _caches:
        cached.forget()
