"""One key, one answer: the answer's row is committed with the effect that it answers for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from laidan.engine import bulk_sql
from laidan.engine.models import IdempotencyKey
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Once:
    """A caller's promise that requests under one key are one request."""

    scope: str
    key: str
    fingerprint: str

    def part(self, index: int) -> Once:
        """Return the key of one request of a batch that was sent under one key."""
        return Once(self.scope, f"{self.key}#{index}", self.fingerprint)


class Keyed(Protocol):
    """A request that may carry a key."""

    @property
    def once(self) -> Once | None:
        """The key, or None."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer as it was committed."""

    fingerprint: str
    subject_id: str | None
    answer: str | None


Known = Mapping[tuple[str, str], Stored]
"""Answers that stand, by scope and key."""


@dataclass(frozen=True, slots=True)
class Codec(Generic[T]):
    """How a command's values are stored as answers and read back, many at once."""

    encode: Callable[[T], tuple[str | None, str | None]]
    decode: Callable[[Sequence[Stored]], Sequence[T]]


R = TypeVar("R", bound=Keyed)


def fingerprint(*parts: bytes) -> str:
    """Return SHA-256 over the parts of a request that must not change under its key."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def answer_once(  # noqa: PLR0913 - the last three have names
    batch: Sequence[R],
    attempt: Callable[[Sequence[R]], Sequence[Outcome[T]]],
    codec: Codec[T],
    *,
    now: datetime,
    mint: Mint,
    known: Known | None = None,
) -> list[Outcome[T]]:
    """Run the requests whose keys have no answer yet, in the caller's transaction.

    Only what was done is kept under a key: after a refusal it may be tried again. `known` is what
    `query` answered, where the caller has asked it.
    """
    if not any(request.once for request in batch):
        return list(attempt(batch))
    stored = known if known is not None else query(batch).asked()
    fresh: list[R] = []
    slots: list[int | Stored | Refused] = []
    place: dict[tuple[str, str], int] = {}
    for request in batch:
        once = request.once
        if once is None:
            slots.append(len(fresh))
            fresh.append(request)
            continue
        name = (once.scope, once.key)
        kept = stored.get(name)
        if kept is not None:
            slots.append(kept if _is_same(kept, once) else _conflict(once))
        elif name in place:
            first = fresh[place[name]].once
            slots.append(place[name] if first and _is_same(first, once) else _conflict(once))
        else:
            place[name] = len(fresh)
            slots.append(len(fresh))
            fresh.append(request)
    outcomes = list(attempt(fresh)) if fresh else []
    _write(fresh, outcomes, codec, now=now, mint=mint)
    return _assemble(slots, outcomes, codec)


def _is_same(kept: Once | Stored, asked: Once) -> bool:
    return kept.fingerprint == asked.fingerprint


def conflict(keys: Sequence[Once]) -> Refused | None:
    """Return the refusal of the first key that has answered another request, or None (one query).

    A batch under one key looks before it begins, so that none of another batch is carried out.
    """
    stored = _query(keys).asked() if keys else {}
    for once in keys:
        known = stored.get((once.scope, once.key))
        if known is not None and known.fingerprint != once.fingerprint:
            return _conflict(once)
    return None


def _assemble(
    slots: Sequence[int | Stored | Refused], outcomes: Sequence[Outcome[T]], codec: Codec[T]
) -> list[Outcome[T]]:
    kept = [slot for slot in slots if isinstance(slot, Stored)]
    values = iter(codec.decode(kept)) if kept else iter(())
    used: set[int] = set()
    assembled: list[Outcome[T]] = []
    for slot in slots:
        if isinstance(slot, Refused):
            assembled.append(slot)
        elif isinstance(slot, Stored):
            assembled.append(Done(next(values), replayed=True))
        else:
            outcome = outcomes[slot]
            if slot in used and isinstance(outcome, Done):
                outcome = Done(outcome.value, replayed=True)
            used.add(slot)
            assembled.append(outcome)
    return assembled


def _conflict(once: Once) -> Refused:
    return Refused(
        "idempotency-conflict",
        f"The Idempotency-Key {once.key.partition('#')[0]!r} was used for another request before; "
        "use a new key for a new request.",
        422,
    )


def query(batch: Sequence[Keyed]) -> bulk_sql.Query[Known]:
    """Return the query of the answers that stand under the keys of a batch."""
    return _query([request.once for request in batch if request.once])


def _query(keys: Sequence[Once]) -> bulk_sql.Query[Known]:
    scopes, scope_values = bulk_sql.among("scope", {once.scope for once in keys}, "text")
    names, name_values = bulk_sql.among("name", {once.key for once in keys}, "text")
    return bulk_sql.Query(
        "SELECT scope, name, fingerprint, subject_id, answer FROM idempotency_key "
        f"WHERE {scopes} AND {names}",
        [*scope_values, *name_values],
        lambda found: {(row[0], row[1]): Stored(*row[2:]) for row in found},
        by_key=True,
    )


_COLUMNS = ("id", "scope", "name", "fingerprint", "subject_id", "answer", "created_at")


def _write(
    requests: Sequence[R],
    outcomes: Sequence[Outcome[T]],
    codec: Codec[T],
    *,
    now: datetime,
    mint: Mint,
) -> None:
    rows = []
    for request, outcome in zip(requests, outcomes, strict=True):
        once = request.once
        if once is not None and isinstance(outcome, Done):
            subject_id, answer = codec.encode(outcome.value)
            rows.append(
                (mint.new(), once.scope, once.key, once.fingerprint, subject_id, answer, now)
            )
    bulk_sql.insert_rows(IdempotencyKey, _COLUMNS, rows)
