"""Plays the demo: opens the shop, takes over its past, lives through its last days."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from laidan.insights import stock_list
from laidan.insights.stock_list import StockFilter
from laidan.interfaces.cli.demonstration import assortment, calendar, supply
from laidan.interfaces.cli.demonstration.baskets import Basket, Filler
from laidan.interfaces.cli.demonstration.living import (
    CHANNEL,
    CLERK,
    LIVING_DAYS,
    STAGES,
    Course,
    Step,
)
from laidan.interfaces.cli.demonstration.past import Chronicle, Past
from laidan.interfaces.cli.demonstration.people import people
from laidan.interfaces.providers import offering
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.expire_deadlines import expire_due
from laidan.usecases.keep_accounts import keep_accounts
from laidan.usecases.move_stock import move_stock
from laidan.usecases.open_locations import open_locations
from laidan.usecases.open_shops import open_shops
from laidan.usecases.order_requests import Placing
from laidan.usecases.place_orders import place_orders
from laidan.usecases.product_requests import UpsertProduct
from laidan.usecases.set_prices import set_prices
from laidan.usecases.transition_requests import Advance
from laidan.usecases.upsert_products import upsert_products

BATCH = 500
CUSTOMERS_PER_ORDER = 0.32
LOW_SKUS = 6
T = TypeVar("T")


class DemoFault(RuntimeError):
    """The demo cannot go on; begun again, it goes on from here."""


@dataclass(frozen=True, slots=True)
class Planned:
    """An order that the demo will place."""

    number: int
    placed_at: datetime
    basket: Basket


@dataclass(slots=True)
class Played:
    """What the demo did, so far."""

    orders: int = 0
    steps: int = 0
    refused: list[Refused] = field(default_factory=list)


class Play:
    """The demo from the first delivery to this minute; the same for the same seed and instant."""

    def __init__(
        self, *, seed: int, orders: int, now: datetime, entropy: Callable[[int], bytes]
    ) -> None:
        self._now = now
        # Ids have chance of their own: what is planned must not depend on how many were minted.
        self._entropy = entropy
        self._rng = Random(seed)  # noqa: S311 - made-up orders, no secrets
        self._items = assortment.items()
        self._count = orders
        self._ids: dict[int, str] = {}
        self.played = Played()

    def run(self) -> Iterator[Played]:
        """Play everything, saying now and then how far it has got."""
        begin = self._now - timedelta(days=calendar.DAYS)
        self._open(begin)
        planned = self._plan()
        divide = self._now - timedelta(days=LIVING_DAYS)
        yield from self._take_over([one for one in planned if one.placed_at < divide])
        yield from self._live([one for one in planned if one.placed_at >= divide])
        self._run_low()
        yield self.played

    # --- the beginning ----------------------------------------------------------------------

    def _open(self, at: datetime) -> None:
        every, entropy = _must, self._entropy
        every(open_locations(supply.LOCATIONS, now=at, entropy=entropy))
        products = [UpsertProduct(product, CLERK) for product in assortment.products()]
        every(upsert_products(products, now=at, entropy=entropy))
        every(set_prices([supply.price_list(self._items)], now=at, entropy=entropy))
        every(open_shops(supply.SHOPS, now=at, entropy=entropy))
        ways = supply.payment_accounts(entropy(16).hex())
        every(keep_accounts(ways, providers=offering.asked(), now=at, entropy=entropy))
        for batch in _slices(list(supply.deliveries(self._items, self._now, self._rng))):
            every(move_stock(batch, now=at, entropy=entropy))

    def _plan(self) -> list[Planned]:
        customers = people(max(20, int(self._count * CUSTOMERS_PER_ORDER)), self._rng)
        filler = Filler(self._items, customers, self._rng)
        # What is booked by day takes stock: only orders that live can.
        bookable = self._now - timedelta(hours=40)
        return [
            Planned(number, at, filler.fill(number, at, may_book=at >= bookable))
            for number, at in enumerate(calendar.instants(self._count, self._now, self._rng), 1)
        ]

    # --- the past ---------------------------------------------------------------------------

    def _take_over(self, planned: Sequence[Planned]) -> Iterator[Played]:
        """Place what is over on the day on which the last of it happened."""
        chronicle = Chronicle(self._now, self._rng)
        days: dict[datetime, list[tuple[Planned, Past]]] = {}
        for one in planned:
            past = chronicle.of(one.number, one.basket, one.placed_at)
            day = past.settled_at.replace(hour=0, minute=0, second=0, microsecond=0)
            days.setdefault(day, []).append((one, past))
        for day, ended in sorted(days.items()):
            latest = min(day + timedelta(days=1), self._now)
            for batch in _slices(ended):
                requests = [self._placing(one, past) for one, past in batch]
                self._keep(place_orders(requests, now=latest, entropy=self._entropy))
            yield self.played

    def _placing(self, one: Planned, past: Past | None = None) -> Placing:
        return Placing(
            one.basket.order,
            CHANNEL,
            once=supply.once(f"order {one.number}"),
            history=past.history if past else None,
        )

    # --- the last days ----------------------------------------------------------------------

    def _live(self, planned: Sequence[Planned]) -> Iterator[Played]:
        """Let the hours pass: place, advance, and let deadlines act."""
        course = Course(self._now, self._rng)
        steps = [
            (step, one.number)
            for one in planned
            for step in course.steps(one.number, one.basket, one.placed_at)
        ]
        steps.sort(key=lambda pair: (pair[0].at, STAGES.index(pair[0].stage), pair[1]))
        waiting, coming = list(reversed(planned)), list(reversed(steps))
        for tick in self._ticks():
            placed: list[Planned] = []
            while waiting and waiting[-1].placed_at <= tick:
                placed.append(waiting.pop())
            self._place(placed, tick)
            taken: dict[str, list[tuple[Step, int]]] = {}
            while coming and coming[-1][0].at <= tick:
                step, number = coming.pop()
                taken.setdefault(step.stage, []).append((step, number))
            for stage in STAGES:
                self._advance(taken.get(stage, ()), tick)
            while expire_due(now=tick):
                pass
            yield self.played

    def _ticks(self) -> Iterator[datetime]:
        """Yield hours, and minutes towards the end; the last instant is now."""
        at = self._now - timedelta(days=LIVING_DAYS)
        day = ""
        while at < self._now:
            left = self._now - at
            at = min(at + timedelta(minutes=60 if left > timedelta(hours=2) else 5), self._now)
            if (today := f"{at:%m%d}") != day and day:
                work = list(supply.daily_work(self._items, today, self._rng))
                self._note(move_stock(work, now=at, entropy=self._entropy))
            day = today
            yield at

    def _place(self, placed: Sequence[Planned], tick: datetime) -> None:
        for batch in _slices(placed):
            requests = [self._placing(one) for one in batch]
            outcomes = place_orders(requests, now=tick, entropy=self._entropy)
            self._keep(outcomes)
            for one, outcome in zip(batch, outcomes, strict=True):
                if isinstance(outcome, Done):
                    self._ids[one.number] = outcome.value.order_id

    def _advance(self, taken: Sequence[tuple[Step, int]], tick: datetime) -> None:
        requests = [
            Advance(
                self._ids[number],
                step.transition,
                step.actor,
                step.inputs,
                once=supply.once(f"order {number} {step.stage}"),
            )
            for step, number in taken
            if number in self._ids
        ]
        for batch in _slices(requests):
            outcomes = advance_orders(batch, now=tick, entropy=self._entropy)
            self._note(outcomes)
            self.played.steps += sum(isinstance(outcome, Done) for outcome in outcomes)

    def _run_low(self) -> None:
        """Find a few shelves nearly empty, so that there is something to warn about."""
        goods = [item for item in self._items if item.kind == "goods" and not item.decimals]
        for item in self._rng.sample(goods, LOW_SKUS):
            rows = stock_list.list_stock(StockFilter(sku=item.code), after=None, limit=10)
            counts = [supply.count(item.code, row.location, str(row.reserved + 2)) for row in rows]
            self._note(move_stock(counts, now=self._now, entropy=self._entropy))

    def _keep(self, outcomes: Sequence[Outcome[T]]) -> None:
        self._note(outcomes)
        self.played.orders += sum(isinstance(outcome, Done) for outcome in outcomes)

    def _note(self, outcomes: Sequence[Outcome[T]]) -> None:
        refused = [one for one in outcomes if isinstance(one, Refused)]
        fault = next((one for one in refused if one.status >= 500), None)
        if fault is not None:
            raise DemoFault(fault.detail)
        self.played.refused += refused


def _must(outcomes: Sequence[Outcome[T]]) -> None:
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            raise DemoFault(f"the demo shop cannot be opened: {outcome.detail}")


def _slices(found: Sequence[T]) -> Iterator[Sequence[T]]:
    for place in range(0, len(found), BATCH):
        yield found[place : place + BATCH]
