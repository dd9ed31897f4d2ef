"""The page of one order, and seeing whom it concerns."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods

from laidan.engine import epochs
from laidan.insights.order_documents import ShownOrder
from laidan.interfaces.web import editing, notices, order_page, timeline_words, words
from laidan.interfaces.web.admission import PageRequest, is_partial, needs
from laidan.interfaces.web.notices import Notice
from laidan.interfaces.web.order_page import Asked, Reader
from laidan.interfaces.web.timeline_words import Happening
from laidan.kernel.outcome import Refused
from laidan.usecases.reveal_contacts import PURPOSE_MAX, Reveal, reveal_contacts

_VERSION = re.compile(r"[0-9]{1,9}\Z")


@needs("orders.view")
@epochs.held()
def show_order(request: PageRequest, name: str) -> HttpResponse:
    """Show an order; its number is its address."""
    shown = found(request, name)
    if name != shown.row.order_no:
        return HttpResponseRedirect(reverse("web:order", args=[shown.row.order_no]))
    return answer(request, shown)


@needs("customers.reveal_phone")
@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: PageRequest, name: str) -> HttpResponse:
    """Ask what a phone is needed for, write it down, and show it."""
    shown = found(request, name)
    if request.method != "POST":
        return _purpose_form(request, shown, "")
    code, more = request.POST.get("purpose", ""), request.POST.get("more", "").strip()
    if code not in words.PURPOSES or (code == "other" and not more):
        return _purpose_form(request, shown, gettext("Say what it is needed for."))
    if len(more) > PURPOSE_MAX // 2:
        return _purpose_form(request, shown, gettext("This is too long."))
    purpose = f"{code}: {more}" if more else code
    actor = reader_of(request, shown).actor
    (outcome,) = reveal_contacts([Reveal(shown.row.id, purpose, actor)], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        return _purpose_form(request, shown, words.explain(outcome), status=outcome.status)
    response = answer(request, shown, asked=Asked(reveal=True))
    # What was shown once is not shown again by going back.
    response["Cache-Control"] = "no-store"
    if not is_partial(request):
        return response
    response["HX-Retarget"] = response["HX-Reselect"] = "#contact"
    return notices.notify(
        response, Notice("info", gettext("Written into the operation log.")), sheetDone=True
    )


def found(request: PageRequest, name: str) -> ShownOrder:
    """Return the order of a name that the reader may see; raises Http404."""
    shown = order_page.find_order(name, request.actor, now=datetime.now(UTC))
    if shown is None:
        raise Http404
    return shown


def reader_of(request: PageRequest, shown: ShownOrder) -> Reader:
    """Return who looks at the page of an order."""
    actor = request.actor.at(editing.place_of(shown))
    return Reader(actor, get_language() or "en", datetime.now(UTC))


def seen_version(request: PageRequest) -> int | None:
    """Return the version of the order that a form was opened on."""
    seen = request.POST.get("version", "")
    return int(seen) if _VERSION.match(seen) else None


def changes_since(request: PageRequest, shown: ShownOrder) -> list[Happening]:
    """Return what others did since a form was opened."""
    seen = seen_version(request)
    reader = reader_of(request, shown)
    return [] if seen is None else order_page.changes_since(shown, seen, reader)


def answer(
    request: PageRequest,
    shown: ShownOrder,
    status: int = 200,
    *,
    asked: Asked | None = None,
    **more: Any,
) -> HttpResponse:
    """Return the page of an order; `more` says what was refused."""
    kind = request.GET.get("show", "all")
    wanted = asked or Asked(
        all_events=request.GET.get("events") == "all",
        kind=kind if kind in timeline_words.KINDS else "all",
        part=request.GET.get("part", "")[:20],
    )
    page = order_page.page_of(shown, reader_of(request, shown), wanted)
    context = {
        "page": page, "order": page.order, "row": shown.row, "nav": "orders",
        "kinds": words.KINDS_OF_EVENTS, **more,
    }  # fmt: skip
    return render(request, "web/orders/order.html", context, status=status)


def answer_whole(request: PageRequest, shown: ShownOrder, notice: Notice) -> HttpResponse:
    """Show the order as it is now with a notice: in place for the page's script, else anew."""
    if not is_partial(request):
        notices.keep(request, notice)
        address = reverse("web:order", args=[shown.row.order_no])
        return HttpResponseRedirect(address, status=303)
    response = answer(request, found(request, shown.row.id))
    response["HX-Retarget"] = response["HX-Reselect"] = "#order"
    response["HX-Reswap"] = "outerHTML"
    return notices.notify(response, notice, sheetDone=True)


def _purpose_form(
    request: PageRequest, shown: ShownOrder, fault: str, status: int = 200
) -> HttpResponse:
    context = {
        "row": shown.row, "nav": "orders", "purposes": words.PURPOSES, "fault": fault,
        "values": {name: request.POST.get(name, "") for name in ("purpose", "more")},
        "form": "web/orders/reveal_form.html", "title": gettext("Show phone"),
    }  # fmt: skip
    template = context["form"] if is_partial(request) else "web/orders/part.html"
    response = render(request, str(template), context, status=422 if fault else status)
    response["Vary"] = "HX-Request"
    return response
