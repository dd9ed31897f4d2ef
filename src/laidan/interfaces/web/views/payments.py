"""The list of payments, one payment with its history, and asking its provider."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST, require_safe

from laidan.domain.payments import accounts as account_store
from laidan.domain.payments import attempts, refunds
from laidan.insights import money_conditions, money_lists, payment_details
from laidan.insights.money_lists import PaymentLine
from laidan.insights.order_documents import place_of
from laidan.insights.payment_details import PaymentDetail
from laidan.interfaces.providers import paying
from laidan.interfaces.providers.registry import PROVIDERS
from laidan.interfaces.web import choices, money_query, money_words, records, refund_acts
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.kernel.actor import forbidden
from laidan.kernel.money import format_minor
from laidan.kernel.outcome import Refused
from laidan.usecases.decide_payments import CAPTURE, PERMISSION, VOID, decide_payments
from laidan.usecases.money_requests import DecidePayment
from laidan.usecases.note_exports import note_export
from laidan.usecases.note_payments import NotePayment, note_payments

_HEAD = (
    "order", "shop", "account", "provider", "method", "number", "reference", "state", "dispute",
    "amount", "captured", "refunded", "currency", "created_at", "captured_at", "detail",
)  # fmt: skip

_DECIDED = {
    CAPTURE: gettext_noop("The provider is being asked to take the money"),
    VOID: gettext_noop("The provider is being asked to let the money go"),
}


@needs("payments.view")
@require_safe
def show_payments(request: PageRequest) -> HttpResponse:
    """Show a page of payments."""
    sight = money_conditions.money_sight(request.actor)
    asked = money_query.read(request, sight, attempts.STATES)
    place = records.read_place(request, 2 if "amount" in asked.filter.sort else 1)
    found = money_lists.list_payments(asked.filter, after=place, limit=records.PAGE_ROWS + 1)
    last = records.last_of(found)
    after = money_lists.place_of(last, asked.filter.sort) if last else ()
    context = {
        "page": records.page_of(found, after, request), "asked": asked, "nav": "payments",
        "tabs": money_query.tabs(request.actor, money_lists.count_waiting(sight)), "here": "payments",
        "looks": looks(money_words.PAYMENT_STATES), "disputes": money_words.DISPUTES,
        "providers": provider_names(), "shops": choices.shops(), "accounts": account_titles(),
    }  # fmt: skip
    return render(request, "web/money/payments.html", context)


@needs("payments.view")
@require_safe
def export_payments(request: PageRequest) -> HttpResponse:
    """Hand out the payments that the list's filters leave."""
    sight = money_conditions.money_sight(request.actor)
    asked = money_query.read(request, sight, attempts.STATES)
    note_export("payments", asked.values, now=datetime.now(UTC), actor=request.actor.label)
    made = money_query.file_of(
        "payments", _HEAD, _cells,
        lambda after: money_lists.list_payments(asked.filter, after=after, limit=money_query.FILE_ROWS),
        lambda row: money_lists.place_of(row, asked.filter.sort),
    )  # fmt: skip
    return cast(HttpResponse, made)


@needs("payments.view")
@require_safe
def show_payment(request: PageRequest, number: str) -> HttpResponse:
    """Show one payment with what happened to it."""
    detail = found(request, number)
    return render(request, "web/money/payment.html", _context(request, detail))


@needs("payments.view")
@require_POST
def ask(request: PageRequest, number: str) -> HttpResponse:
    """Ask the provider now how a payment stands, or to close it."""
    detail = found(request, number)
    payment, closes = detail.payment, request.POST.get("act") == "close"
    address = reverse("web:payment", args=[number])
    if payment.provider in attempts.BY_HAND or payment.provider not in PROVIDERS:
        text = gettext("Nobody can be asked: people take this money.")
        return records.told(request, "warning", text, address)
    if closes and not request.actor.may("payments.approve"):
        return records.refused(request, forbidden("payments.approve"), address)
    word = paying.ask(payment, now=datetime.now(UTC), close=closes)
    text = gettext("The provider was asked: %(word)s") % {"word": money_words.said(word)}
    return records.told(request, "info", text, address)


