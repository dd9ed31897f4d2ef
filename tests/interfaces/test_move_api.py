"""Transitions, holds and amendments over HTTP: versions, keys, batches, refusals."""

from datetime import UTC, datetime
from typing import Any

import pytest

from builders import a_customer, a_shop, a_sku, an_order
from interfaces.doors import ORDERS, DjangoDoor, Reply, a_key
from laidan.domain.orders.models import Order
from laidan.domain.stock.models import Balance

pytestmark = pytest.mark.django_db(transaction=True)


class Desk:
    """Moves orders through Django's door with one key."""

    def __init__(self, door: DjangoDoor, key: str) -> None:
        self.door = door
        self.key = key

    def take(self, order: str, name: str, body: Any = b"", **headers: str) -> Reply:
        """Take a transition of one order."""
        path = f"{ORDERS}/{order}/transitions/{name}"
        return self.door.send("POST", path, body, key=self.key, **headers)

    def take_many(self, name: str, body: Any, **headers: str) -> Reply:
        """Take a transition of many orders."""
        return self.door.send("POST", f"{ORDERS}/transitions/{name}", body, key=self.key, **headers)

    def amend(self, order: str, body: Any, **headers: str) -> Reply:
        """Amend an order."""
        return self.door.send("PATCH", f"{ORDERS}/{order}", body, key=self.key, **headers)


@pytest.fixture
def desk(django_door: DjangoDoor, key: str) -> Desk:
    a_shop()
    a_sku()
    return Desk(django_door, key)


def placed(**others: Any) -> Any:
    return an_order(("TEE-RED-M", 2), now=datetime.now(UTC), **others)


def paid(amount: str = "128.00") -> dict[str, str]:
    return {"amount": amount, "provider": "cash", "reference": "R-1"}


# --- one order ------------------------------------------------------------------------------


def test_an_order_is_paid_shipped_and_completed(desk: Desk) -> None:
    order = placed()
    reply = desk.take(order.order_id, "pay", paid())
    assert (reply.status, reply.body["state"], reply.body["payment_status"]) == (
        200,
        "open",
        "paid",
    )
    assert reply.headers["etag"] == '"2"'
    assert [action["name"] for action in reply.body["actions"] if action["allowed"]]
    reply = desk.take(order.order_no, "ship", {"courier": "sf", "tracking_no": "SF1"})
    assert reply.body["fulfilment_status"] == "shipped"
    reply = desk.take(order.order_no.lower(), "confirm_receipt")
    assert (reply.status, reply.body["state"]) == (200, "completed")
    assert Balance.objects.get().on_hand == 998


def test_an_order_is_held_and_released(desk: Desk) -> None:
    order = placed()
    held = desk.take(order.order_id, "hold", {"reason": "fraud check"})
    assert [hold["reason"] for hold in held.body["holds"]] == ["fraud check"]
    refused = desk.take(order.order_id, "cancel", {"reason": "staff"})
    assert (refused.status, refused.code) == (409, "transition-refused")
    assert refused.body["guard"] == "on-hold"
    assert desk.take(order.order_id, "release").body["holds"] == []
    assert desk.take(order.order_id, "cancel", {"reason": "staff"}).body["state"] == "cancelled"


def test_the_version_seen_must_be_the_present_one(desk: Desk) -> None:
    order = placed()
    assert desk.take(order.order_id, "pay", paid("1.00"), if_match='"1"').status == 200
    for seen in ('"1"', "1", 'W/"1"', '"abc"', '"2", "1"', "9" * 30):
        reply = desk.take(order.order_id, "pay", paid(), if_match=seen)
        assert (reply.status, reply.code) == (412, "version-conflict"), seen
    assert desk.amend(order.order_id, {"tags": ["x"]}, if_match='"1"').status == 412
    assert desk.amend(order.order_id, {"tags": ["x"]}, if_match="*").status == 200
    assert Order.objects.get().version == 3


@pytest.mark.parametrize(
    "name",
    ["nothing", "LD261122000000000000", "01a204a4-f748-7001-8bdf-bd6d37c3191b", "a%20b", "%00",
     "x" * 500, "来单", "..%2f"],
)  # fmt: skip
def test_an_unknown_order_is_not_found(desk: Desk, name: str) -> None:
    for reply in (desk.take(name, "pay", paid()), desk.amend(name, {"tags": []})):
        assert reply.status in (404, 422)
        assert reply.code in ("not-found", "no-such-page", "invalid-request")


