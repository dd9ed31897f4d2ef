"""What may be done with a refund: its acts, for whoever looks at it."""

from __future__ import annotations

from dataclasses import dataclass

from laidan.domain.payments import refunds
from laidan.domain.payments.refunds import Refund
from laidan.insights.money_lists import RefundLine
from laidan.interfaces.web import money_words
from laidan.interfaces.web.money_words import Look
from laidan.kernel.actor import Actor
from laidan.usecases.give_refunds import APPROVE, BY_HAND, RETRY, WITHDRAW

_OF_STATE = {
    refunds.REQUESTED: (APPROVE, WITHDRAW),
    refunds.APPROVED: (BY_HAND, WITHDRAW),
    refunds.FAILED: (RETRY, BY_HAND, WITHDRAW),
}
_RIGHTS = {
    APPROVE: "payments.approve", RETRY: "payments.approve", BY_HAND: "payments.approve",
    WITHDRAW: "payments.refund",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownRefund:
    """A refund, how its state looks, why it is, and what the reader may do with it."""

    row: Refund | RefundLine
    look: Look
    reason: str
    acts: tuple[str, ...]


def shown(row: Refund | RefundLine, actor: Actor) -> ShownRefund:
    """Return a refund as somebody sees it."""
    has_payment = (row.payment_id if isinstance(row, Refund) else row.payment) is not None
    acts = tuple(
        act
        for act in _OF_STATE.get(row.state, ())
        if actor.may(_RIGHTS[act]) and _is_possible(act, row.state, has_payment=has_payment)
    )
    return ShownRefund(
        row,
        money_words.look(money_words.REFUND_STATES, row.state),
        money_words.word(money_words.REFUND_REASONS, row.reason),
        acts,
    )


def _is_possible(act: str, state: str, *, has_payment: bool) -> bool:
    """Say whether an act makes sense: what the worker sends, nobody gives by hand."""
    if act == BY_HAND:
        return state == refunds.FAILED or not has_payment
    return act != RETRY or has_payment
