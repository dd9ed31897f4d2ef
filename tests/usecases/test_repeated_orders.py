"""An order that comes again, by its number or under its key, is the order that is there."""

import pytest

from builders import a_shop, a_sku
from laidan.domain.orders.models import Order
from laidan.engine.idempotency import Once
from laidan.kernel.outcome import Done
from usecases.steps import act, place

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop() -> None:
    a_shop()
    a_sku("TEE", "64.00", on_hand=10)


def test_the_same_order_again_is_the_same_order():
    first = place({"external_no": "T-1", "buyer_note": "please"})
    again = place({"external_no": "T-1", "buyer_note": "please"})
    assert (first.replayed, again.replayed) == (False, True)
    assert again.value.order_id == first.value.order_id
    assert again.value.created is False
    assert Order.objects.count() == 1


SENT = {
    "external_no": "T-1", "placed_at": "2026-11-22T10:00:00+08:00", "discount": "1.00",
    "lines": [{"sku": "TEE", "quantity": 2, "unit_price": "64.00", "tax": "0"}],
    "paid": {"provider": "test", "reference": "P1", "amount": "127.00"}, "tags": ["a", "b"],
}  # fmt: skip


@pytest.mark.parametrize(
    "respelled",
    [
        {"discount": "1.0"},
        {"placed_at": "2026-11-22T02:00:00Z"},
        {"lines": [{"sku": "TEE", "quantity": "2.0", "unit_price": "64", "tax": "0.00"}]},
        {"lines": [{"sku": "TEE", "quantity": 2.0, "unit_price": "64.0", "tax": "0"}]},
        {"paid": {"provider": "test", "reference": "P1", "amount": "127"}},
        {"tags": ["b", "a", "b"]},
    ],
)
def test_the_same_content_spelled_otherwise_is_the_same_order(respelled):
    first = place(SENT)
    assert isinstance(first, Done), first
    again = place(SENT | respelled)
    assert isinstance(again, Done), again
    assert (again.replayed, again.value.order_id) == (True, first.value.order_id)


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        ({"discount": "1.01"}, ["discount"]),
        ({"placed_at": "2026-11-22T10:00:01+08:00"}, ["customer, address or times"]),
        ({"lines": [{"sku": "TEE", "quantity": "2.0", "unit_price": "64.01"}]}, ["lines"]),
        ({"lines": [{"sku": "TEE", "quantity": "two", "unit_price": "64.00"}]}, ["lines"]),
        ({"lines": [{"sku": "TEE", "quantity": 2}] * 2}, ["lines"]),
        ({"discount": "x" * 40}, ["discount"]),
        ({"tags": ["a"]}, ["tags"]),
    ],
)
def test_other_content_is_another_order_however_it_is_spelled(changed, differs):
    assert isinstance(place(SENT), Done)
    refused = place(SENT | changed)
    assert (refused.code, refused.extra["differs"]) == ("duplicate-order", differs)


def test_the_same_number_in_another_shop_is_another_order():
    a_shop("second")
    assert isinstance(place({"external_no": "T-1"}), Done)
    outcome = place({"external_no": "T-1", "shop": "second"})
    assert isinstance(outcome, Done)
    assert not outcome.replayed


def test_a_duplicate_names_the_order_and_what_differs():
    first = place({"external_no": "T-1", "lines": [{"sku": "TEE", "quantity": 1}]})
    refused = place(
        {"external_no": "T-1", "lines": [{"sku": "TEE", "quantity": 2}], "buyer_note": "now two"}
    )
    assert refused.code == "duplicate-order"
    assert refused.extra["order_no"] == first.value.order_no
    assert set(refused.extra["differs"]) == {"lines", "buyer_note"}


def test_an_order_that_moved_on_is_found_again_by_its_number():
    first = place({"external_no": "T-1"})
    act(first.value, "pay")
    again = place({"external_no": "T-1"})
    assert again.replayed
    # The present document is read by whoever answers.
    assert again.value.document is None


def test_a_replayed_key_tells_of_the_order_as_it_was_then():
    key = Once("api", "k", "f" * 64)
    first = place({}, once=key)
    act(first.value, "pay")
    again = place({}, once=key)
    assert again.replayed
    assert again.value.document == first.value.document
    assert again.value.created
