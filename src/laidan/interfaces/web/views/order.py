"""The page of one order."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language

from laidan.insights.order_documents import ShownOrder
from laidan.interfaces.web import order_page
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.order_page import SEE_CUSTOMERS, Reader

log = logging.getLogger("laidan.access")


@needs("orders:read")
def show_order(request: PageRequest, name: str) -> HttpResponse:
    """Show an order; its number is its address."""
    shown = found(name)
    if name != shown.row.order_no:
        return HttpResponseRedirect(reverse("web:order", args=[shown.row.order_no]))
    return answer(request, shown)


def found(name: str) -> ShownOrder:
    """Return the order of a name; raises Http404."""
    shown = order_page.find_order(name, now=datetime.now(UTC))
    if shown is None:
        raise Http404
    return shown


def reader_of(request: PageRequest) -> Reader:
    """Return who looks at the page."""
    return Reader(request.actor, get_language() or "en", datetime.now(UTC))


def answer(request: PageRequest, shown: ShownOrder, status: int = 200, **more: Any) -> HttpResponse:
    """Return the page of an order; `more` says what was refused."""
    reveal = request.method == "GET" and request.GET.get("contact") == "shown"
    if reveal and request.actor.may(SEE_CUSTOMERS):
        # Nothing of the contact itself: a log is read by more people than the page.
        log.info("%s saw the contact of order %s", request.actor.label, shown.row.order_no)
    page = order_page.page_of(
        shown,
        reader_of(request),
        reveal=reveal,
        all_events=request.GET.get("events") == "all",
    )
    context = {"page": page, "order": shown.document, "row": shown.row, "nav": "orders", **more}
    return render(request, "web/orders/order.html", context, status=status)
