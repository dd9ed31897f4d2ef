"""Long jobs: mine and everybody's, one with its progress and rows, its results, its end."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from django.http import Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from laidan.domain.access.models import User
from laidan.domain.jobs import core, queries
from laidan.domain.jobs.models import Job
from laidan.interfaces.files.cells import guarded
from laidan.interfaces.web import job_words, notices, order_jobs
from laidan.interfaces.web.admission import PageRequest, is_partial, needs
from laidan.interfaces.web.notices import Notice
from laidan.kernel.ids import parse_id
from laidan.kernel.outcome import Refused
from laidan.usecases.report_low_stock import LOW_STOCK_REPORT
from laidan.usecases.start_jobs import cancel_job

SEES_ALL = "audit.view"
"""Who may see what others' jobs did is who may see what others did."""
PAGE_ROWS = 50
_JOBS = 50


@dataclass(frozen=True, slots=True)
class ShownJob:
    """A job as its page and the list show it."""

    job: Job
    kind: str
    state: str
    hue: str
    icon: str

    @property
    def is_open(self) -> bool:
        """Whether a worker still has to do with it."""
        return self.job.state in core.OPEN

    @property
    def percent(self) -> int | None:
        """How much is done, where the whole is known."""
        total = self.job.total
        return min(100, self.job.done * 100 // total) if total else None

    @property
    def accepted(self) -> int:
        """How many rows were not refused."""
        return self.job.done - self.job.refused

    @property
    def fault(self) -> str:
        """Why a job failed, in words."""
        return job_words.outcome(self.job.code) if self.job.code else ""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of a job: where it stands, what it is about, what it came to."""

    row: int
    object: str
    word: str
    code: str
    message: str
    is_refused: bool


@needs("orders.view")
@require_safe
def show_jobs(request: PageRequest) -> HttpResponse:
    """Show the jobs of whoever asks, or those of all."""
    may_see_all = request.actor.may(SEES_ALL)
    shows_all = may_see_all and request.GET.get("of") == "all"
    before = parse_id(request.GET.get("before", "")) or None
    user_id = None if shows_all else user_of(request).pk
    found = queries.list_jobs(user_id=user_id, before=before, limit=_JOBS + 1)
    shown = [shown_job(job) for job in found[:_JOBS]]
    context = {
        "jobs": shown, "after": found[_JOBS - 1].pk if len(found) > _JOBS else "",
        "may_see_all": may_see_all, "shows_all": shows_all, "nav": "imports", "before": before,
        "is_moving": any(one.is_open for one in shown),
    }  # fmt: skip
    return render(request, "web/jobs/list.html", context)


@needs("orders.view")
@require_safe
def show_job(request: PageRequest, job_id: str) -> HttpResponse:
    """Show a job: its progress, and a page of its rows."""
    return answer(request, found(request, job_id))


def answer(request: PageRequest, job: Job, status: int = 200, **more: object) -> HttpResponse:
    """Return the page of a job."""
    only_refused = request.GET.get("refused") == "1"
    start = _place(request.GET.get("from", ""))
    page = queries.find_rows(job.pk, start=start, limit=PAGE_ROWS, only_refused=only_refused)
    rows = [
        ShownRow(
            row.row, row.object, job_words.outcome(row.told.code), row.told.code,
            row.told.message, row.told.is_refused,
        )
        for row in page.rows
    ]  # fmt: skip
    context = {
        "one": shown_job(job), "job": job, "rows": rows, "after": page.after, "start": start,
        "only_refused": only_refused, "nav": "imports", "is_about_orders": _is_about_orders(job),
        "figures": _figures(job), "is_mine": job.user_id == user_of(request).pk,
        "may_fix": job.kind.startswith("import_") and job.refused and job.file_in
        and request.actor.may("imports.run"),
        "may_undo": job.kind == "import_orders" and job.state in core.ENDED
        and job.figures.get("added") and request.actor.may("orders.transition.cancel"),
        "may_take_back": order_jobs.may_take_back(job),
        **more,
    }  # fmt: skip
    return render(request, "web/jobs/job.html", context, status=status)


@needs("orders.view")
@require_POST
def cancel(request: PageRequest, job_id: str) -> HttpResponse:
    """End a job; what it did stays done."""
    job = found(request, job_id)
    outcome = cancel_job(job.pk, now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        notice = Notice("info", gettext("The job had ended already."))
    else:
        notice = Notice("success", gettext("Stopped. What was done stays done."))
    if is_partial(request):
        return notices.notify(answer(request, found(request, job_id)), notice)
    notices.keep(request, notice)
    return HttpResponseRedirect(reverse("web:job", args=[job.pk]), status=303)


@needs("orders.view")
@require_safe
def results(request: PageRequest, job_id: str) -> HttpResponse:
    """Hand out the outcome of every row, or of those refused, as a file."""
    job = found(request, job_id)
    only_refused = request.GET.get("refused") == "1"
    name = f"{job.kind}-{job.created_at:%Y%m%d-%H%M}{'-refused' if only_refused else ''}.csv"
    response = StreamingHttpResponse(
        _lines(job.pk, only_refused=only_refused), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return cast(HttpResponse, response)


def found(request: PageRequest, job_id: str) -> Job:
    """Return a job that the reader may see; raises Http404, as for one that is not there."""
    job = queries.get_job(job_id) if parse_id(job_id) == job_id else None
    if job is None:
        raise Http404
    is_own = job.user_id == user_of(request).pk
    if not is_own and not request.actor.may(SEES_ALL) and not _is_for_all(request, job):
        raise Http404
    return job


def _is_for_all(request: PageRequest, job: Job) -> bool:
    """Say whether a job that nobody asked for is about what the reader may see all of."""
    actor = request.actor
    is_report = job.user_id is None and job.kind == LOW_STOCK_REPORT
    return is_report and actor.may("stock.view") and actor.locations() is None


def shown_job(job: Job) -> ShownJob:
    """Return a job with its words and looks."""
    hue, icon = job_words.LOOKS.get(job.state, ("closed", "progress"))
    if job.state == core.FAILED:
        hue = ""
    return ShownJob(job, job_words.kind(job.kind), job_words.state(job.state), hue, icon)


def user_of(request: PageRequest) -> User:
    """Return who is signed in."""
    return cast(User, request.user)


def _figures(job: Job) -> list[tuple[str, int]]:
    """Return the counts of outcomes that say more than that all is done."""
    counts = {code: count for code, count in job.figures.items() if code != "done"}
    return [(job_words.outcome(code), count) for code, count in counts.items()]


def _is_about_orders(job: Job) -> bool:
    return job.kind in ("bulk_act", "order_act", "import_orders", "undo_import")


def _place(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


class _Echo:
    """A file that hands back what is written."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


def _lines(job_id: str, *, only_refused: bool) -> Iterator[str]:
    write = csv.writer(_Echo()).writerow
    # The mark at the start makes Excel read the file as UTF-8.
    yield "\ufeff" + str(write(["row", "object", "outcome", "code", "message"]))
    for row in queries.iterate_rows(job_id, only_refused=only_refused):
        told = row.told
        outcome = "refused" if told.is_refused else "done"
        texts = [str(row.row), row.object, outcome, told.code, told.message]
        yield str(write([guarded(text) for text in texts]))
