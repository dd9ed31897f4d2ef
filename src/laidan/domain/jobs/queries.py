"""Reads of jobs for people: lists by keyset, one job, its rows in pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Q

from laidan.domain.jobs.core import RowResult, Told
from laidan.domain.jobs.models import ImportMap, Job, JobChunk

_CHUNKS_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class RowPage:
    """Rows of a job; `after` is where the next page begins, None at the end."""

    rows: list[RowResult]
    after: int | None


def list_jobs(
    *, user_id: str | None, before: str | None = None, limit: int, prefixes: Sequence[str] = ()
) -> list[Job]:
    """Return jobs, newest first, of one user or of all; drafts of others are nobody's business.

    `prefixes` are beginnings of kinds.
    """
    found = Job.objects.exclude(state="draft") if user_id is None else Job.objects.all()
    if user_id is not None:
        found = found.filter(user_id=user_id)
    if before is not None:
        found = found.filter(pk__lt=before)
    if prefixes:
        kinds = Q()
        for prefix in prefixes:
            kinds |= Q(kind__startswith=prefix)
        found = found.filter(kinds)
    return list(found.defer("params", "cursor", "rights").order_by("-pk")[:limit])


def list_maps(kind: str, shop_code: str) -> dict[str, dict[str, Any]]:
    """Return the maps kept for a shop, and those kept for none, by name."""
    found = ImportMap.objects.filter(kind=kind, shop_code__in=("", shop_code)).order_by("name")
    return {one.name: one.document for one in found}


def get_job(job_id: str) -> Job | None:
    """Return a job."""
    return Job.objects.filter(pk=job_id).first()


def count_open(user_id: str) -> int:
    """Return how many of a user's jobs wait or run."""
    return Job.objects.filter(user_id=user_id, due_at__isnull=False).count()


def find_rows(job_id: str, *, start: int, limit: int, only_refused: bool) -> RowPage:
    """Return a page of a job's rows; `start` counts the rows of the job before it."""
    rows = list(islice(_rows_from(job_id, start, only_refused=only_refused), limit + 1))
    after = rows[limit][0] if len(rows) > limit else None
    return RowPage([row for _, row in rows[:limit]], after)


def iterate_rows(job_id: str, *, only_refused: bool = False) -> Iterator[RowResult]:
    """Yield all rows of a job, some chunks at a time."""
    for _, row in _rows_from(job_id, 0, only_refused=only_refused):
        yield row


def _rows_from(job_id: str, start: int, *, only_refused: bool) -> Iterator[tuple[int, RowResult]]:
    """Yield rows with their places, from a place on."""
    chunks = JobChunk.objects.filter(job_id=job_id).order_by("first")
    if only_refused:
        chunks = chunks.filter(refused__gt=0)
    # The chunk that a place lies in begins before it.
    at = chunks.filter(first__lte=start).order_by("-first").values_list("first", flat=True).first()
    since = at if at is not None else 0
    while True:
        found = list(chunks.filter(first__gte=since)[:_CHUNKS_AT_ONCE])
        for chunk in found:
            for place, kept in enumerate(chunk.rows, start=chunk.first):
                if place >= start and (kept[4] or not only_refused):
                    row, name, code, message, is_refused, *back = kept
                    told = Told(code, message, bool(is_refused), back=back[0] if back else "")
                    yield place, RowResult(row, name, told)
        if len(found) < _CHUNKS_AT_ONCE:
            return
        since = found[-1].first + 1
