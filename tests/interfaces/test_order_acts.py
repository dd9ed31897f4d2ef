"""Acting on an order by its page: forms, refusals, conflicts, with the page's script and without."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from builders import a_request, a_shop, a_sku, an_order, some_orders
from interfaces.browsing import a_visitor, words
from laidan.domain.orders.models import Order

pytestmark = pytest.mark.django_db
SCRIPT = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _shop() -> None:
    a_shop()
    a_sku()
    a_sku("MUG", "39.90")


@pytest.fixture
def visitor() -> Client:
    """Somebody who may do everything."""
    return a_visitor()


def state_of(placed: Any) -> str:
    """Return an order's state in the database."""
    return str(Order.objects.get(pk=placed.order_id).state)


def form_of(visitor: Client, placed: Any, act: str) -> dict[str, str]:
    """Return what an act's form would send as it stands."""
    page = visitor.get(f"/orders/{placed.order_no}/acts/{act}", headers=SCRIPT).content.decode()
    form = page[page.index('<form class="act-form"') :]
    found = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form))
    for name, options in re.findall(r'<select[^>]*name="(\w+)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="(\w+)" selected', options) or re.search(
            r'value="(\w+)"', options
        )
        assert chosen is not None
        found[name] = chosen[1]
    return found


def send(visitor: Client, placed: Any, act: str, fields: dict[str, str], *, script: bool = True):
    """Send an act's form."""
    headers = SCRIPT if script else {}
    return visitor.post(f"/orders/{placed.order_no}/acts/{act}", fields, headers=headers)


# --- acts -----------------------------------------------------------------------------------


def test_a_payment_form_begins_with_what_is_due_and_moves_the_order_on(visitor: Client) -> None:
    placed = an_order(shipping_fee="10.00")
    form = form_of(visitor, placed, "pay")
    assert (form["amount"], form["provider"]) == ("74.00", "manual")
    response = send(visitor, placed, "pay", form | {"provider": "alipay", "reference": "A-1"})
    assert response.status_code == 200
    assert response["HX-Retarget"] == "#order"
    told = json.loads(response["HX-Trigger"])
    assert told["sheetDone"] is True
    assert told["notice"] == {
        "level": "success", "text": f"Done: Record payment · {placed.order_no}",
    }  # fmt: skip
    assert "Payment received · Alipay A-1" in words(response)
    assert state_of(placed) == "open"


def test_without_a_script_the_answer_is_the_order_with_a_notice(visitor: Client) -> None:
    placed = an_order()
    page = visitor.get(f"/orders/{placed.order_no}/acts/pay")
    assert "<!doctype html>" in page.content.decode()
    response = send(visitor, placed, "pay", form_of(visitor, placed, "pay"), script=False)
    assert (response.status_code, response["Location"]) == (303, f"/orders/{placed.order_no}")
    assert f"Done: Record payment · {placed.order_no}" in words(visitor.get(response["Location"]))


def test_part_of_an_order_is_shipped_and_then_the_rest(visitor: Client) -> None:
    placed = an_order(("TEE-RED-M", 3), ("MUG", 1), paid="231.90")
    form = form_of(visitor, placed, "ship")
    lines = {name: value for name, value in form.items() if name.startswith("line-")}
    assert sorted(lines.values()) == ["1", "3"]
    tee = next(name for name, value in lines.items() if value == "3")
    mug = next(name for name in lines if name != tee)
    answer = send(
        visitor, placed, "ship",
        form | {tee: "2", mug: "0", "courier": "顺丰速运", "tracking_no": "SF-1"},
    )  # fmt: skip
    assert "Partly shipped" in words(answer)
    assert "顺丰速运 SF-1" in words(answer)
    rest = form_of(visitor, placed, "ship")
    assert (rest[tee], rest[mug]) == ("1", "1")
    assert "Delivered" not in words(send(visitor, placed, "ship", rest))
    assert send(visitor, placed, "confirm_receipt", {}).status_code == 200
    assert state_of(placed) == "completed"


def test_an_act_that_needs_nothing_is_one_button(visitor: Client) -> None:
    placed = an_order(paid="64.00")
    send(visitor, placed, "ship", form_of(visitor, placed, "ship"))
    page = visitor.get(f"/orders/{placed.order_no}").content.decode()
    assert f'hx-post="/orders/{placed.order_no}/acts/confirm_receipt"' in page


