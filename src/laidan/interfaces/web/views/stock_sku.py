"""The stock of one SKU: balances, ledger, safety stock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from laidan.domain.catalog import queries as catalog
from laidan.domain.dictionary import queries as dictionary
from laidan.insights import stock_views
from laidan.insights.stock_list import StockRow
from laidan.insights.stock_views import StockQuestion
from laidan.interfaces.web import choices, record_words, records
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.records import CleanCharField, RecordForm
from laidan.interfaces.web.views.stock import acts_of
from laidan.kernel.outcome import Refused
from laidan.usecases.product_requests import ProductRequest, SkuRequest, UpsertProduct
from laidan.usecases.upsert_products import upsert_products

_PLACES_MAX = 500


class SafetyForm(RecordForm):
    """How much of a SKU is kept back at every location."""

    safety = CleanCharField(
        label=_("Safety stock"),
        max_length=24,
        help_text=_("Kept back at each location; below it an alert is raised."),
    )


@needs("stock.view")
@require_http_methods(["GET", "HEAD", "POST"])
def show_sku(request: PageRequest, code: str) -> HttpResponse:
    """Show the stock of a SKU, or set its safety stock."""
    sku = catalog.find_sku(code)
    if sku is None:
        raise Http404
    form = SafetyForm(
        request.POST if request.method == "POST" else None, initial={"safety": sku["safety"]}
    )
    if request.method == "POST" and form.is_valid():
        refused = _set_safety(request, sku, form.cleaned_data["safety"])
        if refused is None:
            text = gettext("Safety stock of %(sku)s saved") % {"sku": code}
            return records.done(request, text, reverse("web:stock-sku", args=[code]))
        form.refuse(refused)
    status = 422 if form.errors else 200
    return render(request, "web/stock/sku.html", _context(request, sku, form), status=status)


def _set_safety(request: PageRequest, sku: dict[str, Any], safety: str) -> Refused | None:
    wish = SkuRequest(code=sku["code"], safety=safety)
    product = ProductRequest(code=sku["product"]["code"], skus=[wish])
    (outcome,) = upsert_products([UpsertProduct(product, request.actor)], now=datetime.now(UTC))
    return outcome if isinstance(outcome, Refused) else None


def _context(request: PageRequest, sku: dict[str, Any], form: SafetyForm) -> dict[str, Any]:
    reach = request.actor.locations("stock.view")
    location = records.asked(request, "location")
    kind = records.asked(request, "kind")
    asked = StockQuestion(sku=sku["code"], location=location, reach=reach)
    place = records.read_place(request, 1)
    balances = stock_views.list_balances(
        StockQuestion(sku=sku["code"], reach=reach), after=None, limit=_PLACES_MAX
    )
    ledger = stock_views.list_ledger(
        asked,
        kind=kind if kind in record_words.MOVEMENTS else "",
        before=place[0] if place else None,
        limit=records.PAGE_ROWS + 1,
    )
    last = records.last_of(ledger)
    return {
        "sku": sku, "form": form, "nav": "stock", "balances": balances,
        "sums": _sums(balances), "asked": asked, "kind": kind, "acts": acts_of(request),
        "page": records.page_of(ledger, (last.id,) if last else (), request),
        "kinds": record_words.MOVEMENTS, "locations": choices.locations(reach),
        "has_buckets": any(row.bucket for row in balances),
        "may_set": request.actor.may("catalog.edit"),
        "reasons": dictionary.labels("movement-reason", choices.language(), only_active=False),
    }  # fmt: skip


def _sums(rows: list[StockRow]) -> dict[str, int]:
    names = ("on_hand", "reserved", "available", "safety")
    return {name: sum(getattr(row, name) for row in rows) for name in names}
