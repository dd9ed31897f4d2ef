"""A simulated payment provider with faults: it loses answers, calls late, twice and in no order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from builders import NOON
from laidan.domain.payments import facts
from laidan.domain.payments.facts import Notice, PaymentFact, RefundFact, Started
from laidan.domain.payments.models import Payment
from laidan.interfaces.providers.base import NoAnswerError, ProviderRefusedError


class KilledError(BaseException):
    """The process died here; what it had in memory is gone."""


@dataclass
class Charge:
    """A payment as the provider knows it."""

    number: str
    reference: str
    amount: int
    state: str = facts.PENDING
    captured: int = 0
    refunds: dict[str, tuple[int, str]] = field(default_factory=dict)


class World:
    """The provider: answers, loses answers, dies with its caller, calls back late, twice, reversed."""

    code = "test"

    def __init__(self, random: Random) -> None:
        self.random = random
        self.charges: dict[str, Charge] = {}
        self.calls: list[tuple[datetime, Notice]] = []
        self.now = NOON
        self.has_faults = True
        self._events = 0

    # --- what Laidan asks ---------------------------------------------------------------------

    def start(self, payment: Payment) -> Started:
        """Open a charge; the same number is the same charge."""
        self._before()
        charge = self.charges.setdefault(
            payment.number, Charge(payment.number, f"W-{len(self.charges)}", payment.amount_minor)
        )
        self._after()
        return Started(charge.reference, "https://pay.example")

    def query(self, account: Any, number: str, reference: Any, *, now: datetime) -> PaymentFact:
        """Say how a charge stands."""
        self._before()
        return self._after(self._fact(number))

    def close(self, account: Any, number: str, reference: Any, *, now: datetime) -> PaymentFact:
        """Close a charge that nobody has paid."""
        self._before()
        charge = self.charges.get(number)
        if charge is not None and charge.state == facts.PENDING:
            charge.state = facts.EXPIRED
        return self._after(self._fact(number))

    def capture(
        self,
        account: Any,
        number: str,
        reference: Any,
        amount: int,
        currency: str,
        *,
        now: datetime,
    ) -> PaymentFact:
        """Take what is held, or a part of it, once."""
        self._before()
        charge = self.charges[number]
        if charge.state == facts.AUTHORIZED:
            if self._is_unlucky(0.1):
                raise ProviderRefusedError("not now", "bank")
            assert 0 < amount <= charge.amount, "took more than was held"
            charge.state, charge.captured = facts.CAPTURED, amount
            self.plan(self._fact(number))
        return self._after(self._fact(number))

    def void(self, account: Any, number: str, reference: Any, *, now: datetime) -> PaymentFact:
        """Let go what is held."""
        self._before()
        charge = self.charges[number]
        if charge.state == facts.AUTHORIZED:
            charge.state = facts.VOIDED
            self.plan(self._fact(number))
        return self._after(self._fact(number))

    def refund(self, account: Any, intent: Any, *, now: datetime) -> RefundFact:
        """Pay back once for each number."""
        self._before()
        charge = self.charges[intent.payment_number]
        if intent.number not in charge.refunds:
            gone = sum(amount for amount, _ in charge.refunds.values())
            if self._is_unlucky(0.15):
                raise ProviderRefusedError("not now", "balance")
            assert gone + intent.amount_minor <= charge.captured, "paid back more than was paid"
            charge.refunds[intent.number] = (intent.amount_minor, facts.SUCCEEDED)
            self.plan(self._refund_fact(intent.number, charge))
        return self._after(self._refund_fact(intent.number, charge))

    def query_refund(
        self, account: Any, intent: Any, reference: Any, *, now: datetime
    ) -> RefundFact:
        """Say how a refund stands."""
        self._before()
        charge = self.charges[intent.payment_number]
        if intent.number not in charge.refunds:
            return self._after(RefundFact(intent.number, facts.ABSENT, self.now))
        return self._after(self._refund_fact(intent.number, charge))

    # --- what buyers do ------------------------------------------------------------------------

    def pay(self, number: str) -> None:
        """Let the buyer pay a charge that is open; the provider will call, or not."""
        charge = self.charges.get(number)
        if charge is None or charge.state != facts.PENDING:
            return
        self.plan(self._fact(number))
        drawn = self.random.random()
        charge.state = facts.CAPTURED if drawn < 0.6 else facts.AUTHORIZED
        if drawn >= 0.9:
            charge.state = facts.FAILED
        charge.captured = charge.amount if charge.state == facts.CAPTURED else 0
        self.plan(self._fact(number))

    def plan(self, fact: PaymentFact | RefundFact) -> None:
        """Plan the calls of an event: none, one, or several, soon or late."""
        self._events += 1
        notice = Notice(f"EV-{self._events}", fact.state, (fact,))
        for _ in range(self.random.choice((0, 1, 1, 2, 4)) if self.has_faults else 1):
            late = timedelta(seconds=self.random.choice((0, 1, 30, 600, 3600)))
            self.calls.append((self.now + late, notice))

    def due_calls(self) -> list[Notice]:
        """Return the calls that are made now, in no order."""
        due = [one for at, one in self.calls if at <= self.now]
        self.calls = [(at, one) for at, one in self.calls if at > self.now]
        self.random.shuffle(due)
        return due

    # --- inside ----------------------------------------------------------------------------------

    def _fact(self, number: str) -> PaymentFact:
        charge = self.charges.get(number)
        if charge is None:
            return PaymentFact(number, facts.ABSENT, self.now)
        amount = charge.captured if charge.state == facts.CAPTURED else charge.amount
        return PaymentFact(number, charge.state, self.now, charge.reference, amount, "CNY")

    def _refund_fact(self, number: str, charge: Charge) -> RefundFact:
        amount, state = charge.refunds[number]
        return RefundFact(number, state, self.now, None, amount, "CNY")

    def _is_unlucky(self, share: float) -> bool:
        return self.has_faults and self.random.random() < share

    def _before(self) -> None:
        if self._is_unlucky(0.05):
            raise KilledError("before the provider heard of it")
        if self._is_unlucky(0.1):
            raise NoAnswerError("lost on the way there")

    def _after(self, said: Any = None) -> Any:
        if self._is_unlucky(0.05):
            raise KilledError("before the answer was written down")
        if self._is_unlucky(0.1):
            raise NoAnswerError("lost on the way back")
        return said
