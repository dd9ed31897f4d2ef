"""The reads of the API: orders, timelines, board, stock; what they refuse and how."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.test import Client

from builders import (
    a_customer,
    a_key,
    a_request,
    a_shop,
    a_sku,
    a_user,
    an_address,
    an_order,
    some_orders,
)
from interfaces.reading import caller, is_problem
from laidan.engine.models import Event
from statements import statements

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


ITEM = [
    "id", "order_no", "external_no", "shop", "type", "state", "category", "status",
    "payment_status", "fulfilment_status", "return_status", "holds", "amounts", "total",
    "currency", "customer", "ship_to", "placed_at", "updated_at", "version", "tags", "lines",
]  # fmt: skip
"""What docs/en/api.md says that every list tells of an order."""


@pytest.fixture
def api() -> Callable[..., Any]:
    """A function that sends a GET with a key that may do all."""
    return caller(a_key())


@pytest.fixture
def _shop() -> None:
    a_shop()
    a_sku()


@pytest.mark.usefixtures("_shop")
def test_an_order_is_found_by_id_and_by_number_and_says_all_of_itself(api: Any) -> None:
    placed = an_order(
        ("TEE-RED-M", 2), customer=a_customer(ref="C001"), ship_to=an_address(), tags=["vip"]
    )
    by_id = api(f"/orders/{placed.order_id}")
    assert by_id.status_code == 200
    order = by_id.json()
    assert api(f"/orders/{placed.order_no.lower()}").json() == order
    assert by_id["ETag"] == '"1"'
    assert order["amounts"]["total"] == "128.00"
    assert order["customer"]["name"] == "王小明"
    assert order["ship_to"]["street"] == "文三路 1 号"
    assert order["tags"] == ["vip"]
    assert (order["state"], order["status"], order["payment_status"]) == (
        "awaiting_payment", "pending", "pending",
    )  # fmt: skip
    acts = {action["name"]: action for action in order["actions"]}
    assert acts["pay"]["allowed"] is True
    assert acts["ship" if "ship" in acts else "cancel"]["label"]


@pytest.mark.usefixtures("_shop")
def test_what_is_read_is_what_the_newest_event_restates(api: Any) -> None:
    placed = an_order(customer=a_customer(), paid="64.00", tags=["a", "b"])
    order = api(f"/orders/{placed.order_id}").json()
    event = Event.objects.filter(subject_id=placed.order_id).order_by("-seq")[0]
    told = msgspec.json.decode(event.payload)["order"]
    assert {name: order[name] for name in told} == told


@pytest.mark.usefixtures("_shop")
def test_an_order_that_is_not_there_is_a_problem(api: Any) -> None:
    for name in ("nonsense", "01a200b2-1300-7001-85f2-6c6061b29cac", "%00", "..", "a" * 300):
        answer = api(f"/orders/{name}")
        assert answer.status_code in {404, 422}, name
        assert is_problem(answer), name


@pytest.mark.usefixtures("_shop")
def test_lists_go_on_where_they_ended(api: Any) -> None:
    some_orders(*(a_request(("TEE-RED-M", count)) for count in range(1, 8)))
    for sort in ("-total", "placed_at", "-updated_at"):
        first = api("/orders", limit=4, sort=sort).json()
        second = api("/orders", limit=4, sort=sort, cursor=first["next_cursor"]).json()
        found = [order["id"] for page in (first, second) for order in page["items"]]
        assert len(found) == len(set(found)) == 7
        assert second["next_cursor"] is None
    totals = [order["total"] for order in api("/orders", sort="-total").json()["items"]]
    assert totals == ["448.00", "384.00", "320.00", "256.00", "192.00", "128.00", "64.00"]


@pytest.mark.usefixtures("_shop")
def test_a_list_tells_the_same_of_an_order_as_its_own_page_but_for_what_hangs_on_it(
    api: Any,
) -> None:
    placed = an_order(customer=a_customer(), ship_to=an_address(), paid="64.00", tags=["a"])
    whole = api(f"/orders/{placed.order_id}").json()
    (full,) = api("/orders", full="true").json()["items"]
    assert full == whole
    (listed,) = api("/orders").json()["items"]
    left_out = {"payments", "fulfilments", "returns", "refunds", "payment", "actions"}
    assert listed == {name: value for name, value in whole.items() if name not in left_out}
    assert set(ITEM) <= set(listed)
    (masked,) = caller(a_key("orders:read"))("/orders").json()["items"]
    assert masked["customer"]["phone"] == "138****8000"


@pytest.mark.usefixtures("_shop")
def test_a_list_costs_the_same_number_of_statements_for_one_order_and_for_many(api: Any) -> None:
    an_order(customer=a_customer(), paid="64.00")
    api("/orders", full="true")  # reads the order types, which are kept
    counts = []
    for _ in range(2):
        for full in ("false", "true"):
            some_orders(*(a_request(customer=a_customer(), paid="64.00") for _ in range(9)))
            with statements() as ran:
                assert api("/orders", full=full, limit=50).status_code == 200
            counts.append(len(ran))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 11


@pytest.mark.usefixtures("_shop")
def test_filters_narrow_the_list(api: Any) -> None:
    some_orders(
        a_request(("TEE-RED-M", 1), external_no="A-1", customer=a_customer(ref="C1")),
        a_request(("TEE-RED-M", 2), external_no="A-2", paid="128.00", tags=["vip"]),
    )
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"external_no": "A-2"}, ["A-2"]),
        ({"state": "awaiting_payment"}, ["A-1"]),
        ({"state": ["awaiting_payment", "open"], "sort": "total"}, ["A-1", "A-2"]),
        ({"category": "open"}, ["A-2"]),
        ({"customer": "C1"}, ["A-1"]),
        ({"phone": "8000"}, ["A-1"]),
        ({"q": "王小"}, ["A-1"]),
        ({"tag": "vip", "shop": "main"}, ["A-2"]),
        ({"min_total": "100"}, ["A-2"]),
        ({"max_total": "64.00"}, ["A-1"]),
        ({"placed_from": (NOW + timedelta(days=1)).isoformat()}, []),
        ({"shop": "nowhere"}, []),
        ({"late": "false", "sort": "total"}, ["A-1", "A-2"]),
    ]
    for parameters, expected in cases:
        answer = api("/orders", **parameters)
        assert answer.status_code == 200, answer.content
        found = [order["external_no"] for order in answer.json()["items"]]
        assert found == expected, parameters


@pytest.mark.usefixtures("_shop")
@pytest.mark.parametrize(
    ("path", "parameters", "place"),
    [
        ("/orders", {"colour": "red"}, "colour"),
        ("/orders", {"limit": 0}, "limit"),
        ("/orders", {"limit": 201}, "limit"),
        ("/orders", {"limit": "ten"}, "limit"),
        ("/orders", {"sort": "name"}, "sort"),
        ("/orders", {"cursor": "garbage"}, "cursor"),
        ("/orders", {"cursor": "WyJhIl0:abc"}, "cursor"),
        ("/orders", {"placed_from": "2026-11-22"}, "placed_from"),
        ("/orders", {"placed_from": "2026-11-22T10:00:00"}, "placed_from"),
        ("/orders", {"category": "odd"}, "category[0]"),
        ("/orders", {"min_total": "NaN"}, "min_total"),
        ("/orders", {"min_total": "1e400"}, "min_total"),
        ("/orders", {"q": "a\x00b"}, "q"),
        ("/orders", {"late": "perhaps"}, "late"),
        ("/board", {"state": "open"}, "state"),
        ("/stock", {"below": "few"}, "below"),
    ],
)
def test_what_cannot_be_asked_is_named(
    api: Any, path: str, parameters: dict[str, Any], place: str
) -> None:
    answer = api(path, **parameters)
    assert answer.status_code == 422, answer.content
    assert is_problem(answer)
    assert place in [fault["loc"] for fault in answer.json()["errors"]]


@pytest.mark.usefixtures("_shop")
def test_a_cursor_of_another_sort_is_refused(api: Any) -> None:
    some_orders(a_request(), a_request())
    cursor = api("/orders", limit=1).json()["next_cursor"]
    answer = api("/orders", limit=1, sort="total", cursor=cursor)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-cursor")


def test_without_a_key_nothing_is_told() -> None:
    for path in ("/orders", "/orders/x", "/board", "/stock", "/stock/movements"):
        answer = caller(None)(path)
        assert answer.status_code == 401, path
        assert is_problem(answer)
        assert answer["WWW-Authenticate"] == "Bearer"
    assert caller("ldk_0_wrong")("/orders").status_code == 401


def test_a_key_without_the_scope_is_told_which_one_is_missing() -> None:
    get = caller(a_key("stock:read"))
    answer = get("/orders")
    assert answer.status_code == 403
    assert answer.json()["scope"] == "orders:read"
    assert get("/stock").status_code == 200


@pytest.mark.usefixtures("_shop")
def test_who_may_not_read_customers_sees_them_masked() -> None:
    placed = an_order(customer=a_customer(email="w@example.com"), ship_to=an_address())
    order = caller(a_key("orders:read"))(f"/orders/{placed.order_id}").json()
    assert order["customer"]["phone"] == "138****8000"
    assert order["customer"]["email"] == "***"
    assert order["ship_to"]["street"] == "***"
    full = caller(a_key("orders:read", "customers:read"))(f"/orders/{placed.order_id}").json()
    assert full["customer"]["phone"] == "13800138000"


def test_whoever_is_signed_in_to_the_pages_may_read(client: Client) -> None:
    client.force_login(a_user("mei", rights=["orders:read"]))
    assert client.get("/api/v1/orders").status_code == 200
    assert client.get("/api/v1/stock").status_code == 403


@pytest.mark.usefixtures("_shop")
def test_the_timeline_tells_what_happened(api: Any) -> None:
    placed = an_order()
    page = api(f"/orders/{placed.order_id}/events").json()
    (event,) = page["items"]
    assert (event["type"], event["state_from"], event["state_to"], event["seq"]) == (
        "order.placed", None, "awaiting_payment", 1,
    )  # fmt: skip
    assert page["next_cursor"] is None
    assert "13800138000" not in str(page)


@pytest.mark.usefixtures("_shop")
def test_the_board_tells_count_amount_and_age(api: Any) -> None:
    some_orders(a_request(), a_request(("TEE-RED-M", 2)))
    states = {one["state"]: one for one in api("/board").json()["states"]}
    waiting = states["awaiting_payment"]
    assert (waiting["count"], waiting["amount"], waiting["currency"]) == (2, "192.00", "CNY")
    assert waiting["oldest_age_seconds"] is not None
    assert states["completed"]["count"] == 0
    assert (
        caller(a_key(), **{"Accept-Language": "zh-CN"})("/board").json()["states"][0]["label"]
        == "待付款"
    )
    assert api("/board", type="virtual").json()["states"][0]["count"] == 0


def test_every_wrong_address_and_method_is_a_problem(api: Any, client: Client) -> None:
    assert api("/nothing/here").json()["type"] == "/problems/no-such-page"
    answer = client.delete("/api/v1/board")
    assert answer.status_code == 405
    assert answer["Allow"] == "GET"
    assert answer.json()["type"] == "/problems/method-not-allowed"


def test_the_openapi_document_and_its_page_are_there_without_a_foreign_host(
    client: Client,
) -> None:
    document = client.get("/api/v1/openapi.json").json()
    assert {"get", "post"} <= set(document["paths"]["/api/v1/orders"])
    assert "get" in document["paths"]["/api/v1/orders/{order}"]
    page = client.get("/api/v1/docs")
    assert page.status_code == 200
    assert b"http://" not in page.content
    assert b"https://" not in page.content
    assert "script-src 'self'" in page["Content-Security-Policy"]