def test_cancelling_says_what_will_happen_and_why(visitor: Client) -> None:
    placed = an_order(paid="64.00")
    form = visitor.get(f"/orders/{placed.order_no}/acts/cancel", headers=SCRIPT)
    assert "A refund of ¥64.00 is asked for." in words(form)
    assert "becomes available again" in words(form)
    fields = form_of(visitor, placed, "cancel") | {
        "reason": "out_of_stock",
        "note": "最后一件有瑕疵",
    }
    answer = words(send(visitor, placed, "cancel", fields))
    assert "最后一件有瑕疵" in answer
    assert "Refund · Out of stock To be approved ¥64.00" in answer


def test_a_hold_stops_the_order_until_it_is_released(visitor: Client) -> None:
    placed = an_order(paid="64.00")
    held = send(visitor, placed, "hold", form_of(visitor, placed, "hold") | {"reason": "地址不全"})
    assert "地址不全" in words(held)
    assert "The order is on hold; release the hold first." in words(held)
    assert "Ship" in words(held)
    assert send(visitor, placed, "release", {}).status_code == 200
    assert "On hold" not in words(visitor.get(f"/orders/{placed.order_no}")).replace(
        "Orders on hold", ""
    ).replace("Late On hold", "")


# --- refusals -------------------------------------------------------------------------------


