"""Takes long jobs up and carries their chunks out, each committed with its results."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from laidan.domain.access.models import User
from laidan.domain.jobs import core, store
from laidan.domain.jobs.core import Advance, JobFacts, RowResult, StoredFile, Told
from laidan.engine import unit
from laidan.engine.unit import SupersededError
from laidan.kernel.actor import RULE, Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Outcome, Refused
from laidan.kernel.permissions import common
from laidan.usecases import grant_access
from laidan.usecases.needing import by_system

R = TypeVar("R")
Clock = Callable[[], datetime]
_WORKER = "the worker alone takes jobs; what they do is asked of whoever started them"


class UnfitJobError(Exception):
    """A job that cannot go on whatever is tried; its code and message are what people read."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Item(Generic[R]):
    """A request of a chunk, with the row that it stands for."""

    request: R
    row: int
    object: str
    cursor: Any
    before: tuple[RowResult, ...] = ()


def told(outcome: Outcome[Any]) -> Told:
    """Return what an outcome says of its row: done, or the refusal (a blueprint's guard by name)."""
    if isinstance(outcome, Refused):
        guard = outcome.extra.get("guard")
        code = guard if isinstance(guard, str) else outcome.code
        return Told(code, outcome.detail, is_refused=True)
    return Told("known" if outcome.replayed else "done")


# --- taking and leaving ---------------------------------------------------------------------


@by_system(_WORKER)
def take_job(worker: str, *, now: datetime) -> JobFacts | None:
    """Take the job that waits longest under a lease; None where there is none.

    Locks: the job. One that was taken too often without getting on is ended as failed.
    """
    if not store.has_due(now):
        return None
    job = unit.run_once(lambda: store.take_due(now, worker))
    if job is not None and core.is_hopeless(job.tries):
        message = "The work stopped again and again at the same place."
        end_job(job, core.FAILED, code="worker-died", message=message, now=now)
        return None
    return job


@by_system(_WORKER)
def end_job(job: JobFacts, state: str, *, code: str = "", message: str = "", now: datetime) -> bool:
    """End a job that was taken; says whether its taker still was the one."""
    return unit.run_once(lambda: store.write_end(job.id, job.token, (state, code, message), now))


@by_system(_WORKER)
def extend_leases(held: Mapping[str, int], *, now: datetime) -> None:
    """Say that the taker of these jobs (by id, with their tokens) lives."""
    if held:
        unit.run_once(lambda: store.extend_leases(held, now))


@by_system(_WORKER)
def give_back_of_dead(host: str, is_alive: Callable[[int], bool], *, now: datetime) -> int:
    """Leave the jobs of this host's dead processes to whoever comes; return how many there were.

    Their leases need not be waited for. Were one alive all the same, its token fences it off.
    """
    workers = store.find_workers(host)
    dead = {one for one in workers if not is_alive(int(one.rpartition(":")[2] or 0))}
    return unit.run_once(lambda: store.give_back_of(dead, now)) if dead else 0


@by_system(_WORKER)
def find_old_files(before: datetime, *, limit: int) -> list[tuple[str, list[StoredFile]]]:
    """Return jobs that nobody has looked after since an instant, with their files."""
    return [
        (job.pk, [file for kept in (job.file_in, job.file_out) if (file := store.file_of(kept))])
        for job in store.find_old(before, limit)
    ]


@by_system(_WORKER)
def forget_files(job_ids: Sequence[str], *, now: datetime) -> None:
    """Note that the files of jobs were removed; a draft without its file is over."""
    unit.run_once(lambda: store.write_without_files(job_ids, now))


@by_system(_WORKER)
def give_back(held: Mapping[str, int], *, now: datetime) -> None:
    """Leave jobs to other workers at once."""
    if held:
        unit.run_once(lambda: store.give_back(held, now))


def actor_of(job: JobFacts) -> Actor | Refused:
    """Return who acts: the one who asked, with the rights of then that he still has.

    Refuses with `user-disabled` where he is gone or shut out.
    """
    if job.user_id is None:
        return Actor(RULE, job.actor, job.rights)
    user = User.objects.filter(pk=job.user_id, is_active=True).first()
    if user is None:
        return Refused("user-disabled", f"{job.actor} may not sign in any more.", 403)
    actor = grant_access.actor_of_user(user)
    grants = tuple(
        replace(grant, rights=common(job.rights, grant.rights)) for grant in actor.grants
    )
    return replace(actor, label=job.actor, rights=common(job.rights, actor.rights), grants=grants)


