"""Price lists come before a SKU's own price, from their quantities upwards."""

from typing import Any

import msgspec
import pytest

from builders import NOON, a_request, a_shop, a_sku
from laidan.domain.catalog.models import Price, PriceList
from laidan.domain.orders.models import OrderLine
from laidan.engine import epochs
from laidan.kernel.actor import SYSTEM
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.open_shops import OpenShop, open_shops
from laidan.usecases.order_requests import LineRequest, PlaceOrder, Placing
from laidan.usecases.place_orders import place_orders
from laidan.usecases.product_requests import PriceListRequest, SetPrices
from laidan.usecases.set_prices import PricesAnswer, set_prices

pytestmark = pytest.mark.django_db(transaction=True)


def a_list(code: str, *prices: tuple[Any, ...], **others: Any) -> SetPrices:
    listed = [
        {"sku": sku, "price": price, "quantity_from": rest[0] if rest else 0}
        for sku, price, *rest in prices
    ]
    body = {"code": code, "currency": "CNY", "prices": listed} | others
    return SetPrices(msgspec.convert(body, PriceListRequest), SYSTEM)


def done(*wishes: SetPrices) -> list[PricesAnswer]:
    answers = []
    for outcome in set_prices(wishes, now=NOON):
        assert isinstance(outcome, Done), outcome
        answers.append(outcome.value)
    return answers


def steps() -> list[tuple[Any, ...]]:
    rows = Price.objects.values_list("price_list__code", "sku__code", "quantity_min", "price_micro")
    return sorted(rows)


@pytest.fixture(autouse=True)
def skus() -> None:
    a_shop()
    a_sku("X", "64.00")
    a_sku("CLOTH", "9.00", decimals=2)


def unit_prices(*lines: tuple[str, int]) -> list[int]:
    (outcome,) = place_orders([a_request(*lines)], now=NOON)
    assert isinstance(outcome, Done), outcome
    rows = OrderLine.objects.filter(order_id=outcome.value.order_id).order_by("line_no")
    return [row.unit_price_micro for row in rows]


def test_orders_take_the_lists_prices_by_quantity():
    done(a_list("vip", ("X", "60.00"), ("X", "50.5", 10), ("CLOTH", "8", "1.50"), name="贵宾价"))
    open_shops([OpenShop("main", price_list="vip")], now=NOON)
    assert unit_prices(("X", 1), ("X", 10), ("CLOTH", 1), ("CLOTH", 2)) == [
        60_000_000, 50_500_000, 9_000_000, 8_000_000,
    ]  # fmt: skip
    done(a_list("vip", ("X", "61.00"), ("X", None, 10)))
    assert unit_prices(("X", 10)) == [61_000_000]
    open_shops([OpenShop("main", price_list="")], now=NOON)
    assert unit_prices(("X", 10)) == [64_000_000]


def test_the_same_again_changes_nothing():
    wish = a_list("vip", ("X", "60.00"), ("X", "50", 10))
    assert [(a.created, a.steps) for a in done(wish)] == [(True, 2)]
    before = (epochs.read(), sorted(Price.objects.values_list()))
    assert [(a.created, a.steps) for a in done(wish, wish)] == [(False, 0)] * 2
    assert (epochs.read(), sorted(Price.objects.values_list())) == before


def test_later_requests_see_earlier_ones():
    done(a_list("vip", ("X", "60.00")))
    answers = done(
        a_list("vip", ("X", None)), a_list("vip", ("X", "59.00")), a_list("vip", ("X", "58", 5))
    )
    assert [answer.steps for answer in answers] == [1, 1, 1]
    assert steps() == [("vip", "X", 0, 59_000_000), ("vip", "X", 5, 58_000_000)]


@pytest.mark.parametrize(
    ("wish", "code", "loc"),
    [
        (a_list("new", ("NONE", "1")), "unknown-sku", "prices[0].sku"),
        (a_list("new", ("X", "-1")), "invalid-prices", "prices[0].price"),
        (a_list("new", ("X", "1", -1)), "invalid-prices", "prices[0].quantity_from"),
        (a_list("new", ("X", "1", "0.5")), "invalid-prices", "prices[0].quantity_from"),
        (a_list("new", currency=None), "invalid-prices", "currency"),
        (a_list("new", currency="XYZ"), "invalid-prices", "currency"),
        (a_list(" new"), "invalid-prices", "code"),
    ],
)
def test_what_is_wrong_is_named(wish: SetPrices, code: str, loc: str):
    first, second = set_prices([a_list("fine", ("X", "1")), wish], now=NOON)
    assert isinstance(first, Done)
    assert isinstance(second, Refused)
    assert (second.code, second.errors[0].loc) == (code, loc)
    assert list(PriceList.objects.values_list("code", flat=True)) == ["fine"]


def test_a_list_keeps_its_currency():
    done(a_list("vip", ("X", "60.00")))
    (outcome,) = set_prices([a_list("vip", currency="EUR")], now=NOON)
    assert isinstance(outcome, Refused)
    assert outcome.code == "currency-fixed"
    (outcome,) = open_shops([OpenShop("eu", currency="EUR", price_list="vip")], now=NOON)
    assert isinstance(outcome, Refused)
    assert outcome.code == "currency-mismatch"


def test_no_order_has_a_price_that_no_column_holds():
    a_sku("DUST", decimals=6, on_hand=0, backorder=True)
    line = LineRequest(sku="DUST", quantity="0.000001", unit_price="999999999999999")
    (outcome,) = place_orders([Placing(PlaceOrder(shop="main", lines=[line]), SYSTEM)], now=NOON)
    assert isinstance(outcome, Refused)
    assert (outcome.status, outcome.errors[0].loc) == (422, "lines[0].unit_price")
