"""Whole lives of the shipped order types, each step through the use case."""

from datetime import timedelta

import pytest

from builders import NOON, a_shop, a_sku, an_order
from laidan.domain.orders.models import Order
from laidan.domain.stock.models import Balance, Movement
from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Refused
from laidan.usecases import effects
from laidan.usecases.expire_deadlines import end_holds, expire_due
from laws.conftest import broken
from usecases.steps import act

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def shop():
    made = a_shop(review_from_minor=50_000)
    a_sku()
    return made


def balance(code: str = "TEE-RED-M") -> tuple[int, int]:
    return Balance.objects.values_list("on_hand", "reserved").get(sku__code=code)


def test_retail_from_placing_to_closing(shop):
    order = an_order(("TEE-RED-M", 8), shipping_fee="10.00")
    assert balance() == (1000, 8)
    assert act(order, "ship").extra == {"guard": "wrong-state"}
    # 522.00 is over the shop's limit for review.
    paid = act(order, "pay", amount="522.00", provider="cash", reference="R1")
    assert (paid["state"], paid["status"], paid["payment_status"]) == ("in_review", "paid", "paid")
    assert act(order, "approve")["state"] == "open"
    part = act(order, "ship", lines=[{"line_no": 1, "quantity": 3}], courier="SF", tracking_no="1")
    assert (part["status"], part["fulfilment_status"]) == ("shipped", "partially_shipped")
    assert part["deadline"] is None
    assert balance() == (997, 5)
    shipped = act(order, "ship", now=NOON + HOUR)
    assert shipped["fulfilment_status"] == "shipped"
    assert shipped["deadline"]["transition"] == "confirm_receipt"
    assert balance() == (992, 0)
    assert [f["lines"][0]["quantity"] for f in shipped["fulfilments"]] == [3, 5]
    assert act(order, "cancel").extra == {"guard": "already-shipped"}
    # Receipt is confirmed seven days after shipping, and fifteen days later the order closes.
    assert expire_due(now=NOON + HOUR + 7 * DAY - timedelta(seconds=1)) == 0
    assert expire_due(now=NOON + HOUR + 7 * DAY) == 1
    assert Order.objects.get().state == "completed"
    assert expire_due(now=NOON + HOUR + 22 * DAY) == 1
    assert Order.objects.get().state == "closed"
    assert Movement.objects.filter(kind="ship").count() == 2
    assert broken() == {}


def test_unpaid_is_cancelled_after_thirty_minutes_and_can_be_revived_for_two_days(shop):
    order = an_order(("TEE-RED-M", 2))
    assert expire_due(now=NOON + timedelta(minutes=29)) == 0
    assert expire_due(now=NOON + timedelta(minutes=30)) == 1
    gone = Order.objects.get()
    assert (gone.state, gone.cancel_reason) == ("cancelled", "payment_timeout")
    assert balance() == (1000, 0)
    late = act(order, "revive", now=NOON + 3 * DAY)
    assert late.extra == {"guard": "revival-expired"}
    back = act(order, "revive", now=NOON + DAY)
    assert (back["state"], back["cancel_reason"]) == ("awaiting_payment", None)
    assert balance() == (1000, 2)
    assert broken() == {}


def test_revival_needs_stock_and_leaves_no_trace_without(shop):
    sku = a_sku("LAST", on_hand=1)
    order = an_order(("LAST", 1))
    act(order, "cancel")
    an_order(("LAST", 1))
    refused = act(order, "revive")
    assert isinstance(refused, Refused)
    assert (refused.code, refused.extra["shortages"][0]["available"]) == ("out-of-stock", 0)
    assert Order.objects.get(pk=order.order_id).state == "cancelled"
    assert Balance.objects.get(sku=sku).reserved == 1
    assert broken() == {}


