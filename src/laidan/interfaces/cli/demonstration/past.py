"""Orders of the demo that are long done: taken over with their history, without touching stock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from laidan.interfaces.cli.demonstration import words
from laidan.interfaces.cli.demonstration.assortment import CURRENCY
from laidan.interfaces.cli.demonstration.baskets import Basket
from laidan.kernel import money
from laidan.usecases.order_requests import History, Money

PROVIDERS = ("alipay", "wechat_pay", "unionpay")
CLOSED_AFTER = timedelta(days=15)


@dataclass(frozen=True, slots=True)
class Past:
    """What became of an order, and when the last of it happened."""

    history: History
    settled_at: datetime


class Chronicle:
    """Makes up what became of orders."""

    def __init__(self, now: datetime, rng: Random) -> None:
        self._now = now
        self._rng = rng

    def of(self, number: int, basket: Basket, placed_at: datetime) -> Past:
        """Return what became of an order placed so long ago that all of it is over."""
        draw = self._rng.random()
        if draw < 0.06:
            return self._unpaid(basket, placed_at)
        paid_at = placed_at + self._between(20, 15 * 60)
        paid = self._money(number, "P", basket.amount, paid_at)
        if draw < 0.085 and basket.course.is_parcel:
            return self._called_off(number, basket, paid)
        if not basket.course.is_parcel:
            return self._done(number, basket, paid, (paid_at, paid_at, paid_at))
        making = self._between(3 * 86400, 6 * 86400) if basket.course.is_made else timedelta()
        shipped_at = paid_at + making + self._between(5 * 3600, 40 * 3600)
        delivered_at = shipped_at + self._between(86400, 4 * 86400)
        confirmed_at = delivered_at + self._between(3600, 3 * 86400)
        return self._done(number, basket, paid, (shipped_at, delivered_at, confirmed_at))

    def _unpaid(self, basket: Basket, placed_at: datetime) -> Past:
        ended_at = placed_at + basket.course.unpaid_after
        history = History("cancelled", cancelled_at=ended_at, cancel_reason="payment_timeout")
        return Past(history, ended_at)

    def _called_off(self, number: int, basket: Basket, paid: Money) -> Past:
        cancelled_at = paid.at + self._between(600, 20 * 3600)
        back = self._money(number, "R", basket.amount, cancelled_at + self._between(600, 86400))
        history = History(
            "cancelled",
            captures=[paid],
            refunds=[back],
            paid_at=paid.at,
            cancelled_at=cancelled_at,
            cancel_reason=self._rng.choice(("buyer", "buyer", "buyer", "out_of_stock", "staff")),
        )
        return Past(history, back.at)

    def _done(self, number: int, basket: Basket, paid: Money, instants: Sequence[datetime]) -> Past:
        """Return the history of an order that went through, as far as it has got by now."""
        shipped_at, delivered_at, completed_at = (
            instant if instant <= self._now else None for instant in instants
        )
        state = "making" if basket.course.is_made else basket.course.waits_in
        if shipped_at is not None:
            state = basket.course.waits_in
        refunds = []
        if completed_at is not None:
            state = "completed" if completed_at + CLOSED_AFTER > self._now else "closed"
            if self._rng.random() < 0.03:
                refunds.append(self._part_back(number, basket, completed_at))
        courier, mark = self._rng.choice(words.COURIERS)
        parcel = basket.course.is_parcel and shipped_at is not None
        history = History(
            state,
            captures=[paid],
            refunds=refunds,
            paid_at=paid.at,
            shipped_at=shipped_at,
            delivered_at=delivered_at,
            completed_at=completed_at,
            courier=courier if parcel else "",
            tracking_no=tracking_no(mark, self._rng) if parcel else "",
        )
        known = (shipped_at, delivered_at, completed_at, paid.at, *(back.at for back in refunds))
        return Past(history, max(instant for instant in known if instant is not None))

    def _part_back(self, number: int, basket: Basket, completed_at: datetime) -> Money:
        part = max(1, basket.total * self._rng.randrange(5, 30) // 100)
        at = min(self._now, completed_at + self._between(3600, 5 * 86400))
        return self._money(number, "R", money.format_minor(part, CURRENCY), at)

    def _money(self, number: int, mark: str, amount: str, at: datetime) -> Money:
        return Money(self._rng.choice(PROVIDERS), amount, reference(number, mark), at)

    def _between(self, least: int, most: int) -> timedelta:
        return timedelta(seconds=self._rng.randrange(least, most))


def reference(number: int, mark: str) -> str:
    """Return the reference of a payment or refund of an order."""
    return f"DEMO-{mark}{number:06d}"


def tracking_no(mark: str, rng: Random) -> str:
    """Return a tracking number."""
    return f"{mark}{rng.randrange(10**11, 10**12)}"
