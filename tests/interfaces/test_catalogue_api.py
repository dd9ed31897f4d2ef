"""Products, price lists and movements over HTTP: outcomes, scopes, keys, rubbish."""

import json
from typing import Any

import pytest

from builders import a_shop, an_order
from interfaces.doors import DjangoDoor, Reply, a_key
from laidan.domain.catalog.models import Product
from laidan.domain.stock.models import Balance, Movement

PRODUCTS = "/api/v1/products"
LISTS = "/api/v1/price-lists"
MOVEMENTS = "/api/v1/stock/movements"
TEE = {"code": "TEE", "name": "T-shirt", "skus": [
    {"code": "TEE-M", "name": "T-shirt, M", "barcode": "690", "price": "64.00", "currency": "CNY",
     "unit": "pcs", "decimals": 0, "kind": "goods", "backorder": False, "safety": 0,
     "weight_grams": None, "components": []}]}  # fmt: skip


def receive(quantity: Any = 5, **others: Any) -> dict[str, Any]:
    return {"kind": "receive", "sku": "TEE-M", "location": "main", "quantity": quantity} | others


@pytest.fixture
def put(django_door: DjangoDoor, key: str) -> Any:
    a_shop()

    def send(*products: Any) -> Reply:
        return django_door.send("PUT", PRODUCTS, {"products": list(products)}, key=key)

    return send


@pytest.fixture
def move(django_door: DjangoDoor, key: str, put: Any) -> Any:
    put(TEE)

    def send(*movements: Any, **headers: str) -> Reply:
        body = {"movements": list(movements)}
        return django_door.send("POST", MOVEMENTS, body, key=key, **headers)

    return send


def test_products_are_made_and_changed(put: Any, django_door: DjangoDoor, key: str):
    made = put(TEE)
    assert made.status == 200
    (outcome,) = made.body["outcomes"]
    assert outcome["status"] == 201
    assert outcome["product"]["skus"][0]["price"] == "64.00"
    again = put(TEE, {"code": "BAD", "skus": [{"code": "TEE-M"}]}, {"code": "MUG", "colour": "red"})
    first, taken, unknown = again.body["outcomes"]
    assert (first["status"], first["product"]) == (200, outcome["product"])
    assert (taken["status"], taken["problem"]["type"]) == (409, "/problems/sku-taken")
    assert taken["problem"]["title"] == "The SKU belongs to another product"
    assert (unknown["status"], unknown["problem"]["errors"]) == (
        422, [{"loc": "colour", "msg": "unknown field"}],
    )  # fmt: skip
    shown = django_door.send("GET", PRODUCTS, b"", key=key)
    assert shown.body["items"] == [outcome["product"]]


def test_movements_move_and_explain(move: Any, django_door: DjangoDoor, key: str):
    reply = move(receive(5), receive("x"), receive(9, kind="scrap"), receive(to=None))
    assert reply.status == 200
    received, wrong, short, more = reply.body["outcomes"]
    assert received["status"] == more["status"] == 201
    assert received["balances"][0]["on_hand"] == 5
    assert (wrong["status"], wrong["problem"]["errors"][0]["loc"]) == (422, "quantity")
    assert (short["status"], short["problem"]["type"]) == (409, "/problems/out-of-stock")
    assert short["problem"]["shortages"][0]["available"] == 5
    shown = django_door.send("GET", MOVEMENTS, b"", key=key)
    assert shown.body["items"][1] == received["movements"][0]
    stock = django_door.send("GET", "/api/v1/stock", b"", key=key)
    assert stock.body["items"] == more["balances"]


def test_what_is_reserved_is_named(move: Any):
    move(receive(5))
    an_order(("TEE-M", 4))
    (refused,) = move(receive(2, kind="scrap")).body["outcomes"]
    assert refused["problem"]["type"] == "/problems/stock-reserved"
    assert refused["problem"]["shortages"] == [
        {"sku": "TEE-M", "wanted": 2, "on_hand": 5, "reserved": 4, "available": 1}
    ]


def test_one_key_moves_once(move: Any):
    first = move(receive(5), receive("x"), idempotency_key="K1")
    again = move(receive(5), receive("x"), idempotency_key="K1")
    assert again.body == first.body
    assert "idempotent-replay" not in first.headers
    assert again.headers["idempotent-replay"] == "true"
    assert Movement.objects.count() == 1
    other = move(receive(6), idempotency_key="K1")
    assert (other.status, other.code) == (422, "idempotency-conflict")
    assert Balance.objects.get().on_hand == 5


