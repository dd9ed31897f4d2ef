"""Every refusal of moving orders on, provoked once: it says why, and leaves nothing behind."""

from typing import Any

import msgspec
import pytest

from builders import NOON, a_mint, a_request, a_shop, a_sku, some_orders
from laidan.domain.catalog.models import BundleComponent
from laidan.domain.orders.models import Order
from laidan.domain.stock.models import Balance
from laidan.engine.idempotency import Once
from laidan.kernel.actor import CLOCK, SYSTEM, Actor
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.transition_requests import Advance, TransitionInputs
from laws.conftest import broken
from rows import all_rows
from usecases.steps import act, bump

pytestmark = pytest.mark.django_db
READER = Actor("S", "user:reader", frozenset(["orders:read"]))
BUYER = Actor("B", "buyer", frozenset("*"))


@pytest.fixture
def orders() -> dict[str, Any]:
    """One order in each stage, by what it is like."""
    a_shop()
    a_sku("TEE", "64.00", on_hand=10)
    a_sku("LATE", "5.00", on_hand=0, backorder=True)
    unpaid, paid, shipped, done, gone, held, late = some_orders(
        a_request(("TEE", 1)),
        a_request(("TEE", 2), paid="128.00"),
        a_request(("TEE", 1), paid="64.00"),
        a_request(("TEE", 1), paid="64.00"),
        a_request(("TEE", 1), paid="64.00"),
        a_request(("TEE", 1), paid="64.00"),
        a_request(("LATE", 1), paid="5.00"),
    )
    act(shipped, "ship", reference="S-1")
    act(done, "ship")
    act(done, "confirm_receipt")
    act(gone, "cancel")
    act(held, "hold", reason="look")
    return {
        "unpaid": unpaid, "paid": paid, "shipped": shipped, "done": done, "gone": gone,
        "held": held, "late": late,
    }  # fmt: skip


