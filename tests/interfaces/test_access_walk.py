"""Every address, for every built-in role and for nobody, with orders inside and outside the scope.

Nothing of an order outside (number, name, phone) may appear in any answer.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from interfaces.access_routes import OPEN, OPERATIONS, PAGES, SIGNED_IN
from interfaces.walking import (
    ABROAD,
    DONE,
    HERE,
    NOBODY,
    SENTENCE,
    Orders,
    Visitor,
    a_visitor_as,
    call,
    the_orders,
)
from laidan.domain.access.models import User
from laidan.domain.access.roles import BUILT_IN
from laidan.domain.files.models import FileLink
from laidan.domain.orders.models import Order
from laidan.insights import exporting
from laidan.insights.order_conditions import OrderFilter
from laidan.interfaces.api.app import api
from laidan.interfaces.cli.main import main
from laidan.interfaces.web import urls
from laidan.usecases import grant_access

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def orders() -> Orders:
    return the_orders()


@pytest.fixture(params=sorted(BUILT_IN))
def visitor(request: pytest.FixtureRequest, orders: Orders) -> Visitor:
    return a_visitor_as(request.param, orders)


def _routes() -> dict[str, Any]:
    return {pattern.name: pattern for pattern in urls.urlpatterns}


def _addresses(order: Any) -> Iterator[tuple[str, str]]:
    """Yield each route with an address of it that is about an order, its customer or its SKU."""
    customer = str(Order.objects.get(pk=order.order_id).customer_id)
    file = FileLink.objects.get(kind="order", object_id=order.order_id).file_id
    values = {
        "name": order.order_no, "act_name": "hold", "part": "address", "customer_id": customer,
        "customer": customer, "code": "TEE-RED-M", "kind": "receive", "username": "the-operator",
        "break_id": NOBODY, "day": "2026-11-22",
        "job_id": NOBODY, "view_id": NOBODY, "file_id": file, "entry_id": NOBODY, "file": file, "draft": NOBODY,
        "token": "x" * 36, "number": "0" * 32, "proof": NOBODY, "reference": "T0",
        "item_id": NOBODY, "shop": "main",
        "webhook_id": NOBODY, "delivery_id": NOBODY,
    }  # fmt: skip
    for name, pattern in _routes().items():
        named = {one: values[one] for one in pattern.pattern.converters}
        yield name, reverse(f"web:{name}", kwargs=named)


class _Anything(dict[str, str]):
    """Values for the parts of an address; those that no walk is about name nothing that there is."""

    def __missing__(self, part: str) -> str:
        return NOBODY


def _address(path: str, order: Any) -> str:
    return path.format_map(_Anything(order=order.order_no, name="hold", code="TEE-RED-M"))


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
    walked: set[str] = set()
    for order in (orders.inside, *visitor.outside):
        for name, address in _addresses(order):
            # An address that names nothing of an order is the same for all of them.
            if address in walked or name in ("sign-out", "me-sessions-end", "language"):
                continue
            walked.add(address)
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
    browser = a_visitor_as("warehouse", orders).browser
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
                response = call(visitor, "GET", f"/orders?{parameter}={text}&full=true")
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
            # What was sent is offered again beside the form to sign in: nothing was done with it.
            is_kept = method == "post" and response.status_code == 401
            assert is_kept or response.status_code in (302, 405), place
            if response.status_code == 302:
                assert response["Location"].startswith("/sign-in"), place
            assert HERE["name"] not in response.content.decode(), place
    for method, path in OPERATIONS:
        named = _address(path, orders.inside)
        assert browser.generic(method, f"/api/v1{named}").status_code == 401, named


def test_no_export_holds_what_lies_outside(visitor: Visitor, tmp_path: Path) -> None:
    user = User.objects.get(username=f"the-{visitor.role}")
    actor = grant_access.actor_of_user(user)
    now = datetime.now(UTC)
    pages: list[Any] = [exporting.customer_pages(actor), exporting.stock_pages(actor)]
    seen = OrderFilter(sight=actor.sight("orders.export"))
    pages += [
        [exporting.readable(one, actor) for one in shown]
        for shown in exporting.order_pages(seen, now=now)
    ]
    told = json.dumps([list(page) for page in pages], ensure_ascii=False, default=str)
    assert [one for one in visitor.secrets if one in told] == []
    out = tmp_path / "orders.csv"
    arguments = ["export", "orders", str(out), "--as", user.username]
    if not visitor.may("orders.export"):
        assert main(arguments) == 1
        assert not out.exists()
        return
    assert main(arguments) == 0
    text = out.read_text(encoding="utf-8")
    assert [one for one in visitor.secrets if one in text] == []
    assert HERE["name"] in text
    assert ("138****8000" in text) is not visitor.may("customers.reveal_phone")


# --- the API --------------------------------------------------------------------------------


BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/orders"): {"shop": "other", "lines": [{"sku": "TEE-RED-M"}]},
    ("POST", "/orders/batch"): {"orders": [{"shop": "other", "lines": [{"sku": "TEE-RED-M"}]}]},
    ("PATCH", "/orders/{order}"): {"seller_note": "seen"},
    ("POST", "/orders/{order}/transitions/{name}"): {"reason": "seen"},
    ("PUT", "/products"): {"products": []},
    ("PUT", "/price-lists"): {"price_lists": []},
    ("PUT", "/shops"): {"shops": []},
    ("PUT", "/payment-accounts"): {"accounts": []},
    ("POST", "/orders/{order}/refunds"): {"reason": "seen"},
    ("POST", "/refunds/{refund}/{act}"): {},
    ("POST", "/suspense/{item}/resolve"): {"note": "seen"},
    ("PUT", "/locations"): {"locations": []},
    ("POST", "/stock/movements"): {"movements": []},
}


@pytest.mark.usefixtures("_own_queues")
def test_every_operation_lets_in_whom_it_may_and_tells_nobody_of_what_lies_outside(
    visitor: Visitor,
) -> None:
    for order in visitor.outside:
        for (method, path), needed in OPERATIONS.items():
            named = _address(path, order)
            body = BODIES.get((method, path), {"ids": [order.order_no], "reason": "seen"})
            response = call(visitor, method, named, body)
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
        assert _reveals(call(visitor, "GET", query), visitor) == [], query
    assert Order.objects.count() == 3


def test_a_board_counts_what_its_reader_may_see(visitor: Visitor) -> None:
    states = call(visitor, "GET", "/board").json()["states"]
    found = {one["state"]: one["count"] for one in states if one["count"]}
    limited = len(visitor.outside) > 1
    assert found == ({"open": 1} if limited else {"open": 1, "cancelled": 1})
    assert ("cancelled" in {one["state"] for one in states}) is not limited
