"""Every address, for every built-in role and for nobody, with orders inside and outside the scope.

Nothing of an order outside (number, name, phone) may appear in any answer.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.urls import reverse

from builders import (
    a_customer,
    a_key,
    a_request,
    a_shop,
    a_sku,
    a_user,
    an_address,
    some_orders,
)
from interfaces.access_routes import OPEN, OPERATIONS, PAGES, SIGNED_IN
from laidan.domain.access.policy import UNLIMITED_ONLY
from laidan.domain.access.roles import BUILT_IN
from laidan.domain.orders.models import Order
from laidan.interfaces.api.app import api
from laidan.interfaces.web import urls
from laidan.kernel.actor import SYSTEM
from laidan.kernel.outcome import Done
from laidan.kernel.permissions import covers
from laidan.usecases import grant_access
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.transition_requests import Advance, TransitionInputs

pytestmark = pytest.mark.django_db(transaction=True)

SENTENCE = "You do not have permission; ask your administrator"
ABROAD = {"name": "欧阳外人", "phone": "13911112222"}
DONE = {"name": "司马已消", "phone": "13733334444"}
HERE = {"name": "王小明", "phone": "13800138000"}
NOBODY = "01a200b2-1300-7001-85f2-6c6061b29cac"


class Orders(NamedTuple):
    """One order that everybody sees, one of another shop, and one that is done with."""

    inside: Any
    abroad: Any
    done: Any


class Visitor(NamedTuple):
    """Somebody with a role in one shop: his browser, his key, and what he must never read."""

    role: str
    browser: Client
    token: str
    secrets: tuple[str, ...]
    outside: tuple[Any, ...]

    def may(self, needed: str) -> bool:
        # What tells of everything is nothing for somebody of one shop.
        has = covers(BUILT_IN[self.role].permissions, needed)
        return has and needed not in UNLIMITED_ONLY


def _order(shop: str, who: dict[str, str]) -> Any:
    ref = who["phone"]
    return a_request(
        shop=shop, paid="64.00", customer=a_customer(ref=f"C{ref}", **who),
        ship_to=an_address(**who), external_no=f"X{ref}", tags=["vip"],
    )  # fmt: skip


@pytest.fixture
def orders() -> Orders:
    a_shop()
    a_shop("other")
    a_sku()
    placed = some_orders(_order("main", HERE), _order("other", ABROAD), _order("main", DONE))
    cancel = Advance(placed[2].order_id, "cancel", SYSTEM, TransitionInputs(reason="buyer"))
    (outcome,) = advance_orders([cancel], now=Order.objects.get(pk=placed[2].order_id).placed_at)
    assert isinstance(outcome, Done), outcome
    return Orders(*placed)


def _visitor(role: str, orders: Orders) -> Visitor:
    user = a_user(f"the-{role}", rights=())
    type(user).objects.filter(pk=user.pk).update(roles=[role], reach={"shops": ["main"]})
    user.refresh_from_db()
    browser = Client(headers={"Accept-Language": "en"})
    browser.force_login(user)
    grant_access.forget_keys()
    limited = BUILT_IN[role].reach.categories is not None
    outside = (orders.abroad, orders.done) if limited else (orders.abroad,)
    people = (ABROAD, DONE) if limited else (ABROAD,)
    secrets = [
        text
        for order, who in zip(outside, people, strict=True)
        for text in (order.order_no, who["name"], who["phone"], f"{who['phone'][:3]}****",
                     f"X{who['phone']}")
    ]  # fmt: skip
    return Visitor(role, browser, a_key(username=user.username), tuple(secrets), outside)


@pytest.fixture(params=sorted(BUILT_IN))
def visitor(request: pytest.FixtureRequest, orders: Orders) -> Visitor:
    return _visitor(request.param, orders)


def _routes() -> dict[str, Any]:
    return {pattern.name: pattern for pattern in urls.urlpatterns}


def _addresses(order: Any) -> Iterator[tuple[str, str]]:
    """Yield each route with an address of it that is about an order, its customer or its SKU."""
    customer = str(Order.objects.get(pk=order.order_id).customer_id)
    values = {
        "name": order.order_no, "act_name": "hold", "part": "address", "customer_id": customer,
        "customer": customer, "code": "TEE-RED-M", "kind": "receive", "username": "the-operator",
        "job_id": NOBODY, "view_id": NOBODY, "file_id": NOBODY, "entry_id": NOBODY, "file": NOBODY, "draft": NOBODY,
    }  # fmt: skip
    for name, pattern in _routes().items():
        named = {one: values[one] for one in pattern.pattern.converters}
        yield name, reverse(f"web:{name}", kwargs=named)


def _text(response: Any) -> str:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    told = f"{body.decode('utf-8', 'replace')} {response.headers}"
    # What somebody typed himself may be said to him again.
    return json.dumps(told, ensure_ascii=False)


def _reveals(response: Any, visitor: Visitor, asked: str = "") -> list[str]:
    text = _text(response)
    return [one for one in visitor.secrets if one in text and one not in asked]


def _right_of(view: Any) -> str | None:
    while view is not None:
        right = vars(view).get("right") if hasattr(view, "__dict__") else None
        if right is not None:
            return str(right)
        view = getattr(view, "__wrapped__", None)
    return None


def test_every_route_states_what_it_needs() -> None:
    """A new page belongs into access_routes.py with the permission that it asks for."""
    routes = _routes()
    assert set(routes) == set(PAGES)
    stated = {name: needed for name, needed in PAGES.items() if needed not in (OPEN, SIGNED_IN)}
    assert {name: _right_of(routes[name].callback) for name in stated} == stated
    free = set(PAGES) - set(stated)
    assert {name: _right_of(routes[name].callback) for name in free} == dict.fromkeys(free)


def test_every_operation_states_what_it_needs() -> None:
    found = {}
    for bound in api._get_bound_routers():
        for path, view in bound.path_operations.items():
            for operation in view.operations:
                (auth,) = operation.auth_callbacks
                for method in operation.methods:
                    found[method, path] = set(auth.permissions)
    assert found == {key: set(needed) for key, needed in OPERATIONS.items()}


def test_every_page_lets_in_whom_it_may_and_tells_nobody_of_what_lies_outside(
    visitor: Visitor, orders: Orders
) -> None:
    about_orders = [name for name, one in _routes().items() if "name" in one.pattern.converters]
    assert len(about_orders) >= 10
    for order in (orders.inside, *visitor.outside):
        for name, address in _addresses(order):
            if name in ("sign-out", "me-sessions-end", "language"):
                continue
            for method in ("get", "post"):
                response = getattr(visitor.browser, method)(address)
                place = (visitor.role, method, address, response.status_code)
                assert response.status_code < 500, place
                needed = PAGES[name]
                if needed not in (OPEN, SIGNED_IN) and not visitor.may(needed):
                    assert response.status_code in (403, 405), place
                elif order is not orders.inside and name in about_orders:
                    assert response.status_code in (404, 405), place
                elif name == "order" and method == "get":
                    assert response.status_code == 200, place
                assert _reveals(response, visitor) == [], place


def test_a_refusal_says_what_to_do_in_both_languages(orders: Orders) -> None:
    browser = _visitor("warehouse", orders).browser
    english, chinese = (
        browser.get("/settings/users", headers={"Accept-Language": one}) for one in ("en", "zh-CN")
    )
    assert (english.status_code, chinese.status_code) == (403, 403)
    assert SENTENCE in english.content.decode()
    assert "您没有权限，请联系管理员" in chinese.content.decode()


def test_no_search_finds_what_lies_outside(visitor: Visitor, orders: Orders) -> None:
    for order, who in zip(visitor.outside, (ABROAD, DONE), strict=False):
        typed = (order.order_no, who["name"], who["phone"], who["phone"][-4:], f"X{who['phone']}")
        for text in typed:
            for path in ("/orders", "/search", "/search/suggest", "/customers", "/", "/files",
                         "/orders/-/customers", "/settings/access/explain"):  # fmt: skip
                response = visitor.browser.get(path, {"q": text, "order": text}, follow=True)
                assert response.status_code in (200, 403), (visitor.role, path)
                found = _reveals(response, visitor, text)
                assert found == [], (visitor.role, path, text)
            for parameter in ("q", "phone", "external_no", "customer"):
                response = _call(visitor, "GET", f"/orders?{parameter}={text}&full=true")
                if visitor.may("orders.view"):
                    assert response.json()["items"] == [], (visitor.role, parameter, text)


def test_nobody_gets_anywhere(orders: Orders) -> None:
    browser = Client()
    for name, address in _addresses(orders.inside):
        if PAGES[name] == OPEN:
            continue
        for method in ("get", "post"):
            response = getattr(browser, method)(address)
            place = (name, method, response.status_code)
            assert response.status_code in (302, 405), place
            if response.status_code == 302:
                assert response["Location"].startswith("/sign-in"), place
            assert HERE["name"] not in response.content.decode(), place
    for method, path in OPERATIONS:
        named = path.format(order=orders.inside.order_no, name="hold", code="TEE-RED-M")
        assert browser.generic(method, f"/api/v1{named}").status_code == 401, named


# --- the API --------------------------------------------------------------------------------


BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/orders"): {"shop": "other", "lines": [{"sku": "TEE-RED-M"}]},
    ("POST", "/orders/batch"): {"orders": [{"shop": "other", "lines": [{"sku": "TEE-RED-M"}]}]},
    ("PATCH", "/orders/{order}"): {"seller_note": "seen"},
    ("POST", "/orders/{order}/transitions/{name}"): {"reason": "seen"},
    ("PUT", "/products"): {"products": []},
    ("PUT", "/price-lists"): {"price_lists": []},
    ("POST", "/stock/movements"): {"movements": []},
}


def _call(visitor: Visitor, method: str, path: str, body: Any = None) -> Any:
    return Client().generic(
        method, f"/api/v1{path}", json.dumps(body or {}), content_type="application/json",
        headers={"Authorization": f"Bearer {visitor.token}"},
    )  # fmt: skip


@pytest.mark.usefixtures("_own_queues")
def test_every_operation_lets_in_whom_it_may_and_tells_nobody_of_what_lies_outside(
    visitor: Visitor,
) -> None:
    for order in visitor.outside:
        for (method, path), needed in OPERATIONS.items():
            named = path.format(order=order.order_no, name="hold", code="TEE-RED-M")
            body = BODIES.get((method, path), {"ids": [order.order_no], "reason": "seen"})
            response = _call(visitor, method, named, body)
            place = (visitor.role, method, named, response.status_code, response.content[:300])
            assert response.status_code < 500, place
            if not any(visitor.may(one) for one in needed):
                assert response.status_code == 403, place
                assert response.json()["detail"] == SENTENCE, place
            elif "{order}" in path:
                assert response.status_code == 404, place
            elif (method, path) == ("POST", "/orders"):
                assert response.status_code == 403, place
            elif method == "POST" and response.status_code == 200:
                assert {one["status"] for one in response.json()["outcomes"]} <= {403, 404}, place
            # What was asked for comes back in the refusal, as it was typed.
            assert _reveals(response, visitor, order.order_no) == [], place
    for query in ("/orders?limit=200", "/orders?full=true", "/figures?by=customer", "/board"):
        assert _reveals(_call(visitor, "GET", query), visitor) == [], query
    assert Order.objects.count() == 3


def test_a_board_counts_what_its_reader_may_see(visitor: Visitor) -> None:
    states = _call(visitor, "GET", "/board").json()["states"]
    found = {one["state"]: one["count"] for one in states if one["count"]}
    limited = len(visitor.outside) > 1
    assert found == ({"open": 1} if limited else {"open": 1, "cancelled": 1})
    assert ("cancelled" in {one["state"] for one in states}) is not limited


# --- customer service -----------------------------------------------------------------------


@pytest.mark.usefixtures("_own_queues")
def test_customer_service_changes_an_address_and_no_price(orders: Orders) -> None:
    visitor = _visitor("customer_service", orders)
    found = visitor.browser.get("/orders", {"q": HERE["phone"][-4:]})
    assert re.findall(r'href="/orders/(LD\w+)"', found.content.decode())[0] == (
        orders.inside.order_no
    )
    path = f"/orders/{orders.inside.order_no}"
    address = {"name": "王小明", "phone": "13800138000", "city": "杭州市", "street": "新街 8 号"}
    moved = _call(visitor, "PATCH", path, {"ship_to": address})
    assert moved.status_code == 200
    assert moved.json()["ship_to"]["street"] == "新街 8 号"
    line = moved.json()["lines"][0]
    change = {"lines": {"change": [{"line": line["id"], "unit_price": "1.00"}]}}
    for body in (change, {"discount": "1.00"}, {"shipping_fee": "1.00"}):
        refused = _call(visitor, "PATCH", path, body)
        assert refused.status_code == 403, body
        assert refused.json()["type"] == "/problems/forbidden"
        assert refused.json()["detail"] == SENTENCE
    assert _call(visitor, "GET", path).json()["total"] == "64.00"
    for name in ("cancel", "ship", "refund"):
        body = {"reason": "buyer", "amount": "64.00", "provider": "manual", "reference": "R1"}
        answer = _call(
            visitor, "POST", f"{path}/transitions/{name}", body if name != "ship" else {}
        )
        assert answer.status_code in (403, 422), name
        assert answer.status_code == 403 or name == "refund"


def test_the_warehouse_sees_no_prices(orders: Orders) -> None:
    visitor = _visitor("warehouse", orders)
    order = _call(visitor, "GET", f"/orders/{orders.inside.order_no}").json()
    assert (order["total"], order["amounts"]["total"], order["payments"]) == (None, None, [])
    assert order["lines"][0]["unit_price"] is None
    assert order["customer"]["phone"] == "138****8000"
    for path in ("/orders", f"/orders/{orders.inside.order_no}", "/"):
        text = re.sub(r"<script.*?</script>", "", visitor.browser.get(path).content.decode())
        assert "64.00" not in text, path
