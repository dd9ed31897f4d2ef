"""The search that stands on every page: suggestions while typing, and where it leads."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language

from laidan.engine import epochs
from laidan.insights import order_documents, suggestions
from laidan.insights.vocabulary import load_vocabulary
from laidan.interfaces.web import badges
from laidan.interfaces.web.admission import PageRequest, needs

SEE_CUSTOMERS = "customers.view"
LETTERS_MIN = 2


def _typed(request: HttpRequest) -> str:
    text = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    return text.encode("utf-8", "ignore").decode()


@needs("orders.view")
def search(request: PageRequest) -> HttpResponse:
    """Go to the order of this number, else to the list of those that are found."""
    text = _typed(request)
    order_id = order_documents.find_order_id(text) if text else None
    if order_id is not None:
        found = order_documents.load_shown([order_id], now=datetime.now(UTC))
        if found and request.actor.sees(found[0].place):
            number = found[0].row.order_no
            return HttpResponseRedirect(reverse("web:order", args=[number]))
    address = reverse("web:orders")
    return HttpResponseRedirect(f"{address}?{urlencode({'q': text})}" if text else address)


@needs("orders.view")
def suggest(request: PageRequest) -> HttpResponse:
    """Show what may be meant: a few orders, customers and SKUs."""
    text, now, language = _typed(request), datetime.now(UTC), get_language() or "en"
    context: dict[str, object] = {"text": text, "is_short": len(text) < LETTERS_MIN}
    if len(text) >= LETTERS_MIN:
        vocabulary = load_vocabulary(epochs.read())
        cards = suggestions.suggest_orders(text, request.actor.sight(), now=now)
        may = request.actor.may(SEE_CUSTOMERS)
        context |= {
            "orders": [(card, badges.of_order(card.row, vocabulary, language)) for card in cards],
            "customers": suggestions.suggest_customers(text, request.actor.sight(SEE_CUSTOMERS))
            if may
            else [],
            "skus": suggestions.suggest_skus(text),
        }
    return render(request, "web/parts/suggestions.html", context)
