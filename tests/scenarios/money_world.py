"""A simulated world of money: a provider with faults, buyers, staff, a worker that is killed anywhere.

One thread, a clock of its own, and one seed: the same seed is the same story.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import timedelta
from random import Random
from typing import Any

from builders import an_order
from laidan.domain.orders.models import Order
from laidan.domain.payments import facts
from laidan.domain.payments.models import LedgerEntry, Payment, Refund, Suspense
from laidan.interfaces.providers.base import NoAnswerError
from laidan.interfaces.worker.money import Speaker
from laidan.kernel.actor import STAFF, Actor
from laidan.kernel.money import format_minor
from laidan.kernel.outcome import Done
from laidan.usecases import advance_orders, expire_deadlines, give_refunds, hear_providers
from laidan.usecases.advance_orders import Advance
from laidan.usecases.decide_payments import decide_payments
from laidan.usecases.money_requests import (
    DecidePayment,
    DecideRefund,
    RequestRefund,
    ResolveSuspense,
    StartPayment,
    Telling,
)
from laidan.usecases.receive_callbacks import ReceiveCallback, receive_callbacks
from laidan.usecases.resolve_suspense import resolve_suspense
from laidan.usecases.start_payments import start_payments
from laidan.usecases.transition_requests import TransitionInputs
from scenarios.faulty_provider import KilledError, World

STAFF_MEMBER = Actor(STAFF, "ann", frozenset("*"))
ENDED = frozenset(("succeeded", "manual", "cancelled"))


class Inline(Executor):
    """Runs everything at once, in the caller's thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run and keep what came of it, death included."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


