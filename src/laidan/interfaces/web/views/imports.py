"""Importing in the browser: upload, choose how the file is read, look at it, run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from laidan.domain.jobs import queries
from laidan.domain.jobs.models import Job
from laidan.domain.jobs.store import file_of
from laidan.interfaces.files import storage
from laidan.interfaces.files.delimited import Declared
from laidan.interfaces.files.importing import distinct, looking
from laidan.interfaces.files.importing.looking import Looked, Preview
from laidan.interfaces.files.importing.plan import KINDS, ImportWish, PlanError, presets_for
from laidan.interfaces.files.mapping import BadMapError
from laidan.interfaces.web import choices, import_form, import_words, job_words, notices
from laidan.interfaces.web.admission import PageRequest, is_partial, needs
from laidan.interfaces.web.notices import Notice
from laidan.interfaces.web.own_fields import own_fields
from laidan.interfaces.web.receiving import TOO_LARGE, receiving
from laidan.interfaces.web.views import faults
from laidan.interfaces.web.views import jobs as job_views
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.keep_maps import KeepMap, keep_maps
from laidan.usecases.start_jobs import StartJob, cancel_job, change_draft, queue_job, start_jobs

RIGHTS = {
    "orders": "orders.place",
    "products": "catalog.edit",
    "stock": "stock.adjust",
    "customers": "customers.edit",
}
"""What bringing in each kind needs beside `imports.run`."""
MEGABYTES_MAX = storage.UPLOAD_BYTES_MAX >> 20
ENCODINGS = ("utf-8", "gb18030", "utf-16", "cp1252")
_RECENT = 20


@receiving
@needs("imports.run")
@require_http_methods(["GET", "HEAD", "POST"])
def show_imports(request: PageRequest) -> HttpResponse:
    """Show where a file is brought and what was imported lately, or take a file."""
    if request.method == "POST":
        return _upload(request)
    return _index(request)


def _index(request: PageRequest, status: int = 200, **more: Any) -> HttpResponse:
    user = job_views.user_of(request)
    found = queries.list_jobs(user_id=user.pk, limit=_RECENT, prefixes=("import_", "undo_import"))
    shown = [job_views.shown_job(job) for job in found]
    context = {
        "kinds": [(kind, import_words.KINDS[kind], request.actor.may(RIGHTS[kind]))
                  for kind in KINDS],
        "kind": request.POST.get("kind") or request.GET.get("kind", "orders"), "jobs": shown,
        "limit": MEGABYTES_MAX, "nav": "imports",
        "is_moving": any(one.is_open for one in shown), **more,
    }  # fmt: skip
    return render(request, "web/imports/index.html", context, status=status)


def _upload(request: PageRequest) -> HttpResponse:
    kind, given = request.POST.get("kind", ""), request.FILES.getlist("file")
    if kind not in KINDS:
        return _index(request, 422, fault=gettext("Choose what the file holds."))
    if not request.actor.may(RIGHTS[kind]):
        return faults.forbidden(request)
    if request.META.get(TOO_LARGE):
        text = gettext("The file is larger than %(limit)d MB. Split it, or use the command line.")
        return _index(request, 413, fault=text % {"limit": MEGABYTES_MAX})
    if not given or request.POST.get("whole") != "1":
        # The mark stands behind the file in the form: without it the end never came.
        text = (
            gettext("Choose a file first.")
            if request.POST.get("whole") == "1"
            else gettext("The upload broke off; nothing was kept. Send the file again.")
        )
        return _index(request, 422, fault=text)
    if not all(one.size for one in given):
        return _index(request, 422, fault=gettext("The file is empty. Choose another."))
    stored = storage.keep_all((one.name or "", one.chunks()) for one in given)
    path = storage.path_of(stored)
    looked = looking.look(path)
    if looked.fault is not None:
        storage.drop(stored)
        reason = import_words.fault(looked.fault.code, looked.fault.reason)
        return _index(request, 422, fault=reason)
    shops = _shops(request)
    shop = next(iter(shops), "") if len(shops) == 1 else ""
    maps = queries.list_maps(kind, shop)
    params = {"kind": kind, "shop": shop, **looking.guess(path, kind, maps, own_fields(kind))}
    draft = StartJob(
        f"import_{kind}", request.actor, job_views.user_of(request).pk, params=params,
        title=stored.name, file_in=stored, is_draft=True,
    )  # fmt: skip
    (outcome,) = start_jobs([draft], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        return _index(request, outcome.status, fault=outcome.detail)
    return HttpResponseRedirect(reverse("web:import", args=[outcome.value]), status=303)


def _shops(request: PageRequest) -> dict[str, str]:
    reach = request.actor.shops("orders.place")
    return {code: name for code, name in choices.shops().items() if reach is None or code in reach}


# --- one import -----------------------------------------------------------------------------


@needs("imports.run")
@require_http_methods(["GET", "HEAD", "POST"])
def show_import(request: PageRequest, job_id: str) -> HttpResponse:
    """Show how a file will be read and what would become of it, or go on."""
    job = _draft(request, job_id)
    if isinstance(job, HttpResponse):
        return job
    wish = msgspec.convert(job.params, ImportWish)
    if not request.actor.may(RIGHTS[wish.kind]):
        return faults.forbidden(request)
    if request.method != "POST":
        return _wizard(request, job, wish)
    wanted = request.POST.get("do", "look")
    if wanted == "discard":
        return _discard(request, job)
    looked = _look(job, wish)
    own = own_fields(wish.kind)
    wish = import_form.read(request.POST, wish.kind, looked, _maps(wish), own=own)
    now = datetime.now(UTC)
    params = {name: value for name, value in msgspec.to_builtins(wish).items() if value}
    change_draft(job.pk, params, now=now)
    if wanted == "keep":
        return _keep_map(request, job, wish)
    if wanted in {"run", "run-sure"}:
        return _run(request, job, wish, params, is_sure=wanted == "run-sure")
    return _wizard(request, job, wish)


def _run(
    request: PageRequest, job: Job, wish: ImportWish, params: dict[str, Any], *, is_sure: bool
) -> HttpResponse:
    """Let a worker import the file; asks first where that may change what is there."""
    preview, fault = _preview(request, job, wish)
    if fault or preview is None:
        return _wizard(request, job, wish, status=422)
    if not is_sure and looking.may_overwrite(wish, preview):
        return _wizard(request, job, wish, asks=gettext(import_words.OVERWRITES[wish.kind]))
    queue_job(job.pk, request.actor, params=params, now=datetime.now(UTC))
    return _go(request, reverse("web:job", args=[job.pk]))


def _draft(request: PageRequest, job_id: str) -> Job | HttpResponse:
    job = job_views.found(request, job_id)
    if not job.kind.startswith("import_"):
        raise Http404
    if job.state != "draft":
        return HttpResponseRedirect(reverse("web:job", args=[job.pk]))
    return job


def _wizard(
    request: PageRequest, job: Job, wish: ImportWish, status: int = 200, **more: Any
) -> HttpResponse:
    try:
        looked = _look(job, wish)
    except storage.FileGoneError:
        return _index(request, 410, fault=import_words.fault("file-gone", ""))
    preview, fault = _preview(request, job, wish)
    shops = _shops(request)
    context = {
        "job": job, "wish": wish, "looked": looked, "form": _form(job, wish, looked),
        "preview": preview, "fault": fault, "maps": _maps(wish), "shops": shops,
        "kind_word": gettext(import_words.KINDS[wish.kind]),
        "presets": _presets(job),
        "transforms": {name: gettext(text) for name, text in import_words.TRANSFORMS.items()},
        "blank": range(import_form.CONSTANTS), "file": file_of(job.file_in), "nav": "imports",
        "locations": choices.locations() if wish.kind == "stock" else {},
        "previewed": looking.PREVIEWED, "encodings": ENCODINGS,
        "outcomes": {code: gettext(text) for code, text in job_words.OUTCOMES.items()}, **more,
    }  # fmt: skip
    return render(request, "web/imports/wizard.html", context, status=status)


def _presets(job: Job) -> dict[str, str]:
    """Return the sources that the file of a job may come from."""
    stored = file_of(job.file_in)
    names = presets_for(storage.path_of(stored)) if stored is not None else ()
    return {name: gettext(import_words.PRESETS[name]) for name in names}


def _form(job: Job, wish: ImportWish, looked: Looked) -> import_form.ImportForm:
    """Return the form, with the values that stand in the columns of which ours can be chosen."""
    own, stored = own_fields(wish.kind), file_of(job.file_in)
    few = import_form.few_columns(wish, own)
    found = {}
    if few and stored is not None and looked.fault is None:
        path = storage.path_of(stored)
        found = distinct.values_of(path, wish.kind, _declared(wish), few)
    return import_form.shown(wish, looked, found, own)


def _declared(wish: ImportWish) -> Declared:
    told = (wish.document or {}).get("file", {})
    return Declared(told.get("encoding", ""), told.get("delimiter", "")[:1])


def _look(job: Job, wish: ImportWish) -> Looked:
    stored = file_of(job.file_in)
    if stored is None:
        raise storage.FileGoneError(job.title)
    path = storage.path_of(stored)
    looked = looking.look(path, _declared(wish))
    # A wrong encoding or delimiter must not take the form away with which it can be mended.
    return looked if looked.fault is None else replace(looking.look(path), fault=looked.fault)


def _preview(request: PageRequest, job: Job, wish: ImportWish) -> tuple[Preview | None, list[str]]:
    """Return what would become of the beginning, or what is wrong with the choices."""
    stored = file_of(job.file_in)
    if stored is None:
        return None, [import_words.fault("file-gone", "")]
    try:
        path = storage.path_of(stored)
        preview = looking.preview(path, wish, request.actor, now=datetime.now(UTC))
    except PlanError as error:
        return None, [gettext(import_words.PLANS.get(error.code, error.message))]
    except BadMapError as error:
        return None, import_words.map_faults(error.problems)
    except storage.FileGoneError:
        return None, [import_words.fault("file-gone", "")]
    rows = [
        replace(row, reason=import_words.fault(row.code, row.reason)) if row.code else row
        for row in preview.rows
    ]
    whole = [
        f"{row.name}: {row.reason}" if row.name else row.reason
        for row in rows
        if row.code and row.row == 0
    ]
    return replace(preview, rows=rows), whole


def _maps(wish: ImportWish) -> dict[str, dict[str, Any]]:
    return queries.list_maps(wish.kind, wish.shop)


def _keep_map(request: PageRequest, job: Job, wish: ImportWish) -> HttpResponse:
    name = request.POST.get("map_name", "")
    wanted = KeepMap(wish.kind, name, wish.document or {}, request.actor, wish.shop)
    (outcome,) = keep_maps([wanted], now=datetime.now(UTC))
    if not isinstance(outcome, Done):
        text = gettext("Type a name of up to 80 characters.")
        return _wizard(request, job, wish, 422, name_fault=text, map_name=name)
    kept = msgspec.structs.replace(wish, map_name=outcome.value)
    params = {name: value for name, value in msgspec.to_builtins(kept).items() if value}
    change_draft(job.pk, params, now=datetime.now(UTC))
    notices.keep(request, Notice("success", gettext("Kept as “%s”.") % outcome.value))
    return _go(request, reverse("web:import", args=[job.pk]))


def _go(request: PageRequest, address: str) -> HttpResponse:
    """Lead to another page, also where the page's script asks."""
    if is_partial(request):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address, status=303)


def _discard(request: PageRequest, job: Job) -> HttpResponse:
    outcome = cancel_job(job.pk, now=datetime.now(UTC))
    stored = file_of(job.file_in)
    if isinstance(outcome, Done) and stored is not None:
        storage.drop(stored)
    notices.keep(request, Notice("info", gettext("Discarded; nothing was imported.")))
    return _go(request, reverse("web:imports"))
