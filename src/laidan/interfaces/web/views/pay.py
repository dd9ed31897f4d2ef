"""The pay page of an order, for whoever has its link: what is due, how to pay it, how it stands."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import segno
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from laidan.domain.payments import attempts
from laidan.domain.payments.accounts import AccountRow
from laidan.domain.payments.attempts import Payment
from laidan.engine import origin
from laidan.insights import pay_views
from laidan.insights.pay_views import DUE, PAID, PayView
from laidan.interfaces import links
from laidan.interfaces.links import PayLink
from laidan.interfaces.providers import offering, paying
from laidan.interfaces.providers.registry import PROVIDERS
from laidan.interfaces.web import codes, money_words, public
from laidan.interfaces.web.views import faults
from laidan.kernel.money import format_minor
from laidan.kernel.outcome import Refused
from laidan.kernel.quantity import format_quantity
from laidan.usecases.money_requests import StartPayment

CODE_MAX = 40


class Offered(NamedTuple):
    """An account that a buyer may pay by, and what it is called."""

    code: str
    title: str
    provider: str


class PaidLine(NamedTuple):
    """A line as the buyer sees it."""

    title: str
    quantity: str
    total_minor: int


class Part(NamedTuple):
    """What a link for a part asks for now, and what is left to pay afterwards."""

    now_minor: int
    rest_minor: int


@require_safe
@public.page
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is due and how it can be paid."""
    view = _view(token)
    context = _context(token, view) | {
        "offers": offers(view),
        "waiting": [one for one in view.waiting if view.standing == DUE],
    }
    return render(request, "web/pay/pay.html", context)


@require_safe
@public.page
def show_code(_: HttpRequest, token: str) -> HttpResponse:
    """Show the code that leads to the pay page."""
    link = _link(token)
    drawn = io.BytesIO()
    segno.make(links.pay_url(*link), error="m", micro=False).save(
        drawn, kind="svg", scale=8, border=4, light="#fff"
    )
    return HttpResponse(drawn.getvalue(), content_type="image/svg+xml")


@require_POST
@public.page
def start(request: HttpRequest, token: str) -> HttpResponse:
    """Begin a payment by the account that was chosen, or take up the one that waits."""
    wait = public.may_call(request)
    if wait:
        return faults.too_often(request, wait)
    view, now = _view(token), datetime.now(UTC)
    code = request.POST.get("account", "")[:CODE_MAX]
    row = next((one for one in view.accounts if one.code == code), None)
    part = _part(token, view)
    is_done = part is not None and part.now_minor == 0
    if view.standing != DUE or is_done or row is None or row.provider not in PROVIDERS:
        return HttpResponseRedirect(reverse("web:pay", args=[token]), status=303)
    wish = StartPayment(
        view.order.id, row.code, public.BUYER_ACTOR,
        offering.method_for(PROVIDERS[row.provider], request.headers.get("User-Agent", "")),
        format_minor(part.now_minor, view.order.currency) if part is not None else None,
    )  # fmt: skip
    subject = f"{view.shop_name} {view.order.order_no}"
    found = paying.begin(wish, subject=subject, address=origin.current().address, now=now)
    if isinstance(found, Refused):
        context = _context(token, _view(token)) | {
            "offers": offers(view), "refusal": money_words.explain(found),
        }  # fmt: skip
        return render(request, "web/pay/pay.html", context, status=found.status)
    address = reverse("web:pay-payment", args=[token, found.number])
    # A form may not lead to another site (the policy of our pages): the next page goes on there.
    is_leaving = bool((found.started or {}).get("url")) and found.state in attempts.OPEN
    return HttpResponseRedirect(f"{address}?go=1" if is_leaving else address, status=303)


@require_safe
@public.page
def show_payment(request: HttpRequest, token: str, number: str) -> HttpResponse:
    """Show how a payment stands, and what the payer does next."""
    view = _view(token)
    payment = _payment(view, number)
    context = (
        _context(token, view)
        | _next(view, payment)
        | {
            "payment": payment,
            "is_leaving": "go" in request.GET,
        }
    )
    return render(request, "web/pay/payment.html", context)


@require_POST
@public.page
def ask(request: HttpRequest, token: str, number: str) -> HttpResponse:
    """Ask the provider now how a payment stands, because the payer says that he has paid."""
    wait = public.may_call(request)
    if wait:
        return faults.too_often(request, wait)
    payment = _payment(_view(token), number)
    if payment.state in attempts.OPEN and payment.provider not in attempts.BY_HAND:
        paying.ask(payment, now=datetime.now(UTC))
    address = reverse("web:pay-payment", args=[token, number])
    return HttpResponseRedirect(address, status=303)


def offers(view: PayView) -> Sequence[Offered]:
    """Return the accounts that take the order's currency."""
    return [
        Offered(row.code, row.title, gettext(PROVIDERS[row.provider].label))
        for row in view.accounts
        if _takes(row, view.order.currency)
    ]


def _takes(row: AccountRow, currency: str) -> bool:
    provider = PROVIDERS.get(row.provider)
    return provider is not None and (provider.currencies is None or currency in provider.currencies)


def _link(token: str) -> PayLink:
    link = links.read_token(token)
    if link is None:
        raise Http404
    return link


def _part(token: str, view: PayView) -> Part | None:
    """Return what a link for a part asks for now, None where it asks for all."""
    until = _link(token).until_minor
    if until is None:
        return None
    now_minor = max(0, min(until, view.order.total_minor) - view.order.captured_minor)
    return Part(now_minor, view.due_minor - now_minor)


def _view(token: str) -> PayView:
    view = pay_views.load_pay_view(_link(token).order_id, now=datetime.now(UTC))
    if view is None:
        raise Http404
    return view


def _payment(view: PayView, number: str) -> Payment:
    found = next((one for one in view.payments if one.number == number), None)
    if found is None:
        raise Http404
    return found


def _context(token: str, view: PayView) -> dict[str, object]:
    order = view.order
    return {
        "token": token, "part": _part(token, view), "whole": links.pay_token(view.order.id),
        "view": view, "order": order, "currency": order.currency,
        "due": format_minor(view.due_minor, order.currency),
        "total": format_minor(order.total_minor, order.currency),
        "lines": [
            PaidLine(line.title, str(format_quantity(line.quantity, line.decimals)), line.total_minor)
            for line in view.lines
        ],
    }  # fmt: skip


def _next(view: PayView, payment: Payment) -> dict[str, object]:
    """Return what the payer can do, and whether to look again on one's own."""
    started = payment.started or {}
    is_open = payment.state in attempts.OPEN and view.standing not in {PAID, pay_views.CANCELLED}
    provider = PROVIDERS.get(payment.provider)
    return {
        "is_open": is_open,
        "is_paid": view.standing == PAID or payment.state == attempts.CAPTURED,
        "is_by_hand": payment.provider in attempts.BY_HAND,
        "provider": gettext(provider.label) if provider else payment.provider,
        "url": started.get("url") if is_open else "",
        "code_image": codes.qr(started["qr"], gettext("QR code"))
        if is_open and started.get("qr")
        else "",
        "instructions": started.get("instructions") if is_open else "",
        "amount": format_minor(payment.amount_minor, payment.currency),
    }
