"""Batches of orders over HTTP: each order stands or falls alone."""

import json
from typing import Any

import pytest

from builders import a_shop, a_sku
from interfaces.doors import BATCH, LINE, Door, order_body, reserved
from laidan.domain.orders.models import Order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop(transactional_db: None) -> None:
    a_shop()
    a_sku()


def test_each_order_of_a_batch_stands_or_falls_alone(door: Door, key: str) -> None:
    orders = [
        order_body(external_no="B-1"),
        {"shop": "main"},
        7,
        order_body(lines=[LINE | {"quantity": 2000}]),
        order_body(external_no="B-1"),
        order_body(external_no="B-2"),
    ]
    reply = door.send("POST", BATCH, {"orders": orders}, key=key)
    assert reply.status == 200
    outcomes = reply.body["outcomes"]
    assert [one["status"] for one in outcomes] == [201, 422, 422, 409, 200, 201]
    assert outcomes[0]["order"]["id"] == outcomes[4]["order"]["id"]
    assert outcomes[3]["problem"]["type"] == "/problems/out-of-stock"
    assert outcomes[1]["problem"]["errors"] == [{"loc": "lines", "msg": "is required"}]
    assert (Order.objects.count(), reserved()) == (2, 4)


def test_two_contents_under_one_number_in_one_batch(door: Door, key: str) -> None:
    """The first one wins, and is known by its own content ever after."""
    first, other = (order_body(external_no="B-1", buyer_note=note) for note in ("a", "b"))
    reply = door.send("POST", BATCH, {"orders": [first, other, first, other]}, key=key)
    assert [one["status"] for one in reply.body["outcomes"]] == [201, 409, 200, 409]
    again = door.send("POST", BATCH, {"orders": [other, first]}, key=key)
    assert [one["status"] for one in again.body["outcomes"]] == [409, 200]


def test_a_batch_again_under_its_key_answers_the_same(door: Door, key: str) -> None:
    body = {"orders": [order_body(), order_body(buyer_note="2")]}
    first = door.send("POST", BATCH, body, key=key, idempotency_key="once")
    again = door.send("POST", BATCH, body, key=key, idempotency_key="once")
    assert again.body == first.body
    assert again.headers["idempotent-replay"] == "true"
    assert Order.objects.count() == 2


def test_another_batch_under_a_key_is_not_begun(door: Door, key: str) -> None:
    """Even where its first part was refused before, and so has used nothing up."""
    first = {"orders": [order_body(lines=[{"sku": "X"}]), order_body()]}
    door.send("POST", BATCH, first, key=key, idempotency_key="once")
    other = door.send("POST", BATCH, {"orders": [order_body(), order_body()]}, key=key,
                      idempotency_key="once")  # fmt: skip
    assert (other.status, other.code) == (422, "idempotency-conflict")
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"orders": []}, 422, "invalid-batch"),
        ({"orders": [{}] * 1001}, 422, "invalid-batch"),
        ({"orders": {}}, 422, "invalid-batch"),
        ({"order": []}, 422, "invalid-batch"),
        ([], 422, "invalid-batch"),
        (b"", 400, "invalid-json"),
        (b'{"orders":' + b"[" * 100_000, 400, "invalid-json"),
    ],
)
def test_a_batch_that_is_none(door: Door, key: str, body: Any, status: int, code: str) -> None:
    reply = door.send("POST", BATCH, body, key=key)
    assert (reply.status, reply.code) == (status, code)


def test_an_order_that_is_no_text_spoils_no_other(door: Door, key: str) -> None:
    sound = json.dumps(order_body()).encode()
    body = b'{"orders":[{"shop":"\xff","lines":[{"sku":"x"}]},%b]}' % sound
    outcomes = door.send("POST", BATCH, body, key=key).body["outcomes"]
    assert [one["status"] for one in outcomes] == [400, 201]


def test_a_thousand_orders_fit(door: Door, key: str) -> None:
    a_sku("MANY", on_hand=990)
    orders = [{"shop": "main", "lines": [{"sku": "MANY"}]}] * 1000
    reply = door.send("POST", BATCH, {"orders": orders}, key=key)
    statuses = [one["status"] for one in reply.body["outcomes"]]
    assert statuses == [201] * 990 + [409] * 10
