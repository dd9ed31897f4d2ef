"""Decides about money that providers hold: taken, whole or in part, or let go; and has providers asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.payments import attempts
from laidan.domain.payments import store as payments
from laidan.domain.payments.attempts import BY_HAND, Payment
from laidan.engine import idempotency, unit
from laidan.kernel import money
from laidan.kernel.actor import forbidden
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases.give_refunds import CODEC
from laidan.usecases.money_requests import DecidePayment, MoneyAnswer
from laidan.usecases.money_rooms import load_till, write_till
from laidan.usecases.needing import needs
from laidan.usecases.till import Till
from laidan.usecases.working import Work

Entropy = Callable[[int], bytes]
BATCH_MAX = 200
PERMISSION = "orders.transition.pay"
CAPTURE, VOID, ASK = "capture", "void", "ask"
ACTS = (CAPTURE, VOID, ASK)
_ACTIONS = {CAPTURE: "payment.capture-asked", VOID: "payment.void-asked", ASK: "payment.asked"}
_NO_PAYMENT = Refused("not-found", "There is no such payment.", 404)


@needs(PERMISSION)
def decide_payments(
    batch: Sequence[DecidePayment], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[MoneyAnswer]]:
    """Write down what is wanted of each payment; one outcome per request, in the order given.

    The worker asks the provider for it afterwards: this is the row that comes before. Locks: the
    orders, then their payments. Refuses: not-found, forbidden, payment-state, invalid-request,
    idempotency-conflict. Events: payment.capture_asked, payment.void_asked.
    """
    if len(batch) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} payments")
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def _attempt(
    batch: Sequence[DecidePayment], *, now: datetime, entropy: Entropy
) -> list[Outcome[MoneyAnswer]]:
    mint = Mint(now, entropy)

    def once(fresh: Sequence[DecidePayment]) -> list[Outcome[MoneyAnswer]]:
        named = payments.load_numbered({request.payment for request in fresh})
        wanted: dict[str, tuple[str, ...]] = {one.order_id: () for one in named.values()}
        till = load_till(Till, wanted, (), now=now, mint=mint)
        deeds: list[Deed] = []
        outcomes = [_decided(request, named, till, deeds) for request in fresh]
        write_till(till, now=now, mint=mint)
        record(deeds, now=now, mint=mint)
        return outcomes

    return idempotency.answer_once(batch, once, CODEC, now=now, mint=mint)


def _decided(
    request: DecidePayment, named: Mapping[str, Payment], till: Till, deeds: list[Deed]
) -> Outcome[MoneyAnswer]:
    known = named.get(request.payment)
    work = till.work(known.order_id) if known is not None else None
    here = work.seen_by(request.actor) if work is not None else None
    if known is None or work is None or here is None:
        return _NO_PAYMENT
    if not here.may(PERMISSION):
        return forbidden(PERMISSION)
    payment = till.payments[known.id]
    refused = _ACTING[request.act](request, payment, work, till)
    if refused is not None:
        return refused
    deeds.append(
        Deed(request.actor.label, _ACTIONS[request.act], "order", work.row.id, work.row.order_no,
             reason=payment.number)
    )  # fmt: skip
    return Done(MoneyAnswer(payment.id, till.payments[payment.id].state, work.row.id))


def _capture(request: DecidePayment, payment: Payment, work: Work, till: Till) -> Refused | None:
    if not payment.is_held or payment.wish:
        return _state("Nothing is held by this payment, or somebody is taking it already.")
    amount = _amount(request, payment)
    if isinstance(amount, Refused):
        return amount
    wished = payment._replace(wish=attempts.CAPTURE, wish_minor=amount, ask_at=till.now, asks=0)
    why = f"{money.format_minor(amount, payment.currency)} {payment.currency}"
    till.tell(wished, work, "payment.capture_asked", request.actor.label, why)
    return None


def _amount(request: DecidePayment, payment: Payment) -> int | Refused:
    if request.amount is None:
        return payment.authorized_minor
    try:
        amount = money.parse_minor(request.amount, payment.currency)
    except money.NotAnAmountError as error:
        return invalid("amount", str(error))
    if not 0 < amount <= payment.authorized_minor:
        shown = money.format_minor(payment.authorized_minor, payment.currency)
        return invalid("amount", f"must be more than 0 and at most {shown}, which is held")
    return amount


def _void(request: DecidePayment, payment: Payment, work: Work, till: Till) -> Refused | None:
    if not payment.is_held or payment.wish:
        return _state("Nothing is held by this payment, or somebody is taking it already.")
    wished = payment._replace(is_closing=True, ask_at=till.now, asks=0)
    till.tell(wished, work, "payment.void_asked", request.actor.label)
    return None


def _ask(_request: DecidePayment, payment: Payment, _work: Work, till: Till) -> Refused | None:
    if payment.provider in BY_HAND or payment.state not in attempts.OPEN:
        return _state("It has ended, or people take this money: there is nobody to ask.")
    till.payments[payment.id] = payment._replace(ask_at=till.now, updated_at=till.now)
    return None


def _state(detail: str) -> Refused:
    return Refused("payment-state", detail)


_ACTING: Mapping[str, Callable[[DecidePayment, Payment, Work, Till], Refused | None]] = {
    CAPTURE: _capture, VOID: _void, ASK: _ask,
}  # fmt: skip
