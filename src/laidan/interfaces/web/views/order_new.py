"""A new order by hand: the form, its rows, its totals while it is typed, and placing it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods, require_POST

from laidan.engine.idempotency import Once, fingerprint
from laidan.insights import order_entry
from laidan.interfaces.web import entry_rows, field_inputs, notices, order_form, words
from laidan.interfaces.web.admission import PageRequest, is_partial, needs
from laidan.interfaces.web.entry_rows import Look
from laidan.interfaces.web.notices import Notice
from laidan.interfaces.web.order_form import PLACE, Asked, Form, Terms
from laidan.interfaces.web.views import faults
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.keep_drafts import DropDraft, drop_drafts
from laidan.usecases.order_requests import Placing
from laidan.usecases.place_orders import place_orders
from laidan.usecases.preview_orders import Assumed, preview_orders
from laidan.usecases.quote_orders import Quote, QuoteOrder, quote_orders

SCANS_MAX = 50


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the order would cost, and what stands in the way of placing it."""

    quote: Quote | None
    faults: Mapping[str, str]
    refusal: str = ""
    shortages: Any = ()


@needs(PLACE)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PageRequest) -> HttpResponse:
    """Show the form of a new order, or place what was typed into it."""
    if request.method != "POST":
        return show(request, Form({"once": secrets.token_hex(16), **_begun(request)}, ()))
    form = order_form.read(request.POST, request.actor)
    found = order_form.terms_of(form, request.actor, get_language() or "en")
    if found is None:
        return show(request, form)
    act = request.POST.get("act", "")
    if act == "add":
        codes, _ = _scanned(request)
        rows, _ = entry_rows.add(form.rows, codes)
        return show(request, replace(form, rows=rows))
    asked = order_form.asked(form, found)
    if act != "place" or asked.order is None:
        verdict = Verdict(None, asked.faults) if act == "place" else None
        return show(request, form, verdict, status=422 if act == "place" else 200)
    once = _once(request, form, asked)
    (outcome,) = place_orders([Placing(asked.order, request.actor, once)], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        return show(request, form, _refused(outcome, form, found), status=outcome.status)
    if form.get("draft"):
        drop_drafts([DropDraft(form.get("draft"), request.actor)], now=datetime.now(UTC))
    return _placed(request, outcome.value.order_id)


@needs(PLACE)
@require_POST
def add_lines(request: PageRequest) -> HttpResponse:
    """Answer with the rows of what was scanned or chosen, and count up what is there already."""
    form = order_form.read(request.POST, request.actor)
    language = get_language() or "en"
    found = order_form.terms_of(form, request.actor, language)
    if found is None:
        return HttpResponse(status=204)
    codes, unknown = _scanned(request)
    rows, raised = entry_rows.add(form.rows, codes)
    fresh = rows[len(form.rows) :]
    offers = order_entry.load_offers([row.sku for row in fresh], found.shop)
    specs = found.blueprint.line_fields
    context = {
        "rows": entry_rows.shown(fresh, offers, Look(specs, language)),
        "raised": [row for row in rows if row.key in raised], "unknown": unknown,
        "said": _said(rows, codes), "currency": found.shop.currency,
        "may_price": request.actor.may("orders.change_price"),
    }  # fmt: skip
    response = render(request, "web/orders/entry_added.html", context)
    response["HX-Trigger-After-Settle"] = "linesChanged"
    return response


@needs(PLACE)
@require_POST
def preview(request: PageRequest) -> HttpResponse:
    """Answer with the totals of what is typed so far, and with what stands in the way."""
    form = order_form.read(request.POST, request.actor)
    language = get_language() or "en"
    found = order_form.terms_of(form, request.actor, language)
    if found is None:
        return HttpResponse(status=204)
    verdict = judge(request, form, found)
    offers = order_entry.load_offers([row.sku for row in form.rows], found.shop)
    quoted = verdict.quote.lines if verdict.quote else ()
    rows = entry_rows.shown(
        form.rows, offers, Look(found.blueprint.line_fields, language, verdict.faults)
    )
    context = {
        "verdict": verdict, "quote": verdict.quote, "currency": found.shop.currency, "live": True,
        "rows": [
            replace(row, amount=quoted[place][1] if quoted else "")
            for place, row in enumerate(rows)
        ],
    }  # fmt: skip
    return render(request, "web/orders/entry_totals.html", context)


@needs("orders.view")
def find_skus(request: PageRequest) -> HttpResponse:
    """Answer with the SKUs that a text may mean, with price and stock."""
    right = next((one for one in (PLACE, "orders.change_lines") if request.actor.may(one)), None)
    if right is None:
        return faults.forbidden(request)
    text = request.GET.get("scan", "").strip()[:80]
    form = order_form.read(request.GET, request.actor)
    found = order_form.terms_of(form, request.actor, get_language() or "en", right)
    offers = []
    if text and found is not None and text.isprintable():
        offers = order_entry.search_offers(text, found.shop, found.blueprint.line_kinds)
    context = {"offers": offers, "text": text, "currency": found.shop.currency if found else ""}
    return render(request, "web/orders/entry_found.html", context)


def judge(request: PageRequest, form: Form, found: Terms) -> Verdict:
    """Return what an order would cost, and what stands in the way of placing it."""
    asked = order_form.asked(form, found)
    if asked.order is None:
        faults = {name: text for name, text in asked.faults.items() if name != "lines"}
        return Verdict(None, faults)
    (quoted,) = quote_orders([QuoteOrder(asked.order, request.actor)])
    (outcome,) = preview_orders(
        [Placing(asked.order, request.actor)], now=datetime.now(UTC), assumed=Assumed()
    )
    quote = quoted.value if isinstance(quoted, Done) else None
    if isinstance(outcome, Refused):
        return replace(_refused(outcome, form, found), quote=quote)
    return Verdict(quote, {})


def show(
    request: PageRequest,
    form: Form,
    verdict: Verdict | None = None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """Return the page of the form with what was typed."""
    language = get_language() or "en"
    found = order_form.terms_of(form, request.actor, language)
    if found is None:
        return render(request, "web/orders/entry_none.html", {"nav": "order-new"}, status=status)
    judged = verdict or (judge(request, form, found) if form.rows else Verdict(None, {}))
    faults, specs = judged.faults, found.blueprint
    if verdict is not None and verdict.quote is None and form.rows:
        judged = replace(judged, quote=judge(request, form, found).quote)
    offers = order_entry.load_offers([row.sku for row in form.rows], found.shop)
    rows = entry_rows.shown(form.rows, offers, Look(specs.line_fields, language, faults))
    quoted = judged.quote.lines if judged.quote else ()
    context = {
        "nav": "order-new", "values": form.values, "faults": faults, "terms": found,
        "rows": [
            replace(row, amount=quoted[place][1] if quoted else "")
            for place, row in enumerate(rows)
        ],
        "inputs": field_inputs.inputs(
            specs.fields, dict(form.values), order_form.FIELD, language, faults
        ),
        "verdict": judged, "quote": judged.quote, "refusal": judged.refusal,
        "shortages": judged.shortages, "priorities": words.PRIORITIES,
        "currency": found.shop.currency, "may_price": request.actor.may("orders.change_price"),
        "entry_lines_address": reverse("web:order-lines"),
        "sees_customers": request.actor.may("customers.view"), **more,
    }  # fmt: skip
    response = render(request, "web/orders/new.html", context, status=status)
    if is_partial(request):
        response["HX-Retarget"] = response["HX-Reselect"] = "#order-form"
        response["HX-Reswap"] = "outerHTML"
    return response


def _begun(request: PageRequest) -> dict[str, str]:
    """Return what a link to the form fills in: shop, type."""
    return {name: request.GET[name][:40] for name in ("shop", "type") if name in request.GET}


def _scanned(request: PageRequest) -> tuple[list[str], list[str]]:
    """Return the SKU codes that were scanned or chosen, and the texts that are none."""
    texts = [text.strip() for text in request.POST.get("scans", "").splitlines()]
    texts += [request.POST.get("scan", "").strip()] if not any(texts) else []
    texts = [text[:80] for text in texts if text][:SCANS_MAX]
    found = order_entry.find_codes(texts)
    return [found[text] for text in texts if text in found], [t for t in texts if t not in found]


def _said(rows: list[entry_rows.Row], codes: list[str]) -> str:
    counts = [f"{row.sku} × {row.quantity}" for row in rows if row.sku in codes]
    return gettext("Added: %(what)s") % {"what": ", ".join(counts)} if counts else ""


def _once(request: PageRequest, form: Form, asked: Asked) -> Once | None:
    key = form.get("once")
    if not key or len(key) > 64 or not key.isalnum():
        return None
    # The key is made with the form: what is sent under it is one order, however often.
    return Once(f"new order {request.actor.label}", key, fingerprint(repr(asked.order).encode()))


def _refused(refused: Refused, form: Form, found: Terms) -> Verdict:
    faults = order_form.faults_of(refused, form, found.blueprint)
    shortages = refused.extra.get("shortages", ())
    return Verdict(None, faults, words.explain(refused), shortages)


def _placed(request: PageRequest, order_id: str) -> HttpResponse:
    """Go to the order that was placed."""
    notices.keep(request, Notice("success", gettext("The order was placed.")))
    address = reverse("web:order", args=[order_id])
    if not is_partial(request):
        return HttpResponseRedirect(address, status=303)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = address
    return response
