"""What the built-in roles do all day, and the pages on which they are given."""

import re
from typing import Any

import pytest
from django.test import Client

from builders import a_user
from interfaces.browsing import a_visitor, words
from interfaces.walking import HERE, SENTENCE, Orders, a_visitor_as, call, the_orders
from laidan.domain.access import queries
from laidan.domain.access.models import OwnRole, User
from laidan.domain.audit.models import Operation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def orders() -> Orders:
    return the_orders()


# --- customer service -----------------------------------------------------------------------


@pytest.mark.usefixtures("_own_queues")
def test_customer_service_changes_an_address_and_no_price(orders: Orders) -> None:
    visitor = a_visitor_as("customer_service", orders)
    found = visitor.browser.get("/orders", {"q": HERE["phone"][-4:]})
    assert re.findall(r'href="/orders/(LD\w+)"', found.content.decode())[0] == (
        orders.inside.order_no
    )
    path = f"/orders/{orders.inside.order_no}"
    address = {"name": "王小明", "phone": "13800138000", "city": "杭州市", "street": "新街 8 号"}
    moved = call(visitor, "PATCH", path, {"ship_to": address})
    assert moved.status_code == 200
    assert moved.json()["ship_to"]["street"] == "新街 8 号"
    line = moved.json()["lines"][0]
    change = {"lines": {"change": [{"line": line["id"], "unit_price": "1.00"}]}}
    for body in (change, {"discount": "1.00"}, {"shipping_fee": "1.00"}):
        refused = call(visitor, "PATCH", path, body)
        assert refused.status_code == 403, body
        assert refused.json()["type"] == "/problems/forbidden"
        assert refused.json()["detail"] == SENTENCE
    assert call(visitor, "GET", path).json()["total"] == "64.00"
    for name in ("cancel", "ship", "refund"):
        body = {"reason": "buyer", "amount": "64.00", "provider": "manual", "reference": "R1"}
        answer = call(visitor, "POST", f"{path}/transitions/{name}", body if name != "ship" else {})
        assert answer.status_code in (403, 422), name
        assert answer.status_code == 403 or name == "refund"


def test_nobody_is_led_to_a_page_that_refuses_him(orders: Orders) -> None:
    visitor = a_visitor_as("customer_service", orders).browser
    for address in ("/", "/orders"):
        assert 'href="/orders/new"' not in visitor.get(address).content.decode(), address
        assert 'href="/orders/new"' in _boss().get(address).content.decode(), address
    page = visitor.get("/exports").content.decode()
    assert 'value="products" checked' in page
    assert 'value="orders" disabled' in page
    assert 'href="/jobs"' in visitor.get("/").content.decode()


def test_the_warehouse_sees_no_prices(orders: Orders) -> None:
    visitor = a_visitor_as("warehouse", orders)
    order = call(visitor, "GET", f"/orders/{orders.inside.order_no}").json()
    assert (order["total"], order["amounts"]["total"], order["payments"]) == (None, None, [])
    assert order["lines"][0]["unit_price"] is None
    assert order["customer"]["phone"] == "138****8000"
    for path in ("/orders", f"/orders/{orders.inside.order_no}", "/"):
        text = re.sub(r"<script.*?</script>", "", visitor.browser.get(path).content.decode())
        assert "64.00" not in text, path


# --- the pages of users and roles -----------------------------------------------------------

PASSWORD = "tea-9-cake-77"


def _boss(language: str = "en") -> Client:
    return a_visitor(username="boss", language=language)


def test_a_user_is_added_changed_shut_out_and_let_in() -> None:
    boss = _boss()
    sent = {"username": "mei", "password": PASSWORD, "name": "王梅", "roles": ["customer_service"]}
    assert boss.post("/settings/users/-/new", sent)["Location"] == "/settings/users"
    assert "mei 王梅 Customer service" in words(boss.get("/settings/users"))
    mei = Client()
    assert mei.login(username="mei", password=PASSWORD)
    assert mei.get("/orders").status_code == 200
    assert mei.get("/settings/users").status_code == 403
    boss.post("/settings/users/mei", {"name": "王梅", "email": "", "roles": ["warehouse"]})
    assert queries.find_user("mei").roles == ["warehouse"]
    assert mei.get("/customers").status_code == 200
    boss.post("/settings/users/mei/password", {"password": "other-9-tea-8"})
    assert mei.get("/orders").status_code == 302
    assert mei.login(username="mei", password="other-9-tea-8")
    boss.post("/settings/users/mei/switch", {"active": "no"})
    assert mei.get("/orders").status_code == 302
    assert "Shut out" in words(boss.get("/settings/users"))
    boss.post("/settings/users/mei/switch", {"active": "yes"})
    assert queries.find_user("mei").is_active


