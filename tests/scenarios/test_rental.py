"""An order type that lives only here, as data: a whole life without Python of its own."""

from datetime import timedelta
from pathlib import Path

import pytest

from builders import NOON, a_location, a_shop, a_sku, some_stock, the_order_types
from laidan.domain.orders.models import Order
from laidan.domain.stock.models import Balance
from laidan.engine.models import Event
from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Done
from laidan.usecases.expire_deadlines import expire_due
from laidan.usecases.order_requests import LineRequest, PlaceOrder, Placing
from laidan.usecases.place_orders import place_orders
from laws.conftest import broken
from usecases.steps import act

pytestmark = pytest.mark.django_db
CLERK = Actor("S", "user:clerk", frozenset("*"))


@pytest.fixture
def digger():
    a_shop()
    source = Path(__file__).with_name("rental.toml").read_text(encoding="utf-8")
    the_order_types(rental=source)
    sku = a_sku("DIGGER", "480.00", on_hand=0, kind="capacity", unit="day")
    a_location()
    for day in ("2026-12-01", "2026-12-02", "2026-12-03"):
        some_stock(sku, 2, bucket=day)
    return sku


def book(quantity: int, starts: str, ends: str, **attributes: str):
    line = LineRequest(
        sku="DIGGER", quantity=quantity, from_=starts, until=ends, attributes=attributes
    )
    order = PlaceOrder(lines=[line], type="rental", shop="main")
    (outcome,) = place_orders([Placing(order, CLERK)], now=NOON)
    return outcome


def days() -> dict[str, tuple[int, int]]:
    return {
        bucket: (on_hand, reserved)
        for bucket, on_hand, reserved in Balance.objects.values_list(
            "bucket", "on_hand", "reserved"
        )
    }


def test_a_rental_from_booking_to_settlement(digger):
    booked = book(2, "2026-12-01", "2026-12-03", driver="Chen")
    assert isinstance(booked, Done), booked
    order = booked.value
    assert order.order_no.startswith("RT")
    assert days() == {"2026-12-01": (2, 2), "2026-12-02": (2, 2), "2026-12-03": (2, 0)}
    # Both machines are out on the second: who wants one on that day goes without.
    taken = book(1, "2026-12-02", "2026-12-04", driver="Wu")
    assert taken.code == "out-of-stock"
    assert act(order, "hand_out", actor=CLERK).extra == {"guard": "payment-short"}
    assert act(order, "pay", actor=CLERK, reference="CASH-1")["state"] == "booked"
    out = act(order, "hand_out", actor=CLERK, note="full tank")
    assert (out["state"], out["category"], out["status"]) == ("handed_out", "open", "shipped")
    assert days() == {"2026-12-01": (0, 0), "2026-12-02": (0, 0), "2026-12-03": (2, 0)}
    assert act(order, "take_back", actor=CLERK)["state"] == "returned"
    assert expire_due(now=NOON + timedelta(days=3)) == 1
    assert Order.objects.get().state == "settled"
    types = Event.objects.filter(subject_id=order.order_id).order_by("seq")
    assert [event.type for event in types] == [
        "order.placed", "order.paid", "order.handed_out", "order.take_back", "order.settle",
    ]  # fmt: skip
    assert broken() == {}


def test_a_booking_that_nobody_pays_gives_its_days_back(digger):
    assert isinstance(book(1, "2026-12-01", "2026-12-02", driver="Chen"), Done)
    assert expire_due(now=NOON + timedelta(days=2)) == 1
    assert days()["2026-12-01"] == (2, 0)
    assert Order.objects.get().cancel_reason == "expired"
    assert broken() == {}


def test_its_own_field_is_asked_for(digger):
    refused = book(1, "2026-12-01", "2026-12-02")
    assert refused.code == "invalid-order"
    assert refused.errors[0].loc == "lines[0].attributes.driver"
    backward = book(1, "2026-12-02", "2026-12-01", driver="Chen")
    assert backward.errors[0].loc == "lines[0].from"
