"""Refunds: those to be approved first; deciding about one or many; asking for one."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import NamedTuple, cast

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from laidan.domain.payments import refunds
from laidan.insights import money_conditions, money_lists
from laidan.insights.money_lists import RefundLine
from laidan.interfaces.web import choices, money_query, money_words, records, refund_acts
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.views import order as order_views
from laidan.interfaces.web.views import payments
from laidan.kernel.money import format_minor
from laidan.kernel.outcome import Refused
from laidan.usecases import give_refunds
from laidan.usecases.give_refunds import decide_refunds, request_refunds
from laidan.usecases.money_requests import DecideRefund, RequestRefund
from laidan.usecases.note_exports import note_export

AT_ONCE = 100
_HEAD = (
    "order", "shop", "state", "amount", "currency", "reason", "provider", "payment",
    "requested_by", "approved_by", "proof", "requested_at", "closed_at", "detail",
)  # fmt: skip


class Told(NamedTuple):
    """What became of one refund of many."""

    order_no: str
    amount: str
    currency: str
    is_done: bool
    text: str


@needs("payments.view")
@require_safe
def show_refunds(request: PageRequest) -> HttpResponse:
    """Show a page of refunds; those to be approved where nothing else was asked for."""
    return _list(request)


@needs("payments.view")
@require_safe
def export_refunds(request: PageRequest) -> HttpResponse:
    """Hand out the refunds that the list's filters leave."""
    sight = money_conditions.money_sight(request.actor)
    asked = money_query.read(request, sight, refunds.STATES, refunds.REQUESTED)
    note_export("refunds", asked.values, now=datetime.now(UTC), actor=request.actor.label)
    made = money_query.file_of(
        "refunds", _HEAD, _cells,
        lambda after: money_lists.list_refunds(asked.filter, after=after, limit=money_query.FILE_ROWS),
        lambda row: money_lists.place_of(row, asked.filter.sort),
    )  # fmt: skip
    return cast(HttpResponse, made)


@needs("payments.view")
@require_POST
def decide(request: PageRequest) -> HttpResponse:
    """Approve, withdraw, retry or give by hand: one refund or many, each with its result."""
    ids = list(dict.fromkeys(request.POST.getlist("id")))[:AT_ONCE]
    act = request.POST.get("act", "")
    proof, note = request.POST.get("proof", "")[:300], request.POST.get("note", "")[:300]
    back = request.POST.get("back", "")
    address = back if back.startswith("/") and not back.startswith("//") else reverse("web:refunds")
    before = {one.id: one for one in _by_ids(request, ids)}
    if act not in give_refunds.ACTS or not before:
        text = gettext("Choose the refunds first.")
        return records.told(request, "warning", text, address)
    asked = [
        DecideRefund(one, act, request.actor, proof=proof, note=note)
        for one in ids
        if one in before
    ]
    outcomes = decide_refunds(asked, now=datetime.now(UTC))
    results = []
    for one, outcome in zip(asked, outcomes, strict=True):
        row = before[one.refund]
        is_refused = isinstance(outcome, Refused)
        text = money_words.explain(outcome) if isinstance(outcome, Refused) else gettext("Done")
        results.append(
            Told(row.order_no, format_minor(row.amount_minor, row.currency), row.currency,
                 not is_refused, text)
        )  # fmt: skip
    done = sum(one.is_done for one in results)
    if len(results) == 1 and done == 0:
        return records.told(request, "warning", results[0].text, address)
    text = ngettext("%(count)d refund: done", "%(count)d refunds: done", done) % {"count": done}
    if done == len(results):
        return records.done(request, text, address)
    return _list(request, results=results)


