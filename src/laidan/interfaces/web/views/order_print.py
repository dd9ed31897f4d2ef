"""An order on paper: the slip that goes into the parcel, on A4 or on a roll of 80 mm."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from laidan.interfaces.web import codes, order_page, words
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.order_page import Asked
from laidan.interfaces.web.views import faults
from laidan.interfaces.web.views import order as order_view
from laidan.kernel.outcome import Refused
from laidan.usecases.reveal_contacts import Reveal, reveal_contacts

PAPERS = ("a4", "80mm")


@needs("orders.view")
@require_http_methods(["GET", "HEAD", "POST"])
def show_slip(request: PageRequest, name: str) -> HttpResponse:
    """Show an order as it is printed; by POST with the whole phone, which is written down."""
    shown = order_view.found(request, name)
    reader = order_view.reader_of(request, shown)
    reveal = request.method == "POST"
    if reveal:
        wish = Reveal(shown.row.id, "print", reader.actor)
        (outcome,) = reveal_contacts([wish], now=datetime.now(UTC))
        if isinstance(outcome, Refused):
            return faults.forbidden(request)
    page = order_page.page_of(shown, reader, Asked(reveal=reveal))
    paper = request.GET.get("paper", "a4")
    number = shown.row.order_no
    context = {
        "page": page, "order": page.order, "row": shown.row,
        "paper": paper if paper in PAPERS else "a4", "now": datetime.now(UTC),
        "qr": codes.qr(number, gettext("QR code of the order number")),
        "bars": codes.code128(number, gettext("Barcode of the order number")),
        "priorities": words.PRIORITIES,
    }  # fmt: skip
    response = render(request, "web/orders/print.html", context)
    if reveal:
        response["Cache-Control"] = "no-store"
    return response
