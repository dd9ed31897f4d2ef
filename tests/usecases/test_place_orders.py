"""Placing orders: what becomes of each kind of them."""

from datetime import timedelta

import pytest

from builders import (
    NOON,
    a_customer,
    a_mint,
    a_shop,
    a_sku,
    an_address,
    an_order,
    some_stock,
)
from laidan.domain.catalog.models import BundleComponent, Price, PriceList, Sku
from laidan.domain.channels.models import Shop
from laidan.domain.orders.models import Order
from laidan.domain.parties.models import Customer
from laidan.domain.payments.models import LedgerEntry
from laidan.domain.stock.models import Allocation, Balance, Movement, StockAlert
from laidan.engine.models import Event
from laidan.kernel import order_numbers
from laidan.usecases.order_requests import History, Money
from laws.conftest import broken
from usecases.steps import bump, place, placed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop() -> Shop:
    made = a_shop()
    a_sku("TEE", "64.00", on_hand=10)
    a_sku("RING", "300.00", on_hand=0, kind="custom")
    a_sku("CODE", "9.90", on_hand=0, kind="virtual")
    return made


def test_an_order_waits_for_its_money_and_has_its_stock():
    order = placed(
        {
            "external_no": "T2026-0001",
            "placed_at": "2026-11-22T10:00:00+08:00",
            "lines": [
                {"sku": "TEE", "quantity": 2, "discount": "8.00", "tax": "3.33"},
                {"sku": "TEE", "quantity": 1, "unit_price": "0.005", "title": "A sticker"},
            ],
            "discount": "1.00",
            "shipping_fee": "10.00",
            "tags": ["vip", "gift", "vip"],
        }
    )
    assert order["amounts"] == {
        "goods": "128.01", "discount": "9.00", "shipping": "10.00", "tax": "3.33",
        "total": "132.34", "paid": "0.00", "captured": "0.00", "refunded": "0.00",
        "due": "132.34",
    }  # fmt: skip
    assert (order["state"], order["status"], order["payment_status"]) == (
        "awaiting_payment", "pending", "pending",
    )  # fmt: skip
    assert order["tags"] == ["gift", "vip"]
    assert [line["title"] for line in order["lines"]] == ["SKU TEE", "A sticker"]
    assert order["deadline"] == {
        "at": (NOON + timedelta(minutes=30)).isoformat(),
        "transition": "cancel",
    }
    # 10 o'clock in Shanghai is the same day there and in UTC; the number has the shop's day.
    assert order["order_no"].startswith("LD261122")
    assert order_numbers.is_valid(order["order_no"])
    assert Balance.objects.get().reserved == 3
    assert set(Allocation.objects.values_list("state", flat=True)) == {"reserved"}
    assert broken() == {}


def test_a_number_has_the_day_of_the_shop():
    order = placed({"placed_at": "2026-11-20T20:00:00+00:00"})
    assert order["order_no"].startswith("LD261121")


def test_an_order_paid_elsewhere_goes_on_at_once(shop):
    paid = {"provider": "alipay", "reference": "A1", "amount": "64.00",
            "at": "2026-11-22T11:59:00+08:00"}  # fmt: skip
    order = placed({"paid": paid})
    assert (order["state"], order["payment_status"]) == ("open", "paid")
    assert order["paid_at"].startswith("2026-11-22T")
    (entry,) = LedgerEntry.objects.all()
    assert (entry.kind, entry.provider, entry.reference, entry.amount_minor) == (
        "capture", "alipay", "A1", 6400,
    )  # fmt: skip
    part = placed({"paid": paid | {"amount": "1.00", "reference": "A2"}})
    assert (part["state"], part["payment_status"]) == ("awaiting_payment", "partially_paid")
    over = placed({"paid": paid | {"amount": "65.00", "reference": "A3"}})
    assert (over["state"], over["payment_status"]) == ("open", "overpaid")
    assert broken() == {}


def test_what_costs_nothing_is_paid():
    order = placed({"lines": [{"sku": "TEE", "unit_price": "0"}]})
    assert (order["state"], order["payment_status"], order["paid_at"]) == ("open", "paid", None)
    assert broken() == {}


def test_a_large_order_is_reviewed_once_it_is_paid(shop):
    Shop.objects.update(review_from_minor=6400)
    bump("channels")
    assert placed({})["state"] == "awaiting_payment"
    paid = {"provider": "cash", "amount": "64.00"}
    assert placed({"paid": paid})["state"] == "in_review"
    assert placed({"lines": [{"sku": "TEE", "unit_price": "63.99"}], "paid": paid})["state"] == (
        "open"
    )


def test_fields_of_a_line_are_kept_as_they_were_typed():
    fields = {"engraving": '永远 "ever"', "size": "M", "length_mm": 120, "proof_wanted": True}
    order = placed(
        {
            "type": "custom",
            "lines": [{"sku": "RING", "attributes": fields}],
            "fields": {"wanted_by": "2026-12-24"},
        }
    )
    assert order["lines"][0]["attributes"] == fields
    assert order["fields"] == {"wanted_by": "2026-12-24"}
    assert order["order_no"].startswith("CD")
    assert broken() == {}


def test_attributes_without_fields_are_free():
    order = placed({"lines": [{"sku": "TEE", "attributes": {"尺码": "M", "n": 5, "x": None}}]})
    assert order["lines"][0]["attributes"] == {"尺码": "M", "n": 5, "x": None}


