"""Every refusal of placing orders, provoked once: it says why, and leaves nothing behind."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from builders import NOON, a_request, a_shop, a_sku
from laidan.domain.catalog.models import Sku
from laidan.domain.channels.models import Shop
from laidan.domain.stock.models import Balance
from laidan.engine.idempotency import Once
from laidan.kernel.actor import Actor, Grant, Reach
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.order_requests import History, Money
from laidan.usecases.place_orders import place_orders
from laidan.usecases.preview_orders import Assumed, preview_orders
from laws.conftest import broken
from rows import all_rows
from usecases.steps import bump, place

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop() -> None:
    a_shop()
    a_sku("TEE", "64.00", on_hand=10)
    a_sku("RING", "300.00", on_hand=0, kind="custom")


def close_shop() -> None:
    Shop.objects.update(is_open=False)
    bump("channels")


def sell_no_more() -> None:
    Sku.objects.update(is_active=False)
    bump("catalog")


def take_payment() -> None:
    assert isinstance(place({"paid": PAID}), Done)


def take_number() -> None:
    assert isinstance(place({"external_no": "T-1"}), Done)


PAID = {"provider": "alipay", "reference": "A1", "amount": "64.00"}
TEE = {"sku": "TEE"}
REFUSALS: list[tuple[str, str, dict[str, Any], list[str], Callable[[], None] | None]] = [
    ("unknown shop", "unknown-shop", {"shop": "nowhere"}, ["shop"], None),
    ("closed shop", "shop-closed", {}, [], close_shop),
    ("unknown type", "unknown-type", {"type": "nothing"}, ["type"], None),
    ("other currency", "currency-mismatch", {"currency": "USD"}, ["currency"], None),
    ("no currency at all", "currency-mismatch", {"currency": "???"}, ["currency"], None),
    ("unknown priority", "invalid-order", {"priority": "now"}, ["priority"], None),
    ("unknown field", "invalid-order", {"fields": {"colour": "red"}}, ["fields.colour"], None),
    ("no time", "invalid-request", {"placed_at": "yesterday"}, ["placed_at"], None),
    ("no offset", "invalid-request", {"placed_at": "2026-11-22T10:00:00"}, ["placed_at"], None),
    ("the future", "invalid-request", {"placed_at": "2026-12-22T10:00:00Z"}, ["placed_at"], None),
    ("long ago", "invalid-request", {"placed_at": "1066-10-14T10:00:00Z"}, ["placed_at"], None),
    ("unknown SKU", "unknown-sku", {"lines": [TEE, {"sku": "NO"}]}, ["lines[1].sku"], None),
    ("sold no more", "invalid-order", {}, ["lines[0].sku"], sell_no_more),
    ("a kind of another type", "invalid-order", {"type": "virtual"}, ["lines[0].sku"], None),
    ("quantity nothing", "invalid-order", {"lines": [TEE | {"quantity": 0}]},
     ["lines[0].quantity"], None),
    ("quantity negative", "invalid-order", {"lines": [TEE | {"quantity": -1}]},
     ["lines[0].quantity"], None),
    ("quantity too fine", "invalid-order", {"lines": [TEE | {"quantity": "0.5"}]},
     ["lines[0].quantity"], None),
    ("quantity too large", "invalid-order", {"lines": [TEE | {"quantity": 10**13}]},
     ["lines[0].quantity"], None),
    ("price negative", "invalid-order", {"lines": [TEE | {"unit_price": "-1.00"}]},
     ["lines[0].unit_price"], None),
    ("price too fine", "invalid-order", {"lines": [TEE | {"unit_price": "1.0000001"}]},
     ["lines[0].unit_price"], None),
    ("price too large", "invalid-order", {"lines": [TEE | {"unit_price": "9" * 18}]},
     ["lines[0].unit_price"], None),
    ("no amount", "invalid-order", {"lines": [TEE | {"discount": "much"}]},
     ["lines[0].discount"], None),
    ("line discount above the line", "invalid-order", {"lines": [TEE | {"discount": "64.01"}]},
     ["lines[0].discount"], None),
    ("tax negative", "invalid-order", {"lines": [TEE | {"tax": "-0.01"}]},
     ["lines[0].tax"], None),
    ("discount above the order", "invalid-order", {"discount": "64.01"}, ["discount"], None),
    ("shipping negative", "invalid-order", {"shipping_fee": "-1"}, ["shipping_fee"], None),
    ("attributes nested", "invalid-order", {"lines": [TEE | {"attributes": {"a": {}}}]},
     ["lines[0].attributes.a"], None),
    ("typed field wrong", "invalid-order",
     {"type": "custom", "lines": [{"sku": "RING", "attributes": {"size": "XXL"}}]},
     ["lines[0].attributes.size"], None),
    ("every wrong line", "unknown-sku",
     {"lines": [TEE | {"quantity": 0}, {"sku": "NO"}, TEE | {"unit_price": "x"}]},
     ["lines[0].quantity", "lines[1].sku", "lines[2].unit_price"], None),
    ("out of stock", "out-of-stock", {"lines": [TEE | {"quantity": 11}]}, [], None),
    ("paid nothing", "invalid-request", {"paid": PAID | {"amount": "0"}}, ["paid.amount"], None),
    ("paid no amount", "invalid-request", {"paid": PAID | {"amount": "x"}}, ["paid.amount"], None),
    ("paid in the future", "invalid-request", {"paid": PAID | {"at": "2030-01-01T00:00:00Z"}},
     ["paid.at"], None),
    ("payment of another order", "duplicate-payment", {"paid": PAID}, [], take_payment),
    ("number of another order", "duplicate-order", {"external_no": "T-1", "buyer_note": "x"}, [],
     take_number),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "body", "locs", "before"),
    [case[1:] for case in REFUSALS],
    ids=[case[0] for case in REFUSALS],
)
def test_a_refusal_says_why_and_leaves_nothing_behind(code, body, locs, before):
    if before is not None:
        before()
    rows = all_rows()
    outcome = place(body)
    assert isinstance(outcome, Refused), outcome
    assert outcome.code == code
    assert [fault.loc for fault in outcome.errors] == locs
    assert outcome.detail
    assert outcome.status == (422 if locs else 409)
    assert all_rows() == rows


def test_a_key_used_for_another_order_is_a_conflict():
    assert isinstance(place({}, once=Once("api", "k", "a" * 64)), Done)
    rows = all_rows()
    outcome = place({"buyer_note": "other"}, once=Once("api", "k", "b" * 64))
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.status) == ("idempotency-conflict", 422)
    assert all_rows() == rows


def test_a_shortage_names_everything_that_is_short():
    a_sku("CUP", "25.50", on_hand=1)
    a_sku("TEA", "12.30", on_hand=1500, decimals=3, unit="kg")
    outcome = place(
        {
            "lines": [
                {"sku": "CUP", "quantity": 2},
                TEE,
                {"sku": "CUP"},
                {"sku": "TEA", "quantity": "1.501"},
            ]
        }
    )
    assert outcome.code == "out-of-stock"
    assert outcome.extra["shortages"] == [
        {"sku": "CUP", "wanted": 3, "available": 1},
        {"sku": "TEA", "wanted": "1.501", "available": "1.500"},
    ]


def test_a_history_that_gives_back_more_than_it_took():
    past = History(
        "cancelled", cancelled_at=NOON,
        captures=[Money("old", "1.00", "C", NOON)], refunds=[Money("old", "2.00", "R", NOON)],
    )  # fmt: skip
    outcome = place({}, history=past)
    assert isinstance(outcome, Refused)
    assert [fault.loc for fault in outcome.errors] == ["history.refunds"]


def test_a_history_in_no_state_of_its_type():
    outcome = place({}, history=History("lost"))
    assert isinstance(outcome, Refused)
    assert [fault.loc for fault in outcome.errors] == ["history.state"]


def test_neighbours_of_a_refused_order_are_taken():
    batch = [a_request(("TEE", 1)), a_request(("NO", 1)), a_request(("TEE", 99)),
             a_request(("TEE", 9)), a_request(("TEE", 1))]  # fmt: skip
    outcomes = place_orders(batch, now=NOON)
    assert [isinstance(one, Done) for one in outcomes] == [True, False, False, True, False]
    assert Balance.objects.get().reserved == 10
    assert broken() == {}


def test_a_chain_that_reaches_into_a_foreign_shop_is_refused_whole() -> None:
    a_shop("other")
    rights = frozenset({"orders.place"})
    clerk = Actor(
        "user", "user:clerk", rights, grants=(Grant(rights, Reach(shops=frozenset({"main"}))),)
    )
    chain = [
        structs.replace(
            a_request(("TEE", 1), external_no=f"C-{number}", shop=shop), actor=clerk, link="chain"
        )
        for number, shop in enumerate(["main", "other", "main"])
    ]
    alone = structs.replace(a_request(("TEE", 1), external_no="C-3"), actor=clerk)
    before = all_rows()
    expected = ["linked-order-refused", "forbidden", "linked-order-refused"]
    seen = preview_orders([*chain, alone], now=NOON, assumed=Assumed())
    assert [getattr(one, "code", "") for one in seen] == [*expected, ""]
    assert [one.code for one in place_orders(chain, now=NOON)] == expected  # type: ignore[union-attr]  # all are refused
    assert all_rows() == before
    placed = place_orders([*chain, alone], now=NOON)
    assert [isinstance(one, Done) for one in placed] == [False, False, False, True]
