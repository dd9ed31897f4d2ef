"""Many at once on the same products and shelves: nothing is lost, doubled or left behind."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from builders import NOON, a_location, a_shop, a_sku
from laidan.domain.catalog.models import Product, Sku
from laidan.domain.stock.models import Balance, Movement
from laidan.kernel.outcome import Done, Outcome
from laidan.usecases.move_stock import move_stock
from laidan.usecases.upsert_products import upsert_products
from usecases.test_move_stock import a_move
from usecases.wishes import a_wish, every_law_holds, tee

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 8


def all_at_once(act: Callable[[int], list[Outcome[Any]]]) -> None:
    """Let a crowd act together; nobody may be refused."""
    gate, faults = threading.Barrier(CROWD), []

    def run(number: int) -> None:
        try:
            gate.wait(120)
            for outcome in act(number):
                assert isinstance(outcome, Done), outcome
        except BaseException as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(CROWD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert faults == []


def test_a_new_shelf_is_filled_by_all():
    a_shop()
    a_sku("X", on_hand=0)
    all_at_once(
        lambda number: [
            outcome
            for turn in range(5)
            for outcome in move_stock(
                [a_move("receive", 1), a_move("receive", 1, bucket=f"LOT{turn}")], now=NOON
            )
        ]
    )
    assert dict(Balance.objects.values_list("bucket", "on_hand")) == {
        "": CROWD * 5, **{f"LOT{turn}": CROWD for turn in range(5)},
    }  # fmt: skip
    assert Movement.objects.count() == CROWD * 10
    assert every_law_holds()


def test_one_new_product_is_made_once():
    all_at_once(
        lambda number: upsert_products(
            [a_wish("P", tee("X", price=f"{number}.00", barcode="1"), tee("Y"))], now=NOON
        )
    )
    assert Product.objects.count() == 1
    assert Sku.objects.count() == 2
    assert every_law_holds()


def test_new_shelves_take_over_terms_that_change_meanwhile():
    a_shop()
    a_sku("X", on_hand=0)
    for number in range(CROWD):
        a_location(f"place{number}")

    def act(number: int) -> list[Outcome[Any]]:
        if number % 2:
            return move_stock([a_move("receive", 9, location=f"place{number}")], now=NOON)
        wish = a_wish("P-X", {"code": "X", "safety": number, "backorder": number % 4 == 0})
        return upsert_products([wish], now=NOON)

    all_at_once(act)
    sku = Sku.objects.get()
    terms = set(Balance.objects.values_list("safety", "backorder"))
    assert terms == {(sku.safety, sku.backorder)}
    assert every_law_holds()
