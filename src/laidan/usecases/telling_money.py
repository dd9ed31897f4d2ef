"""What the histories of payments and refunds are told: one event for each step, chained by hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from laidan.domain.payments.attempts import Payment, payment_document
from laidan.domain.payments.refunds import Refund, refund_document
from laidan.engine import events
from laidan.engine.events import NewEvent
from laidan.kernel.ids import Mint
from laidan.usecases.working import Work

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Told:
    """Who did a step, when, and a word on why."""

    actor: str
    now: datetime
    mint: Mint
    why: str = ""


def tell_payment(payment: Payment, work: Work, type_: str, told: Told) -> tuple[Payment, NewEvent]:
    """Return a payment with its next version, and the event of its step (payment.captured …)."""
    version = payment.version + 1
    payment = payment._replace(version=version, updated_at=told.now)
    made = _event(payment.id, "payment", payment, type_, told, _payload(work, told) | {"payment": payment_document(payment)})  # fmt: skip
    return payment._replace(event_hash=made.hash), made


def tell_refund(refund: Refund, work: Work, type_: str, told: Told) -> tuple[Refund, NewEvent]:
    """Return a refund with its next version, and the event of its step (refund.approved …)."""
    refund = refund._replace(version=refund.version + 1)
    document = refund_document(refund) | {"number": refund.number, "detail": refund.detail}
    made = _event(refund.id, "refund", refund, type_, told, _payload(work, told) | {"refund": document})  # fmt: skip
    return refund._replace(event_hash=made.hash), made


def _payload(work: Work, told: Told) -> dict[str, Any]:
    return {
        "order": {
            "id": work.row.id,
            "order_no": work.row.order_no,
            "shop": work.shop.code,
            "category": work.row.category,
            "state": work.row.state,
        },
        "why": told.why,
    }


def _event(  # noqa: PLR0913, PLR0917 - what an event is made of
    id_: str, kind: str, row: Payment | Refund, type_: str, told: Told, payload: dict[str, Any]
) -> NewEvent:
    return events.chained(
        id=told.mint.new(),
        subject_id=id_,
        subject_kind=kind,
        seq=row.version,
        previous_hash=row.event_hash,
        type=type_,
        at=told.now,
        actor=told.actor,
        payload=_encode(payload).decode(),
    )