@pytest.mark.parametrize("name", ["fly", "place", "%00", "x" * 500, "支付"])
def test_an_unknown_transition_is_not_found(desk: Desk, name: str) -> None:
    reply = desk.take(placed().order_id, name)
    assert reply.status in (404, 422)
    assert reply.code in ("unknown-transition", "invalid-request", "not-found")


RUBBISH: dict[str, tuple[Any, int, str]] = {
    "no JSON": (b"pay", 400, "invalid-json"),
    "no UTF-8": (b'{"reason":"\xff"}', 400, "invalid-json"),
    "an array": ([], 422, "invalid-request"),
    "an unknown field": ({"colour": "red"}, 422, "invalid-request"),
    "a number for an amount": ({"amount": 5}, 422, "invalid-request"),
    "a negative amount": (paid("-5"), 422, "invalid-request"),
    "a huge amount": (paid("9" * 39), 422, "invalid-request"),
    "an amount with letters": (paid("12x"), 422, "invalid-request"),
    "an escaped NUL": (paid() | {"note": "\x00"}, 422, "invalid-request"),
    "a time to come": (paid() | {"at": "2999-01-01T00:00:00Z"}, 422, "invalid-request"),
    "no time": (paid() | {"at": "now"}, 422, "invalid-request"),
}


@pytest.mark.parametrize("what", RUBBISH)
def test_rubbish_for_a_transition_is_a_clear_problem(desk: Desk, what: str) -> None:
    body, status, code = RUBBISH[what]
    reply = desk.take(placed().order_id, "pay", body, idempotency_key="once")
    assert (reply.status, reply.code) == (status, code), reply.body
    assert Order.objects.get().version == 1


@pytest.mark.parametrize(
    "lines",
    [
        [{"line_no": 9, "quantity": 1}],
        [{"sku": "NOT-THERE", "quantity": 1}],
        [{"line": "not-an-id", "quantity": 1}],
        [{"line_no": 1, "quantity": 3}],
        [{"line_no": 1, "quantity": 0}],
        [{"line_no": 1, "quantity": -1}],
        [{"line_no": 1, "quantity": 10**30}],
        [{"line_no": 10**30, "quantity": 1}],
        [{"line_no": 1, "quantity": 1}, {"line_no": 1, "quantity": 2}],
        [{"quantity": 1}],
        [],
    ],
)
def test_lines_that_cannot_be_shipped_are_refused(desk: Desk, lines: list[Any]) -> None:
    order = placed(paid="128.00")
    reply = desk.take(order.order_id, "ship", {"lines": lines})
    assert 400 <= reply.status < 500
    assert reply.code
    assert Balance.objects.get().on_hand == 1000


def test_a_transition_under_a_key_is_taken_once(desk: Desk) -> None:
    order = placed()
    first = desk.take(order.order_id, "pay", paid("28.00"), idempotency_key="once")
    again = desk.take(order.order_id, "pay", paid("28.00"), idempotency_key="once")
    assert (again.status, again.body) == (200, first.body)
    assert again.headers["idempotent-replay"] == "true"
    other = desk.take(order.order_id, "pay", paid("29.00"), idempotency_key="once")
    assert (other.status, other.code) == (422, "idempotency-conflict")
    assert Order.objects.get().captured_minor == 2800


def test_the_scope_is_needed(desk: Desk) -> None:
    order = placed()
    reader = Desk(desk.door, a_key("orders:read", name="reader"))
    for reply in (
        reader.take(order.order_id, "pay", paid()),
        reader.take_many("pay", {"ids": [order.order_id]}),
        reader.amend(order.order_id, {"tags": []}),
    ):
        assert (reply.status, reply.code, reply.body["scope"]) == (
            403, "forbidden", "orders:write",
        )  # fmt: skip


def test_contacts_are_hidden_from_those_who_may_not_read_them(desk: Desk) -> None:
    order = placed(customer=a_customer())
    writer = Desk(desk.door, a_key("orders:write", name="writer"))
    assert writer.take(order.order_id, "hold").body["customer"]["phone"] != "13800138000"
    assert desk.take(order.order_id, "release").body["customer"]["phone"] == "13800138000"