@needs("payments.refund")
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: PageRequest, name: str) -> HttpResponse:
    """Ask that money of an order goes back: an amount, or lines with their stored shares."""
    shown = order_views.found(request, name)
    row = shown.row
    address = reverse("web:order", args=[row.order_no])
    fault, wrong = "", dict[str, str]()
    if request.method == "POST":
        lines = tuple(
            (line["line_no"], text.strip())
            for line in shown.document["lines"]
            if (text := request.POST.get(f"line_{line['line_no']}", "")).strip()
        )
        (outcome,) = request_refunds([_asked(request, row.id, lines)], now=datetime.now(UTC))
        if not isinstance(outcome, Refused):
            text = gettext("Refund asked for; somebody has to approve it.")
            return records.done(request, text, address)
        fault = money_words.explain(outcome)
        wrong = _wrong(outcome, [number for number, _ in lines])
    kept = row.captured_minor - row.refunded_minor
    owed = Counter(one["state"] in refunds.OWED for one in shown.document["refunds"])[True]
    context = {
        "row": row, "order": shown.document, "nav": "orders", "back": address, "fault": fault,
        "kept": format_minor(kept, row.currency), "owed": owed,
        "payment": request.POST.get("payment", request.GET.get("payment", "")), "once": records.new_once(),
        "given": request.POST, "reasons": money_words.REFUND_REASONS,
        "lines": [
            (line, request.POST.get(f"line_{line['line_no']}", ""), f"line_{line['line_no']}" in wrong)
            for line in shown.document["lines"]
        ],
        "wrong": wrong,
    }  # fmt: skip
    return render(request, "web/money/refund_form.html", context, status=422 if fault else 200)


def _asked(request: PageRequest, order: str, lines: tuple[tuple[int, str], ...]) -> RequestRefund:
    return RequestRefund(
        order, request.actor, request.POST.get("reason", "").strip()[:200],
        request.POST.get("amount", "").replace(",", "").strip() or None, lines,
        request.POST.get("payment", "") or None,
        records.once_of(request, request.actor, order, sorted(request.POST.items())),
    )  # fmt: skip


def _wrong(refused: Refused, numbers: list[int]) -> dict[str, str]:
    """Return what is wrong with which field of the form."""
    texts = {
        "reason": gettext("Say why the money goes back."),
        "amount": gettext("Type an amount above 0, or quantities of lines, not both."),
        "payment": gettext("Choose a payment of this order."),
    }
    wrong = {one.loc: texts[one.loc] for one in refused.errors if one.loc in texts}
    for one in refused.errors:
        place = one.loc.removeprefix("lines[").partition("]")[0]
        if place != one.loc and place.isdecimal() and int(place) < len(numbers):
            wrong[f"line_{numbers[int(place)]}"] = wrong["lines"] = gettext(
                "Type how many go back: above 0, and not more than are left."
            )
    return wrong


def _list(request: PageRequest, results: list[Told] | None = None) -> HttpResponse:
    sight = money_conditions.money_sight(request.actor)
    asked = money_query.read(request, sight, refunds.STATES, refunds.REQUESTED)
    place = records.read_place(request, 2 if "amount" in asked.filter.sort else 1)
    found = money_lists.list_refunds(asked.filter, after=place, limit=records.PAGE_ROWS + 1)
    last = records.last_of(found)
    after = money_lists.place_of(last, asked.filter.sort) if last else ()
    page = records.page_of(found, after, request)
    rows = [refund_acts.shown(row, request.actor) for row in page.rows]
    context = {
        "page": page, "asked": asked, "nav": "payments", "results": results, "rows": rows,
        "bar": {act for one in rows for act in one.acts},
        "tabs": money_query.tabs(request.actor, money_lists.count_waiting(sight)), "here": "refunds",
        "looks": payments.looks(money_words.REFUND_STATES), "shops": choices.shops(),
        "providers": payments.provider_names(),
    }  # fmt: skip
    return render(request, "web/money/refunds.html", context)


def _by_ids(request: PageRequest, ids: list[str]) -> list[RefundLine]:
    return money_lists.find_refunds(ids, money_conditions.money_sight(request.actor))


def _cells(row: RefundLine) -> list[object]:
    return [
        row.order_no, row.shop, row.state, format_minor(row.amount_minor, row.currency),
        row.currency, row.reason, row.provider, row.payment, row.requested_by, row.approved_by,
        row.proof, row.requested_at, row.closed_at, row.detail,
    ]  # fmt: skip