def test_what_is_wrong_is_said_at_the_field_and_nothing_typed_is_lost(visitor: Client) -> None:
    placed = an_order()
    typed = {"amount": "a lot", "provider": "bank", "reference": "B-77"}
    response = send(visitor, placed, "pay", form_of(visitor, placed, "pay") | typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Type an amount such as 128.50" in words(response)
    assert 'value="a lot"' in page
    assert 'value="B-77"' in page
    assert 'value="bank" selected' in page
    assert state_of(placed) == "awaiting_payment"


@pytest.mark.parametrize("amount", ["0", "-5", "1e9", "64.001", "９", "9" * 24])
def test_amounts_that_are_none_are_refused(visitor: Client, amount: str) -> None:
    placed = an_order()
    fields = form_of(visitor, placed, "pay") | {"amount": amount}
    assert send(visitor, placed, "pay", fields).status_code == 422
    assert state_of(placed) == "awaiting_payment"


def test_an_amount_may_be_written_as_it_is_shown(visitor: Client) -> None:
    placed = an_order(("TEE-RED-M", 20))
    fields = form_of(visitor, placed, "pay") | {"amount": "¥1,280.00"}
    assert send(visitor, placed, "pay", fields).status_code == 200
    assert state_of(placed) == "open"


@pytest.mark.parametrize(("quantity", "status"), [("4", 422), ("-1", 422), ("x", 422), ("0", 422)])
def test_more_than_is_left_cannot_be_shipped(visitor: Client, quantity: str, status: int) -> None:
    placed = an_order(("TEE-RED-M", 3), paid="192.00")
    form = form_of(visitor, placed, "ship")
    line = next(name for name in form if name.startswith("line-"))
    response = send(visitor, placed, "ship", form | {line: quantity, "tracking_no": "SF-9"})
    assert response.status_code == status
    assert 'value="SF-9"' in response.content.decode()
    assert 'class="form-error"' in response.content.decode()


def test_a_hold_wants_a_reason(visitor: Client) -> None:
    placed = an_order()
    response = send(visitor, placed, "hold", form_of(visitor, placed, "hold") | {"reason": " "})
    assert (response.status_code, "Say why." in words(response)) == (422, True)
    long = form_of(visitor, placed, "hold") | {"reason": "x" * 201}
    assert "This is too long." in words(send(visitor, placed, "hold", long))


def test_who_was_second_sees_what_the_first_did_and_keeps_what_he_typed(visitor: Client) -> None:
    placed = an_order()
    seen = form_of(visitor, placed, "pay")
    first = a_visitor(username="first")
    send(first, placed, "pay", form_of(first, placed, "pay") | {"amount": "4.00"})
    response = send(visitor, placed, "pay", seen | {"reference": "kept"})
    assert response.status_code == 412
    assert "Somebody else changed this order in the meantime." in words(response)
    assert "Payment recorded · first" in words(response)
    assert 'value="kept"' in response.content.decode()
    again = dict(re.findall(r'name="(\w+)" value="([^"]*)"', response.content.decode()))
    assert send(visitor, placed, "pay", seen | again | {"amount": "60.00"}).status_code == 200
    assert state_of(placed) == "open"


def test_a_button_on_a_page_that_is_out_of_date_changes_nothing(visitor: Client) -> None:
    (placed,) = some_orders(a_request(paid="64.00"))
    send(visitor, placed, "ship", form_of(visitor, placed, "ship"))
    response = send(visitor, placed, "confirm_receipt", {"version": "1"})
    assert response.status_code == 412
    assert "Shipped · clerk" in words(response)
    assert state_of(placed) == "open"
    plain = send(visitor, placed, "confirm_receipt", {"version": "1"}, script=False)
    assert plain.status_code == 412
    assert "Somebody else changed this order" in words(plain)


def test_a_form_sent_twice_acts_once(visitor: Client) -> None:
    placed = an_order(("TEE-RED-M", 2))
    fields = form_of(visitor, placed, "pay") | {"amount": "5.00"}
    assert send(visitor, placed, "pay", fields).status_code == 200
    assert send(visitor, placed, "pay", fields).status_code == 200
    assert Order.objects.get(pk=placed.order_id).captured_minor == 500


def test_an_act_that_is_not_allowed_stays_and_says_why(visitor: Client) -> None:
    placed = an_order(paid="64.00")
    page = visitor.get(f"/orders/{placed.order_no}")
    assert "Not everything was shipped yet." in words(page)
    assert "The order is paid in full." in words(page)
    assert "not shipped" not in words(visitor.get(f"/orders/{placed.order_no}/acts/deliver"))
    response = send(visitor, placed, "confirm_receipt", {})
    assert response.status_code == 409
    assert "Not everything was shipped yet." in words(response)


def test_who_may_only_read_can_do_nothing() -> None:
    placed, reader = an_order(), a_visitor("orders:read")
    page = reader.get(f"/orders/{placed.order_no}")
    assert "You do not have permission; ask your administrator" in words(page)
    assert 'id="act-' not in page.content.decode()
    response = send(reader, placed, "cancel", {"reason": "buyer"})
    assert response.status_code == 403
    assert state_of(placed) == "awaiting_payment"


def test_an_act_that_the_state_does_not_know_is_refused_and_nonsense_is_not_found(
    visitor: Client,
) -> None:
    placed = an_order()
    assert send(visitor, placed, "ship", {}).status_code == 409
    assert send(visitor, placed, "nonsense", {}, script=False).status_code == 404
    assert visitor.get(f"/orders/{placed.order_no}/acts/nonsense").status_code == 404
    assert visitor.get("/orders/LD0/acts/pay").status_code == 404
    assert visitor.delete(f"/orders/{placed.order_no}/acts/pay").status_code == 405


def test_a_link_to_an_act_that_has_passed_shows_the_order_and_says_so(visitor: Client) -> None:
    placed = an_order()
    version = Order.objects.get(pk=placed.order_id).version
    late = visitor.get(f"/orders/{placed.order_no}/acts/revive")
    assert late.status_code == 409
    assert placed.order_no in late.content.decode()
    assert Order.objects.get(pk=placed.order_id).version == version


@pytest.mark.parametrize(
    "fields",
    [
        {"version": "x" * 50, "once": "<b>"}, {"version": "-1"}, {"amount": "\x00"},
        {"reference": "\x00"}, {"reference": "\ud83d"}, {"provider": "x" * 99}, {"at": "soon"},
        {"line-nonsense": "1"}, {"version": "99999999999999999999"},
    ],
)  # fmt: skip
def test_rubbish_in_a_form_is_never_a_fault(visitor: Client, fields: dict[str, str]) -> None:
    placed = an_order()
    sent = form_of(visitor, placed, "pay") | {
        name: value.encode("utf-8", "replace").decode() for name, value in fields.items()
    }
    assert send(visitor, placed, "pay", sent).status_code in {200, 412, 422}
