"""One attempt to take money: its states, what a provider's word makes of it, when to ask again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from laidan.domain.payments import facts
from laidan.domain.payments.facts import PaymentFact
from laidan.kernel.money import format_minor

CREATED, PENDING, AUTHORIZED, CAPTURED = "created", "pending", "authorized", "captured"
FAILED, EXPIRED, VOIDED, UNKNOWN = "failed", "expired", "voided", "unknown"
STATES = (CREATED, PENDING, AUTHORIZED, CAPTURED, FAILED, EXPIRED, VOIDED, UNKNOWN)
OPEN = frozenset((CREATED, PENDING, AUTHORIZED, UNKNOWN))
"""Money may still come by these."""
BY_HAND = frozenset(("manual", "cash", "bank_transfer"))
"""Providers that nobody can ask: people note what comes and goes."""
CAPTURE, SENT = "capture", "sent"
"""Wishes on money that is held: to be captured, and the provider was asked to."""
HELD_FOR = timedelta(days=7)
"""So long providers hold money, where they do not say for how long."""
_HELD_ASK = timedelta(hours=6)
WRONG_AMOUNT, WRONG_CURRENCY = "wrong-amount", "wrong-currency"
_ASKS_MINUTES = (1, 2, 5, 10, 15, 30)
_UNKNOWN_MINUTES = (1, 5, 15, 60)
_CLOSING_SECONDS = (10, 30, 60, 300, 900)
DOUBT_MAX = timedelta(hours=24)
"""After so long without an answer a person is asked."""


class Payment(NamedTuple):
    """One row of payment, in the order of its columns."""

    id: str
    order_id: str
    account_id: str
    provider: str
    method: str
    number: str
    reference: str | None
    state: str
    dispute: str
    amount_minor: int
    authorized_minor: int
    captured_minor: int
    refunding_minor: int
    refunded_minor: int
    currency: str
    started: dict[str, Any] | None
    detail: str
    actor: str
    expires_at: datetime
    ask_at: datetime | None
    asks: int
    is_closing: bool
    captured_at: datetime | None
    version: int
    event_hash: str
    created_at: datetime
    updated_at: datetime
    wish: str = ""
    wish_minor: int = 0

    @property
    def is_held(self) -> bool:
        """Whether the provider holds money by it that is neither taken nor being let go."""
        return self.state == AUTHORIZED and not self.is_closing

    @property
    def refundable_minor(self) -> int:
        """What may still go back by this payment."""
        return self.captured_minor - self.refunded_minor - self.refunding_minor


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a provider's word comes to.

    `captured` is money that came by it; `suspense` why the word is laid before a person; `word`
    says it in short: taken, known, waiting, or the reason.
    """

    payment: Payment
    word: str
    captured: int = 0
    suspense: str = ""
    lost: int = 0
    """Money that a dispute took back."""


def judge(
    payment: Payment, fact: PaymentFact, now: datetime, *, is_answer: bool = False
) -> Verdict:
    """Return what becomes of a payment by a provider's word, whatever the order of its words.

    An answer says how it stands now; a callback how it stood once.
    """
    if fact.state in facts.DISPUTE_FACTS:
        return _disputed(payment, fact)
    if fact.state in (facts.CAPTURED, facts.AUTHORIZED):
        return _money(payment, fact, now, is_answer=is_answer)
    if payment.state == CAPTURED:
        # A word from before the capture that arrives after it.
        return Verdict(payment, "known")
    if fact.state == facts.PENDING:
        return _waiting(payment, fact, now)
    if payment.state not in OPEN:
        return Verdict(payment, "known")
    if fact.state == facts.ABSENT and not payment.is_closing and now < payment.expires_at:
        # Some providers know of a payment only once the buyer has opened it.
        return _waiting(payment, fact, now)
    if payment.state == AUTHORIZED and fact.state != facts.VOIDED and not is_answer:
        # It may tell of the time before the money was held.
        return Verdict(payment._replace(ask_at=now), "asked")
    return Verdict(_over(payment, fact), "taken")


def _money(payment: Payment, fact: PaymentFact, now: datetime, *, is_answer: bool) -> Verdict:
    if fact.currency is not None and fact.currency != payment.currency:
        return _doubt(payment, WRONG_CURRENCY)
    amount = fact.amount_minor
    if amount is None:
        known = payment if payment.state == CAPTURED else payment._replace(ask_at=now)
        return Verdict(known, "known" if known is payment else "asked")
    if not _is_right(payment, fact.state, amount):
        return _doubt(payment, WRONG_AMOUNT)
    if payment.state == CAPTURED:
        return Verdict(payment, "known")
    if fact.state == facts.AUTHORIZED:
        return _held(payment, fact, now, is_answer=is_answer)
    paid = payment._replace(
        state=CAPTURED, reference=fact.reference or payment.reference,
        authorized_minor=max(payment.authorized_minor, amount), captured_minor=amount,
        captured_at=min(fact.at, now), ask_at=None, is_closing=False, wish="", wish_minor=0,
        detail=fact.detail,
    )  # fmt: skip
    return Verdict(paid, "taken", captured=amount)


def _is_right(payment: Payment, state: str, amount: int) -> bool:
    """Whether a provider took or holds what it may: of what it held it may have taken a part."""
    if state == facts.CAPTURED and payment.state == CAPTURED:
        return amount == payment.captured_minor
    if state == facts.CAPTURED and payment.authorized_minor:
        return 0 < amount <= payment.authorized_minor
    return amount == payment.amount_minor


