"""The files of an order: bringing them in, opening them, taking them off; pictures of goods."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from laidan.domain.files import core
from laidan.interfaces.web import notices, record_words, thumbnails, uploads
from laidan.interfaces.web.admission import PageRequest, is_partial, needs
from laidan.interfaces.web.notices import Notice
from laidan.interfaces.web.views import faults
from laidan.interfaces.web.views import order as order_view
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.change_files import change_files
from laidan.usecases.file_requests import ChangeFile

ORDER = "order"


@needs("files.edit")
@require_POST
def add_files(request: PageRequest, name: str) -> HttpResponse:
    """Keep the files that were sent, seen by whoever sees the order."""
    shown = order_view.found(request, name)
    if not order_view.reader_of(request, shown).actor.may("files.edit"):
        return faults.forbidden(request)
    place = uploads.Place(core.LINKED, links=((ORDER, shown.row.id),))
    outcomes = uploads.keep_uploads(request, request.actor, place, now=datetime.now(UTC))
    refused = next((one for one in outcomes if isinstance(one, Refused)), None)
    if refused is not None:
        text = refused.detail if refused.code == "file-too-large" else record_words.explain(refused)
        return order_view.answer(request, shown, refused.status, file_fault=text)
    count = sum(isinstance(one, Done) for one in outcomes)
    text = ngettext("%(count)d file kept", "%(count)d files kept", count) % {"count": count}
    return _done(request, shown.row.order_no, Notice("success", text))


@needs("files.view")
@require_safe
def open_file(request: PageRequest, name: str, file: UUID) -> HttpResponse:
    """Hand out a file of an order."""
    shown = order_view.found(request, name)
    found = uploads.find_seen(str(file), request.actor)
    if (ORDER, shown.row.id) not in found.links:
        raise Http404
    return _handed_out(request, found)


@needs("files.view")
@require_safe
def open_picture(request: PageRequest, file: UUID) -> HttpResponse:
    """Hand out a picture of something that is sold."""
    found = uploads.find_seen(str(file), request.actor)
    if found.media_type not in core.PICTURES:
        raise Http404
    return _handed_out(request, found)


@needs("files.view")
@require_safe
def open_thumbnail(request: PageRequest, file: UUID) -> HttpResponse:
    """Hand out a picture of something that is sold, as small as lists show it."""
    found = uploads.find_seen(str(file), request.actor)
    content = thumbnails.of_content(found.sha256) if found.media_type in core.PICTURES else None
    if content is None:
        raise Http404
    return HttpResponse(
        content,
        content_type=thumbnails.MEDIA_TYPE,
        headers={"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"},
    )


@needs("files.edit")
@require_POST
def take_off(request: PageRequest, name: str, file: UUID) -> HttpResponse:
    """Take a file off an order; the file itself stays."""
    shown = order_view.found(request, name)
    wish = ChangeFile(
        str(file), request.actor, uploads.viewer_of(request.actor), unlink=((ORDER, shown.row.id),)
    )
    (outcome,) = change_files([wish], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        if outcome.code == "unknown-file":
            raise Http404
        text = record_words.explain(outcome)
        return order_view.answer(request, shown, outcome.status, file_fault=text)
    notice = Notice("success", gettext("%(name)s taken off") % {"name": outcome.value.name})
    return _done(request, shown.row.order_no, notice)


def _handed_out(request: PageRequest, found: core.FileFacts) -> HttpResponse:
    if request.headers.get("If-None-Match") == f'"{found.sha256}"':
        return HttpResponseNotModified()
    # A stream is an answer like any other, which Django's types do not say.
    return cast(HttpResponse, uploads.hand_out(found, save="save" in request.GET))


def _done(request: PageRequest, number: str, notice: Notice) -> HttpResponse:
    if not is_partial(request):
        notices.keep(request, notice)
        return HttpResponseRedirect(reverse("web:order", args=[number]), status=303)
    return notices.notify(order_view.answer(request, order_view.found(request, number)), notice)
