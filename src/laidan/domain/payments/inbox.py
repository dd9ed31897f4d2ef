"""Callbacks, each event once, and money without a home, written and read in sets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from laidan.domain.payments import models
from laidan.domain.payments.facts import Fact, PaymentFact, RefundFact
from laidan.engine import bulk_sql, instants
from laidan.engine.statements import LostRaceError

_json = msgspec.json.Encoder().encode
OPEN, RESOLVED = "open", "resolved"
RESOLUTIONS = ("booked", "returned", "not_ours", "explained")
"""Booked on an order; given back outside of here, with proof; never ours; nothing to do."""


class CallbackRow(NamedTuple):
    """One row of payment_callback, in the order of its columns."""

    id: str
    account_id: str
    provider: str
    event_id: str
    kind: str
    facts: str
    body_sealed: str
    outcome: str
    tries: int
    received_at: datetime
    due_at: datetime | None
    applied_at: datetime | None


class Due(NamedTuple):
    """A callback that waits to be applied."""

    id: str
    account_id: str
    provider: str
    facts: tuple[Fact, ...]
    tries: int


class SuspenseRow(NamedTuple):
    """One row of suspense, in the order of its columns."""

    id: str
    reason: str
    state: str
    provider: str
    account_id: str | None
    order_id: str | None
    payment_id: str | None
    refund_id: str | None
    number: str
    reference: str
    amount_minor: int | None
    currency: str
    detail: str
    opened_at: datetime
    owner: str = ""
    resolution: str = ""
    note: str = ""
    closed_by: str = ""
    closed_at: datetime | None = None


# --- callbacks ----------------------------------------------------------------------------------


def facts_text(told: Iterable[Fact]) -> str:
    """Return facts as the text that a row keeps."""
    return _json(
        [["payment" if isinstance(one, PaymentFact) else "refund", list(one)] for one in told]
    ).decode()


def facts_of(text: str) -> tuple[Fact, ...]:
    """Return the facts that a row keeps."""
    told: list[Fact] = []
    for kind, values in msgspec.json.decode(text):
        if kind == "payment":
            told.append(msgspec.convert(values, PaymentFact))
        else:
            told.append(msgspec.convert(values, RefundFact))
    return tuple(told)


def write_callbacks(rows: Sequence[CallbackRow]) -> int:
    """Insert callbacks whose events are not there yet; return how many those were."""
    return bulk_sql.insert_new_rows(models.PaymentCallback, CallbackRow._fields, rows)


def load_due_callbacks(now: datetime, limit: int) -> list[Due]:
    """Return callbacks that wait, the oldest first."""
    found = bulk_sql.rows(
        "SELECT id, account_id, provider, facts, tries FROM payment_callback WHERE due_at <= %s "
        "ORDER BY due_at, id LIMIT %s",
        [bulk_sql.instant(now), limit],
    )
    return [
        Due(id_, account, provider, facts_of(text), tries)
        for id_, account, provider, text, tries in found
    ]


def write_applied(outcomes: Collection[tuple[str, str]], now: datetime) -> None:
    """Note what became of callbacks (id, outcome); raises LostRaceError where another was first."""
    if not outcomes:
        return
    where, values = bulk_sql.among("id", [id_ for id_, _ in outcomes])
    waiting = bulk_sql.rows(
        f"SELECT id FROM payment_callback WHERE {where} AND due_at IS NOT NULL "
        f"ORDER BY id{bulk_sql.locking()}",
        values,
    )
    if len(waiting) != len(outcomes):
        raise LostRaceError("another worker has applied a callback")
    bulk_sql.update_rows(
        models.PaymentCallback,
        ("id",),
        ("outcome", "due_at", "applied_at"),
        [(id_, outcome[:60], None, now) for id_, outcome in outcomes],
    )


def write_put_off(tries: Collection[tuple[str, int, datetime]]) -> None:
    """Put off callbacks that met a fault: (id, tries so far, when again)."""
    bulk_sql.update_rows(
        models.PaymentCallback, ("id",), ("tries", "due_at"), [tuple(one) for one in tries]
    )


# --- money without a home -----------------------------------------------------------------------


def write_suspense(rows: Sequence[SuspenseRow]) -> None:
    """Insert work items; one that tells of the same is not doubled."""
    bulk_sql.insert_new_rows(models.Suspense, SuspenseRow._fields, rows)


def load_suspense(ids: Iterable[str], *, lock: bool = False) -> dict[str, SuspenseRow]:
    """Return work items by id, locked in key order."""
    where, values = bulk_sql.among("id", ids)
    found = bulk_sql.rows(
        f"SELECT {', '.join(SuspenseRow._fields)} FROM suspense WHERE {where} ORDER BY id"
        f"{bulk_sql.locking() if lock else ''}",
        values,
    )
    return {row[0]: SuspenseRow(*instants.aware(row)) for row in found}


def list_open_suspense(limit: int) -> list[SuspenseRow]:
    """Return the work items that wait, the oldest first."""
    found = bulk_sql.rows(
        f"SELECT {', '.join(SuspenseRow._fields)} FROM suspense WHERE state = 'open' "
        "ORDER BY id LIMIT %s",
        [limit],
    )
    return [SuspenseRow(*instants.aware(row)) for row in found]


def write_resolved(rows: Sequence[SuspenseRow]) -> None:
    """Write who looks after work items, and how they ended."""
    names = ("state", "order_id", "owner", "resolution", "note", "closed_by", "closed_at")
    bulk_sql.update_rows(
        models.Suspense, ("id",), names, [(r.id, *(getattr(r, n) for n in names)) for r in rows]
    )
