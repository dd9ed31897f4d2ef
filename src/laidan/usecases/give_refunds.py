"""Gives money back: asked for, approved by whoever may, sent by the worker or given by hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

import msgspec

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.payments import store as payments
from laidan.engine import idempotency, unit
from laidan.engine.idempotency import Codec
from laidan.kernel.actor import SYSTEM, forbidden
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.giving_back import Giver, no_refund
from laidan.usecases.money_requests import DecideRefund, MoneyAnswer, RequestRefund
from laidan.usecases.money_rooms import load_till, write_till
from laidan.usecases.needing import by_system, needs
from laidan.usecases.restating import not_found

Entropy = Callable[[int], bytes]
BATCH_MAX = 200
_ASK = "payments.refund"
APPROVE, WITHDRAW, RETRY, BY_HAND = "approve", "withdraw", "retry", "by_hand"
ACTS = (APPROVE, WITHDRAW, RETRY, BY_HAND)
_ACTIONS = {
    APPROVE: "refund.approved", WITHDRAW: "refund.withdrawn", RETRY: "refund.retried",
    BY_HAND: "refund.given",
}  # fmt: skip
CODEC: Codec[MoneyAnswer] = Codec(
    lambda answer: (answer.order_id or None, msgspec.json.encode(answer).decode()),
    lambda stored: [msgspec.json.decode(one.answer or "", type=MoneyAnswer) for one in stored],
)


@needs(_ASK)
def request_refunds(
    batch: Sequence[RequestRefund], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[MoneyAnswer]]:
    """Ask that money goes back; one outcome per request, in the order given.

    Locks: the orders, then their payments. Refuses: not-found, forbidden, invalid-request,
    refund-exceeds-captured, transition-refused (on-hold), idempotency-conflict.
    Events: refund.requested.
    """
    _bounded(batch)
    return unit.run_batch(batch, partial(_request, now=now, entropy=entropy))


def _request(
    batch: Sequence[RequestRefund], *, now: datetime, entropy: Entropy
) -> list[Outcome[MoneyAnswer]]:
    mint = Mint(now, entropy)

    def once(fresh: Sequence[RequestRefund]) -> list[Outcome[MoneyAnswer]]:
        wanted: dict[str, tuple[str, ...]] = {request.order: () for request in fresh}
        giver = load_till(Giver, wanted, (), now=now, mint=mint)
        outcomes: list[Outcome[MoneyAnswer]] = []
        deeds = []
        for request in fresh:
            work = giver.advancer.work_named(request.order)
            here = work.seen_by(request.actor) if work is not None else None
            if work is None or here is None:
                outcomes.append(not_found(request.order))
                continue
            if not here.may(_ASK):
                outcomes.append(forbidden(_ASK))
                continue
            outcome = giver.ask_for(request, work, here)
            outcomes.append(outcome)
            if isinstance(outcome, Done):
                deeds.append(
                    Deed(request.actor.label, "refund.requested", "order", work.row.id,
                         work.row.order_no, reason=request.reason)
                )  # fmt: skip
        write_till(giver, now=now, mint=mint)
        record(deeds, now=now, mint=mint)
        return outcomes

    return idempotency.answer_once(batch, once, CODEC, now=now, mint=mint)


def _permission(request: DecideRefund) -> str:
    return _ASK if request.act == WITHDRAW else "payments.approve"


@needs("payments.approve", _ASK, choose=_permission)
def decide_refunds(
    batch: Sequence[DecideRefund], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[MoneyAnswer]]:
    """Approve, withdraw or retry refunds, or note that they were given by hand; in the order given.

    Doing the same again is refused by the refund's state, or answered alike under a key. Locks: the orders,
    then their payments. Refuses: not-found, forbidden, refund-state, second-person,
    proof-needed, refund-exceeds-captured, idempotency-conflict. Events: refund.approved, refund.cancelled,
    refund.manual, order.refunded.
    """
    _bounded(batch)
    return unit.run_batch(batch, partial(_decide, now=now, entropy=entropy))


def _decide(
    batch: Sequence[DecideRefund], *, now: datetime, entropy: Entropy
) -> list[Outcome[MoneyAnswer]]:
    mint = Mint(now, entropy)

    def once(fresh: Sequence[DecideRefund]) -> list[Outcome[MoneyAnswer]]:
        orders = payments.find_refund_orders({request.refund for request in fresh})
        wanted: dict[str, tuple[str, ...]] = dict.fromkeys(orders.values(), ())
        giver = load_till(Giver, wanted, (), now=now, mint=mint)
        deeds: list[Deed] = []
        outcomes = [_decided(request, orders, giver, deeds) for request in fresh]
        write_till(giver, now=now, mint=mint)
        record(deeds, now=now, mint=mint)
        return outcomes

    return idempotency.answer_once(batch, once, CODEC, now=now, mint=mint)


def _decided(
    request: DecideRefund, orders: Mapping[str, str], giver: Giver, deeds: list[Deed]
) -> Outcome[MoneyAnswer]:
    order_id = orders.get(request.refund)
    work = giver.work(order_id) if order_id else None
    here = work.seen_by(request.actor) if work is not None else None
    if work is None or here is None:
        return no_refund(request.refund)
    if not here.may(_permission(request)):
        return forbidden(_permission(request))
    outcome = giver.act(request, work)
    if isinstance(outcome, Done) and request.actor is not SYSTEM:
        deeds.append(
            Deed(request.actor.label, _ACTIONS[request.act], "order", work.row.id,
                 work.row.order_no, reason=request.note or request.proof)
        )  # fmt: skip
    return outcome


@by_system("the shop's own rule approves what cancelled orders are owed, up to its limit")
def approve_by_rule(limit: int = BATCH_MAX, *, now: datetime) -> int:
    """Approve refunds of cancelled orders that the shop's policy lets go; return how many."""
    due = payments.find_automatic_refunds(min(limit, BATCH_MAX))
    if not due:
        return 0
    asked = [DecideRefund(refund_id, APPROVE, SYSTEM) for refund_id in due]
    return sum(not isinstance(one, Refused) for one in decide_refunds(asked, now=now))


def _bounded(batch: Sequence[object]) -> None:
    if len(batch) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} refunds")