def test_faults_stand_at_their_fields_and_nothing_typed_is_lost() -> None:
    boss = _boss()
    sent = {"username": "me i", "password": "12", "name": "<b>梅", "roles": ["auditor"]}
    page = boss.post("/settings/users/-/new", sent)
    assert page.status_code == 422
    text = page.content.decode()
    assert "Letters, digits and . @ + - _ are allowed" in words(page)
    assert "&lt;b&gt;梅" in text
    assert re.search(r'value="auditor" checked', text)
    assert "12" not in re.findall(r'type="password"[^>]*value="([^"]*)"', text)
    taken = boss.post("/settings/users/-/new", {"username": "boss", "password": PASSWORD})
    assert "There is a user of this name already." in words(taken)
    weak = boss.post("/settings/users/-/new", {"username": "li", "password": "1"})
    assert weak.status_code == 422
    assert boss.post("/settings/users/boss", {"name": "", "email": "x"}).status_code == 422
    last = boss.post("/settings/users/boss", {"name": "", "email": "", "roles": []})
    assert "This is the last administrator; make somebody else one before." in words(last)
    for path in ("/settings/users/nobody", "/settings/roles/nothing", "/settings/users/%00"):
        assert boss.get(path).status_code == 404, path
    assert list(User.objects.values_list("username", flat=True)) == ["boss"]


def test_a_role_is_copied_changed_and_deleted() -> None:
    boss = _boss()
    copy = words(boss.get("/settings/roles/-/new?from=customer_service"))
    assert "Change addresses" in copy
    sent = {"name": "Night", "permissions": ["orders.view"], "categories": ["open"]}
    boss.post("/settings/roles/-/new", sent)
    role = OwnRole.objects.get()
    assert (role.permissions, role.reach) == (["orders.view"], {"categories": ["open"]})
    address = f"/settings/roles/{role.code}"
    assert boss.post(address, {"name": "", "permissions": []}).status_code == 422
    boss.post(address, sent | {"permissions": ["orders.view", "stock.view"], "masks": ["phone"]})
    role.refresh_from_db()
    assert (role.permissions, role.masks) == (["orders.view", "stock.view"], ["phone"])
    assert boss.post("/settings/roles/warehouse", sent).status_code == 404
    boss.post(f"{address}/delete")
    assert OwnRole.objects.count() == 0
    actions = Operation.objects.filter(kind="role").order_by("strand", "seq")
    assert list(actions.values_list("action", flat=True)) == [
        "role.added", "role.changed", "role.removed",
    ]  # fmt: skip


def test_who_only_sees_users_changes_none(orders: Orders) -> None:
    auditor = a_user("the-reader", rights=[])
    User.objects.filter(pk=auditor.pk).update(roles=["auditor"])
    browser = Client()
    browser.force_login(User.objects.get(pk=auditor.pk))
    assert browser.get("/settings/users").status_code == 200
    assert browser.get("/settings/roles/operator").status_code == 200
    for path in ("/settings/users/-/new", "/settings/users/the-reader", "/settings/roles/-/new"):
        refused = browser.get(path)
        assert (refused.status_code, SENTENCE in refused.content.decode()) == (403, True), path
    assert Operation.objects.filter(action="access.refused").count() == 3


@pytest.mark.parametrize(
    ("role", "which", "expected"),
    [
        ("customer_service", "inside", ["Change addresses", "Yes", "By: Customer service"]),
        ("customer_service", "inside", ["Change prices", "No", "No role of the user allows this."]),
        ("customer_service", "done", ["Change addresses", "No", "but not for the stage of this"]),
        ("customer_service", "abroad", ["Change addresses", "No", "but not for the shop of this"]),
        ("warehouse", "inside", ["sees order", "Hidden fields", "Prices and amounts"]),
    ],
)
def test_what_somebody_may_do_with_an_order_is_explained(
    orders: Orders, role: str, which: str, expected: Any
) -> None:
    a_visitor_as(role, orders)
    number = getattr(orders, which).order_no
    page = words(_boss().get(f"/settings/access/explain?user=the-{role}&order={number}"))
    place = 0
    for text in expected:
        place = page.find(text, place)
        assert place >= 0, (text, page)
    assert ("there is no order" in page) is (which != "inside")