def test_a_bundle_takes_its_parts():
    cup = a_sku("CUP", "25.50", on_hand=5)
    bundle = a_sku("SET", "100.00", on_hand=0, kind="bundle")
    for sku, count in ((cup, 2), (Balance.objects.get(sku__code="TEE").sku, 1)):
        BundleComponent(id=a_mint().new(), bundle=bundle, sku=sku, quantity=count).save(
            force_insert=True
        )
    bump("catalog")
    placed({"lines": [{"sku": "SET", "quantity": 2}]})
    assert dict(Balance.objects.values_list("sku__code", "reserved")) == {"CUP": 4, "TEE": 2}
    refused = place({"lines": [{"sku": "SET"}, {"sku": "TEE"}]})
    assert refused.extra["shortages"] == [{"sku": "CUP", "wanted": 2, "available": 1}]
    assert broken() == {}


def test_a_stay_takes_each_night():
    room = a_sku("ROOM", "300.00", on_hand=0, kind="capacity")
    for night in ("2026-12-01", "2026-12-02", "2026-12-03"):
        some_stock(room, 1, bucket=night)
    stay = {"sku": "ROOM", "from": "2026-12-01", "until": "2026-12-03"}
    placed({"lines": [stay]})
    assert dict(Balance.objects.filter(sku=room).values_list("bucket", "reserved")) == {
        "2026-12-01": 1, "2026-12-02": 1, "2026-12-03": 0,
    }  # fmt: skip
    assert place({"lines": [stay | {"from": "2026-12-02", "until": "2026-12-04"}]}).code == (
        "out-of-stock"
    )
    assert placed({"lines": [stay | {"from": "2026-12-03", "until": "2026-12-04"}]})
    assert broken() == {}


def test_a_backorder_is_promised_and_told_of():
    sku = a_sku("LATE", "9.90", on_hand=1, backorder=True)
    placed({"lines": [{"sku": "LATE", "quantity": 3}]})
    balance = Balance.objects.get(sku=sku)
    assert (balance.on_hand, balance.reserved) == (1, 3)
    kinds = StockAlert.objects.filter(sku=sku, closed_at=None).values_list("kind", flat=True)
    assert set(kinds) == {"low", "oversold"}
    assert broken() == {}


def test_the_shops_own_price_comes_before_the_skus(shop):
    prices = PriceList(id=a_mint().new(), code="vip", name="VIP", currency="CNY")
    prices.save(force_insert=True)
    tee = Sku.objects.get(code="TEE")
    for quantity, micro in ((0, 60_000_000), (3, 50_500_000)):
        Price(
            id=a_mint().new(), price_list=prices, sku=tee, quantity_min=quantity, price_micro=micro
        ).save(force_insert=True)
    Shop.objects.update(price_list=prices)
    bump("channels")
    bump("catalog")
    for quantity, total in ((1, "60.00"), (2, "120.00"), (3, "151.50")):
        order = placed({"lines": [{"sku": "TEE", "quantity": quantity}]})
        assert order["total"] == total


def test_who_orders_is_one_customer_by_reference_phone_or_mail():
    first = an_order(("TEE", 1), customer=a_customer(ref="C1", email="W@Example.com"))
    for customer in (
        a_customer("other name", ref="C1", phone=""),
        a_customer("by phone", phone="+86 138 0013 8000"),
        a_customer("by mail", phone="", email=" w@example.com"),
    ):
        an_order(("TEE", 1), customer=customer)
    an_order(("TEE", 1), customer=a_customer("nobody", phone=""))
    (customer,) = Customer.objects.all()
    assert customer.ref == "C1"
    assert Order.objects.filter(customer=customer).count() == 4
    assert Order.objects.get(pk=first.order_id).customer_name == "王小明"
    assert broken() == {}


def test_nobody_is_readable_in_the_tables():
    """Phone, e-mail and address are sealed wherever they are kept; the name is what lists show."""
    an_order(("TEE", 1), customer=a_customer(email="w@example.com"), ship_to=an_address())
    for model in (Order, Customer, Event):
        for row in model.objects.values():
            shown = str(row)
            for secret in ("13800138000", "w@example.com", "文三路", "8000'"):
                assert secret not in shown


@pytest.mark.parametrize(
    ("state", "history", "status"),
    [
        ("completed", {"shipped_at": NOON, "delivered_at": NOON, "completed_at": NOON},
         ("completed", "delivered")),
        ("open", {"shipped_at": NOON}, ("shipped", "shipped")),
        ("open", {}, ("paid", "unfulfilled")),
        ("closed", {"shipped_at": NOON, "delivered_at": NOON, "completed_at": NOON},
         ("completed", "delivered")),
        ("cancelled", {"cancelled_at": NOON, "cancel_reason": "buyer"},
         ("cancelled", "cancelled")),
    ],
)  # fmt: skip
def test_an_order_of_the_past_is_taken_over_without_touching_stock(state, history, status):
    captures = [Money("old", "64.00", f"H-{state}", NOON)] if state != "cancelled" else []
    past = History(state, captures=captures, paid_at=NOON if captures else None, **history)
    before = list(Balance.objects.values())
    order = placed({"placed_at": "2020-02-29T10:00:00+08:00"}, history=past)
    assert order["state"] == state
    assert (order["status"], order["fulfilment_status"]) == status
    assert order["placed_at"].startswith("2020-02-29")
    assert list(Balance.objects.values()) == before
    assert not Allocation.objects.exists()
    assert not Movement.objects.filter(kind="ship").exists()
    assert broken() == {}


def test_the_past_may_be_of_a_shop_that_is_closed(shop):
    Shop.objects.update(is_open=False)
    bump("channels")
    assert placed({}, history=History("cancelled", cancelled_at=NOON))["state"] == "cancelled"


def test_flags_of_a_file_stay_with_the_order():
    flags = [{"code": "total-differs", "stated": "63.00"}]
    assert placed({}, flags=flags)["flags"] == flags
