"""The money of one order on its page: attempts, refunds with their acts, and the payment link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from laidan.domain.orders.rows import OrderRow
from laidan.domain.payments import store as payments
from laidan.domain.payments.attempts import Payment
from laidan.insights import pay_views
from laidan.insights.order_documents import ShownOrder
from laidan.interfaces import links
from laidan.interfaces.web import codes, money_words, refund_acts
from laidan.interfaces.web.money_words import Look
from laidan.interfaces.web.refund_acts import ShownRefund
from laidan.kernel import money
from laidan.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class OrderMoney:
    """What the page of an order shows of its money."""

    attempts: Sequence[tuple[Payment, Look]]
    refunds: Sequence[ShownRefund]
    pay_address: str
    pay_code: str
    may_refund: bool
    part: str = ""
    """What the link asks for, where it asks for a part of what is due."""
    part_fault: bool = False


NO_MONEY = OrderMoney((), (), "", "", may_refund=False)


def money_of(shown: ShownOrder, actor: Actor, *, now: datetime, part: str = "") -> OrderMoney:
    """Return an order's money for somebody before it; nothing where he may not see amounts.

    `part` is the amount that the payment link shall ask for.
    """
    if not actor.may("payments.view") or "price" in actor.masks:
        return NO_MONEY
    row = shown.row
    refunds = payments.load_refunds([row.id]).get(row.id, []) if row.captured_minor else []
    is_due = pay_views.standing_of(row, now) == pay_views.DUE
    minor = _part_of(row, part)
    until = row.captured_minor + minor if minor else None
    address = links.pay_url(row.id, until) if is_due else ""
    return OrderMoney(
        [
            (one, money_words.look(money_words.PAYMENT_STATES, one.state))
            for one in payments.load_payments([row.id])
        ],
        [refund_acts.shown(one, actor) for one in refunds],
        address,
        codes.qr(address, gettext("Payment link")) if address else "",
        may_refund=actor.may("payments.refund") and row.captured_minor > row.refunded_minor,
        part=money.format_minor(minor, row.currency) if minor else part[:20],
        part_fault=bool(part) and not minor,
    )


def _part_of(row: OrderRow, part: str) -> int:
    """Return an amount that is a part of what is due, 0 where it is none."""
    try:
        minor = money.parse_minor(part.strip(), row.currency) if part.strip() else 0
    except money.NotAnAmountError:
        return 0
    return minor if 0 < minor < row.total_minor - row.captured_minor else 0
