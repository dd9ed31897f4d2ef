"""From a draft that a file told to the request that places it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from laidan.interfaces.files.building import refuse
from laidan.interfaces.files.drafts import DraftLine, DraftOrder, DraftPayment, DraftRefund
from laidan.interfaces.files.faults import RowError
from laidan.kernel.actor import RULE, Actor
from laidan.usecases.order_requests import History, LineRequest, Money, PlaceOrder, Placing

IMPORTER = Actor(RULE, "import", frozenset("*"))
BEFORE_WORK = frozenset({"", "draft", "awaiting_payment", "in_review", "open"})
"""States of orders that placing brings about; an order in any other one is history."""
_A_LINE = {"sku": "-"}


@dataclass(frozen=True, slots=True)
class Target:
    """Where the orders go, and whether they come with their past.

    `shop` is a code; where it is empty each order names its own, or goes to the default one.
    """

    shop: str
    is_history: bool
    default: str = ""
    actor: Actor = IMPORTER

    def shop_of(self, draft: DraftOrder) -> str:
        """Return the code of the shop that an order goes to; empty where nobody says."""
        return self.shop or draft.shop or self.default


def request_of(draft: DraftOrder, target: Target) -> Placing | RowError:
    """Return the request that places a draft, or why it cannot be placed.

    An order's content depends on the file and the shop alone, so that a second run of the same
    file asks for the same orders.
    """
    refused = _unfit(draft, target)
    if refused is not None:
        return refused
    try:
        # The limit of an API request on the number of lines is not one for files.
        order = msgspec.convert(_head(draft, target), PlaceOrder)
        lines = msgspec.convert([_line(line) for line in draft.lines], list[LineRequest])
    except msgspec.ValidationError as error:
        return refuse(draft, "invalid-order", str(error))
    return Placing(
        order=msgspec.structs.replace(order, lines=lines),
        actor=target.actor,
        history=_history(draft) if target.is_history else None,
        flags=[{"code": flag.code, "detail": flag.detail} for flag in draft.flags],
    )


def _unfit(draft: DraftOrder, target: Target) -> RowError | None:
    state = draft.history.state
    if not target.shop_of(draft):
        return refuse(draft, "unknown-shop", "there are several shops; name one with --shop")
    if target.is_history:
        if state:
            return None
        return refuse(draft, "missing-state", "--history needs the state of each order")
    if state not in BEFORE_WORK or draft.refunds or draft.history.shipped_at:
        reason = f"the order is {state or 'shipped or refunded'} already; use --history"
        return refuse(draft, "finished-order", reason)
    if not draft.lines:
        return refuse(draft, "no-lines", "the order has no lines")
    if len(draft.payments) > 1:
        reason = f"{len(draft.payments)} payments; an order is placed with one, or use --history"
        return refuse(draft, "several-payments", reason)
    return None


def _head(draft: DraftOrder, target: Target) -> dict[str, Any]:
    head: dict[str, Any] = {
        "lines": [_A_LINE],
        "shop": target.shop_of(draft),
        "external_no": draft.external_no,
        "placed_at": draft.placed_at.isoformat(),
        "currency": draft.currency,
        "discount": _text(draft.discount),
        "shipping_fee": _text(draft.shipping_fee),
        "buyer_note": draft.buyer_note,
        "seller_note": draft.seller_note,
        "tags": list(draft.tags),
        "fields": dict(draft.fields),
    }
    if draft.type:
        head["type"] = draft.type
    if draft.priority:
        head["priority"] = draft.priority
    if draft.customer is not None:
        customer = draft.customer
        head["customer"] = {
            "ref": customer.ref or None,
            "name": customer.name,
            "phone": customer.phone,
            "email": customer.email,
        }
    if draft.ship_to is not None:
        address = draft.ship_to
        head["ship_to"] = {name: getattr(address, name) for name in address.__slots__}
    if draft.payments and not target.is_history:
        (payment,) = draft.payments
        head["paid"] = {
            "provider": payment.provider or "import",
            "reference": payment.reference or None,
            "amount": _text(payment.amount),
            "at": (payment.at or draft.placed_at).isoformat(),
        }
    return head


def _line(line: DraftLine) -> dict[str, Any]:
    return {
        "sku": line.sku,
        "title": line.title,
        "quantity": _text(line.quantity),
        "unit_price": None if line.unit_price is None else _text(line.unit_price),
        "discount": _text(line.discount),
        "tax": _text(line.tax),
        "from": line.starts or None,
        "until": line.ends or None,
        "attributes": dict(line.attributes),
    }


def _history(draft: DraftOrder) -> History:
    past = draft.history
    return History(
        state=past.state,
        captures=[_capture(payment, draft) for payment in draft.payments],
        refunds=[_refund(refund, draft) for refund in draft.refunds],
        paid_at=past.paid_at,
        shipped_at=past.shipped_at,
        delivered_at=past.delivered_at,
        completed_at=past.completed_at,
        cancelled_at=past.cancelled_at,
        cancel_reason=past.cancel_reason or None,
        courier=past.courier,
        tracking_no=past.tracking_no,
    )


def _capture(payment: DraftPayment, draft: DraftOrder) -> Money:
    at = payment.at or draft.history.paid_at or draft.placed_at
    return _money(payment.provider, payment.reference, payment.amount, at)


def _refund(refund: DraftRefund, draft: DraftOrder) -> Money:
    """Return a refund; one without a time is dated when its order was cancelled or paid."""
    past = draft.history
    at = refund.at or past.cancelled_at or past.paid_at or draft.placed_at
    provider = refund.provider or (draft.payments[0].provider if draft.payments else "")
    return _money(provider, refund.reference, refund.amount, at)


def _money(provider: str, reference: str, amount: Decimal, at: datetime) -> Money:
    return Money(provider or "import", _text(amount), reference or None, at)


def _text(value: Decimal) -> str:
    """Return a plain decimal, equal for equal numbers: 64.00 and 64 are the same price."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
