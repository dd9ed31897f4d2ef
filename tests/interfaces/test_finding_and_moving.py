"""The frame's search and navigation, and moving cards on the board."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from builders import a_customer, a_shop, a_sku, an_order
from interfaces.browsing import a_visitor, words
from laidan.domain.orders.models import Order
from laidan.interfaces.web import assets

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/"}


@pytest.fixture(autouse=True)
def _shop() -> None:
    a_shop(name="Main street", review_from_minor=10_000)
    a_sku()


def suggested(visitor: Client, text: str) -> str:
    return words(visitor.get("/search/suggest", {"q": text}, headers=HTMX))


# --- search ---------------------------------------------------------------------------------


def test_typing_suggests_orders_customers_and_skus() -> None:
    placed = an_order(customer=a_customer("王小明", "13800138000", ref="C-7"), external_no="TM-1")
    visitor = a_visitor()
    number = placed.order_no
    for text in (number[:5], number.lower(), "TM-1", "8000", "13800138000", "王小", "C-7"):
        assert number in suggested(visitor, text), text
    assert "C-7" in suggested(visitor, "王小")
    assert "TEE-RED-M" in suggested(visitor, "tee-red")
    assert suggested(visitor, "x") == ""
    assert suggested(visitor, "zzzz") == "Nothing found"


@pytest.mark.parametrize(
    "text", ["\x00\x00", "%", "__", "' OR 1=1 --", "LD" + "9" * 300, "单" * 80]
)
def test_rubbish_is_suggested_nothing(text: str) -> None:
    an_order()
    response = a_visitor().get("/search/suggest", {"q": text}, headers=HTMX)
    assert response.status_code == 200
    assert "<script" not in response.content.decode()


def test_customers_are_suggested_to_those_alone_who_may_see_them() -> None:
    an_order(customer=a_customer("王小明", ref="C-7"))
    assert "Customers" not in suggested(a_visitor("orders:read"), "王小")


# --- navigation -----------------------------------------------------------------------------


def test_the_navigation_leads_where_somebody_may_go() -> None:
    page = a_visitor("orders:read").get("/orders").content.decode()
    assert 'href="/orders?late=true&amp;sort=placed_at"' in page
    assert page.count('class="side-link"') >= 2
    assert 'aria-current="page"' in page


def test_a_first_visit_loads_little() -> None:
    page = a_visitor().get("/orders").content
    static = Path(assets.__file__).parent / "static/web"
    names = [assets.address(name).rpartition("/")[2] for name in ("app.css", "app.js", "icons.svg")]
    sent = sum((static / f"{name}.br").stat().st_size for name in names)
    assert sent + len(gzip.compress(page)) < 300_000


# --- board ----------------------------------------------------------------------------------


def move(visitor: Client, placed: Any, to: str, **more: Any) -> Any:
    return visitor.post(f"/orders/{placed.order_no}/move", {"to": to, **more}, headers=HTMX)


def told(response: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(response["HX-Trigger"])
    return found


def test_a_card_knows_where_it_may_be_moved_and_is_moved() -> None:
    placed = an_order(("TEE-RED-M", 2), paid="128.00")
    visitor = a_visitor()
    page = visitor.get("/").content.decode()
    assert 'data-moves="open cancelled"' in page or 'data-moves="cancelled open"' in page
    moved = move(visitor, placed, "open", version="1")
    assert (moved.status_code, told(moved)["ordersChanged"]) == (204, True)
    assert Order.objects.get().state == "open"


def test_a_move_that_asks_for_something_opens_its_form() -> None:
    placed = an_order()
    answer = told(move(a_visitor(), placed, "cancelled"))
    assert answer["openSheet"]["address"] == f"/orders/{placed.order_no}/acts/cancel"
    assert Order.objects.get().state == "awaiting_payment"


@pytest.mark.parametrize(
    ("to", "status", "text"),
    [
        ("completed", 409, "No act leads from here to Completed."),
        ("nonsense", 422, "There is no such state."),
        ("", 422, "There is no such state."),
        ("\x00", 422, "There is no such state."),
    ],
)
def test_a_move_that_is_not_possible_says_why(to: str, status: int, text: str) -> None:
    placed = an_order()
    response = move(a_visitor(), placed, to)
    assert (response.status_code, told(response)["notice"]["text"]) == (status, text)


def test_a_move_that_is_stopped_or_too_late_says_why() -> None:
    placed = an_order(("TEE-RED-M", 2), paid="128.00")
    visitor = a_visitor()
    late = move(visitor, placed, "open", version="7")
    assert late.status_code == 412
    reader = a_visitor("orders:read", username="reader")
    assert move(reader, placed, "open").status_code in (403, 409)
    form = {"act": "hold", "id": placed.order_id, "sent": "1", "reason": "x"}
    visitor.post("/orders/-/act", form, headers=HTMX)
    held = move(visitor, placed, "open")
    assert held.status_code == 409
    assert "hold" in told(held)["notice"]["text"]
    assert Order.objects.get().state == "in_review"


def test_the_menu_of_a_card_says_what_may_be_done_and_why_not() -> None:
    placed = an_order(paid="64.00")
    shown = words(a_visitor().get(f"/orders/{placed.order_no}/menu", headers=HTMX))
    assert "Ship" in shown
    assert "Confirm receipt Not everything was shipped yet." in shown
    assert a_visitor().get("/orders/LD0/menu", headers=HTMX).status_code == 404


def test_an_act_from_the_list_answers_with_a_notice_and_can_be_undone() -> None:
    placed = an_order()
    visitor = a_visitor()
    form = {"reason": "check", "scope": "order", "version": "1"}
    done = visitor.post(f"/orders/{placed.order_no}/acts/hold", form, headers=HTMX)
    assert (done.status_code, told(done)["sheetDone"]) == (204, True)
    visitor.post("/orders/-/undo", {"name": told(done)["notice"]["undo"]}, headers=HTMX)
    assert Order.objects.get().open_holds == 0


def test_the_board_of_a_customer_and_a_span_counts_what_lies_in_it() -> None:
    an_order(("TEE-RED-M", 2), customer=a_customer("王小明", ref="C1"))
    an_order(customer=a_customer("李娜", "13900139000", ref="C2"))
    visitor = a_visitor()
    of_one = words(visitor.get("/?customer=C1"))
    assert "Awaiting payment 1 ¥128.00" in of_one
    assert "李娜" not in of_one
    page = visitor.get("/?customer=C1").content.decode()
    assert "/orders?type=retail&amp;customer=C1&amp;state=awaiting_payment" in page
    assert "Awaiting payment 0" in words(visitor.get("/?customer=nobody"))
    assert "Awaiting payment 0" in words(visitor.get("/?customer=%00%ff"))
    shop = words(visitor.get("/?customer=C1&shop=main"))
    assert "Awaiting payment 1 ¥128.00" in shop
    assert visitor.get("/?placed=nonsense").status_code == 200
