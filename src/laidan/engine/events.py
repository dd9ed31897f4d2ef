"""The event log: one row per change, chained by hash, read by the relay as outbox."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from laidan.engine import bulk_sql
from laidan.engine.models import Event
from laidan.kernel.ids import Id

NO_HASH = "0" * 64
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class NewEvent(NamedTuple):
    """An event that was decided and waits to be written: the columns of its row."""

    id: Id
    subject_id: str
    seq: int
    subject_kind: str
    type: str
    at: datetime
    actor: str
    payload: str
    sealed: str | None
    hash: str


def chained(  # noqa: PLR0913 - the nine are the columns of the row
    *,
    id: Id,  # noqa: A002 - the column's name
    subject_id: str,
    subject_kind: str,
    seq: int,
    previous_hash: str,
    type: str,  # noqa: A002 - the column's name
    at: datetime,
    actor: str,
    payload: str,
    sealed: str | None = None,
) -> NewEvent:
    """Return the event that follows `previous_hash` in its subject's chain."""
    digest = event_hash(previous_hash, subject_id, seq, type, at, actor, payload)
    return NewEvent(id, subject_id, seq, subject_kind, type, at, actor, payload, sealed, digest)


def event_hash(  # noqa: PLR0913, PLR0917 - the hash covers them all
    previous_hash: str,
    subject_id: str,
    seq: int,
    type_: str,
    at: datetime,
    actor: str,
    payload: str,
) -> str:
    """Return SHA-256 over the previous hash and the event's content.

    `sealed` is left out: it authenticates itself, and may be shredded by law.
    """
    micros = (at - _BEGINNING) // _MICROSECOND
    text = f"{previous_hash}\n{subject_id}\n{seq}\n{type_}\n{micros}\n{actor}\n{payload}"
    return hashlib.sha256(text.encode()).hexdigest()


def write_events(events: list[NewEvent]) -> None:
    """Insert events; a taken (subject, seq) is a lost race and raises IntegrityError."""
    bulk_sql.insert_rows(Event, NewEvent._fields, events)


def load_events(keys: Collection[tuple[str, int]]) -> dict[tuple[str, int], tuple[str, str | None]]:
    """Return (payload, sealed) by (subject, seq)."""
    where, values = bulk_sql.among("subject_id", {subject for subject, _ in keys})
    seqs, seq_values = bulk_sql.among("seq", {seq for _, seq in keys}, "int")
    return {
        (subject, seq): (payload, sealed)
        for subject, seq, payload, sealed in bulk_sql.rows(
            f"SELECT subject_id, seq, payload, sealed FROM event WHERE {where} AND {seqs}",
            [*values, *seq_values],
        )
    }


def load_heads(subjects: Collection[str]) -> dict[str, tuple[int, str]]:
    """Return number and hash of the last events of subjects that carry neither themselves."""
    where, values = bulk_sql.among("subject_id", subjects)
    return {
        subject: (seq, digest)
        for subject, seq, digest in bulk_sql.rows(
            "SELECT e.subject_id, e.seq, e.hash FROM event e JOIN ("
            f"SELECT subject_id, MAX(seq) AS last FROM event WHERE {where} GROUP BY subject_id"
            ") h ON h.subject_id = e.subject_id AND h.last = e.seq",
            values,
        )
    }
