"""Board, order list and order page: what they show, find and hide."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from builders import (
    NOON,
    a_customer,
    a_request,
    a_shop,
    a_sku,
    an_address,
    an_order,
    some_orders,
)
from interfaces.browsing import a_visitor, address_of, numbers, words
from laidan.engine.unit import BusyError
from laidan.interfaces.web.views import board as board_view
from usecases.steps import act

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop() -> None:
    a_shop(name="Main street")
    a_sku()


def some_minutes_apart(count: int, **others: Any) -> list[Any]:
    """Place orders, each a minute after the one before."""
    return [an_order(now=NOON + timedelta(minutes=place), **others) for place in range(count)]


# --- board ----------------------------------------------------------------------------------


def test_the_board_counts_and_sums_each_state_and_leads_to_its_list() -> None:
    an_order(("TEE-RED-M", 2), customer=a_customer("王小明"))
    an_order(paid="64.00", customer=a_customer("李娜", "13900139000"))
    response = a_visitor().get("/")
    shown = words(response)
    assert "Awaiting payment 1 ¥128.00 Oldest" in shown
    assert "Processing 1 ¥64.00" in shown
    assert "王小明 ¥128.00" in shown
    assert "/orders?type=retail&amp;state=awaiting_payment" in response.content.decode()


def test_a_card_says_how_far_its_order_is_shipped() -> None:
    placed = an_order(("TEE-RED-M", 2), paid="128.00")
    assert "Partly shipped" not in words(a_visitor().get("/"))
    act(placed, "ship", lines=[{"line_no": 1, "quantity": 1}])
    assert "Partly shipped" in words(a_visitor().get("/"))
    act(placed, "ship")
    assert re.search(r"Processing 1 .*\bShipped\b", words(a_visitor().get("/")))


def test_the_board_of_one_shop_leaves_the_others_out() -> None:
    a_shop("second", name="Second street")
    an_order()
    an_order(shop="second", customer=a_customer("李娜", "13900139000"))
    shown = words(a_visitor().get("/?shop=second"))
    assert "李娜" in shown
    assert "Awaiting payment 1 ¥64.00" in shown


@pytest.mark.parametrize("address", ["/?type=nothing&shop=nowhere", "/?type=%00", "/?shop=%ff"])
def test_the_board_of_what_does_not_exist_is_the_usual_one(address: str) -> None:
    an_order()
    assert "Awaiting payment 1" in words(a_visitor().get(address))


def test_an_empty_board_and_list_say_how_to_begin() -> None:
    for address in ("/", "/orders"):
        assert "laidan import orders" in words(a_visitor().get(address))


# --- list -----------------------------------------------------------------------------------


def test_the_list_shows_what_matters_of_each_order() -> None:
    an_order(("TEE-RED-M", 2), customer=a_customer("王小明"), tags=["vip"], priority="urgent")
    shown = words(a_visitor().get("/orders"))
    for text in ("王小明", "¥128.00", "Awaiting payment", "SKU TEE-RED-M", "× 2", "vip", "Urgent"):
        assert text in shown


def test_pages_go_back_and_forth_without_losing_or_repeating_an_order() -> None:
    placed = [one.order_no for one in some_minutes_apart(120)][::-1]
    visitor = a_visitor()
    first = visitor.get("/orders?limit=50")
    second = visitor.get(address_of(first, "next"))
    third = visitor.get(address_of(second, "next"))
    assert numbers(first) + numbers(second) + numbers(third) == placed
    assert 'rel="next"' not in third.content.decode()
    assert numbers(visitor.get(address_of(third, "prev"))) == numbers(second)
    back = visitor.get(address_of(second, "prev"))
    assert numbers(back) == numbers(first)
    assert 'rel="prev"' not in visitor.get("/orders").content.decode()


@pytest.mark.parametrize("sort", ["-total", "total", "updated_at", "-updated_at", "placed_at"])
def test_every_sort_pages_through_all_orders(sort: str) -> None:
    requests = [a_request(("TEE-RED-M", count % 7 + 1)) for count in range(60)]
    placed = {one.order_no for one in some_orders(*requests)}
    visitor = a_visitor()
    first = visitor.get(f"/orders?sort={sort}")
    second = visitor.get(address_of(first, "next"))
    assert len(numbers(first)) == 50
    assert {*numbers(first), *numbers(second)} == placed
    assert numbers(visitor.get(address_of(second, "prev"))) == numbers(first)


def test_a_place_that_was_not_handed_out_is_the_beginning() -> None:
    an_order()
    for place in ("nonsense", "a:b:c", "%00"):
        assert len(numbers(a_visitor().get(f"/orders?after={place}"))) == 1


def test_filters_narrow_the_list_and_each_has_a_chip_that_removes_it() -> None:
    mine = an_order(customer=a_customer("王小明", "13800138000", ref="C1"), tags=["vip"])
    an_order(customer=a_customer("李娜", "13900139001", ref="C2"), external_no="T-2")
    visitor = a_visitor()
    for query in (
        "tag=vip", "customer=C1", "phone=8000", "q=8000", "q=王小", "phone=138%200013%208000",
        "placed_from=2026-11-22&placed_to=2026-11-22&tag=vip", "sku=TEE-RED-M&customer=C1",
    ):  # fmt: skip
        assert numbers(visitor.get(f"/orders?{query}")) == [mine.order_no], query
    response = visitor.get("/orders?tag=vip&min_total=1&sort=total")
    assert "Tag: vip" in words(response)
    assert 'href="?min_total=1&amp;sort=total"' in response.content.decode()
    assert numbers(visitor.get("/orders?placed_from=2026-11-23")) == []


def test_a_tab_for_each_state_with_its_count() -> None:
    an_order()
    paid = an_order(paid="64.00")
    response = a_visitor().get("/orders?state=open")
    assert numbers(response) == [paid.order_no]
    assert "All 2 Awaiting payment 1 Processing 1" in words(response)
    assert "Processing 1" not in words(a_visitor().get("/orders?tag=vip"))


def test_a_filter_that_cannot_be_read_is_said_at_its_field_and_stays_typed() -> None:
    an_order()
    response = a_visitor().get("/orders?min_total=a%20lot&placed_from=2026-13-01")
    page = response.content.decode()
    assert response.status_code == 200
    assert 'value="a lot"' in page
    assert page.count('aria-invalid="true"') == 2
    assert "Type a number." in words(response)
    assert len(numbers(response)) == 1


@pytest.mark.parametrize(
    "query",
    [
        "q=%00", "q=%ff%fe", "type=%00&state=%00", "sort=nonsense&limit=-1", "late=maybe",
        "min_total=1e400", "min_total=NaN", "max_total=999999999999999999", "placed_to=9999-12-31",
        "placed_from=0001-01-01", "category=nonsense", "phone=%00", "tag=%00", "sku=" + "x" * 500,
        "state=" + "&state=".join(map(str, range(200))), "q=" + "%E5%8D%95" * 90,
    ],
)  # fmt: skip
def test_rubbish_in_the_address_is_answered_by_a_list(query: str) -> None:
    an_order()
    assert a_visitor().get(f"/orders?{query}").status_code == 200


def test_searching_an_order_number_opens_the_order_else_the_list() -> None:
    placed, visitor = an_order(customer=a_customer("王小明")), a_visitor()
    found = visitor.get("/search", {"q": f" {placed.order_no.lower()} "})
    assert found["Location"] == f"/orders/{placed.order_no}"
    assert visitor.get("/search", {"q": "王小"})["Location"] == "/orders?q=%E7%8E%8B%E5%B0%8F"
    assert visitor.get("/search", {"q": "\x00"})["Location"] == "/orders"


@pytest.mark.parametrize("address", ["/", "/orders"])
def test_many_orders_take_as_many_queries_as_few(address: str) -> None:
    visitor = a_visitor()

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert visitor.get(address).status_code == 200
        return len(captured)

    some_minutes_apart(2, tags=["a"])
    visitor.get(address)
    few = count()
    some_minutes_apart(30, tags=["a", "b"])
    assert count() == few
    assert few <= 30


# --- order ----------------------------------------------------------------------------------


def test_the_order_page_says_all_of_the_order() -> None:
    placed = an_order(
        ("TEE-RED-M", 2), customer=a_customer("王小明", ref="C1"), ship_to=an_address(),
        external_no="T2026-1", buyer_note="请尽快发货", tags=["vip"], shipping_fee="10.00",
    )  # fmt: skip
    response = a_visitor().get(f"/orders/{placed.order_no}")
    shown = words(response)
    for text in (
        placed.order_no, "Awaiting payment", "TEE-RED-M", "¥64.00", "¥128.00", "¥138.00", "T2026-1",
        "王小明", "138****8000", "请尽快发货", "vip", "Main street", "Order placed", "Not shipped",
        "Record payment", "Still to pay ¥138.00",
    ):  # fmt: skip
        assert text in shown
    assert "13800138000" not in response.content.decode()


def test_an_order_is_found_by_id_and_sent_to_its_number() -> None:
    placed = an_order()
    response = a_visitor().get(f"/orders/{placed.order_id}")
    assert response["Location"] == f"/orders/{placed.order_no}"


def test_who_may_not_read_customers_sees_neither_phone_nor_street_and_is_offered_neither() -> None:
    placed = an_order(customer=a_customer(email="w@example.com"), ship_to=an_address())
    response = a_visitor("orders:read").get(f"/orders/{placed.order_no}?contact=shown")
    page = response.content.decode()
    for secret in ("13800138000", "w@example.com", "文三路"):
        assert secret not in page
    assert "Show phone" not in page


def test_markup_in_what_was_typed_shows_as_text() -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    a_sku("EVIL", name=evil)
    placed = an_order(
        ("EVIL", 1), customer=a_customer(evil[:60]), ship_to=an_address(street=evil), buyer_note=evil,
        seller_note=evil, tags=[evil[:40]],
    )  # fmt: skip
    visitor = a_visitor()
    for address in (f"/orders/{placed.order_no}", "/orders", "/", f"/orders?q={evil}"):
        page = visitor.get(address).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


@pytest.mark.parametrize("name", ["LD0", "nothing", "a" * 300, "%00", "..%2f..", "单"])
def test_an_order_that_is_not_there_is_a_designed_404(name: str) -> None:
    response = a_visitor().get(f"/orders/{name}")
    assert response.status_code == 404
    assert "There is nothing here" in words(response)


def test_a_busy_database_is_a_page_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(**_: Any) -> None:
        raise BusyError

    monkeypatch.setattr(board_view.board, "get_board", busy)
    response = a_visitor().get("/")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "Too busy just now" in words(response)


def test_a_fault_of_the_program_is_a_page_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: Any) -> None:
        raise ZeroDivisionError

    visitor = a_visitor(language="zh-CN")
    visitor.raise_request_exception = False
    monkeypatch.setattr(board_view.board, "get_board", broken)
    response = visitor.get("/")
    assert response.status_code == 500
    assert "系统出错了" in words(response)


def test_every_page_sends_the_policy_and_is_kept_by_nobody_else() -> None:
    placed = an_order()
    for address in ("/", "/orders", f"/orders/{placed.order_no}"):
        response = a_visitor().get(address)
        assert "script-src 'self'" in response["Content-Security-Policy"]
        assert response["Cache-Control"] == "private, no-cache"
