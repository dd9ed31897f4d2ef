"""What a job leaves behind: the file it made, the rows to mend, and the way back."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from tempfile import TemporaryFile
from typing import cast

import msgspec
from django.http import (
    FileResponse,
    Http404,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from laidan.domain.jobs import queries
from laidan.domain.jobs.core import ENDED
from laidan.domain.jobs.models import Job
from laidan.domain.jobs.store import file_of
from laidan.interfaces.files import storage
from laidan.interfaces.files.importing.fixing import Refusals, rows_to_fix, write_tables_to_fix
from laidan.interfaces.files.importing.plan import ImportWish, PlanError, mapping_of
from laidan.interfaces.files.mapping import BadMapError, Mapping
from laidan.interfaces.files.tables import bundled
from laidan.interfaces.web import import_words
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.views import faults
from laidan.interfaces.web.views import jobs as job_views
from laidan.kernel.outcome import Refused
from laidan.usecases.export_jobs import RIGHTS
from laidan.usecases.start_jobs import StartJob, start_jobs

TO_FIX_MAX = 100_000
"""So many refused rows go into one file to mend."""


@needs("orders.view")
@require_safe
def download(request: PageRequest, job_id: str) -> HttpResponse:
    """Hand out the file that a job made, to whoever asked for it."""
    job = _mine(request, job_id)
    what = job.kind.removeprefix("export_")
    if what in RIGHTS and not request.actor.may(RIGHTS[what]):
        return faults.forbidden(request)
    stored = file_of(job.file_out)
    if stored is None:
        raise Http404
    try:
        path = storage.path_of(stored)
    except storage.FileGoneError:
        raise Http404 from None
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=stored.name),
        "Content-Length": str(path.stat().st_size),
    }
    return cast(HttpResponse, FileResponse(path.open("rb"), headers=headers))


@needs("imports.run")
@require_safe
def to_fix(request: PageRequest, job_id: str) -> HttpResponse:
    """Hand out the refused rows of an import as they stood in its file, each with its reason."""
    job = _mine(request, job_id)
    stored = file_of(job.file_in)
    if stored is None or not job.kind.startswith("import_"):
        raise Http404
    try:
        path = storage.path_of(stored)
    except storage.FileGoneError:
        raise Http404 from None
    mapping: Mapping | None = None
    with suppress(PlanError, BadMapError):
        mapping = mapping_of(msgspec.convert(job.params, ImportWish))
    refused = _refusals(job)
    stem = f"{stored.name.rpartition('.')[0] or stored.name} - {gettext('to fix')}"
    if bundled(path):
        out = TemporaryFile()  # noqa: SIM115 - the response closes it
        write_tables_to_fix(path, mapping, refused, out)
        out.seek(0)
        return FileResponse(out, as_attachment=True, filename=f"{stem}.zip")  # type: ignore[return-value]  # it streams
    response = StreamingHttpResponse(
        rows_to_fix(path, mapping, refused), content_type="text/csv; charset=utf-8"
    )
    disposition = content_disposition_header(as_attachment=True, filename=f"{stem}.csv")
    response["Content-Disposition"] = disposition or "attachment"
    return cast(HttpResponse, response)


def _refusals(job: Job) -> Refusals:
    rows: dict[int, str] = {}
    orders: dict[str, str] = {}
    named: dict[tuple[str, int], str] = {}
    for row in islice(queries.iterate_rows(job.pk, only_refused=True), TO_FIX_MAX):
        reason = import_words.fault(row.told.code, row.told.message)
        rows[row.row] = reason
        named[row.object, row.row] = reason
        if row.object and job.kind == "import_orders":
            orders[row.object] = reason
    return Refusals(rows, orders, named)


@needs("imports.run")
@require_POST
def undo(request: PageRequest, job_id: str) -> HttpResponse:
    """Let a worker take back what an import brought, as far as nobody has touched it."""
    job = _mine(request, job_id)
    if not may_undo(job):
        raise Http404
    if not request.actor.may("orders.transition.cancel"):
        return faults.forbidden(request)
    request_ = StartJob(
        "undo_import", request.actor, job_views.user_of(request).pk, params={"job": job.pk},
        title=job.title, once=f"undo {job.pk}", total=job.figures.get("added"),
    )  # fmt: skip
    (outcome,) = start_jobs([request_], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        return job_views.answer(request, job, outcome.status, refusal=outcome.detail)
    return HttpResponseRedirect(reverse("web:job", args=[outcome.value]), status=303)


def may_undo(job: Job) -> bool:
    """Say whether there is anything that a job brought and that could go again."""
    brought = bool(job.figures.get("added"))
    return job.kind == "import_orders" and job.state in ENDED and brought


def _mine(request: PageRequest, job_id: str) -> Job:
    """Return a job of the reader's own: what was in its file is nobody else's business."""
    job = job_views.found(request, job_id)
    if job.user_id != job_views.user_of(request).pk:
        raise Http404
    return job
