"""What jobs are, as values; who may take one, and what a row of one came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

DRAFT, QUEUED, RUNNING = "draft", "queued", "running"
DONE, FAILED, CANCELLED = "done", "failed", "cancelled"
OPEN = (QUEUED, RUNNING)
"""States that a worker still has to do with."""
ENDED = (DONE, FAILED, CANCELLED)

LEASE = timedelta(seconds=60)
"""How long a worker may be silent before its job is taken by another."""
TRIES_MAX = 5
"""So often a job is taken without getting on before it counts as failed."""
MESSAGE_CHARS = 500
OBJECT_CHARS = 120


class Told(NamedTuple):
    """What became of one row: a word ("done", "added", …) or a refusal's code, with its reason.

    `object` is what the row is about from now on, where that is known only by the outcome; `back`
    is what takes it back, where only the row knows that.
    """

    code: str
    message: str = ""
    is_refused: bool = False
    object: str = ""
    back: str = ""


class RowResult(NamedTuple):
    """One row of a job: its number in the file or selection, what it was about, its outcome."""

    row: int
    object: str
    told: Told

    def as_list(self) -> list[Any]:
        """Return the row as it is kept."""
        told = self.told
        name = (told.object or self.object)[:OBJECT_CHARS]
        kept = [self.row, name, told.code, told.message[:MESSAGE_CHARS]]
        kept.append(int(told.is_refused))
        return [*kept, told.back] if told.back else kept


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a job: what people call it, and where it is kept."""

    name: str
    path: str
    size: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class JobFacts:
    """A job as the one who works on it knows it."""

    id: str
    kind: str
    user_id: str | None
    actor: str
    rights: frozenset[str]
    params: dict[str, Any]
    cursor: Any
    total: int | None
    done: int
    refused: int
    figures: dict[str, int]
    file_in: StoredFile | None
    file_out: StoredFile | None
    token: int
    tries: int


@dataclass(frozen=True, slots=True)
class Advance:
    """What one commit adds to a job; `at` is how far it is where no rows are told."""

    rows: tuple[RowResult, ...]
    cursor: Any
    figures: dict[str, int] = field(default_factory=dict)
    total: int | None = None
    file_out: StoredFile | None = None
    at: int | None = None

    @property
    def refused(self) -> int:
        """How many of the rows were refused."""
        return sum(row.told.is_refused for row in self.rows)


def tally(figures: Mapping[str, int], rows: Sequence[RowResult]) -> dict[str, int]:
    """Return the counts of outcomes with those of more rows; what was refused is counted apart."""
    counted = Counter(figures)
    counted.update(row.told.code for row in rows if not row.told.is_refused)
    return dict(counted)


def is_hopeless(tries: int) -> bool:
    """Say whether a job was taken so often without getting on that it must not be tried again.

    >>> is_hopeless(5), is_hopeless(6)
    (False, True)
    """
    return tries > TRIES_MAX


def lease_end(now: datetime) -> datetime:
    """Return until when a taker that is heard of now keeps its job."""
    return now + LEASE


def may_cancel(state: str) -> bool:
    """Say whether a job in a state can still be cancelled."""
    return state in (DRAFT, QUEUED, RUNNING)
