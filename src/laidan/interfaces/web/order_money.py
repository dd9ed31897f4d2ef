"""The money of one order on its page: attempts, refunds with their acts, and the payment link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from laidan.domain.payments import store as payments
from laidan.domain.payments.attempts import Payment
from laidan.insights import pay_views
from laidan.insights.order_documents import ShownOrder
from laidan.interfaces import links
from laidan.interfaces.web import codes, money_words, refund_acts
from laidan.interfaces.web.money_words import Look
from laidan.interfaces.web.refund_acts import ShownRefund
from laidan.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class OrderMoney:
    """What the page of an order shows of its money."""

    attempts: Sequence[tuple[Payment, Look]]
    refunds: Sequence[ShownRefund]
    pay_address: str
    pay_code: str
    may_refund: bool


NO_MONEY = OrderMoney((), (), "", "", may_refund=False)


def money_of(shown: ShownOrder, actor: Actor, *, now: datetime) -> OrderMoney:
    """Return an order's money for somebody before it; nothing where he may not see amounts."""
    if not actor.may("payments.view") or "price" in actor.masks:
        return NO_MONEY
    row = shown.row
    refunds = payments.load_refunds([row.id]).get(row.id, []) if row.captured_minor else []
    is_due = pay_views.standing_of(row, now) == pay_views.DUE
    address = links.pay_url(row.id) if is_due else ""
    return OrderMoney(
        [
            (one, money_words.look(money_words.PAYMENT_STATES, one.state))
            for one in payments.load_payments([row.id])
        ],
        [refund_acts.shown(one, actor) for one in refunds],
        address,
        codes.qr(address, gettext("Payment link")) if address else "",
        may_refund=actor.may("payments.refund") and row.captured_minor > row.refunded_minor,
    )
