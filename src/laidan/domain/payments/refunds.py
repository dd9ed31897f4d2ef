"""Money that goes back: states of a refund, what a provider's word makes of it, when to ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from laidan.domain.payments import facts
from laidan.domain.payments.attempts import Payment
from laidan.domain.payments.facts import RefundFact
from laidan.kernel.money import format_minor

REQUESTED, APPROVED, SUBMITTED, SUCCEEDED = "requested", "approved", "submitted", "succeeded"
UNKNOWN, FAILED, MANUAL, CANCELLED = "unknown", "failed", "manual", "cancelled"
STATES = (REQUESTED, APPROVED, SUBMITTED, SUCCEEDED, UNKNOWN, FAILED, MANUAL, CANCELLED)
OWED = frozenset((REQUESTED, APPROVED, SUBMITTED, UNKNOWN, FAILED))
"""Not given back yet, and not withdrawn: what else may be asked for is less by them."""
RUNNING = frozenset((SUBMITTED, UNKNOWN))
"""At the provider: nobody else may give this money back."""
WRONG_AMOUNT = "wrong-refund"
_ASKS_MINUTES = (1, 5, 15, 60)
DOUBT_MAX = timedelta(hours=24)


class Refund(NamedTuple):
    """One row of refund, in the order of its columns."""

    id: str
    order_id: str
    state: str
    amount_minor: int
    currency: str
    reason: str
    requested_at: datetime
    closed_at: datetime | None = None
    payment_id: str | None = None
    number: str | None = None
    reference: str | None = None
    shares: dict[str, Any] | None = None
    requested_by: str = ""
    approved_by: str = ""
    approved_at: datetime | None = None
    submitted_at: datetime | None = None
    tries: int = 0
    ask_at: datetime | None = None
    asks: int = 0
    detail: str = ""
    proof: str = ""
    version: int = 0
    event_hash: str = "0" * 64


def refund_document(refund: Refund) -> dict[str, Any]:
    """Return a refund as a document."""
    return {
        "id": refund.id,
        "state": refund.state,
        "amount": format_minor(refund.amount_minor, refund.currency),
        "currency": refund.currency,
        "reason": refund.reason,
        "requested_at": refund.requested_at.isoformat(),
        "closed_at": refund.closed_at.isoformat() if refund.closed_at else None,
    }


def settle(refunds: Sequence[Refund], amount: int, at: datetime) -> list[Refund]:
    """Return the owed refunds that an amount given back by hand changes, oldest first.

    One that is covered only in part stays owed for the rest.
    """
    changed = []
    for refund in refunds:
        if amount <= 0:
            break
        paid = min(amount, refund.amount_minor)
        amount -= paid
        if paid == refund.amount_minor:
            changed.append(refund._replace(state=SUCCEEDED, closed_at=at, ask_at=None))
        else:
            changed.append(refund._replace(amount_minor=refund.amount_minor - paid))
    return changed


def owed_minor(refunds: Sequence[Refund]) -> int:
    """Return what was asked for and not given back yet."""
    return sum(one.amount_minor for one in refunds if one.state in OWED)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a provider's word comes to; `given` is money that went back by it."""

    refund: Refund
    word: str
    given: int = 0
    suspense: str = ""


def judge(refund: Refund, fact: RefundFact, now: datetime) -> Verdict:
    """Return what becomes of a refund by a provider's word, whatever the order of its words."""
    if refund.state in (SUCCEEDED, MANUAL, CANCELLED):
        late = fact.state == facts.SUCCEEDED and refund.state != SUCCEEDED
        # Given back by hand as well, or withdrawn: a person must look where the money is.
        return Verdict(refund, "known", suspense="refund-twice" if late else "")
    if fact.state == facts.SUCCEEDED:
        told = (fact.amount_minor, fact.currency)
        if told not in ((None, None), (refund.amount_minor, refund.currency)) and (
            told != (refund.amount_minor, None)
        ):
            doubted = refund._replace(state=UNKNOWN, ask_at=None, detail=WRONG_AMOUNT)
            return Verdict(doubted, WRONG_AMOUNT, suspense=WRONG_AMOUNT)
        given = refund._replace(
            state=SUCCEEDED, reference=fact.reference or refund.reference, closed_at=min(fact.at, now),
            ask_at=None, detail=fact.detail[:300],
        )  # fmt: skip
        return Verdict(given, "taken", given=refund.amount_minor)
    if refund.state not in RUNNING:
        return Verdict(refund, "known")
    if fact.state == facts.FAILED:
        failed = refund._replace(state=FAILED, ask_at=None, detail=fact.detail[:300])
        return Verdict(failed, "taken")
    if fact.state == facts.ABSENT:
        # The provider never heard of it: it is safe to tell it under the same number.
        return Verdict(
            refund._replace(state=APPROVED, ask_at=now, detail=fact.detail[:300]), "taken"
        )
    waiting = refund._replace(
        state=SUBMITTED, reference=fact.reference or refund.reference, detail=fact.detail[:300]
    )
    return Verdict(waiting._replace(ask_at=next_ask(waiting, now)), "waiting")


def doubted(refund: Refund, now: datetime) -> Refund:
    """Return a refund whose provider gave no answer: it is asked for, never sent again."""
    if refund.state not in RUNNING:
        return refund
    unsure = refund._replace(state=UNKNOWN)
    return unsure._replace(ask_at=next_ask(unsure, now))


def next_ask(refund: Refund, now: datetime) -> datetime:
    """Return when the provider is asked next how a refund stands."""
    return now + timedelta(minutes=_ASKS_MINUTES[min(refund.asks, len(_ASKS_MINUTES) - 1)])


def spread(amount: int, payments: Sequence[Payment]) -> tuple[list[tuple[Payment, int]], int]:
    """Return by which payments an amount goes back, the newest first, and what none can carry."""
    parts = []
    for payment in sorted(payments, key=lambda one: one.id, reverse=True):
        part = min(amount, payment.refundable_minor) if not payment.dispute else 0
        if part > 0:
            parts.append((payment, part))
            amount -= part
    return parts, amount
