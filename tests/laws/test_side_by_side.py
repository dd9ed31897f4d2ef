"""Several committers at once, each doing what it likes to the same orders: every law holds after."""

import random
import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from builders import NOON
from laidan.domain.orders.models import Order
from laidan.engine.unit import BusyError
from laidan.kernel.actor import SYSTEM
from laidan.kernel.outcome import Refused
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.amend_orders import amend_orders
from laidan.usecases.expire_deadlines import expire_due
from laidan.usecases.move_stock import move_stock
from laidan.usecases.movement_requests import MovementRequest, MoveStock
from laidan.usecases.order_requests import LineRequest
from laidan.usecases.place_orders import place_orders
from laidan.usecases.transition_requests import (
    Advance,
    Amend,
    AmendOrder,
    LineChanges,
    TransitionInputs,
)
from laws.advances import an_order, orders_in_all_stages
from laws.worlds import broken, the_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.races]
WORKERS = 4
TURNS = 25
SKUS = ["TEE", "CUP", "SET", "LATE", "NEW", "SAFE", "ROOM"]
ACTS = [
    "pay",
    "ship",
    "deliver",
    "confirm_receipt",
    "cancel",
    "revive",
    "refund",
    "hold",
    "release",
]


class Worker(threading.Thread):
    """Does a seeded series of things to orders that others move too."""

    def __init__(self, number: int, gate: threading.Barrier) -> None:
        super().__init__(daemon=True)
        self._number = number
        self._gate = gate
        self._chance = random.Random(number)
        self.codes: Counter[str] = Counter()
        self.fault: BaseException | None = None

    def run(self) -> None:
        try:
            self._gate.wait(120)
            for turn in range(TURNS):
                self._act(turn)
        except BaseException as fault:
            self.fault = fault
        finally:
            connection.close()

    def _act(self, turn: int) -> None:
        now = NOON + timedelta(minutes=turn)
        act = self._chance.choice([self._place, self._move_on, self._move_on, self._amend,
                                   self._stock, self._expire])  # fmt: skip
        try:
            outcomes = act(turn, now)
        except BusyError:
            self.codes["busy"] += 1
            return
        for one in outcomes:
            self.codes[one.code if isinstance(one, Refused) else "done"] += 1

    def _orders(self, count: int) -> list[str]:
        ids = list(Order.objects.order_by("id").values_list("id", flat=True))
        return self._chance.sample(ids, min(count, len(ids)))

    def _place(self, turn: int, now: Any) -> list[Any]:
        batch = []
        for n in range(self._chance.randint(1, 4)):
            # Numbers are shared between workers on purpose: some orders come twice.
            number = 1000 + (turn * 10 + n) * 2 + self._number % 2
            lines = [(self._chance.choice(SKUS), 1) for _ in range(3)]
            batch.append(an_order(number, *lines, paid=self._chance.choice([None, "9999.00"])))
        return place_orders(batch, now=now)

    def _move_on(self, turn: int, now: Any) -> list[Any]:
        batch = [
            Advance(order, self._chance.choice(ACTS), SYSTEM, TransitionInputs(reason="buyer"))
            for order in self._orders(5)
        ]
        return advance_orders(batch, now=now)

    def _amend(self, turn: int, now: Any) -> list[Any]:
        wanted = AmendOrder(
            seller_note=f"{self._number} {turn}",
            tags=[self._chance.choice(["a", "b", "c"])],
            lines=LineChanges(add=[LineRequest(sku=self._chance.choice(["TEE", "NEW"]))]),
        )
        return amend_orders([Amend(order, wanted, SYSTEM) for order in self._orders(3)], now=now)

    def _stock(self, turn: int, now: Any) -> list[Any]:
        wanted = [
            MovementRequest(
                kind=kind, sku=sku, location="main", quantity=self._chance.randint(1, 3)
            )
            for kind, sku in (("receive", "TEE"), ("receive", "CUP"), ("scrap", "TEE"))
        ]
        return move_stock([MoveStock(one, SYSTEM) for one in wanted], now=now)

    def _expire(self, turn: int, now: Any) -> list[Any]:
        expire_due(50, now=now)
        return []


@pytest.mark.parametrize("round_", range(3))
def test_committers_side_by_side(round_: int) -> None:
    the_world()
    orders_in_all_stages()
    gate = threading.Barrier(WORKERS)
    workers = [Worker(round_ * WORKERS + n, gate) for n in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(300)
    assert [worker.fault for worker in workers] == [None] * WORKERS
    codes = sum((worker.codes for worker in workers), Counter())
    assert codes["internal-fault"] == 0, codes
    assert codes["done"] > 20, codes
    assert broken() == []