# --- working --------------------------------------------------------------------------------


@dataclass(slots=True)
class Work:
    """A job in hand: what a kind's function reads, and the two ways to commit a chunk."""

    job: JobFacts
    actor: Actor
    clock: Clock
    entropy: Callable[[int], bytes] = os.urandom
    _figures: dict[str, int] = field(default_factory=dict)
    _coming: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._figures = dict(self.job.figures)

    @property
    def cursor(self) -> Any:
        """Where an earlier worker left off, as its last commit said it; None at the beginning."""
        return self.job.cursor

    def carry_out(
        self,
        items: Sequence[Item[R]],
        command: Callable[[Sequence[R]], Sequence[Outcome[Any]]],
        tell: Callable[[Outcome[Any]], Told] = told,
    ) -> list[Outcome[Any]]:
        """Run a command on a chunk; effects, results and progress are one transaction.

        `command` gets the requests and must hand the same objects to `unit.run_batch`. What no
        transaction decided (refused at the command's door, faulted alone) is noted behind the rest.
        """
        rider = _Rider(self, items, tell)
        with unit.riding(rider):
            outcomes = list(command([item.request for item in items]))
        rider.finish(outcomes)
        return outcomes

    def note(
        self,
        rows: Sequence[RowResult],
        cursor: Any,
        *,
        total: int | None = None,
        at: int | None = None,
        file_out: StoredFile | None = None,
    ) -> None:  # fmt: skip
        """Commit rows that were decided without a command, and how far the job has come."""
        advance = Advance(tuple(rows), cursor, {}, total, file_out, at)
        unit.run_once(lambda: self.write(advance))
        self.arrived()

    def arrived(self) -> None:
        """Take note that what was written last was committed."""
        self._figures = self._coming or self._figures

    def write(self, advance: Advance) -> None:
        """Write progress in the caller's transaction; raises SupersededError if it is not ours."""
        self._coming = core.tally(self._figures, advance.rows)
        advance = replace(advance, figures=self._coming)
        now = self.clock()
        mint = Mint(now, self.entropy)
        if not store.write_advance(self.job.id, self.job.token, advance, mint, now):
            raise SupersededError(f"job {self.job.id} was cancelled or taken by another worker")


class _Rider:
    """Writes a chunk's results into the transactions of the command that decides it."""

    def __init__(
        self, work: Work, items: Sequence[Item[Any]], tell: Callable[[Outcome[Any]], Told]
    ) -> None:
        self._work = work
        self._items = items
        self._tell = tell
        self._places = {id(item.request): place for place, item in enumerate(items)}
        self._kept: set[int] = set()
        self._riding: set[int] = set()

    def ride(self, batch: Sequence[Any], outcomes: Sequence[Outcome[Any]]) -> None:
        """Write the results of a part of the chunk; another command's batch is none of ours."""
        found = {
            self._places[id(request)]: outcome
            for request, outcome in zip(batch, outcomes, strict=False)
            if id(request) in self._places
        }
        self._riding = set(found)
        if found:
            self._write(found)

    def arrived(self) -> None:
        """Take note that what was written last was committed."""
        if self._riding:
            self._kept |= self._riding
            self._work.arrived()

    def finish(self, outcomes: Sequence[Outcome[Any]]) -> None:
        """Write what no transaction decided: refused at the command's door, or faulted alone."""
        left = {place: one for place, one in enumerate(outcomes) if place not in self._kept}
        if left:
            unit.run_once(lambda: self._write(left))
            self._work.arrived()

    def _write(self, found: Mapping[int, Outcome[Any]]) -> None:
        rows: list[RowResult] = []
        for place, item in enumerate(self._items):
            if place in found:
                rows += item.before
                rows.append(RowResult(item.row, item.object, self._tell(found[place])))
        last = max(self._kept | set(found))
        self._work.write(Advance(tuple(rows), self._items[last].cursor))
