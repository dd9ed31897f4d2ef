"""The stream of events: each gets one position, in an order in which everybody may read them.

Ids are made before the commit, so that their order is not that in which events become visible. A
position is given afterwards, under the lock of one row, by whoever relays: positions have no gap,
become visible in their order, and follow the numbers of each subject's events. Readers keep a
cursor of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from laidan.engine import bulk_sql, instants, unit
from laidan.engine.models import Event, Setting

BROKER = "broker"
"""The broker's name among the readers of the stream."""
_HEAD = "stream.head"
_CURSOR = "stream.of."


class Streamed(NamedTuple):
    """An event with its position in the stream."""

    position: int
    id: str
    subject_kind: str
    subject_id: str
    seq: int
    type: str
    at: datetime
    actor: str
    payload: str
    sealed: str | None


class _Waiting(NamedTuple):
    """An event that has no position yet."""

    id: str
    subject_id: str
    seq: int


_COLUMNS = ", ".join(Streamed._fields)


def number_events(limit: int, *, now: datetime) -> int:
    """Give positions to events that were committed since, at least `limit` where there are so many.

    Any number of workers may do so at once: they wait for each other at the row of the head.
    """
    if oldest_waiting() is None:
        return 0
    return unit.run_once(lambda: _number(limit, now))


def _number(limit: int, now: datetime) -> int:
    head = _locked_head()
    found = bulk_sql.rows(
        f"SELECT id, subject_id, seq FROM event WHERE position IS NULL ORDER BY id LIMIT {limit:d}"
    )
    waiting = [_Waiting(str(id_), str(subject), seq) for id_, subject, seq in found]
    if not waiting:
        return 0
    ordered = in_order(waiting, _earlier(waiting))
    bulk_sql.update_rows(
        Event, ("id",), ("position", "relayed_at"),
        sorted((one.id, place, now) for place, one in enumerate(ordered, head + 1)),
    )  # fmt: skip
    bulk_sql.run("UPDATE setting SET value = %s WHERE name = %s", (str(head + len(ordered)), _HEAD))
    return len(ordered)


def _earlier(waiting: Sequence[_Waiting]) -> list[_Waiting]:
    """Return all that wait of those subjects of which something earlier may wait, too.

    Two programs' clocks differ: an event may have a smaller id than the one before it.
    """
    subjects = {one.subject_id for one in waiting if one.seq > 1}
    if not subjects:
        return []
    where, values = bulk_sql.among("subject_id", sorted(subjects))
    found = bulk_sql.rows(
        f"SELECT id, subject_id, seq FROM event WHERE {where} AND position IS NULL", values
    )
    return [_Waiting(str(id_), str(subject), seq) for id_, subject, seq in found]


def in_order(waiting: Sequence[_Waiting], more: Sequence[_Waiting]) -> list[_Waiting]:
    """Return events by id, but those of one subject by their numbers. Pure."""
    every = {one.id: one for one in (*waiting, *more)}
    ordered = sorted(every.values())
    queues: dict[str, list[_Waiting]] = defaultdict(list)
    for one in sorted(ordered, key=lambda one: -one.seq):
        queues[one.subject_id].append(one)
    return [queues[one.subject_id].pop() for one in ordered]


def _locked_head() -> int:
    sql = f"SELECT value FROM setting WHERE name = %s{bulk_sql.locking()}"
    found = bulk_sql.rows(sql, (_HEAD,))
    if not found:
        bulk_sql.insert_new_rows(Setting, ("name", "value"), [(_HEAD, "0")])
        found = bulk_sql.rows(sql, (_HEAD,))
    return int(found[0][0])


def head() -> int:
    """Return the last position that was given."""
    return _value(_HEAD) or 0


def read_events(
    after: int, *, limit: int, until: int | None = None, types: Sequence[str] = ()
) -> list[Streamed]:
    """Return the events that follow a position, to another one, of some types."""
    parts: list[str] = ["position > %s"]
    values: list[Any] = [after]
    if until is not None:
        parts.append("position <= %s")
        values.append(until)
    if types:
        where, listed = bulk_sql.among("type", sorted(set(types)), "text")
        parts.append(where)
        values += listed
    found = bulk_sql.rows(
        f"SELECT {_COLUMNS} FROM event WHERE {' AND '.join(parts)} "
        f"ORDER BY position LIMIT {limit:d}",
        values,
    )
    return [_streamed(row) for row in found]


def load_events(ids: Sequence[str]) -> dict[str, Streamed]:
    """Return events of the stream by id."""
    if not ids:
        return {}
    where, values = bulk_sql.among("id", sorted(set(ids)))
    found = bulk_sql.rows(
        f"SELECT {_COLUMNS} FROM event WHERE {where} AND position IS NOT NULL", values
    )
    return {one.id: one for one in map(_streamed, found)}


def _streamed(row: bulk_sql.Row) -> Streamed:
    values = instants.aware(row)
    values[1], values[3] = str(values[1]), str(values[3])
    return Streamed(*values)


def oldest_waiting() -> datetime | None:
    """Return when the event that waits longest for its position happened."""
    found = bulk_sql.rows("SELECT at FROM event WHERE position IS NULL ORDER BY id LIMIT 1")
    return instants.aware(found[0])[0] if found else None


# --- cursors --------------------------------------------------------------------------------


def cursor_of(reader: str) -> int | None:
    """Return how far a reader has come, None where it has never read."""
    return _value(_CURSOR + reader)


def begin(reader: str) -> int:
    """Return how far a reader has come; one that never read begins at the head."""

    def work() -> int:
        # The head is locked: what is numbered from here on, a new reader reads.
        values = [(_CURSOR + reader, str(_locked_head()))]
        bulk_sql.insert_new_rows(Setting, ("name", "value"), values)
        return _value(_CURSOR + reader) or 0

    known = cursor_of(reader)
    return unit.run_once(work) if known is None else known


def advance(reader: str, before: int, after: int) -> bool:
    """Move a reader's cursor; False where somebody else has moved it meanwhile."""
    values = (str(after), _CURSOR + reader, str(before))
    return unit.run_once(
        lambda: (
            bulk_sql.run("UPDATE setting SET value = %s WHERE name = %s AND value = %s", values)
            == 1
        )
    )


def _value(name: str) -> int | None:
    found = Setting.objects.filter(name=name).values_list("value", flat=True).first()
    return None if found is None else int(found)
