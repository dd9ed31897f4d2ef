"""Orders of the demo's last days: what happens to each, step by step, with real stock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from laidan.interfaces.cli.demonstration import words
from laidan.interfaces.cli.demonstration.baskets import Basket
from laidan.interfaces.cli.demonstration.past import PROVIDERS, reference, tracking_no
from laidan.kernel.actor import BUYER, STAFF, WAREHOUSE, Actor
from laidan.usecases.transition_requests import ShipLine, TransitionInputs

LIVING_DAYS = 10
REVIEW_FROM = 600_00
FRESH = timedelta(minutes=25)
STAGES = ("pay", "approve", "reject", "finish", "hold", "release", "cancel", "refund", "ship",
          "ship_rest", "deliver", "confirm_receipt")  # fmt: skip
"""The order in which steps of one tick are taken."""

_ALL = frozenset("*")
CHANNEL = Actor("X", "channel", _ALL)
CLERK = Actor(STAFF, "user:admin", _ALL)
PICKER = Actor(WAREHOUSE, "warehouse", _ALL)
CUSTOMER = Actor(BUYER, "buyer", _ALL)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens to an order."""

    at: datetime
    stage: str
    actor: Actor
    inputs: TransitionInputs = field(default_factory=TransitionInputs)

    @property
    def transition(self) -> str:
        """The transition's name."""
        return "ship" if self.stage == "ship_rest" else self.stage


class Course:
    """Makes up what happens to orders from now on."""

    def __init__(self, now: datetime, rng: Random) -> None:
        self._now = now
        self._rng = rng

    def steps(self, number: int, basket: Basket, placed_at: datetime) -> list[Step]:
        """Return what has happened to an order until now, the first first."""
        return [step for step in self._steps(number, basket, placed_at) if step.at <= self._now]

    def _steps(self, number: int, basket: Basket, placed_at: datetime) -> Iterator[Step]:
        rng = self._rng
        fresh = self._now - placed_at < FRESH
        if rng.random() < (0.75 if fresh else 0.07):
            # Nobody pays: the deadline ends it, unless somebody holds it.
            if fresh and rng.random() < 0.15:
                yield self._reasoned(self._now, "hold", words.HOLD_REASONS)
            return
        most = 6 * 3600 if basket.course.is_made else 12 * 60
        at = placed_at + self._between(20, most)
        if fresh:
            at = min(at, self._now)
        paid = TransitionInputs(
            amount=basket.amount,
            provider=rng.choice(PROVIDERS),
            reference=reference(number, "P"),
            at=at.isoformat(),
        )
        yield Step(at, "pay", CHANNEL, paid)
        if basket.course.is_parcel and not basket.is_booked:
            yield from self._paid(number, basket, at)

    def _paid(self, number: int, basket: Basket, at: datetime) -> Iterator[Step]:
        rng, course = self._rng, basket.course
        draw = rng.random()
        if draw < 0.04:
            at += self._between(600, 3 * 3600)
            yield Step(at, "cancel", CUSTOMER, TransitionInputs(reason="buyer"))
            if rng.random() < 0.6:
                yield Step(at + self._between(3600, 20 * 3600), "refund", CLERK, TransitionInputs(
                    provider=rng.choice(PROVIDERS), reference=reference(number, "R"),
                ))  # fmt: skip
            return
        if course.is_made or basket.total >= REVIEW_FROM:
            # Some wait for an answer from the customer.
            at += self._between(3600, (60 if rng.random() < 0.3 else 20) * 3600)
            if draw > 0.95:
                yield self._reasoned(at, "reject", words.REJECT_REASONS)
                return
            yield Step(at, "approve", CLERK)
        if draw < 0.075:
            at += self._between(300, 2 * 3600)
            yield self._reasoned(at, "hold", words.HOLD_REASONS)
            if draw < 0.06:
                return
            at += self._between(2 * 3600, 20 * 3600)
            yield Step(at, "release", CLERK)
        if course.is_made:
            at += self._between(20 * 3600, 90 * 3600)
            yield Step(at, "finish", PICKER)
        yield from self._sent(basket, at)

    def _sent(self, basket: Basket, at: datetime) -> Iterator[Step]:
        rng = self._rng
        slow = rng.random() < 0.1
        at += self._between(40 * 3600, 90 * 3600) if slow else self._between(2 * 3600, 40 * 3600)
        if len(basket.order.lines) > 1 and rng.random() < 0.1:
            yield self._shipping(at, "ship", [ShipLine(line_no=1)])
            at += self._between(8 * 3600, 40 * 3600)
            yield self._shipping(at, "ship_rest", None)
        else:
            yield self._shipping(at, "ship", None)
        at += self._between(20 * 3600, 80 * 3600)
        yield Step(at, "deliver", CHANNEL, TransitionInputs(at=at.isoformat()))
        if rng.random() < 0.75:
            yield Step(at + self._between(3600, 60 * 3600), "confirm_receipt", CUSTOMER)

    def _shipping(self, at: datetime, stage: str, lines: list[ShipLine] | None) -> Step:
        courier, mark = self._rng.choice(words.COURIERS)
        inputs = TransitionInputs(
            lines=lines,
            courier=courier,
            tracking_no=tracking_no(mark, self._rng),
            at=at.isoformat(),
        )
        return Step(at, stage, PICKER, inputs)

    def _reasoned(self, at: datetime, stage: str, reasons: tuple[str, ...]) -> Step:
        return Step(at, stage, CLERK, TransitionInputs(reason=self._rng.choice(reasons)))

    def _between(self, least: int, most: int) -> timedelta:
        return timedelta(seconds=self._rng.randrange(least, most))
