"""GET /figures: what it tells, of whom it lets in, and what it refuses to be asked."""

from typing import Any

import pytest

from builders import a_customer, a_key, a_request, a_shop, a_sku, an_address, some_orders
from interfaces.reading import caller, is_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> Any:
    """A function that sends a GET with a key that may do all."""
    return caller(a_key())


@pytest.fixture
def _orders() -> None:
    a_shop()
    a_sku()
    a_sku("TEA", "10.01", kind="virtual", on_hand=0, decimals=3)
    mei = a_customer("Mei", ref="C1")
    some_orders(
        a_request(("TEE-RED-M", 2), customer=mei, paid="128.00", ship_to=an_address()),
        a_request(
            ("TEE-RED-M", 1), ("TEA", 1), customer=mei, placed_at="2026-11-21T23:30:00+08:00"
        ),
        a_request(customer=a_customer("Bo", "13900000001", ref="C2")),
    )


@pytest.mark.usefixtures("_orders")
def test_figures_tell_orders_money_and_buyers(api: Any) -> None:
    told = api("/figures", by="sku").json()
    (total,) = told["totals"]
    assert total == {
        "currency": "CNY", "orders": 3, "paid_orders": 1, "cancelled_orders": 0, "units": 5,
        "goods": "266.01", "amount": "266.01", "captured": "128.00", "refunded": "0.00",
        "paid": "128.00", "average_amount": "88.67", "average_paid": "128.00", "buyers": 2,
        "repeat_buyers": 1, "repeat_rate": "0.500000",
    }  # fmt: skip
    tee, tea = told["items"]
    assert (tee["key"], tee["orders"], tee["units"], tee["amount"]) == ("TEE-RED-M", 3, 4, "256.00")
    assert (tea["key"], tea["units"], tea["captured"], tea["free_units"]) == ("TEA", 1, None, 0)
    days = api("/figures", by="day", shop="main").json()
    assert days["time_zone"] == "Asia/Shanghai"
    assert [(one["key"], one["orders"]) for one in days["items"]] == [
        ("2026-11-21", 1), ("2026-11-22", 2),
    ]  # fmt: skip
    utc = api("/figures", by="hour", time_zone="UTC").json()
    assert [(one["key"], one["orders"]) for one in utc["items"]] == [("04", 2), ("15", 1)]
    people = api("/figures", by="customer", limit=1).json()
    assert [(one["key"], one["label"], one["orders"]) for one in people["items"]] == [
        ("C1", "Mei", 2)
    ]
    assert people["has_more"] is True
    place = api("/figures", by="province", country="CN").json()
    assert [(one["key"], one["orders"]) for one in place["items"]] == [("浙江省", 1)]
    assert api("/figures", shop="nowhere", by="day").json()["totals"] == []


@pytest.mark.usefixtures("_orders")
def test_what_figures_cannot_be_asked_is_named(api: Any) -> None:
    for parameters in (
        {"by": "colour"}, {"sort": "name"}, {"limit": 0}, {"limit": 1001}, {"cursor": "x"},
        {"time_zone": "Middle/Earth"}, {"time_zone": "../../etc/passwd"}, {"time_zone": "Europe"},
        {"time_zone": ""}, {"placed_from": "yesterday"}, {"country": "x" * 201},
    ):  # fmt: skip
        answer = api("/figures", **parameters)
        assert answer.status_code == 422, parameters
        assert is_problem(answer)
        assert [one["loc"] for one in answer.json()["errors"]] == list(parameters)


def test_figures_are_told_to_those_who_may_read_orders() -> None:
    assert caller(None)("/figures").status_code == 401
    answer = caller(a_key("stock:read"))("/figures")
    assert (answer.status_code, answer.json()["scope"]) == (403, "orders:read")
    told = caller(a_key("orders:read"))("/figures", by="day").json()
    assert (told["totals"], told["items"], told["has_more"]) == ([], [], False)
