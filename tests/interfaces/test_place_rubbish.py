"""Rubbish sent to the order API: a clear problem each, nothing kept, never a fault."""

import json
from typing import Any

import pytest

from builders import a_shop, a_sku
from interfaces.doors import (
    LINE,
    Door,
    LaneDoor,
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


HUGE = "9" * 400
RUBBISH: dict[str, tuple[Any, int, str, str]] = {
    # what: body, status, code, part of the detail
    "nothing": (b"", 400, "invalid-json", "empty"),
    "no JSON": (b"hello", 400, "invalid-json", "not JSON"),
    "half a JSON": (b'{"lines":[{"sku":"TEE', 400, "invalid-json", "truncated"),
    "two JSONs": (b'{"lines":[{"sku":"x"}]}{}', 400, "invalid-json", ""),
    "a byte order mark": (b"\xef\xbb\xbf{}", 400, "invalid-json", ""),
    "half a UTF-8 sequence": (b'{"lines":[{"sku":"\xe6\x9d"}]}', 400, "invalid-json", "UTF-8"),
    "GBK": ('{"lines":[{"sku":"来单"}]}'.encode("gb18030"), 400, "invalid-json", "UTF-8"),
    "UTF-16": ('{"lines":[{"sku":"x"}]}'.encode("utf-16"), 400, "invalid-json", ""),
    "NaN": (b'{"lines":[{"sku":"TEE-RED-M","quantity":NaN}]}', 400, "invalid-json", ""),
    "Infinity": (b'{"lines":[{"sku":"TEE-RED-M","quantity":-Infinity}]}', 400, "invalid-json", ""),
    "a raw control character": (b'{"shop":"ma\x00in"}', 400, "invalid-json", ""),
    "half a surrogate pair": (rb'{"shop":"\ud800x"}', 400, "invalid-json", ""),
    "deep nesting": (b'{"fields":{"a":' + b"[" * 100_000, 400, "invalid-json", "deep"),
    "an array": ([], 422, "invalid-order", "object"),
    "null": (None, 422, "invalid-order", "object"),
    "no lines": ({"shop": "main"}, 422, "invalid-order", "lines: is required"),
    "empty lines": (order_body(lines=[]), 422, "invalid-order", "lines"),
    "501 lines": (order_body(lines=[LINE] * 501), 422, "invalid-order", "lines"),
    "an unknown field": (order_body(colour="red"), 422, "invalid-order", "colour: unknown field"),
    "an unknown field inside": (
        order_body(customer={"nick": "x"}), 422, "invalid-order", "customer.nick: unknown field"),
    "a wrong type": (order_body(shop=7), 422, "invalid-order", "shop: Expected str, got int"),
    "a wrong type in a line": (
        order_body(lines=[LINE, {"sku": 7}]), 422, "invalid-order", "lines[1].sku"),
    "an escaped NUL": (order_body(buyer_note="a\x00b"), 422, "invalid-order", "buyer_note"),
    "an escaped bell in a name": (
        order_body(lines=[LINE | {"attributes": {"a\x07": 1}}]), 422, "invalid-order",
        "lines[0].attributes.a?"),
    "an unknown shop": (order_body(shop="nowhere"), 422, "unknown-shop", "shop"),
    "an unknown type": (order_body(type="zeppelin"), 422, "unknown-type", "type"),
    "an unknown SKU": (order_body(lines=[{"sku": "X"}]), 422, "unknown-sku", "lines[0].sku"),
    "another currency": (order_body(currency="USD"), 422, "currency-mismatch", "USD"),
    "no currency": (order_body(currency="???"), 422, "currency-mismatch", "???"),
    "a quantity of nothing": (
        order_body(lines=[LINE | {"quantity": 0}]), 422, "invalid-order", "quantity"),
    "a negative quantity": (
        order_body(lines=[LINE | {"quantity": -1}]), 422, "invalid-order", "quantity"),
    "half a T-shirt": (
        order_body(lines=[LINE | {"quantity": 0.5}]), 422, "invalid-order", "quantity"),
    "a huge quantity": (
        order_body(lines=[LINE | {"quantity": 10**30}]), 422, "invalid-order", "quantity"),
    "a quantity beyond bounds": (
        f'{{"lines":[{{"sku":"TEE-RED-M","quantity":{HUGE}}}],"shop":"main"}}'.encode(),
        422, "invalid-order", "quantity"),
    "a number beyond bounds": (
        b'{"lines":[{"sku":"TEE-RED-M","quantity":1e999}]}', 422, "invalid-order", "quantity"),
    "a quantity that is no number": (
        order_body(lines=[LINE | {"quantity": "two"}]), 422, "invalid-order", "quantity"),
    "a true quantity": (
        order_body(lines=[LINE | {"quantity": True}]), 422, "invalid-order", "quantity"),
    "a number for a price": (
        order_body(lines=[LINE | {"unit_price": 64}]), 422, "invalid-order", "unit_price"),
    "a negative price": (
        order_body(lines=[LINE | {"unit_price": "-1.00"}]), 422, "invalid-order", "unit_price"),
    "a huge price": (
        order_body(lines=[LINE | {"unit_price": "9" * 39}]), 422, "invalid-order", "lines[0]"),
    "a price too fine": (
        order_body(lines=[LINE | {"unit_price": "1.0000001"}]), 422, "invalid-order", "unit_price"),
    "a discount over the price": (
        order_body(discount="128.01"), 422, "invalid-order", "discount"),
    "a negative shipping fee": (order_body(shipping_fee="-1"), 422, "invalid-order", "shipping_fee"),
    "an amount with letters": (order_body(discount="1e3"), 422, "invalid-order", "discount"),
    "a time without offset": (
        order_body(placed_at="2026-11-22T10:00:00"), 422, "invalid-request", "placed_at"),
    "no time": (order_body(placed_at="yesterday"), 422, "invalid-request", "placed_at"),
    "the first of all times": (
        order_body(placed_at="0001-01-01T00:00:00+23:59"), 422, "invalid-request", "placed_at"),
    "the last of all times": (
        order_body(placed_at="9999-12-31T23:59:59-23:59"), 422, "invalid-request", "placed_at"),
    "no priority": (order_body(priority="now!"), 422, "invalid-order", "priority"),
    "a long tag": (order_body(tags=["x" * 41]), 422, "invalid-order", "tags[0]"),
    "a field that the type has not": (order_body(fields={"size": 3}), 422, "invalid-order", "size"),
    "a nested attribute": (
        order_body(lines=[LINE | {"attributes": {"a": [[]]}}]), 422, "invalid-order", "attributes.a"),
    "a payment of nothing": (
        order_body(paid={"provider": "test", "amount": "0"}), 422, "invalid-request", "paid.amount"),
    "a long external number": (
        order_body(external_no="x" * 81), 422, "invalid-order", "external_no"),
}  # fmt: skip


@pytest.mark.parametrize("what", RUBBISH)
def test_rubbish_is_a_clear_problem(door: Door, key: str, what: str) -> None:
    body, status, code, words = RUBBISH[what]
    reply = place(door, key, body, idempotency_key="once")
    assert (reply.status, reply.code) == (status, code), reply.body
    shown = reply.body["detail"] + json.dumps(reply.body.get("errors", []), ensure_ascii=False)
    assert words in shown
    if status == 422:
        assert all(set(error) == {"loc", "msg"} for error in reply.body["errors"])
    assert (Order.objects.count(), reserved()) == (0, 0)


def test_an_odd_number_under_an_external_number_is_no_fault(door: Door, key: str) -> None:
    """Its content is digested before anything else looks at it."""
    for quantity in (10**400, -(10**30), 1e300):
        lines = [LINE | {"quantity": quantity}]
        reply = place(door, key, order_body(lines=lines, external_no="T-1"))
        assert (reply.status, reply.code) == (422, "invalid-order")


def test_ten_megabytes_are_too_many(door: Door, key: str) -> None:
    reply = place(door, key, order_body(buyer_note="x" * 10_000_000))
    assert (reply.status, reply.code) == (413, "body-too-large")


def test_a_body_longer_than_it_says_is_too_large(transactional_db: None, key: str) -> None:
    door = LaneDoor()
    reply = place(door, key, b" " * 9_000_000, content_length="17")
    door.close()
    assert (reply.status, reply.code) == (413, "body-too-large")


@pytest.mark.parametrize(
    "headers",
    [
        {"content_encoding": "gzip"},
        {"content_encoding": "br"},
        {"content_type": "multipart/form-data; boundary=x"},
        {"content_type": "application/xml"},
        {"content_type": "application/json; charset=gbk"},
    ],
)
def test_other_media_are_refused(door: Door, key: str, headers: dict[str, str]) -> None:
    reply = place(door, key, order_body(), **headers)
    assert (reply.status, reply.code) == (415, "unsupported-media-type")


@pytest.mark.parametrize(
    "kind", ["application/json; charset=UTF-8", "text/plain", "application/vnd.shop+json"]
)
def test_the_content_type_is_read_leniently(door: Door, key: str, kind: str) -> None:
    assert place(door, key, order_body(), content_type=kind).status == 201


def test_of_equal_names_the_last_counts(door: Door, key: str) -> None:
    body = b'{"shop":"nowhere","shop":"main","lines":[{"sku":"TEE-RED-M"}]}'
    assert place(door, key, body).status == 201


def test_escapes_that_are_text_are_taken(door: Door, key: str) -> None:
    body = rb'{"shop":"main","buyer_note":"1\n2\t\u00e9\ud83d\ude00","lines":[{"sku":"TEE-RED-M"}]}'
    reply = place(door, key, body)
    assert (reply.status, reply.body["buyer_note"]) == (201, "1\n2\té😀")


def test_problems_have_titles_in_the_language(door: Door, key: str) -> None:
    reply = place(door, key, b"", accept_language="en")
    assert reply.body["title"] == "The body is not JSON"


@pytest.mark.parametrize("accepted", ["x" * 5000, "zh" * 300 + ",en", ";;q=x,,", "\xff\xfe", "*"])
def test_odd_languages_are_no_fault(door: Door, key: str, accepted: str) -> None:
    assert place(door, key, b"", accept_language=accepted).status == 400
