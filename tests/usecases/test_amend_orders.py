"""Amending: everything that may change, the difference re-reserved, refusals without a trace."""

import pytest

from builders import a_customer, a_shop, a_sku, an_address, an_order
from laidan.domain.orders.models import Order, OrderLine
from laidan.domain.parties.models import Customer
from laidan.domain.stock.models import Balance
from laidan.engine.models import Event
from laidan.kernel.outcome import Refused
from laws.conftest import broken
from usecases.steps import act, amend, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    a_shop()
    a_sku("TEE", "64.00", on_hand=10)
    a_sku("CUP", "25.50", on_hand=10)
    return an_order(("TEE", 2), ("CUP", 1), customer=a_customer(), ship_to=an_address())


def reserved() -> dict[str, int]:
    return dict(Balance.objects.values_list("sku__code", "reserved"))


def line(order, sku: str) -> str:
    return OrderLine.objects.get(order_id=order.order_id, sku_code=sku).id


def test_notes_tags_and_priority(order):
    changed = amend(order, seller_note="fragile", tags=["vip", "gift"], priority="high")
    assert (changed["seller_note"], changed["tags"]) == ("fragile", ["gift", "vip"])
    assert changed["version"] == 2
    fewer = amend(order, tags=["vip"])
    assert fewer["tags"] == ["vip"]
    # What changes nothing is no event.
    assert amend(order, tags=["vip"], priority="high") is None
    assert Event.objects.filter(subject_id=order.order_id).count() == 3
    assert broken() == {}


def test_lines_are_added_changed_and_removed(order):
    changed = amend(
        order,
        lines={
            "change": [{"line": line(order, "TEE"), "quantity": 5}],
            "remove": [line(order, "CUP")],
            "add": [{"sku": "CUP", "quantity": 3, "discount": "6.50"}],
        },
        shipping_fee="10.00",
    )
    assert changed["total"] == "400.00"
    assert [one["line_no"] for one in changed["lines"]] == [1, 3]
    assert reserved() == {"TEE": 5, "CUP": 3}
    assert broken() == {}


def test_a_whole_list_of_lines_is_what_the_order_shall_have(order):
    changed = amend(order, lines=[{"id": line(order, "TEE"), "quantity": 1}])
    assert [one["sku"] for one in changed["lines"]] == ["TEE"]
    assert reserved() == {"TEE": 1, "CUP": 0}
    assert broken() == {}


def test_what_is_not_there_is_refused_whole(order):
    refused = amend(
        order,
        seller_note="never kept",
        lines={"change": [{"line": line(order, "TEE"), "quantity": 1}],
               "add": [{"sku": "CUP", "quantity": 10}]},
    )  # fmt: skip
    assert isinstance(refused, Refused)
    assert refused.code == "out-of-stock"
    assert reserved() == {"TEE": 2, "CUP": 1}
    row = Order.objects.get(pk=order.order_id)
    assert (row.version, row.seller_note, row.total_minor) == (1, "", 15350)
    assert broken() == {}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lines": {"remove": ["nothing"]}}, "invalid-request"),
        ({"lines": {"add": [{"sku": "NO-SUCH"}]}}, "unknown-sku"),
        ({"lines": {"add": [{"sku": "CUP", "quantity": 0}]}}, "invalid-order"),
        ({"discount": "1000.00"}, "invalid-order"),
        ({"shipping_fee": "-1"}, "invalid-order"),
        ({"shipping_fee": "1.005"}, "invalid-order"),
        ({"priority": "now"}, "invalid-request"),
        ({"fields": {"nothing": 1}}, "invalid-order"),
    ],
)
def test_refusals_leave_no_trace(order, changes, code):
    assert amend(order, **changes).code == code
    assert Order.objects.get(pk=order.order_id).version == 1
    assert reserved() == {"TEE": 2, "CUP": 1}


def test_an_order_keeps_a_line(order):
    both = [line(order, "TEE"), line(order, "CUP")]
    assert amend(order, lines={"remove": both}).code == "invalid-request"


def test_what_was_shipped_stays(order):
    act(order, "pay")
    act(order, "ship", lines=[{"line_no": 1, "quantity": 2}])
    tee = line(order, "TEE")
    assert amend(order, lines={"remove": [tee]}).code == "invalid-request"
    fewer = amend(order, lines={"change": [{"line": tee, "quantity": 1}]})
    assert fewer.code == "invalid-order"
    act(order, "ship")
    act(order, "confirm_receipt")
    assert amend(order, lines={"remove": [tee]}).code == "not-editable"
    assert broken() == {}


def test_a_new_address_is_sealed_and_found(order):
    moved = amend(order, ship_to={"name": "李雷", "phone": "13900139000", "city": "上海市"})
    assert moved["version"] == 2
    event = Event.objects.get(subject_id=order.order_id, seq=2)
    assert "13900139000" not in event.payload
    assert '"ship_to":{"changed":true}' in event.payload
    row = Order.objects.get(pk=order.order_id)
    assert "13900139000" not in (row.contact_sealed or "")
    other = amend(order, customer={"ref": "C-9", "name": "韩梅梅"})
    assert other["version"] == 3
    assert Customer.objects.get(ref="C-9").id == Order.objects.get().customer_id
    assert broken() == {}


def test_an_old_version_is_refused(order):
    import msgspec

    from builders import NOON
    from laidan.kernel.actor import SYSTEM
    from laidan.usecases.amend_orders import amend_orders
    from laidan.usecases.transition_requests import Amend, AmendOrder

    wanted = msgspec.convert({"seller_note": "x"}, AmendOrder)
    (outcome,) = amend_orders([Amend(order.order_id, wanted, SYSTEM, version=7)], now=NOON)
    refused = read(outcome)
    assert (refused.code, refused.status) == ("version-conflict", 412)
