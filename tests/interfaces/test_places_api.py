"""Shops and locations over HTTP."""

import json

import pytest

from builders import a_shop, a_sku, an_order
from interfaces.doors import a_key
from laidan.domain.audit.models import Operation
from laidan.domain.channels.models import Shop
from laidan.domain.stock.models import Location

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def call(client):
    def send(method, path, body=None, key=None):
        return client.generic(
            method, f"/api/v1{path}", body if isinstance(body, str) else "" if body is None else
            json.dumps(body), content_type="application/json",
            headers={"Authorization": f"Bearer {key or token}"},
        )  # fmt: skip

    token = a_key()
    return send


def test_places_are_opened_changed_and_told(call):
    a_shop()
    wish = {"locations": [{"code": "north", "name": "北仓"}, {"code": "a b"}, {"code": 1}]}
    answer = call("PUT", "/locations", wish).json()["outcomes"]
    assert [one["status"] for one in answer] == [201, 422, 422]
    shop = {
        "code": "tmall",
        "name": "天猫",
        "currency": "CNY",
        "locations": ["north"],
        "open": False,
    }
    assert call("PUT", "/shops", {"shops": [shop]}).json()["outcomes"][0]["status"] == 201
    (again,) = call("PUT", "/shops", {"shops": [shop]}).json()["outcomes"]
    assert (again["status"], again["shop"]["changed"]) == (200, False)
    told = {one["code"]: one for one in call("GET", "/shops").json()["items"]}
    assert (told["tmall"]["locations"], told["tmall"]["open"]) == (["north"], False)
    names = {one["code"]: one["name"] for one in call("GET", "/locations").json()["items"]}
    assert names["north"] == "北仓"
    assert Operation.objects.filter(action="shop.opened").count() == 1


def test_the_currency_of_a_shop_with_orders_stays(call):
    a_shop()
    a_sku()
    an_order()
    (outcome,) = call("PUT", "/shops", {"shops": [{"code": "main", "currency": "USD"}]}).json()[
        "outcomes"
    ]
    assert outcome["problem"]["type"] == "/problems/currency-fixed"
    assert Shop.objects.get().currency == "CNY"


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"locations": []}', '{"locations": 1}', '{"locations": [1]}',
             '{"locations": [{"code": "x", "name": "\\u0000"}]}', '{"locations": [{}]}',
             '{"other": []}'],
)  # fmt: skip
def test_rubbish_opens_nothing(call, body):
    answer = call("PUT", "/locations", body)
    told = answer.json().get("outcomes", [{"status": answer.status_code}])
    assert all(400 <= one["status"] < 500 for one in told)
    assert Location.objects.count() == 0


def test_a_key_needs_the_scope(client):
    headers = {"Authorization": f"Bearer {a_key('orders:write')}"}
    for method, path in (("GET", "/shops"), ("PUT", "/shops"), ("PUT", "/locations")):
        answer = client.generic(
            method, f"/api/v1{path}", "{}", content_type="application/json", headers=headers
        )
        assert answer.status_code == 403
