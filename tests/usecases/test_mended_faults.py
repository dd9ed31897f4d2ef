"""Faults that were found by laws and crowds, and stay mended."""

import pytest
from django.db import transaction
from msgspec import structs

from builders import NOON, a_mint, a_refusal, a_request, a_shop, a_sku, an_order
from laidan.domain.catalog.models import BundleComponent
from laidan.domain.orders.models import Order
from laidan.domain.stock.models import Balance
from laidan.engine import epochs
from laidan.kernel.actor import SYSTEM
from laidan.kernel.outcome import Done
from laidan.usecases.order_requests import LineRequest, PlaceOrder, Placing
from laidan.usecases.place_orders import place_orders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop():
    a_shop()
    a_sku()


def test_a_long_from_of_goods_is_no_fault():
    """What is no date or time is refused before it meets the column."""
    line = LineRequest(sku="TEE-RED-M", from_="x" * 40)
    (outcome,) = place_orders([Placing(PlaceOrder(lines=[line], shop="main"), SYSTEM)], now=NOON)
    assert getattr(outcome, "status", 200) < 500


def test_one_number_twice_in_a_chain_is_one_order():
    """Linked orders see each other's external numbers."""
    same = structs.replace(a_request(external_no="X"), link="pair")
    outcomes = place_orders([same, same], now=NOON)
    assert [isinstance(one, Done) for one in outcomes] == [True, True]
    assert Order.objects.count() == 1


def test_two_contents_under_one_number_in_a_chain_refuse_it():
    one = structs.replace(a_request(external_no="X"), link="pair")
    other = structs.replace(a_request(external_no="X", buyer_note="b"), link="pair")
    outcomes = place_orders([one, other], now=NOON)
    assert [one.code for one in outcomes] == ["linked-order-refused", "duplicate-order"]


def test_what_differs_is_named_within_a_batch_too():
    """The refusal names what differs within a batch too."""
    outcomes = place_orders(
        [a_request(external_no="X"), a_request(external_no="X", buyer_note="b")], now=NOON
    )
    assert outcomes[1].extra["differs"] == ["buyer_note"]


def test_a_balance_opened_for_a_backorder_repeats_the_safety_stock():
    """A balance opened for a backorder keeps the SKU's safety stock."""
    sku = a_sku("LATE", "1.00", on_hand=0, backorder=True, safety=5)
    an_order(("LATE", 1))
    assert Balance.objects.get(sku=sku).safety == 5


def test_a_short_component_is_told_in_its_own_unit():
    """A short part of a bundle is told in the part's own unit."""
    part = a_sku("SUGAR", "1.00", on_hand=100, decimals=3)
    bundle = a_sku("BOX", "1.00", on_hand=0, kind="bundle")
    row = BundleComponent(id=a_mint().new(), bundle=bundle, sku=part, quantity=1500)
    row.save(force_insert=True)
    with transaction.atomic():
        epochs.bump("catalog")
    refused = a_refusal(("BOX", 1))
    assert refused.extra["shortages"] == [{"sku": "SUGAR", "wanted": "1.500", "available": "0.100"}]