def _held(payment: Payment, fact: PaymentFact, now: datetime, *, is_answer: bool) -> Verdict:
    if payment.state == VOIDED:
        return Verdict(payment, "known")
    if payment.state != AUTHORIZED:
        held = payment._replace(
            state=AUTHORIZED, reference=fact.reference or payment.reference, asks=0,
            authorized_minor=payment.amount_minor, expires_at=fact.until or now + HELD_FOR,
        )  # fmt: skip
        return Verdict(held._replace(ask_at=next_ask(held, now)), "taken")
    still = payment._replace(expires_at=fact.until or payment.expires_at)
    if payment.wish == SENT and is_answer:
        # The capture has not reached it; the same wish under the same key is the same capture.
        return Verdict(still._replace(wish=CAPTURE, ask_at=next_ask(still, now)), "waiting")
    if is_answer and not payment.wish and not payment.is_closing:
        return Verdict(still._replace(ask_at=next_ask(still, now)), "known")
    return Verdict(still, "known")


def _doubt(payment: Payment, reason: str) -> Verdict:
    """Leave it to a person: the money is not booked, and nobody is asked the same again."""
    if payment.state == CAPTURED:
        return Verdict(payment, reason, suspense=reason)
    doubted = payment._replace(state=UNKNOWN, detail=reason, ask_at=None)
    return Verdict(doubted, reason, suspense=reason)


def _waiting(payment: Payment, fact: PaymentFact, now: datetime) -> Verdict:
    if payment.state not in OPEN:
        return Verdict(payment, "known")
    is_new = payment.state in (CREATED, UNKNOWN) and fact.state == facts.PENDING
    state = PENDING if is_new else payment.state
    waiting = payment._replace(state=state, reference=fact.reference or payment.reference)
    waiting = waiting._replace(ask_at=next_ask(waiting, now))
    return Verdict(waiting, "taken" if is_new else "waiting")


def _over(payment: Payment, fact: PaymentFact) -> Payment:
    state = EXPIRED if fact.state in (facts.EXPIRED, facts.ABSENT) else FAILED
    if payment.state == AUTHORIZED or fact.state == facts.VOIDED:
        state = VOIDED
    return payment._replace(
        state=state, ask_at=None, is_closing=False, wish="", wish_minor=0, detail=fact.detail[:300]
    )


def _disputed(payment: Payment, fact: PaymentFact) -> Verdict:
    if payment.state != CAPTURED or payment.dispute in (fact.state, facts.WON, facts.LOST):
        return Verdict(payment, "known")
    told = payment._replace(dispute=fact.state, detail=fact.detail[:300])
    if fact.state != facts.LOST:
        return Verdict(told, "taken")
    lost = min(fact.amount_minor or payment.captured_minor, payment.refundable_minor)
    return Verdict(told._replace(refunded_minor=told.refunded_minor + lost), "taken", lost=lost)


def doubted(payment: Payment, now: datetime) -> Payment:
    """Return a payment whose provider gave no answer: it is asked, never told again."""
    if payment.state not in OPEN:
        return payment
    state = payment.state if payment.state == AUTHORIZED else UNKNOWN
    unsure = payment._replace(state=state)
    return unsure._replace(ask_at=next_ask(unsure, now))


def next_ask(payment: Payment, now: datetime) -> datetime:
    """Return when the provider is asked next how an open payment stands."""
    if payment.is_closing:
        seconds = _CLOSING_SECONDS[min(payment.asks, len(_CLOSING_SECONDS) - 1)]
        return now + timedelta(seconds=seconds)
    if payment.state == AUTHORIZED and not payment.wish:
        return min(now + _HELD_ASK, max(payment.expires_at, now + timedelta(minutes=1)))
    minutes = _UNKNOWN_MINUTES if payment.state in (UNKNOWN, AUTHORIZED) else _ASKS_MINUTES
    soon = now + timedelta(minutes=minutes[min(payment.asks, len(minutes) - 1)])
    # Where it ends, somebody looks at once.
    return min(soon, payment.expires_at) if payment.expires_at > now else soon


def is_in_doubt(payment: Payment, now: datetime) -> bool:
    """Say whether nobody knows for so long how a payment stands that a person must ask."""
    return payment.state in OPEN and now - payment.expires_at >= DOUBT_MAX


def payment_document(payment: Payment) -> dict[str, Any]:
    """Return a payment as a document."""
    currency = payment.currency
    return {
        "id": payment.id,
        "number": payment.number,
        "provider": payment.provider,
        "method": payment.method,
        "reference": payment.reference,
        "state": payment.state,
        "dispute": payment.dispute or None,
        "amount": format_minor(payment.amount_minor, currency),
        "authorized": format_minor(payment.authorized_minor, currency),
        "captured": format_minor(payment.captured_minor, currency),
        "refunding": format_minor(payment.refunding_minor, currency),
        "refunded": format_minor(payment.refunded_minor, currency),
        "currency": currency,
        "detail": payment.detail,
        "expires_at": payment.expires_at.isoformat(),
        "captured_at": payment.captured_at.isoformat() if payment.captured_at else None,
        "created_at": payment.created_at.isoformat(),
    }