class Story:
    """One run: steps drawn by the seed, then quiet days in which all must end."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.world = World(self.random)
        self.orders: list[Any] = []
        self.seen: Counter[str] = Counter()
        self.speaker = Speaker({"test": self.world}, lambda: self.world.now, Inline())  # type: ignore[dict-item]  # what the worker asks of it, it has
        self.account_id = ""

    def run(self, steps: int) -> None:
        """Take steps; the process may die at each."""
        acts = (
            (self.place, 4), (self.begin_payment, 6), (self.buyer_pays, 5), (self.deliver_calls, 5),
            (self.apply, 5), (self.ask_payments, 4), (self.ask_refunds, 4), (self.expire, 3),
            (self.cancel, 2), (self.decide_held, 5), (self.ask_refund, 4), (self.decide_refund, 3), (self.resolve, 1),
        )  # fmt: skip
        wheel = [act for act, weight in acts for _ in range(weight)]
        for _ in range(steps):
            self.world.now += timedelta(seconds=self.random.choice((0, 1, 5, 20, 200)))
            act = self.random.choice(wheel)
            try:
                act()
            except KilledError:
                self.seen["killed"] += 1

    def settle(self) -> None:
        """Let quiet days go by: no faults, people do their work, the worker runs."""
        self.world.has_faults = False
        for _ in range(40):
            self.world.now += timedelta(hours=1)
            for act in (self.deliver_calls, self.apply, self.ask_payments, self.ask_refunds):
                act()
            self.expire()
            for payment in Payment.objects.filter(state="authorized").order_by("id"):
                self._decide_held(payment, self.random.choice(("capture", "void")))
            for refund in Refund.objects.filter(state__in=("requested", "failed")):
                self._decide(refund, "retry" if refund.state == "failed" else "approve")
            for item in Suspense.objects.filter(state="open"):
                self._explain(item)

    # --- steps ---------------------------------------------------------------------------------

    def place(self) -> None:
        """Take an order."""
        number = f"N-{len(self.orders)}"
        self.orders.append(
            an_order(("TEE", self.random.randint(1, 3)), external_no=number, now=self.world.now)
        )

    def begin_payment(self) -> None:
        """Let a buyer begin, or begin again, by one of two accounts."""
        if not self.orders:
            return
        asked = StartPayment(
            self._order().order_id, self.random.choice(("test", "other")), STAFF_MEMBER
        )
        (outcome,) = start_payments([asked], now=self.world.now)
        if not isinstance(outcome, Done):
            return
        payment = Payment.objects.get(pk=outcome.value.id)
        telling = Telling("test", payment.account_id, (), payment.number)
        try:
            started = self.world.start(payment)
        except NoAnswerError as error:
            told = Telling("test", payment.account_id, (), payment.number, silent=str(error))
        else:
            told = Telling("test", payment.account_id, (), telling.number, started)
        hear_providers.hear_providers([told], now=self.world.now)

    def buyer_pays(self) -> None:
        """Let some buyer pay at the provider."""
        found = sorted(n for n, one in self.world.charges.items() if one.state == facts.PENDING)
        if found:
            self.world.pay(self.random.choice(found))

    def deliver_calls(self) -> None:
        """Let the provider call, several times at once."""
        calls = [
            ReceiveCallback("test", self.account_id, one, b"body") for one in self.world.due_calls()
        ]
        if calls:
            receive_callbacks(calls, now=self.world.now)

    def apply(self) -> None:
        """Apply what came in."""
        self.seen["callbacks"] += hear_providers.apply_callbacks(now=self.world.now)

    def ask_payments(self) -> None:
        """Ask about payments."""
        self.speaker.ask_payments(self.world.now)

    def ask_refunds(self) -> None:
        """Send refunds, or look them up."""
        self.seen["refund asks"] += self.speaker.ask_refunds(self.world.now)

    def expire(self) -> None:
        """Let the clock act."""
        self.seen["expired"] += expire_deadlines.expire_due(now=self.world.now)

    def cancel(self) -> None:
        """Let somebody cancel an order."""
        if self.orders:
            inputs = TransitionInputs(reason="buyer")
            asked = Advance(self._order().order_id, "cancel", STAFF_MEMBER, inputs)
            (outcome,) = advance_orders.advance_orders([asked], now=self.world.now)
            self.seen["cancelled"] += isinstance(outcome, Done)

    def decide_held(self) -> None:
        """Capture or void money that is held, twice at once by two agents."""
        held = list(Payment.objects.filter(state="authorized").order_by("id"))
        if held:
            act = self.random.choice(("capture", "capture", "void", "ask"))
            self._decide_held(self.random.choice(held), act)

    def ask_refund(self) -> None:
        """Ask for some money back, twice at once by two agents."""
        paid = list(Order.objects.filter(captured_minor__gt=0).order_by("id"))
        if paid:
            order = self.random.choice(paid).id
            amount = f"{self.random.randint(1, 200)}.{self.random.randint(0, 99):02d}"
            asked = RequestRefund(order, STAFF_MEMBER, "kindness", amount)
            give_refunds.request_refunds([asked, asked], now=self.world.now)

    def decide_refund(self) -> None:
        """Approve, withdraw or retry some refund."""
        waiting = list(Refund.objects.exclude(state__in=ENDED).order_by("id"))
        if waiting:
            act = self.random.choice(("approve", "approve", "withdraw", "retry", "by_hand"))
            self._decide(self.random.choice(waiting), act)

    def resolve(self) -> None:
        """Let a person look at money without a home."""
        for item in Suspense.objects.filter(state="open").order_by("id")[:1]:
            self._explain(item)

    def _decide(self, refund: Refund, act: str) -> None:
        asked = DecideRefund(refund.id, act, STAFF_MEMBER, proof="receipt 1")
        give_refunds.decide_refunds([asked], now=self.world.now)

    def _decide_held(self, payment: Payment, act: str) -> None:
        amount = None
        if act == "capture" and self.random.random() < 0.3:
            amount = format_minor(self.random.randint(1, payment.authorized_minor), "CNY")
        asked = DecidePayment(payment.number, act, STAFF_MEMBER, amount)
        outcomes = decide_payments([asked, asked], now=self.world.now)
        self.seen["held"] += any(isinstance(one, Done) for one in outcomes)

    def _explain(self, item: Suspense) -> None:
        asked = ResolveSuspense(item.id, STAFF_MEMBER, "explained", note="seen")
        resolve_suspense([asked], now=self.world.now)

    def _order(self) -> Any:
        """Return an order, rather a late one: what is going on is going on there."""
        return self.random.choice(self.orders[-8:] if self.random.random() < 0.8 else self.orders)

    # --- what must be true -----------------------------------------------------------------------

    def faults(self) -> list[str]:
        """Return what is not as it must be, once all is quiet."""
        return [*self._money_faults(), *self._order_faults()]

    def _money_faults(self) -> list[str]:
        found = []
        captured = {
            number: one for number, one in self.world.charges.items() if one.state == facts.CAPTURED
        }
        booked = Counter(
            LedgerEntry.objects.filter(kind="capture").values_list("payment_id", flat=True)
        )
        for payment in Payment.objects.all():
            is_paid = payment.number in captured
            taken = captured[payment.number].captured if is_paid else 0
            if payment.captured_minor != taken:
                found.append(f"payment {payment.number}: {taken} taken, {payment.captured_minor}")
            if is_paid != (booked[payment.id] == 1):
                found.append(
                    f"payment {payment.number}: paid {is_paid}, booked {booked[payment.id]}"
                )
            if payment.state in ("created", "pending", "unknown", "authorized"):
                found.append(f"payment {payment.number} is {payment.state} for ever")
        paid_back = {
            number: amount
            for charge in self.world.charges.values()
            for number, (amount, _) in charge.refunds.items()
        }
        entered = {
            entry.reference: entry.amount_minor
            for entry in LedgerEntry.objects.filter(kind="refund", provider="test")
            if Refund.objects.filter(number=entry.reference, state="succeeded").exists()
        }
        if paid_back != entered:
            found.append(f"paid back {paid_back}, entered {entered}")
        return found

    def _order_faults(self) -> list[str]:
        found = []
        for order in Order.objects.all():
            kept = order.captured_minor - order.refunded_minor
            if order.state == "cancelled" and kept:
                found.append(f"order {order.order_no} is cancelled and keeps {kept}")
            if order.state == "awaiting_payment":
                found.append(f"order {order.order_no} waits for ever")
        found += [
            f"refund {one.id} is {one.state} for ever"
            for one in Refund.objects.exclude(state__in=ENDED)
        ]
        return found