def test_cancelling_paid_money_owes_a_refund_that_is_settled_once(shop):
    order = an_order(("TEE-RED-M", 1), paid="64.00")
    gone = act(order, "cancel", reason="buyer")
    assert [refund["state"] for refund in gone["refunds"]] == ["requested"]
    assert act(order, "refund", amount="64.01").code == "refund-exceeds-captured"
    part = act(order, "refund", amount="4.00", reference="F1")
    assert part["refunds"][0]["amount"] == "60.00"
    assert act(order, "refund", amount="1.00", reference="F1").code == "duplicate-payment"
    done = act(order, "refund")
    assert (done["payment_status"], done["refunds"][0]["state"]) == ("refunded", "succeeded")
    assert act(order, "refund").extra == {"guard": "nothing-to-refund"}
    assert broken() == {}


def test_virtual_goods_are_fulfilled_by_payment(shop):
    a_sku("CODE", "9.90", on_hand=0, kind="virtual")
    order = an_order(("CODE", 3), type="virtual")
    paid = act(order, "pay")
    assert (paid["state"], paid["fulfilment_status"]) == ("completed", "delivered")
    at_once = an_order(("CODE", 1), type="virtual", paid="9.90")
    assert Order.objects.get(pk=at_once.order_id).state == "completed"
    assert not Balance.objects.filter(sku__code="CODE").exists()
    assert broken() == {}


def test_made_to_order_is_reviewed_made_and_shipped(shop):
    a_sku("RING", "300.00", on_hand=0, kind="custom")
    order = an_order(("RING", 1), type="custom", paid="300.00")
    assert Order.objects.get(pk=order.order_id).state == "in_review"
    states = [act(order, name)["state"] for name in ("approve", "finish", "remake", "finish")]
    assert states == ["making", "ready", "making", "ready"]
    assert act(order, "ship")["fulfilment_status"] == "shipped"
    assert act(order, "confirm_receipt")["state"] == "completed"
    assert broken() == {}


def test_a_hold_stops_the_order_until_it_is_released_or_over(shop):
    order = an_order(("TEE-RED-M", 1))
    until = (NOON + HOUR).isoformat()
    held = act(order, "hold", reason="call", until=until)
    assert held["holds"][0]["reason"] == "call"
    assert act(order, "pay").extra == {"guard": "on-hold"}
    # The deadline is put off, not lost.
    assert expire_due(now=NOON + timedelta(minutes=31)) == 0
    assert Order.objects.get().deadline_at == NOON + timedelta(minutes=91)
    assert end_holds(now=NOON + timedelta(minutes=59)) == 0
    assert end_holds(now=NOON + HOUR) == 1
    assert Order.objects.get().open_holds == 0
    assert end_holds(now=NOON + HOUR) == 0
    assert expire_due(now=NOON + timedelta(minutes=92)) == 1
    assert act(order, "release").extra == {"guard": "not-on-hold"}
    assert broken() == {}


def test_whoever_has_no_right_moves_nothing(shop):
    order = an_order(("TEE-RED-M", 1))
    reader = Actor("S", "user:reader", frozenset(["orders:read"]))
    buyer = Actor("B", "buyer", frozenset(["orders:write"]))
    for actor, name in ((reader, "pay"), (reader, "hold"), (buyer, "approve"), (buyer, "hold")):
        refused = act(order, name, actor=actor)
        assert refused.code in ("forbidden", "transition-refused")
    assert Order.objects.get().version == 1


def test_a_deadline_that_meets_a_fault_is_put_off_and_stops_nobody(shop, monkeypatch):
    broken_order, sound = an_order(("TEE-RED-M", 1)), an_order(("TEE-RED-M", 2))

    def faulty(work, inputs, scene):
        if work.row.id == broken_order.order_id:
            raise RuntimeError("injected")
        return effects.release(work, inputs, scene)

    monkeypatch.setitem(effects.EFFECTS, "release", faulty)
    due = NOON + timedelta(minutes=31)
    assert expire_due(now=due) == 1
    states = dict(Order.objects.values_list("id", "state"))
    assert states == {broken_order.order_id: "awaiting_payment", sound.order_id: "cancelled"}
    assert Order.objects.get(pk=broken_order.order_id).deadline_at == due + HOUR
    assert expire_due(now=due) == 0
