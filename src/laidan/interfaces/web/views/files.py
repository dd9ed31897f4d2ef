"""The files: looking for them, bringing them in, handing them out, sharing, removing, restoring."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from laidan.domain.access import queries as access
from laidan.domain.files import core
from laidan.domain.files import queries as files
from laidan.domain.files.queries import FileFilter
from laidan.interfaces.web import choices, record_words, records, uploads
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.kernel.ids import parse_id
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.change_files import change_files
from laidan.usecases.file_requests import ChangeFile
from laidan.usecases.keep_files import REMOVED_KEPT

SHARINGS = (core.SHARED, core.PRIVATE, core.ROLES)


@needs("files.view")
@require_http_methods(["GET", "HEAD", "POST"])
def show_files(request: PageRequest) -> HttpResponse:
    """Show a page of files, or keep those that were sent."""
    told = None
    if request.method == "POST":
        if not request.actor.may("files.edit"):
            told = Refused("forbidden", "", 403)
        else:
            outcomes = _keep(request)
            told = next((one for one in outcomes if isinstance(one, Refused)), None)
            count = sum(isinstance(one, Done) for one in outcomes)
            if told is None:
                text = ngettext("%(count)d file kept", "%(count)d files kept", count) % {
                    "count": count
                }
                return records.done(request, text, request.get_full_path())
    return _show(request, told)


@needs("files.view")
@require_safe
def open_file(request: PageRequest, file_id: str) -> HttpResponse:
    """Hand out a file: shown where that is harmless, saved otherwise or where asked."""
    file = uploads.find_seen(str(file_id), request.actor)
    if request.headers.get("If-None-Match") == f'"{file.sha256}"':
        return HttpResponseNotModified()
    # A stream is an answer like any other, which Django's types do not say.
    return cast(HttpResponse, uploads.hand_out(file, save="save" in request.GET))


@needs("files.edit")
@require_POST
def change(request: PageRequest, file_id: str) -> HttpResponse:
    """Rename, share, remove or restore a file."""
    act, given = request.POST.get("act", ""), request.POST
    wish: dict[str, Any] = {}
    if act in ("remove", "restore"):
        wish["is_removed"] = act == "remove"
    else:
        wish["name"] = given.get("name", "").replace("\x00", "")[:500]
        wish["folder"] = given.get("folder", "").replace("\x00", "").strip()[:500]
        if given.get("visibility") in SHARINGS:
            wish["visibility"] = given["visibility"]
            wish["roles"] = _roles(request)
    uploads.find_seen(str(file_id), request.actor)
    if wish.get("visibility") == core.ROLES and not wish["roles"]:
        return records.told(request, "warning", gettext("Choose at least one role."),
                            reverse("web:files"))  # fmt: skip
    viewer = uploads.viewer_of(request.actor)
    (outcome,) = change_files(
        [ChangeFile(str(file_id), request.actor, viewer, **wish)], now=datetime.now(UTC)
    )
    address = reverse("web:files")
    if isinstance(outcome, Refused):
        if outcome.code == "unknown-file":
            raise Http404
        return records.refused(request, outcome, address)
    words = {
        "remove": gettext("%(name)s removed; it can be restored among the removed files"),
        "restore": gettext("%(name)s restored"),
    }
    text = words.get(act, gettext("%(name)s saved")) % {"name": outcome.value.name}
    return records.done(request, text, address)


def _roles(request: PageRequest) -> tuple[str, ...]:
    """Return the roles that were ticked, of those that there are."""
    ticked = set(request.POST.getlist("roles"))
    return tuple(role.code for role in access.list_roles() if role.code in ticked)


def _keep(request: PageRequest) -> list[Any]:
    given = request.POST
    visibility = given.get("visibility", core.SHARED)
    if visibility == core.ROLES and not _roles(request):
        return [Refused("invalid-file", gettext("Choose at least one role."), 422)]
    place = uploads.Place(
        visibility if visibility in SHARINGS else core.SHARED,
        roles=_roles(request),
        folder=given.get("folder", "").replace("\x00", "").strip()[:500],
    )
    return uploads.keep_uploads(request, request.actor, place, now=datetime.now(UTC))


def _show(request: PageRequest, told: Refused | None) -> HttpResponse:
    viewer = uploads.viewer_of(request.actor)
    folder = request.GET.get("folder", "")
    asked = FileFilter(
        text=records.asked(request, "q"),
        folder=folder if parse_id(folder) == folder else None,
        mine=request.GET.get("whose") == "mine",
        removed=request.GET.get("whose") == "removed",
    )
    place = records.read_place(request, 1)
    found = files.list_files(
        viewer, asked, before=place[0] if place else None, limit=records.PAGE_ROWS + 1
    )
    last = records.last_of(found)
    language = choices.language()
    context = {
        "page": records.page_of(found, (last.id,) if last else (), request), "asked": asked,
        "folders": files.list_folders(), "used": files.used_bytes(), "me_label": viewer.label,
        "sees_all": viewer.sees_all, "quota": settings.LAIDAN_FILES_QUOTA, "nav": "files",
        "roles": [(one.code, one.label.get(language, one.code)) for one in access.list_roles()],
        "granted": files.list_grants([one.id for one in found if one.visibility == core.ROLES]),
        "ticked": request.POST.getlist("roles") if told else (),
        "limit": settings.LAIDAN_FILE_MAX, "kept_days": REMOVED_KEPT.days,
        "may_edit": request.actor.may("files.edit"), "shown": core.SHOWN,
        "typed_folder": request.POST.get("folder", "")[:500] if told else "",
        "refusal": record_words.explain(told) if told else "",
        "detail": told.detail if told and told.code in ("file-too-large", "invalid-file") else "",
    }  # fmt: skip
    return render(request, "web/files/list.html", context, status=told.status if told else 200)
