"""Starts long jobs, and cancels them: rows that a worker takes up."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from laidan.domain.jobs import core, store
from laidan.domain.jobs.core import StoredFile
from laidan.domain.jobs.models import Job
from laidan.engine import unit
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.needing import by_system

Entropy = Callable[[int], bytes]
CHANGED_STATE = "job-not-open"
_WHY = "the door asks whose job it is; what the job does asks for its own permissions"


@dataclass(frozen=True, slots=True)
class StartJob:
    """Work to be done for somebody: a registered kind, and what that kind is told.

    `title` is what lists call it. `once` names the wish: the same name again is the same job.
    A draft waits until `queue_job`. `total` is how many rows there will be, where that is known.
    """

    kind: str
    actor: Actor
    user_id: str | None
    params: dict[str, Any] = field(default_factory=dict)
    title: str = ""
    once: str | None = None
    total: int | None = None
    file_in: StoredFile | None = None
    is_draft: bool = False


@by_system(_WHY)
def start_jobs(
    batch: Sequence[StartJob], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[str]]:
    """Write each job down for a worker; answers ids, and a replay where `once` was there before.

    Locks nothing. Refuses nothing. The worker acts with the rights that the actor has now, as far
    as the user still has them when it works.
    """
    return unit.run_batch(batch, partial(_start, now=now, entropy=entropy))


def _start(batch: Sequence[StartJob], *, now: datetime, entropy: Entropy) -> list[Outcome[str]]:
    mint = Mint(now, entropy)
    known = store.find_once([request.once for request in batch if request.once])
    outcomes: list[Outcome[str]] = []
    for request in batch:
        if request.once in known:
            outcomes.append(Done(known[request.once], replayed=True))
            continue
        job = _row(request, mint.new(), now)
        store.write_job(job)
        if request.once:
            known[request.once] = job.pk
        outcomes.append(Done(job.pk))
    return outcomes


def _row(request: StartJob, job_id: str, now: datetime) -> Job:
    return Job(
        id=job_id, kind=request.kind, state=core.DRAFT if request.is_draft else core.QUEUED,
        title=request.title[:200], user_id=request.user_id, actor=request.actor.label,
        rights=sorted(request.actor.rights), params=request.params, once=request.once,
        total=request.total, file_in=asdict(request.file_in) if request.file_in else None,
        due_at=None if request.is_draft else now, created_at=now, updated_at=now,
    )  # fmt: skip


@by_system(_WHY)
def change_draft(
    job_id: str, params: dict[str, Any], *, title: str | None = None, now: datetime
) -> Outcome[str]:
    """Change what a draft is told. Locks the job. Refuses: not-found, job-not-open."""

    def work() -> Outcome[str]:
        job = store.load_job(job_id)
        if job is None:
            return _missing(job_id)
        if job.state != core.DRAFT:
            return Refused(CHANGED_STATE, "The job has begun; what it was told stays as it is.")
        job.params = params
        job.title = job.title if title is None else title[:200]
        job.updated_at = now
        job.save(update_fields=["params", "title", "updated_at"])
        return Done(job.pk)

    return unit.run_once(work)


@by_system(_WHY)
def queue_job(
    job_id: str, actor: Actor, *, params: dict[str, Any] | None = None, now: datetime
) -> Outcome[str]:
    """Let a worker take a draft. Locks the job. Refuses: not-found, job-not-open.

    A draft that was queued before is answered as a replay.
    """

    def work() -> Outcome[str]:
        job = store.load_job(job_id)
        if job is None:
            return _missing(job_id)
        if job.state == core.CANCELLED:
            return Refused(CHANGED_STATE, "The job was cancelled.")
        if job.state != core.DRAFT:
            return Done(job.pk, replayed=True)
        job.params = job.params if params is None else params
        job.state, job.due_at, job.updated_at = core.QUEUED, now, now
        job.actor, job.rights = actor.label, sorted(actor.rights)
        job.save(update_fields=["params", "state", "due_at", "updated_at", "actor", "rights"])
        return Done(job.pk)

    return unit.run_once(work)


@by_system(_WHY)
def cancel_job(job_id: str, *, now: datetime) -> Outcome[str]:
    """End a job at once; what it did stays done, the chunk in hand is rolled back.

    Locks the job. Refuses: not-found, job-not-open. One cancelled before is a replay.
    """

    def work() -> Outcome[str]:
        job = store.load_job(job_id)
        if job is None:
            return _missing(job_id)
        if job.state == core.CANCELLED:
            return Done(job.pk, replayed=True)
        if not core.may_cancel(job.state):
            return Refused(CHANGED_STATE, "The job has ended already.")
        job.state, job.due_at, job.finished_at, job.updated_at = core.CANCELLED, None, now, now
        job.save(update_fields=["state", "due_at", "finished_at", "updated_at"])
        return Done(job.pk)

    return unit.run_once(work)


def _missing(job_id: str) -> Refused:
    return Refused("not-found", f"There is no job {job_id[:40]}.", 404)
