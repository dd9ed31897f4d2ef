"""Writing jobs: made, taken under a lease, got on with, ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db.models import F, Q

from laidan.domain.jobs import core
from laidan.domain.jobs.core import Advance, JobFacts, StoredFile
from laidan.domain.jobs.models import Job, JobChunk
from laidan.engine import bulk_sql
from laidan.kernel.ids import Mint


def write_job(job: Job) -> None:
    """Insert a job."""
    job.save(force_insert=True)


def find_once(names: Collection[str]) -> dict[str, str]:
    """Return the jobs that were started under these names, by name."""
    found = Job.objects.filter(once__in=names).values_list("once", "pk")
    return {str(once): pk for once, pk in found}


def load_job(job_id: str) -> Job | None:
    """Return a job and lock its row."""
    return Job.objects.select_for_update().filter(pk=job_id).first()


def has_due(now: datetime) -> bool:
    """Say whether any job waits for a worker (one query that locks nothing)."""
    return Job.objects.filter(due_at__lte=now).exists()


def take_due(now: datetime, worker: str) -> JobFacts | None:
    """Take the job that waits longest and lock it for this transaction; None where none waits."""
    found = bulk_sql.rows(
        f"SELECT id FROM job WHERE due_at <= %s ORDER BY due_at LIMIT 1{bulk_sql.claiming()}",
        [bulk_sql.instant(now)],
    )
    if not found:
        return None
    job = Job.objects.get(pk=found[0][0])
    job.token += 1
    job.tries += 1
    job.state = core.RUNNING
    job.worker = worker[:120]
    job.due_at = core.lease_end(now)
    job.started_at = job.started_at or now
    job.updated_at = now
    job.save(
        update_fields=[
            "token", "tries", "state", "worker", "due_at", "started_at", "updated_at"
        ]
    )  # fmt: skip
    return facts_of(job)


def facts_of(job: Job) -> JobFacts:
    """Return what a worker needs to know of a job."""
    return JobFacts(
        id=job.pk, kind=job.kind, user_id=job.user_id, actor=job.actor,
        rights=frozenset(job.rights), params=job.params, cursor=job.cursor, total=job.total,
        done=job.done, refused=job.refused, figures=job.figures, file_in=file_of(job.file_in),
        file_out=file_of(job.file_out), token=job.token, tries=job.tries,
    )  # fmt: skip


def file_of(kept: Mapping[str, Any] | None) -> StoredFile | None:
    """Return a job's file from its row."""
    return StoredFile(**kept) if kept else None


def write_advance(job_id: str, token: int, advance: Advance, mint: Mint, now: datetime) -> bool:
    """Add to a job what was done, if its taker still is the one; two statements."""
    changes: dict[str, Any] = {
        "done": F("done") + len(advance.rows), "refused": F("refused") + advance.refused,
        "cursor": advance.cursor, "figures": advance.figures, "tries": 0,
        "due_at": core.lease_end(now), "updated_at": now,
    }  # fmt: skip
    if advance.at is not None:
        changes["done"] = advance.at
    if advance.total is not None:
        changes["total"] = advance.total
    if advance.file_out is not None:
        changes["file_out"] = asdict(advance.file_out)
    if not _mine(job_id, token).update(**changes):
        return False
    if advance.rows:
        (first,) = Job.objects.filter(pk=job_id).values_list("done", flat=True)
        JobChunk(
            id=mint.new(), job_id=job_id, first=first - len(advance.rows),
            refused=advance.refused, rows=[row.as_list() for row in advance.rows],
        ).save(force_insert=True)  # fmt: skip
    return True


def write_end(job_id: str, token: int, end: tuple[str, str, str], now: datetime) -> bool:
    """End a job with a state, a code and a message, if its taker still is the one."""
    state, code, message = end
    return bool(
        _mine(job_id, token).update(
            state=state, code=code, message=message[: core.MESSAGE_CHARS], due_at=None,
            finished_at=now, updated_at=now,
        )
    )  # fmt: skip


def extend_leases(held: Mapping[str, int], now: datetime) -> None:
    """Say that the takers of these jobs live."""
    for job_id, token in sorted(held.items()):
        _mine(job_id, token).update(due_at=core.lease_end(now))


def find_workers(host: str) -> set[str]:
    """Return the workers of a host that have jobs in hand, as they call themselves."""
    found = Job.objects.filter(due_at__isnull=False, state=core.RUNNING)
    return set(found.filter(worker__startswith=f"{host}:").values_list("worker", flat=True))


def give_back_of(workers: Collection[str], now: datetime) -> int:
    """Let others take the jobs of workers that are gone; return how many there were."""
    found = Job.objects.filter(state=core.RUNNING, worker__in=sorted(workers))
    return found.update(due_at=now)


def give_back(held: Mapping[str, int], now: datetime) -> None:
    """Let others take these jobs at once; being given back is no failed try."""
    for job_id, token in sorted(held.items()):
        _mine(job_id, token).update(due_at=now, tries=0)


def _mine(job_id: str, token: int) -> Any:
    return Job.objects.filter(pk=job_id, token=token, state=core.RUNNING)


def find_old(before: datetime, limit: int) -> list[Job]:
    """Return jobs that ended, or drafts left lying, before an instant and still have files."""
    found = Job.objects.filter(updated_at__lt=before).exclude(state__in=core.OPEN)
    found = found.filter(Q(file_in__isnull=False) | Q(file_out__isnull=False))
    return list(found.order_by("updated_at")[:limit])


def write_without_files(job_ids: Collection[str], now: datetime) -> None:
    """Note that the files of jobs are gone; a draft without its file is over."""
    Job.objects.filter(pk__in=job_ids).update(file_in=None, file_out=None)
    Job.objects.filter(pk__in=job_ids, state=core.DRAFT).update(
        state=core.CANCELLED, finished_at=now
    )