# --- many orders ----------------------------------------------------------------------------


def test_each_of_many_stands_or_falls_alone(desk: Desk) -> None:
    first, second = placed(), placed()
    ids = [first.order_id, "nothing", second.order_no, first.order_id, "\x01"]
    reply = desk.take_many("cancel", {"ids": ids[:4], "reason": "staff"})
    assert reply.status == 200
    outcomes = reply.body["outcomes"]
    assert [one["status"] for one in outcomes] == [200, 404, 200, 409]
    assert outcomes[2]["order"]["cancel_reason"] == "staff"
    assert outcomes[3]["problem"]["guard"] == "wrong-state"
    assert desk.take_many("cancel", {"ids": ids}).code == "invalid-request"
    assert Balance.objects.get().reserved == 0


def test_many_under_a_key_are_taken_once(desk: Desk) -> None:
    ids = [placed().order_id, placed().order_id]
    body = {"ids": ids, **paid("28.00"), "reference": None}
    first = desk.take_many("pay", body, idempotency_key="once")
    again = desk.take_many("pay", body, idempotency_key="once")
    assert [one["status"] for one in first.body["outcomes"]] == [200, 200]
    assert again.body == first.body
    assert again.headers["idempotent-replay"] == "true"
    other = desk.take_many("pay", body | {"amount": "1.00"}, idempotency_key="once")
    assert (other.status, other.code) == (422, "idempotency-conflict")
    assert set(Order.objects.values_list("captured_minor", flat=True)) == {2800}


@pytest.mark.parametrize(
    "body",
    [b"", {}, {"ids": []}, {"ids": "x"}, {"ids": [1]}, {"ids": [""]}, {"ids": ["x"] * 1001},
     {"ids": ["x"], "colour": 1}],
)  # fmt: skip
def test_many_that_are_none(desk: Desk, body: Any) -> None:
    reply = desk.take_many("cancel", body)
    assert reply.status in (400, 422)
    assert reply.code in ("invalid-json", "invalid-request")


# --- amending -------------------------------------------------------------------------------


def test_an_order_is_amended(desk: Desk) -> None:
    order = placed()
    reply = desk.amend(
        order.order_no,
        {"buyer_note": "ring twice", "tags": ["b", "a"], "ship_to": {"city": "杭州市"}},
        if_match='"1"',
    )
    assert (reply.status, reply.headers["etag"]) == (200, '"2"')
    assert (reply.body["buyer_note"], reply.body["tags"]) == ("ring twice", ["a", "b"])
    assert reply.body["ship_to"]["city"] == "杭州市"
    same = desk.amend(order.order_id, {"tags": ["a", "b"]}, idempotency_key="once")
    again = desk.amend(order.order_id, {"tags": ["a", "b"]}, idempotency_key="once")
    assert same.body == again.body == reply.body
    assert again.headers["idempotent-replay"] == "true"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        ([], 422),
        ({"state": "open"}, 422),
        ({"total": "1.00"}, 422),
        ({"tags": "x"}, 422),
        ({"tags": [""]}, 422),
        ({"priority": "now!"}, 422),
        ({"buyer_note": "x" * 2001}, 422),
        ({"buyer_note": "\x07"}, 422),
        ({"fields": {"nothing": 1}}, 422),
        ({"lines": {"add": [{"sku": "X"}]}}, 422),
        ({"lines": {"add": [{"sku": "TEE-RED-M", "quantity": -1}]}}, 422),
        ({"lines": {"remove": ["nothing"]}}, 422),
        ({"lines": 7}, 422),
        ({"discount": "99999.00"}, 422),
        ({"shipping_fee": "-1.00"}, 422),
    ],
)
def test_rubbish_for_an_amendment_is_a_clear_problem(desk: Desk, body: Any, status: int) -> None:
    reply = desk.amend(placed().order_id, body)
    assert (reply.status, bool(reply.code)) == (status, True), reply.body
    assert Order.objects.get().version == 1


def test_what_the_state_does_not_allow_is_refused(desk: Desk) -> None:
    order = placed()
    desk.take(order.order_id, "cancel")
    reply = desk.amend(order.order_id, {"ship_to": {"city": "x"}})
    assert (reply.status, reply.code) == (409, "not-editable")