@needs("orders.transition.pay")
@require_POST
def note(request: PageRequest, number: str) -> HttpResponse:
    """Note that money by cash or bank transfer has come, with what proves it."""
    detail = found(request, number)
    address = reverse("web:payment", args=[number])
    wish = NotePayment(detail.payment.number, request.actor, request.POST.get("proof", "")[:120])
    (outcome,) = note_payments([wish], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        return records.told(request, "warning", money_words.explain(outcome), address)
    return records.done(request, gettext("Payment recorded"), address)


@needs(PERMISSION)
@require_POST
def decide(request: PageRequest, number: str) -> HttpResponse:
    """Have held money taken, whole or in part, or let go; the worker asks the provider for it."""
    payment = found(request, number).payment
    act = request.POST.get("act", "")
    address = reverse("web:payment", args=[number])
    if act not in _DECIDED:
        raise Http404
    amount = request.POST.get("amount", "").strip()[:40] or None
    wish = DecidePayment(payment.number, act, request.actor, amount if act == CAPTURE else None)
    (outcome,) = decide_payments([wish], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        return records.told(request, "warning", money_words.explain(outcome), address)
    return records.done(request, gettext(_DECIDED[act]), address)


def found(request: PageRequest, number: str) -> PaymentDetail:
    """Return the payment of a number that somebody may see; raises Http404."""
    sight = money_conditions.money_sight(request.actor)
    detail = payment_details.load_payment(number, sight) if number.isalnum() else None
    if detail is None:
        raise Http404
    return detail


def looks(known: dict[str, money_words.Look]) -> dict[str, money_words.Look]:
    """Return states as they are shown, by code."""
    return {code: money_words.look(known, code) for code in known}


def provider_names() -> dict[str, str]:
    """Return the providers' names by code."""
    return {code: gettext(one.label) for code, one in PROVIDERS.items()}


def account_titles() -> dict[str, str]:
    """Return the accounts' titles by code (one query)."""
    return {code: row.title for code, row in account_store.load_accounts().items()}


def _context(request: PageRequest, detail: PaymentDetail) -> dict[str, object]:
    payment = detail.payment
    actor = request.actor.at(place_of(detail.order, detail.shop))
    provider = PROVIDERS.get(payment.provider)
    return {
        "detail": detail, "payment": payment, "nav": "payments", "row": detail.order,
        "look": money_words.look(money_words.PAYMENT_STATES, payment.state),
        "provider": gettext(provider.label) if provider else payment.provider,
        "method": money_words.word(money_words.METHODS, payment.method),
        "steps": [(money_words.word(money_words.STEPS, one.type), one) for one in detail.steps],
        "callbacks": [(money_words.said(one.outcome), one) for one in detail.callbacks],
        "refunds": [refund_acts.shown(one, actor) for one in detail.refunds],
        "is_open": payment.state in attempts.OPEN,
        "may_ask": payment.provider in PROVIDERS and payment.provider not in attempts.BY_HAND,
        "may_note": payment.provider in attempts.BY_HAND
        and payment.state in attempts.OPEN
        and actor.may("orders.transition.pay"),
        "may_close": actor.may("payments.approve") and payment.state != attempts.AUTHORIZED,
        "may_decide": payment.is_held and not payment.wish and actor.may(PERMISSION),
        "held": format_minor(payment.authorized_minor, payment.currency),
        "may_refund": actor.may("payments.refund") and payment.refundable_minor > 0,
        "owed": sum(one.amount_minor for one in detail.refunds if one.state in refunds.OWED),
        "dispute": money_words.word(money_words.DISPUTES, payment.dispute) if payment.dispute else "",
    }  # fmt: skip


def _cells(row: PaymentLine) -> list[object]:
    amounts = [
        format_minor(one, row.currency)
        for one in (row.amount_minor, row.captured_minor, row.refunded_minor)
    ]
    return [
        row.order_no, row.shop, row.account, row.provider, row.method, row.number, row.reference,
        row.state, row.dispute, *amounts, row.currency, row.created_at, row.captured_at, row.detail,
    ]  # fmt: skip
