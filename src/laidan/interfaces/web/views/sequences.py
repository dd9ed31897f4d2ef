"""Number sequences: how order numbers are made, and the prefix of each shop."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from laidan.engine import epochs
from laidan.insights import place_views
from laidan.insights.place_views import ShopCard
from laidan.insights.vocabulary import load_vocabulary
from laidan.interfaces.web import choices, record_words, records
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.kernel import order_numbers
from laidan.kernel.outcome import Refused
from laidan.usecases.open_shops import OpenShop, open_shops

_PREFIX = re.compile(r"[A-Z]{0,6}\Z")
_EXAMPLE = "04711815902"


@needs("settings.shops")
@require_http_methods(["GET", "HEAD", "POST"])
def show_sequences(request: PageRequest) -> HttpResponse:
    """Show how each shop's and type's orders are numbered; a POST sets a shop's prefix."""
    shops = {card.code: card for card in place_views.list_shops()}
    code, typed, fault = "", "", ""
    if request.method == "POST":
        code = request.POST.get("shop", "")
        typed = request.POST.get("prefix", "").strip().upper()[:40]
        if code not in shops:
            raise Http404
        if not _PREFIX.match(typed):
            fault = gettext("Type up to six letters from A to Z, or nothing.")
        else:
            wish = OpenShop(code, order_prefix=typed, actor=request.actor)
            (outcome,) = open_shops([wish], now=datetime.now(UTC))
            if not isinstance(outcome, Refused):
                text = gettext("%(name)s saved") % {"name": shops[code].name}
                return records.done(request, text, reverse("web:sequences"))
            fault = record_words.explain(outcome)
    vocabulary = load_vocabulary(epochs.read())
    types = choices.order_types(vocabulary, choices.language())
    prefixes = {name: one.number_prefix for name, one in vocabulary.newest.items()}
    rows = [
        {
            "shop": card, "prefix": typed if card.code == code else card.order_prefix,
            "fault": fault if card.code == code else "",
            "examples": [
                (types[name], _example(card, prefix)) for name, prefix in prefixes.items()
            ][: 1 if card.order_prefix else None],
        }
        for card in shops.values()
    ]  # fmt: skip
    context = {"rows": rows, "nav": "settings"}
    return render(request, "web/settings/sequences.html", context, status=422 if fault else 200)


def _example(card: ShopCard, prefix: str) -> str:
    day = datetime.now(ZoneInfo(card.time_zone)).date()
    return order_numbers.compose(card.order_prefix or prefix, day, _EXAMPLE)
