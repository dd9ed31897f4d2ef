"""Payments and refunds in work beside their orders: found, changed, and their histories told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from laidan.domain.payments import attempts, facts, refunds
from laidan.domain.payments.attempts import Payment
from laidan.domain.payments.core import Policy
from laidan.domain.payments.facts import Fact, PaymentFact
from laidan.domain.payments.inbox import OPEN, SuspenseRow
from laidan.domain.payments.refunds import Refund
from laidan.kernel.actor import PROVIDER, Actor
from laidan.kernel.ids import Mint
from laidan.usecases.advance_orders import Advancer
from laidan.usecases.money_requests import Telling
from laidan.usecases.telling_money import Told, tell_payment, tell_refund
from laidan.usecases.working import Work

_SET_ASIDE = frozenset((refunds.APPROVED, refunds.SUBMITTED, refunds.UNKNOWN))
"""States in which a payment's money is set aside for the refund."""

CAPTURE_REFUSED = "capture-refused"
GONE = frozenset(("cancelled", "closed"))
"""Categories of orders that nobody shall pay any more."""


@dataclass(slots=True)
class Till:
    """What a batch knows of payments, and what it does to them; each request sees the others' doing."""

    advancer: Advancer
    payments: dict[str, Payment]
    policies: Mapping[str, Policy]
    now: datetime
    mint: Mint
    loaded: dict[str, Payment] = field(default_factory=dict)
    added: dict[str, Payment] = field(default_factory=dict)
    suspense: list[SuspenseRow] = field(default_factory=list)
    _numbers: dict[tuple[str, str | None], str] = field(default_factory=dict)
    _refund_numbers: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.loaded = dict(self.payments)
        for one in self.payments.values():
            self._numbers[one.provider, one.number] = one.id
            if one.reference is not None:
                self._numbers.setdefault((one.provider, one.reference), one.id)
        self._refund_numbers = {
            refund.number: (work.row.id, refund.id)
            for work in self.advancer.changes.works.values()
            for refund in work.refunds
            if refund.number
        }

    # --- refunds --------------------------------------------------------------------------------

    def add_refund(self, refund: Refund, work: Work, actor: str) -> Refund:
        """Ask for a refund: owed from now on."""
        refund, event = tell_refund(refund, work, "refund.requested", self._told(actor))
        self.advancer.changes.events.append(event)
        work.refunds = [*work.refunds, refund]
        self.advancer.changes.refunds_added[refund.id] = refund
        return refund

    def approve(self, refund: Refund, payment: Payment, work: Work, actor: str) -> None:
        """Let a refund go back by a payment, whose money is set aside for it from now on."""
        refund = self.refund_now(work, refund.id)
        approved = refund._replace(
            state=refunds.APPROVED, payment_id=payment.id, number=refund.id.replace("-", ""),
            approved_by=actor, approved_at=self.now, ask_at=self.now, asks=0,
        )  # fmt: skip
        self.payments[payment.id] = payment._replace(
            refunding_minor=payment.refunding_minor + refund.amount_minor, updated_at=self.now
        )
        self.write_refund(approved, work, "refund.approved", actor)

    def set_refund(self, old: Refund, new: Refund, work: Work, actor: str) -> None:
        """Write a refund's new standing; what its payment had set aside follows it."""
        if new == old:
            return
        self._follow(old, new)
        type_ = f"refund.{new.state}" if new.state != old.state else None
        self.write_refund(new, work, type_, actor)

    def _follow(self, old: Refund, new: Refund) -> None:
        payment = self.payments.get(old.payment_id or "")
        held = old.payment_id is not None and old.state in _SET_ASIDE
        if payment is None or not held or new.state in _SET_ASIDE:
            return
        given = old.amount_minor if new.state == refunds.SUCCEEDED else 0
        self.payments[payment.id] = payment._replace(
            refunding_minor=payment.refunding_minor - old.amount_minor,
            refunded_minor=payment.refunded_minor + given,
            updated_at=self.now,
        )

    def write_refund(self, refund: Refund, work: Work, type_: str | None, actor: str) -> Refund:
        """Note a refund's row, and the event of its step."""
        if type_ is not None:
            refund, event = tell_refund(refund, work, type_, self._told(actor))
            self.advancer.changes.events.append(event)
        work.refunds = [refund if one.id == refund.id else one for one in work.refunds]
        changes = self.advancer.changes
        target = (
            changes.refunds_added if refund.id in changes.refunds_added else changes.refunds_changed
        )
        target[refund.id] = refund
        return refund

    # --- finding --------------------------------------------------------------------------------

    def find(self, number: str, reference: str | None, provider: str) -> Payment | None:
        """Return a payment by our number, or by the provider's where it names only that."""
        key = self._numbers.get((provider, number) if number else (provider, reference))
        return self.payments[key] if key is not None else None

    def is_anothers(self, payment: Payment, reference: str | None) -> bool:
        """Say whether a provider's number belongs to another payment already."""
        holder = self._numbers.get((payment.provider, reference)) if reference else None
        return holder is not None and holder != payment.id

    def find_refund(self, number: str) -> tuple[Work, Refund] | None:
        """Return a refund by its number, with its order."""
        found = self._refund_numbers.get(number)
        if found is None:
            return None
        work = self.work(found[0])
        return work, self.refund_now(work, found[1])

    def refund_now(self, work: Work, refund_id: str) -> Refund:
        """Return a refund as it stands now."""
        return next(one for one in work.refunds if one.id == refund_id)

    def work(self, order_id: str) -> Work:
        """Return an order in work."""
        return self.advancer.changes.works[order_id]

    def policy(self, work: Work) -> Policy:
        """Return what the order's shop does with money."""
        return self.policies[work.shop.id]

    def changed(self) -> Iterable[Payment]:
        """Return the payments that differ from what was loaded."""
        return [
            one
            for one in self.payments.values()
            if one.id not in self.added and one != self.loaded[one.id]
        ]

    def added_now(self) -> Iterable[Payment]:
        """Return the payments that the batch made, as it leaves them."""
        return [self.payments[id_] for id_ in self.added]

    # --- noting ---------------------------------------------------------------------------------

    def add(self, payment: Payment, work: Work, actor: str) -> Payment:
        """Write down a payment that is wanted, before anybody is asked for it."""
        payment, event = tell_payment(payment, work, "payment.created", self._told(actor))
        self.advancer.changes.events.append(event)
        self.payments[payment.id] = self.added[payment.id] = payment
        return payment

    def set_payment(self, old: Payment, new: Payment, work: Work, actor: str) -> None:
        """Write a payment's new standing, and the event of its step."""
        if new == old:
            return
        new = new._replace(updated_at=self.now)
        if new.state != old.state or new.dispute != old.dispute:
            step = new.state
            if new.dispute != old.dispute:
                step = "disputed" if new.dispute == facts.DISPUTED else f"dispute_{new.dispute}"
            told = self._told(actor, new.detail)
            new, event = tell_payment(new, work, f"payment.{step}", told)
            self.advancer.changes.events.append(event)
        self.payments[new.id] = new
        if new.reference is not None:
            self._numbers.setdefault((new.provider, new.reference), new.id)

    def tell(self, payment: Payment, work: Work, type_: str, actor: str, why: str = "") -> None:
        """Write a payment, and the event of a step that leaves its state as it is."""
        payment, event = tell_payment(payment, work, type_, self._told(actor, why))
        self.advancer.changes.events.append(event)
        self.payments[payment.id] = payment

    def refuse_wish(self, telling: Telling) -> str:
        """Give up what was wanted of held money, and lay the provider's no before a person."""
        payment = self.find(telling.number, None, telling.provider)
        if payment is None or not payment.wish:
            return "known"
        said = PaymentFact(
            payment.number, attempts.AUTHORIZED, self.now, payment.reference, payment.wish_minor,
            payment.currency, detail=telling.refused,
        )  # fmt: skip
        self.suspend(CAPTURE_REFUSED, said, telling, payment=payment)
        left = payment._replace(
            wish="", wish_minor=0, ask_at=self.now, asks=0, detail=telling.refused[:300]
        )
        work = self.work(payment.order_id)
        self.tell(left, work, "payment.capture_refused", telling.provider, telling.refused)
        return CAPTURE_REFUSED

    def suspend(
        self, reason: str, fact: Fact, telling: Telling, payment: Payment | None = None,
        refund: Refund | None = None,
    ) -> None:  # fmt: skip
        """Lay a provider's word before a person."""
        order_id = payment.order_id if payment else refund.order_id if refund else None
        self.suspense.append(
            SuspenseRow(
                self.mint.new(), reason, OPEN, telling.provider, telling.account_id, order_id,
                payment.id if payment else None, refund.id if refund else None,
                fact.number[:64], (fact.reference or "")[:120], fact.amount_minor,
                fact.currency or "", fact.detail[:300], self.now,
            )
        )  # fmt: skip

    def _told(self, actor: str, why: str = "") -> Told:
        return Told(actor, self.now, self.mint, why)


def held_minor(payments: Iterable[Payment], order_id: str) -> int:
    """Return what providers hold for an order."""
    return sum(one.authorized_minor for one in payments if one.order_id == order_id and one.is_held)


def provider_actor(provider: str) -> Actor:
    """Return a provider as the one who acts."""
    return Actor(PROVIDER, provider, frozenset("*"))
