"""Price lists: which there are, when they hold, and their prices, many at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from laidan.insights import catalogue_views, stock_views
from laidan.insights.catalogue_views import ListCard, StepRow
from laidan.interfaces.web import record_words, records
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.product_forms import PriceListForm
from laidan.kernel.money import NotAnAmountError, format_price, parse_price
from laidan.kernel.outcome import Outcome, Refused
from laidan.kernel.quantity import format_quantity, parse_quantity
from laidan.usecases.product_requests import PriceListRequest, PriceRequest, SetPrices
from laidan.usecases.set_prices import PricesAnswer, set_prices

_ROWS_MAX = 200
_TEXT_MAX = 80


@needs("catalog.view")
@require_safe
def show_lists(request: PageRequest) -> HttpResponse:
    """Show the price lists."""
    context = {
        "lists": catalogue_views.list_price_lists(), "nav": "products",
        "may_set": request.actor.may("catalog.prices"),
    }  # fmt: skip
    return render(request, "web/prices/lists.html", context)


@needs("catalog.prices")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_list(request: PageRequest, code: str = "") -> HttpResponse:
    """Add a price list, or change its name and time."""
    card = found(code) if code else None
    initial: dict[str, Any] = {}
    if card is not None:
        initial = card._asdict()
        for name in ("valid_from", "valid_until"):
            initial[name] = timezone.localtime(initial[name]) if initial[name] else None
    form = PriceListForm(
        request.POST if request.method == "POST" else None, initial=initial or None
    )
    if card is not None:
        form.fields["code"].disabled = form.fields["currency"].disabled = True
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if card is None and catalogue_views.list_price_lists(given["code"]):
            form.add_error("code", gettext("There is a price list with this code."))
        else:
            wish = PriceListRequest(
                code=given["code"], name=given["name"], currency=given["currency"],
                valid_from=given["valid_from"], valid_until=given["valid_until"],
            )  # fmt: skip
            outcome = _set(request, wish)
            if not isinstance(outcome, Refused):
                text = gettext("%(name)s saved") % {"name": given["name"]}
                return records.done(request, text, reverse("web:price-list", args=[given["code"]]))
            form.refuse(outcome)
    back = reverse("web:price-list", args=[card.code]) if card else reverse("web:prices")
    context = {
        "form": form, "back": back, "nav": "products", "send": gettext("Save"),
        "crumbs": [(gettext("Price lists"), reverse("web:prices"))],
        "title": gettext("Change the price list") if card else gettext("Add a price list"),
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "web/records/form.html", context, status=status)


@needs("catalog.view")
@require_http_methods(["GET", "HEAD", "POST"])
def show_list(request: PageRequest, code: str) -> HttpResponse:
    """Show the prices of a list, or set those that were typed."""
    card = found(code)
    typed: dict[str, Any] = {"rows": [], "fresh": {}, "count": 0}
    if request.method == "POST":
        typed = _typed(request)
        if not typed["count"]:
            outcome = _set(request, PriceListRequest(code=code, prices=typed["wishes"]))
            if not isinstance(outcome, Refused):
                count = outcome.value.steps
                text = ngettext("%(count)d price changed", "%(count)d prices changed", count) % {
                    "count": count
                }
                return records.done(request, text, request.get_full_path())
            typed["refusal"] = record_words.explain(outcome)
    return _show(request, card, typed)


def found(code: str) -> ListCard:
    """Return a price list; raises Http404."""
    listed = catalogue_views.list_price_lists(code) if code else []
    if not listed:
        raise Http404
    return listed[0]


def _set(request: PageRequest, wish: PriceListRequest) -> Outcome[PricesAnswer]:
    (outcome,) = set_prices([SetPrices(wish, request.actor)], now=datetime.now(UTC))
    return outcome


def _show(request: PageRequest, card: ListCard, typed: dict[str, Any]) -> HttpResponse:
    text = records.asked(request, "q")
    after = records.read_place(request, 2)
    if after is not None and not after[1].isdecimal():
        after = None
    steps = catalogue_views.list_steps(card.id, text=text, after=after, limit=records.PAGE_ROWS + 1)
    last = records.last_of(steps)
    place = (last.sku, last.quantity_min) if last else ()
    page = records.page_of(steps, place, request)
    rows = typed["rows"] or [_row(step, card.currency) for step in page.rows]
    context = {
        "card": card, "page": page, "rows": rows, "fresh": typed["fresh"], "text": text,
        "refusal": typed.get("refusal", ""), "nav": "products",
        "may_set": request.actor.may("catalog.prices"),
    }  # fmt: skip
    status = 422 if typed["count"] or typed.get("refusal") else 200
    return render(request, "web/prices/list.html", context, status=status)


def _row(step: StepRow, currency: str) -> dict[str, Any]:
    own = step.own_micro is not None and step.own_currency == currency
    return {
        "sku": step.sku, "name": step.name, "unit": step.unit,
        "quantity": str(format_quantity(step.quantity_min, step.decimals)),
        "price": format_price(step.price_micro, currency),
        "own": format_price(step.own_micro or 0, currency) if own else "", "fault": "",
    }  # fmt: skip


def _typed(request: PageRequest) -> dict[str, Any]:
    """Return the prices typed, with what is wrong at each; an empty price takes a step away."""
    columns = [request.POST.getlist(name)[:_ROWS_MAX] for name in ("sku", "quantity", "price")]
    given = [
        [cell.replace("\x00", "").strip()[:_TEXT_MAX] for cell in row]
        for row in zip(*columns, strict=False)
    ]
    known = stock_views.find_scanned({row[0] for row in given if row[0]})
    rows, wishes, count = [], [], 0
    fresh: dict[str, Any] = {}
    for place, (sku, quantity, price) in enumerate(given):
        is_fresh = place == len(given) - 1
        if not sku:
            continue
        fault = ""
        if sku not in known:
            fault = gettext("There is no such SKU or barcode.")
        else:
            fault = _fault(quantity, price, known[sku].decimals, may_be_empty=not is_fresh)
        count += bool(fault)
        row = {"sku": sku, "name": known[sku].name if sku in known else "", "price": price,
               "unit": known[sku].unit if sku in known else "", "own": "",
               "quantity": quantity or "0", "fault": fault}  # fmt: skip
        if is_fresh:
            fresh = row
        else:
            rows.append(row)
        if not fault:
            wishes.append(PriceRequest(known[sku].code, price or None, quantity or "0"))
    return {"rows": rows, "fresh": fresh, "count": count, "wishes": wishes}


def _fault(quantity: str, price: str, decimals: int, *, may_be_empty: bool) -> str:
    try:
        if parse_quantity(quantity or "0", decimals) < 0:
            return gettext("This must not be less than 0.")
    except NotAnAmountError:
        return gettext("Type the quantity from which the price holds.")
    if not price:
        return "" if may_be_empty else gettext("Type a price.")
    try:
        parse_price(price)
    except NotAnAmountError:
        return gettext("Type a price such as 12.50.")
    return ""