REFUSALS = [
    ("paid", "fly", SYSTEM, {}, ("unknown-transition", None)),
    ("unpaid", "ship", SYSTEM, {}, ("transition-refused", "wrong-state")),
    ("paid", "ship", READER, {}, ("forbidden", None)),
    ("paid", "ship", BUYER, {}, ("forbidden", None)),
    ("paid", "hold", READER, {}, ("forbidden", None)),
    ("paid", "hold", BUYER, {}, ("forbidden", None)),
    ("held", "ship", SYSTEM, {}, ("transition-refused", "on-hold")),
    ("paid", "pay", SYSTEM, {}, ("transition-refused", "already-paid")),
    ("shipped", "ship", SYSTEM, {}, ("transition-refused", "nothing-to-ship")),
    ("paid", "deliver", SYSTEM, {}, ("transition-refused", "nothing-to-deliver")),
    ("paid", "confirm_receipt", SYSTEM, {}, ("transition-refused", "not-fully-shipped")),
    ("shipped", "cancel", SYSTEM, {}, ("transition-refused", "already-shipped")),
    ("done", "hold", SYSTEM, {"reason": "x"}, ("transition-refused", "order-done")),
    ("paid", "release", SYSTEM, {}, ("transition-refused", "not-on-hold")),
    ("held", "release", SYSTEM, {"scope": "refund"}, ("transition-refused", "not-on-hold")),
    ("paid", "refund", SYSTEM, {"amount": "128.01"}, ("refund-exceeds-captured", None)),
    ("late", "ship", SYSTEM, {}, ("out-of-stock", None)),
    ("unpaid", "pay", SYSTEM, {"amount": "0"}, ("invalid-request", "amount")),
    ("unpaid", "pay", SYSTEM, {"amount": "-1.00"}, ("invalid-request", "amount")),
    ("unpaid", "pay", SYSTEM, {"amount": "1.005"}, ("invalid-request", "amount")),
    ("unpaid", "pay", SYSTEM, {"at": "2030-01-01T00:00:00Z"}, ("invalid-request", "at")),
    ("unpaid", "pay", SYSTEM, {"at": "2026-11-22T10:00:00"}, ("invalid-request", "at")),
    ("unpaid", "pay", SYSTEM, {"at": "noon"}, ("invalid-request", "at")),
    ("paid", "ship", SYSTEM, {"lines": [{"line_no": 2}]}, ("invalid-request", "lines[0]")),
    ("paid", "ship", SYSTEM, {"lines": [{"sku": "CUP"}]}, ("invalid-request", "lines[0]")),
    ("paid", "ship", SYSTEM, {"lines": [{}]}, ("invalid-request", "lines[0]")),
    ("paid", "ship", SYSTEM, {"lines": [{"line_no": 1, "quantity": 3}]},
     ("invalid-request", "lines[0].quantity")),
    ("paid", "ship", SYSTEM, {"lines": [{"line_no": 1, "quantity": 0}]},
     ("invalid-request", "lines[0].quantity")),
    ("paid", "ship", SYSTEM, {"lines": [{"line_no": 1, "quantity": "0.5"}]},
     ("invalid-request", "lines[0].quantity")),
    ("paid", "ship", SYSTEM, {"lines": [{"line_no": 1}, {"line_no": 1}]},
     ("invalid-request", "lines[1].quantity")),
    ("paid", "hold", SYSTEM, {"scope": "mood"}, ("invalid-request", "scope")),
    ("paid", "hold", SYSTEM, {"until": "soon"}, ("invalid-request", "until")),
    ("unpaid", "cancel", CLOCK, {}, ("not-due", None)),
    ("unpaid", "close", CLOCK, {}, ("not-due", None)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("which", "name", "actor", "inputs", "expected"),
    REFUSALS,
    ids=[f"{case[0]} {case[1]} {case[4][1] or case[4][0]}" for case in REFUSALS],
)
def test_a_refusal_says_why_and_leaves_nothing_behind(orders, which, name, actor, inputs, expected):
    rows = all_rows()
    refused = act(orders[which], name, actor=actor, **inputs)
    assert isinstance(refused, Refused), refused
    code, reason = expected
    assert refused.code == code
    if code == "invalid-request":
        assert [fault.loc for fault in refused.errors] == [reason]
    else:
        assert refused.extra.get("guard") == reason
    assert refused.detail
    assert all_rows() == rows
    assert broken() == {}


def test_an_order_that_is_not_there(orders):
    rows = all_rows()
    nobody = ["no id", a_mint().new(), "LD261122000000000000", "", "x" * 500]
    outcomes = advance_orders([Advance(name, "pay", SYSTEM) for name in nobody], now=NOON)
    assert [(one.code, one.status) for one in outcomes] == [("not-found", 404)] * len(nobody)
    assert all_rows() == rows


def test_what_was_decided_on_an_older_version(orders):
    order = orders["unpaid"]
    assert isinstance(ask(order, "pay", TransitionInputs(amount="1.00"), version=1), Done)
    rows = all_rows()
    refused = ask(order, "pay", version=1)
    assert (refused.code, refused.status, refused.extra) == (
        "version-conflict", 412, {"version": 2},
    )  # fmt: skip
    assert all_rows() == rows
    assert isinstance(ask(order, "pay", version=2), Done)


def ask(order: Any, name: str, inputs: TransitionInputs | None = None, **others: Any) -> Any:
    request = Advance(order.order_id, name, SYSTEM, inputs or TransitionInputs(), **others)
    (outcome,) = advance_orders([request], now=NOON)
    return outcome


def test_a_payment_counts_once(orders):
    paid = TransitionInputs(amount="1.00", provider="alipay", reference="A1")
    assert isinstance(ask(orders["unpaid"], "pay", paid), Done)
    rows = all_rows()
    for name in ("unpaid", "held"):
        refused = ask(orders[name], "pay", paid)
        assert refused.code in {"duplicate-payment", "transition-refused"}
    assert ask(orders["unpaid"], "pay", paid).code == "duplicate-payment"
    assert all_rows() == rows
    # A refund of the same number, or another provider's, is another movement of money.
    other = TransitionInputs(amount="1.00", provider="cash", reference="A1")
    assert isinstance(ask(orders["unpaid"], "pay", other), Done)


def test_one_payment_for_two_orders_in_one_batch(orders):
    paid = TransitionInputs(amount="1.00", provider="alipay", reference="A1")
    (other,) = some_orders(a_request(("TEE", 1)))
    ids = [orders["unpaid"].order_id, other.order_id]
    outcomes = advance_orders([Advance(id_, "pay", SYSTEM, paid) for id_ in ids], now=NOON)
    assert isinstance(outcomes[0], Done)
    assert isinstance(outcomes[1], Refused)
    assert outcomes[1].code == "duplicate-payment"


def test_a_key_used_for_another_request(orders):
    assert isinstance(ask(orders["unpaid"], "pay", once=Once("api", "k", "a" * 64)), Done)
    rows = all_rows()
    refused = ask(orders["paid"], "ship", once=Once("api", "k", "b" * 64))
    assert (refused.code, refused.status) == ("idempotency-conflict", 422)
    assert all_rows() == rows


def test_reviving_what_cannot_be_reserved_again_leaves_it_cancelled(orders):
    Balance.objects.filter(sku__code="TEE").update(safety=1000)
    rows = all_rows()
    refused = act(orders["gone"], "revive")
    assert refused.code == "out-of-stock"
    assert all_rows() == rows


def test_reviving_promises_nothing_where_another_line_is_short(orders):
    """The backorder's new balance must go with the refusal, as must its promise."""
    a_sku("CUP", "1.00", on_hand=1)
    a_sku("EVER", "1.00", on_hand=0, backorder=True)
    (gone,) = some_orders(a_request(("EVER", 1), ("CUP", 1)))
    act(gone, "cancel")
    some_orders(a_request(("CUP", 1)))
    Balance.objects.filter(sku__code="EVER").delete()
    rows = all_rows()
    assert act(gone, "revive").code == "out-of-stock"
    assert all_rows() == rows


def test_a_bundle_whose_part_is_not_there_yet_cannot_go_out(orders):
    bundle = a_sku("BOX", "10.00", on_hand=0, kind="bundle")
    late = Balance.objects.get(sku__code="LATE").sku
    BundleComponent(id=a_mint().new(), bundle=bundle, sku=late, quantity=2).save(force_insert=True)
    bump("catalog")
    (box,) = some_orders(a_request(("BOX", 1), paid="10.00"))
    rows = all_rows()
    refused = act(box, "ship")
    assert refused.code == "out-of-stock"
    assert [one["sku"] for one in refused.extra["shortages"]] == ["LATE"]
    assert all_rows() == rows


def test_the_second_line_of_a_sku_is_meant_once_the_first_went_out(orders):
    (order,) = some_orders(a_request(("TEE", 1), ("TEE", 2), paid="9999.00"))
    by_sku = {"lines": [{"sku": "TEE"}]}
    assert act(order, "ship", **by_sku)["fulfilment_status"] == "partially_shipped"
    assert act(order, "ship", **by_sku)["fulfilment_status"] == "shipped"
    assert act(order, "ship", **by_sku).extra == {"guard": "nothing-to-ship"}
    assert broken() == {}


def test_an_order_has_a_limit_of_holds(orders):
    order = orders["paid"]
    for number in range(50):
        assert not isinstance(act(order, "hold", reason=str(number)), Refused)
    rows = all_rows()
    assert act(order, "hold", reason="one more").code == "too-many-holds"
    assert all_rows() == rows
    assert act(order, "release")["holds"] == []
    assert Order.objects.get(pk=order.order_id).open_holds == 0


def test_inputs_that_are_not_known_are_named():
    with pytest.raises(msgspec.ValidationError, match="colour"):
        msgspec.convert({"colour": "red"}, TransitionInputs)
