"""Decides what providers' words do to payments, refunds and orders; asks no query, reads no clock."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial

from laidan.domain.payments import attempts, facts, refunds
from laidan.domain.payments.attempts import Payment
from laidan.domain.payments.core import ASK, REFUND, REVIVE, Entry
from laidan.domain.payments.facts import Fact, PaymentFact, RefundFact
from laidan.domain.payments.refunds import Refund
from laidan.kernel.actor import SYSTEM
from laidan.kernel.money import format_minor
from laidan.kernel.outcome import Refused
from laidan.usecases.money_effects import capture
from laidan.usecases.money_requests import Telling
from laidan.usecases.scene import Scene
from laidan.usecases.till import GONE, Till, held_minor, provider_actor
from laidan.usecases.transition_requests import Advance, TransitionInputs
from laidan.usecases.working import Work

LATE_MONEY, EXCESS_MONEY = "late-money", "excess-money"
TAKEN = "reference-taken"
"""A provider named one payment by the number of another one."""
UNSEEN = "unseen"
"""The word on what is not there for the one who says it."""
_BOOKED_BEFORE = "recorded-before"
_EXPIRED = frozenset(("expired", "payment_timeout"))
"""Cancelled by the clock alone: the buyer still wants it."""


class Teller(Till):
    """Hears what providers say, and does what follows from it."""

    # --- words ----------------------------------------------------------------------------------

    def hear(self, telling: Telling) -> str:
        """Take note of all that a provider said at once; return the last word on it."""
        word = "empty"
        if telling.refused:
            word = self.refuse_wish(telling)
        if telling.silent or telling.started is not None:
            word = self._answered(telling)
        for fact in telling.facts:
            if isinstance(fact, PaymentFact):
                word = self._payment_fact(fact, telling)
            else:
                word = self._refund_fact(fact, telling)
        return word

    def _answered(self, telling: Telling) -> str:
        payment = self.find(telling.number, None, telling.provider)
        if payment is None:
            return self._doubt_refund(telling)
        work = self.work(payment.order_id)
        if telling.silent:
            unsure = attempts.doubted(payment, self.now)._replace(detail=telling.silent[:300])
            self.set_payment(payment, unsure, work, telling.provider)
            return "silent"
        started = telling.started
        assert started is not None  # noqa: S101 - the caller has looked
        if payment.state not in (attempts.CREATED, attempts.UNKNOWN):
            return "known"
        reference = started.reference
        if self.is_anothers(payment, reference):
            reference = None
        shown = {"url": started.url, "qr": started.qr, "params": dict(started.params), "instructions": started.instructions}  # fmt: skip
        waiting = payment._replace(
            state=attempts.PENDING, reference=reference or payment.reference, started=shown
        )
        waiting = waiting._replace(ask_at=attempts.next_ask(waiting, self.now))
        self.set_payment(payment, waiting, work, telling.provider)
        return "taken"

    def _doubt_refund(self, telling: Telling) -> str:
        found = self.find_refund(telling.number)
        if found is None:
            return "unknown-number"
        work, refund = found
        unsure = refunds.doubted(refund, self.now)._replace(detail=telling.silent[:300])
        self.set_refund(refund, unsure, work, telling.provider)
        return "silent"

    def _payment_fact(self, fact: PaymentFact, telling: Telling) -> str:
        payment = self.find(fact.number, fact.reference, telling.provider)
        if payment is None:
            return self._homeless(fact, telling)
        work = self.work(payment.order_id)
        if telling.actor is not None and work.seen_by(telling.actor) is None:
            return UNSEEN
        if self.is_anothers(payment, fact.reference):
            self.suspend(TAKEN, fact, telling, payment=payment)
            return TAKEN
        is_answer = telling.callback_id is None
        verdict = attempts.judge(payment, fact, self.now, is_answer=is_answer)
        self.set_payment(payment, verdict.payment, work, telling.provider)
        if verdict.suspense:
            self.suspend(verdict.suspense, fact, telling, payment=payment)
        if verdict.payment.state == attempts.AUTHORIZED != payment.state:
            self._hold(work, self.payments[payment.id])
        if verdict.captured:
            self._book(verdict.payment, verdict.captured, fact, telling)
        if verdict.lost:
            self.give(work, verdict.lost, payment, None, f"{payment.number}-dispute", fact.at)
        return verdict.word

    def _refund_fact(self, fact: RefundFact, telling: Telling) -> str:
        found = self.find_refund(fact.number)
        if found is None:
            return self._foreign_refund(fact, telling)
        work, refund = found
        verdict = refunds.judge(refund, fact, self.now)
        self.set_refund(refund, verdict.refund, work, telling.provider)
        if verdict.suspense:
            self.suspend(verdict.suspense, fact, telling, refund=refund)
        if verdict.given:
            payment = self.payments.get(refund.payment_id or "")
            # Our number: some providers name all refunds of a payment alike.
            self.give(work, verdict.given, payment, refund, refund.number or refund.id, fact.at)
        return verdict.word

    def _foreign_refund(self, fact: RefundFact, telling: Telling) -> str:
        """Lay a refund that was made elsewhere before a person; other people's payments are no matter."""
        payment = self.find(fact.payment_number, fact.payment_reference, telling.provider)
        if payment is None and not fact.number:
            return "not-ours"
        if payment is None or fact.state != facts.SUCCEEDED:
            return self._homeless(fact, telling)
        self.suspend("unknown-refund", fact, telling, payment=payment)
        return "unknown-refund"

    def _homeless(self, fact: Fact, telling: Telling) -> str:
        """Lay word of money for a number that nobody knows before a person."""
        is_money = fact.state in (facts.CAPTURED, facts.AUTHORIZED, facts.SUCCEEDED)
        if is_money:
            kind = "unknown-payment" if isinstance(fact, PaymentFact) else "unknown-refund"
            self.suspend(kind, fact, telling)
        return "unknown-number"

    # --- money that comes -----------------------------------------------------------------------

    def _book(self, payment: Payment, amount: int, fact: PaymentFact, telling: Telling) -> None:
        """Enter captured money for its order, by the order's own step where it has one now."""
        work = self.work(payment.order_id)
        inputs = TransitionInputs(
            amount=format_minor(amount, payment.currency),
            provider=payment.provider,
            reference=payment.reference or payment.number,
            at=min(fact.at, self.now).isoformat(),
        )
        asked = Advance(payment.order_id, "pay", provider_actor(payment.provider), inputs)
        outcome = self.advancer.decide(asked)
        if isinstance(outcome, Refused) and outcome.code != "duplicate-payment":
            told = Advance(payment.order_id, "money_in", asked.actor, inputs)
            outcome = self.advancer.note(told, "order.paid", capture)
        if isinstance(outcome, Refused):
            # Somebody has entered the same money by hand.
            self.suspend(_BOOKED_BEFORE, fact, telling, payment=payment)
            return
        self.tie(work, payment)
        self.close_others(work, payment)
        if work.row.category == "cancelled":
            self._settle_late(work, payment, amount, fact, telling)
        else:
            self._settle_excess(work, payment, amount, fact, telling)

    def tie(self, work: Work, payment: Payment) -> None:
        """Say of the ledger entry made last which payment it is of."""
        entry = work.entries[-1]._replace(payment_id=payment.id)
        work.entries = [*work.entries[:-1], entry]
        self.advancer.changes.entries[-1] = entry

    def _hold(self, work: Work, payment: Payment) -> None:
        """Keep what a provider holds now, or let it go where the order does not ask for it."""
        others = [one for one in self.payments.values() if one.id != payment.id]
        covered = work.row.captured_minor + held_minor(others, work.row.id)
        is_unwanted = work.row.category in GONE or covered >= work.row.total_minor
        ask_at = self.now if is_unwanted else payment.ask_at
        self.payments[payment.id] = payment._replace(is_closing=is_unwanted, ask_at=ask_at)
        if not is_unwanted and covered + payment.authorized_minor >= work.row.total_minor:
            self._close(work, payment, attempts.OPEN - {attempts.AUTHORIZED})

    def close_others(self, work: Work, payment: Payment) -> None:
        """Have an order's other open payments closed, once nothing is due any more."""
        if work.row.captured_minor >= work.row.total_minor:
            self._close(work, payment, attempts.OPEN)

    def _close(self, work: Work, payment: Payment, states: Collection[str]) -> None:
        for other in list(self.payments.values()):
            is_open = other.order_id == work.row.id and other.state in states
            if not is_open or other.id == payment.id or other.is_closing:
                continue
            if other.provider in attempts.BY_HAND:
                over = other._replace(state=attempts.EXPIRED, ask_at=None)
                self.set_payment(other, over, work, SYSTEM.label)
            elif other.ask_at is not None:
                self.payments[other.id] = other._replace(
                    is_closing=True, ask_at=self.now, asks=0, updated_at=self.now
                )

    def _settle_late(
        self, work: Work, payment: Payment, amount: int, fact: Fact, telling: Telling
    ) -> None:
        """Decide about money for a cancelled order by the shop's steps: the first that is possible."""
        for step in self.policy(work).late_steps:
            if step == REVIVE and work.row.cancel_reason in _EXPIRED:
                inputs = TransitionInputs(reason=LATE_MONEY)
                outcome = self.advancer.decide(Advance(work.row.id, "revive", SYSTEM, inputs))
                if not isinstance(outcome, Refused):
                    return
            elif step == REFUND and self._send_back(work, payment, amount, LATE_MONEY):
                return
            elif step == ASK:
                break
        self.suspend(LATE_MONEY, fact, telling, payment=payment)

    def _settle_excess(
        self, work: Work, payment: Payment, amount: int, fact: Fact, telling: Telling
    ) -> None:
        """Decide about more money than the order asks for."""
        row = work.row
        kept = row.captured_minor - row.refunded_minor - refunds.owed_minor(work.refunds)
        excess = min(amount, kept - row.total_minor)
        if excess <= 0:
            return
        if REFUND in self.policy(work).excess_steps and self._send_back(
            work, payment, excess, EXCESS_MONEY
        ):
            return
        self.suspend(EXCESS_MONEY, fact, telling, payment=payment)

    def _send_back(self, work: Work, payment: Payment, amount: int, reason: str) -> bool:
        """Approve a refund by the shop's rule, once; False where it cannot go back by the payment."""
        now_is = self.payments[payment.id]
        if now_is.dispute or now_is.refundable_minor < amount:
            return False
        made = Refund(
            self.mint.new(), work.row.id, refunds.REQUESTED, amount, payment.currency, reason,
            self.now, requested_by=SYSTEM.label,
        )  # fmt: skip
        self.add_refund(made, work, SYSTEM.label)
        self.approve(made, now_is, work, SYSTEM.label)
        return True

    def give(  # noqa: PLR0913, PLR0917 - what a ledger entry is made of
        self, work: Work, amount: int, payment: Payment | None, refund: Refund | None,
        reference: str, at: datetime,
    ) -> None:  # fmt: skip
        """Enter money that went back."""
        provider = payment.provider if payment else "manual"
        told = Advance(
            work.row.id,
            "money_out",
            provider_actor(provider),
            TransitionInputs(
                amount=format_minor(amount, work.row.currency), provider=provider,
                reference=reference, at=min(at, self.now).isoformat(),
                reason=refund.reason if refund else "dispute",
            ),
        )  # fmt: skip
        effect = partial(
            _given_back, amount=amount,
            payment_id=payment.id if payment else None, refund_id=refund.id if refund else None,
        )  # fmt: skip
        outcome = self.advancer.note(told, "order.refunded", effect)
        if isinstance(outcome, Refused):
            raise ValueError(f"money that went back cannot be entered: {outcome.detail}")  # noqa: TRY004 - its content


def _given_back(  # noqa: PLR0913 - what a ledger entry is made of
    work: Work, inputs: TransitionInputs, scene: Scene, *, amount: int,
    payment_id: str | None, refund_id: str | None,
) -> Refused | None:  # fmt: skip
    row = work.row
    entry = Entry(
        scene.mint.new(), row.id, "refund", inputs.provider or "manual", inputs.reference, amount,
        row.currency, inputs.reason or "", scene.actor.label, scene.at, payment_id, refund_id,
    )  # fmt: skip
    work.entries = [*work.entries, entry]
    scene.changes.entries.append(entry)
    work.row = row._replace(refunded_minor=row.refunded_minor + amount)
    return None