def test_price_lists(put: Any, django_door: DjangoDoor, key: str):
    put(TEE)
    body = {"price_lists": [{"code": "vip", "currency": "CNY", "prices": [
        {"sku": "TEE-M", "price": "60.00"}, {"sku": "TEE-M", "price": "55", "quantity_from": 10}]}]}  # fmt: skip
    reply = django_door.send("PUT", LISTS, body, key=key)
    (outcome,) = reply.body["outcomes"]
    assert (outcome["status"], outcome["price_list"]["changed"]) == (201, 2)
    (again,) = django_door.send("PUT", LISTS, body, key=key).body["outcomes"]
    assert (again["status"], again["price_list"]["changed"]) == (200, 0)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [("PUT", PRODUCTS, "catalog:write"), ("PUT", LISTS, "catalog:write"),
     ("POST", MOVEMENTS, "stock:write")],
)  # fmt: skip
def test_each_needs_its_scope(django_door: DjangoDoor, method: str, path: str, scope: str):
    assert django_door.send(method, path, {}, key=None).code == "unauthorized"
    reader = a_key("catalog:read", "stock:read", name="reader", username="reader")
    refused = django_door.send(method, path, {}, key=reader)
    assert (refused.status, refused.code, refused.body["scope"]) == (403, "forbidden", scope)
    allowed = a_key(scope, name="writer", username="writer")
    assert django_door.send(method, path, {}, key=allowed).status == 422


RUBBISH = [
    (b"", 400), (b"{", 400), (b"[]", 422), (b"null", 422), (b'{"products": 1}', 422),
    (b'{"products": []}', 422), (b'{"movements": []}', 422), (b'{"price_lists": []}', 422),
    (b'{"products": [' + b"{}," * 1000 + b"{}]}", 422), (b'{"x": 1}', 422),
    (b"\xff\xfe", 400), (b'{"products\xe4\xbd": []}', 400), (b"[" * 100_000, 400),
]  # fmt: skip


@pytest.mark.parametrize("place", range(len(RUBBISH)))
@pytest.mark.parametrize(
    ("method", "path"), [("PUT", PRODUCTS), ("PUT", LISTS), ("POST", MOVEMENTS)]
)
def test_rubbish_is_a_problem(
    django_door: DjangoDoor, key: str, method: str, path: str, place: int
):
    body, status = RUBBISH[place]
    reply = django_door.send(method, path, body, key=key)
    assert reply.status in {status, 400, 422}
    assert reply.code in {"invalid-json", "invalid-batch"}
    assert not Product.objects.exists()


ITEMS = [
    None, 7, "x", [], {}, {"code": ""}, {"code": 5}, {"code": "a" * 61}, {"code": "A\u0000"},
    {"code": "A", "name": "x" * 201}, {"code": "A", "skus": {}},
    *({"code": "A", "skus": [{"code": "B"} | sku]} for sku in (
        {"price": 64}, {"price": "NaN"}, {"price": "1" * 30}, {"price": "-0.01", "currency": "CNY"},
        {"currency": "cny"}, {"decimals": 7}, {"decimals": -1}, {"decimals": "2"}, {"safety": -1},
        {"safety": 1e300}, {"safety": "９"}, {"kind": "x"}, {"weight_grams": -1},
        {"weight_grams": 10**30}, {"components": [{}]}, {"components": [{"sku": "B"}]},
        {"barcode": "\u0007"}, {"barcodes": [""]}, {"attributes": []}, {"attributes": {"a": {}}},
        {"attributes": {"a": 10**40}}, {"backorder": 1}, {"unit": ""}, {"unknown": 1},
    )),
]  # fmt: skip


@pytest.mark.parametrize("place", range(len(ITEMS)))
def test_a_wrong_product_is_an_outcome(put: Any, place: int):
    reply = put(ITEMS[place], TEE)
    assert reply.status == 200, reply.body
    wrong, right = reply.body["outcomes"]
    assert wrong["status"] == 422, wrong
    assert wrong["problem"]["type"].startswith("/problems/")
    assert right["status"] == 201
    assert list(Product.objects.values_list("code", flat=True)) == ["TEE"]


WRONG_MOVES = [
    None, {}, receive(kind="steal"), receive(True), receive(None), receive(1e300), receive("1e3"),
    receive(10**30), receive(-(10**30)), receive(float("nan")), receive("１"), receive(bucket=None),
    receive(bucket="x" * 41), receive(bucket="\u0001"), receive(reason="x" * 201), receive(to=5),
    receive(location=""), receive(colour="red"),
]  # fmt: skip


@pytest.mark.parametrize("place", range(len(WRONG_MOVES)))
def test_a_wrong_movement_moves_nothing(move: Any, place: int):
    reply = move(WRONG_MOVES[place], receive(1))
    if reply.status == 200:
        wrong, right = reply.body["outcomes"]
        assert (wrong["status"], right["status"]) == (422, 201)
        assert Balance.objects.get().on_hand == 1
    else:
        # NaN is no JSON, so that the whole body cannot be read.
        assert reply.code == "invalid-json"
        assert not Balance.objects.exists()


def test_the_document_knows_them(django_door: DjangoDoor, key: str):
    document = django_door.send("GET", "/api/v1/openapi.json", b"", key=key).body
    for path, method in ((PRODUCTS, "put"), (LISTS, "put"), (MOVEMENTS, "post")):
        operation = document["paths"][path][method]
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        assert json.dumps(body).count("$ref") == 0
        assert "200" in operation["responses"]
