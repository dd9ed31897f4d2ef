"""Placing orders over HTTP: the same answers by the lean lane and by Django."""

import json

import pytest

from builders import a_shop, a_sku
from interfaces.doors import (
    BATCH,
    LINE,
    ORDERS,
    Door,
    a_key,
    order_body,
    place,
    reserved,
)
from laidan.domain.orders.models import Order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop(transactional_db: None) -> None:
    a_shop()
    a_sku()


# --- placing --------------------------------------------------------------------------------


def test_an_order_is_created(door: Door, key: str) -> None:
    reply = place(door, key, order_body(external_no="T-1", shipping_fee="10.00"))
    assert reply.status == 201
    assert reply.body["total"] == "138.00"
    assert reply.body["customer"]["phone"] == "13800138000"
    assert [action["name"] for action in reply.body["actions"]] == ["pay", "cancel", "hold"]
    assert reply.headers["etag"] == '"1"'
    assert reply.headers["location"] == f"{ORDERS}/{reply.body['id']}"
    assert reply.headers["content-type"].startswith("application/json")
    assert "idempotent-replay" not in reply.headers
    assert (Order.objects.count(), reserved()) == (1, 2)


def test_labels_follow_the_language(door: Door, key: str) -> None:
    reply = place(door, key, order_body(), accept_language="zh-CN,zh;q=0.9,en;q=0.5")
    assert reply.body["actions"][0]["label"] == "登记收款"
    reply = place(door, key, order_body(), accept_language="fr, en;q=0.7")
    assert reply.body["actions"][0]["label"] == "Record payment"


def test_the_same_order_again_is_the_one_that_is_there(door: Door, key: str) -> None:
    first = place(door, key, order_body(external_no="T-1"))
    again = place(door, key, order_body(external_no="T-1"))
    assert (first.status, again.status) == (201, 200)
    assert again.body == first.body
    assert again.headers["etag"] == '"1"'
    assert (Order.objects.count(), reserved()) == (1, 2)


def test_another_order_under_its_number_is_a_conflict(door: Door, key: str) -> None:
    first = place(door, key, order_body(external_no="T-1"))
    other = place(door, key, order_body(external_no="T-1", buyer_note="another"))
    assert (other.status, other.code) == (409, "duplicate-order")
    assert other.body["order_no"] == first.body["order_no"]
    assert other.body["differs"] == ["buyer_note"]


def test_a_shortage_is_named_and_nothing_is_kept(door: Door, key: str) -> None:
    reply = place(door, key, order_body(lines=[LINE, {"sku": "TEE-RED-M", "quantity": 2000}]))
    assert (reply.status, reply.code) == (409, "out-of-stock")
    (short,) = reply.body["shortages"]
    assert (short["sku"], short["available"]) == ("TEE-RED-M", 1000)
    assert (Order.objects.count(), reserved()) == (0, 0)


# --- one key, one answer --------------------------------------------------------------------


def test_a_key_repeats_the_first_answer(door: Door, key: str) -> None:
    first = place(door, key, order_body(), idempotency_key="once")
    again = place(door, key, order_body(), idempotency_key="once")
    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert "idempotent-replay" not in first.headers
    assert again.headers["idempotent-replay"] == "true"
    assert again.headers["etag"] == first.headers["etag"]
    assert Order.objects.count() == 1


def test_a_key_repeats_that_the_order_was_there(door: Door, key: str) -> None:
    place(door, key, order_body(external_no="T-1"))
    for _ in range(2):
        reply = place(door, key, order_body(external_no="T-1"), idempotency_key="once")
        assert (reply.status, reply.body["external_no"]) == (200, "T-1")
    assert reply.headers["idempotent-replay"] == "true"


def test_a_key_serves_one_body(door: Door, key: str) -> None:
    place(door, key, order_body(), idempotency_key="once")
    other = place(door, key, order_body(buyer_note="x"), idempotency_key="once")
    assert (other.status, other.code) == (422, "idempotency-conflict")
    assert Order.objects.count() == 1


def test_a_key_belongs_to_its_caller(door: Door, key: str) -> None:
    place(door, key, order_body(), idempotency_key="once")
    other = place(door, a_key(name="other"), order_body(buyer_note="x"), idempotency_key="once")
    assert other.status == 201


def test_a_refusal_uses_no_key_up(door: Door, key: str) -> None:
    refused = place(door, key, order_body(lines=[{"sku": "LATER"}]), idempotency_key="once")
    assert refused.code == "unknown-sku"
    a_sku("LATER")
    placed = place(door, key, order_body(lines=[{"sku": "LATER"}]), idempotency_key="once")
    assert (placed.status, "idempotent-replay" in placed.headers) == (201, False)


@pytest.mark.parametrize("bad", ["", "x" * 256, "täg", "tab\there"])
def test_keys_are_printable_ascii(door: Door, key: str, bad: str) -> None:
    reply = place(door, key, order_body(), idempotency_key=bad)
    assert (reply.status, reply.code) == (400, "invalid-idempotency-key")
    assert Order.objects.count() == 0


def test_the_longest_key_and_name_fit(door: Door, key: str) -> None:
    named = a_key(name="n" * 110)
    for _ in range(2):
        reply = place(door, named, order_body(), idempotency_key="k" * 255)
        assert reply.status == 201
        batch = door.send("POST", BATCH, {"orders": [order_body()]}, key=named,
                          idempotency_key="k" * 255)  # fmt: skip
        assert [one["status"] for one in batch.body["outcomes"]] == [201]
    assert Order.objects.count() == 2


# --- who may --------------------------------------------------------------------------------


@pytest.mark.parametrize("presented", [None, "wrong", "ldk_00000000_" + "0" * 43, "ключ\xff"])
def test_without_a_valid_key_nobody_comes_in(door: Door, key: str, presented: str | None) -> None:
    shown = presented.encode().decode("latin-1") if presented else None
    reply = place(door, shown, order_body())
    assert (reply.status, reply.code) == (401, "unauthorized")
    assert reply.headers["www-authenticate"] == "Bearer"


def test_the_missing_scope_is_named(door: Door, key: str) -> None:
    reply = place(door, a_key("orders:read", name="reader"), order_body())
    assert (reply.status, reply.code) == (403, "forbidden")
    assert reply.body["scope"] == "orders:write"


def test_a_person_is_shown_to_those_who_may_read_customers(door: Door, key: str) -> None:
    reply = place(door, a_key("orders:write", name="writer"), order_body())
    assert reply.status == 201
    assert reply.body["customer"]["phone"] != "13800138000"
    assert "w@example.com" not in json.dumps(reply.body)
