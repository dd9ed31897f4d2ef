"""The page of an order in use: parts edited in place, two editors, phones revealed, why, paper, files."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from builders import NOON, a_customer, a_shop, a_sku, an_address, an_order
from interfaces.browsing import a_visitor, words
from laidan.domain.audit.models import Operation
from laidan.domain.orders.models import Order, OrderLine
from laidan.engine.sealing import keyring
from laidan.usecases.expire_deadlines import expire_due

pytestmark = pytest.mark.django_db
SCRIPT = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _shop() -> None:
    a_shop(name="Main street")
    a_sku(on_hand=10)
    a_sku("MUG", "39.90")


@pytest.fixture
def visitor() -> Client:
    """Somebody who may do everything."""
    return a_visitor()


def form_of(visitor: Client, placed: Any, part: str) -> dict[str, Any]:
    """Return what the form of a part would send as it stands."""
    page = visitor.get(f"/orders/{placed.order_no}/edit/{part}", headers=SCRIPT).content.decode()
    found: dict[str, Any] = {}
    for name, value in re.findall(r'<input[^>]*name="([^"]+)"[^>]*?value="([^"]*)"', page):
        found[name] = [*found[name], value] if name in found and name in ("line", "had") else (
            [value] if name in ("line", "had") else value
        )  # fmt: skip
    texts = r'<textarea[^>]*name="([^"]+)"[^>]*>\n(.*?)</textarea>'
    found |= dict(re.findall(texts, page, re.DOTALL))
    chosen = re.search(r'name="priority">.*?value="(\w+)" selected', page, re.S)
    return found | ({"priority": chosen[1]} if chosen else {})


def save(visitor: Client, placed: Any, part: str, form: dict[str, Any]) -> Any:
    """Send the form of a part."""
    return visitor.post(f"/orders/{placed.order_no}/edit/{part}", form, headers=SCRIPT)


def contact_of(placed: Any) -> dict[str, Any]:
    """Return an order's contact in clear."""
    order = Order.objects.get(pk=placed.order_id)
    assert order.contact_sealed is not None
    contact: dict[str, Any] = json.loads(keyring().unseal(order.contact_sealed, order.pk))
    return contact


# --- parts ----------------------------------------------------------------------------------


def test_an_address_is_edited_in_place_and_its_hidden_phone_stays(visitor: Client) -> None:
    placed = an_order(customer=a_customer(), ship_to=an_address())
    form = form_of(visitor, placed, "address")
    assert form["phone"] == "138****8000"
    response = save(visitor, placed, "address", form | {"street": "学院路 2 号"})
    assert response["HX-Retarget"] == "#order"
    assert "Saved: Ship to" in response["HX-Trigger"]
    kept = contact_of(placed)["ship_to"]
    assert (kept["street"], kept["phone"]) == ("学院路 2 号", "13800138000")
    timeline = words(response)
    assert "Order changed clerk" in timeline
    assert "before 文三路 1 号 → after 学院路 2 号" in timeline
    starred = save(
        visitor, placed, "address", form_of(visitor, placed, "address") | {"phone": "13*"}
    )
    assert starred.status_code == 422
    assert "Type all of it, without *." in words(starred)


def test_notes_tags_priority_and_customer_are_edited_in_place(visitor: Client) -> None:
    placed = an_order(customer=a_customer(), tags=["vip", "new"])
    save(visitor, placed, "notes", form_of(visitor, placed, "notes") | {
        "seller_note": "call <b>first</b>", "priority": "urgent",
    })  # fmt: skip
    save(visitor, placed, "tags", form_of(visitor, placed, "tags") | {"tags": "vip，急, vip"})
    form = form_of(visitor, placed, "customer")
    shown = words(save(visitor, placed, "customer", form | {"name": "李娜"}))
    for text in ("call <b>first</b>", "Urgent", "急", "李娜"):
        assert text in shown
    assert contact_of(placed)["customer"]["phone"] == "13800138000"
    unchanged = save(visitor, placed, "tags", form_of(visitor, placed, "tags"))
    assert "Nothing was changed." in unchanged["HX-Trigger"]
    long = save(visitor, placed, "tags", form_of(visitor, placed, "tags") | {"tags": "x" * 41})
    assert "A tag has at most 40 characters." in words(long)


def test_the_second_of_two_editors_sees_what_changed_and_loses_nothing(visitor: Client) -> None:
    placed, other = an_order(seller_note="old"), a_visitor(username="other")
    mine, theirs = form_of(visitor, placed, "notes"), form_of(other, placed, "notes")
    save(other, placed, "notes", theirs | {"seller_note": "theirs", "priority": "high"})
    refused = save(visitor, placed, "notes", mine | {"seller_note": "mine", "buyer_note": "both"})
    assert refused.status_code == 412
    told = words(refused)
    assert "Somebody else changed this order in the meantime." in told
    assert "Order changed · other" in told
    assert "before old → after theirs" in told
    assert "Now: theirs" in told
    page = refused.content.decode()
    again = dict(re.findall(r'name="([\w-]+)" value="([^"]*)"', page))
    again |= {"seller_note": "mine", "buyer_note": "both", "priority": "high"}
    save(visitor, placed, "notes", again)
    order = Order.objects.get()
    assert (order.seller_note, order.buyer_note, order.priority) == ("mine", "both", "high")


def test_what_others_changed_beside_ones_own_field_stays(visitor: Client) -> None:
    placed, other = an_order(tags=["a"]), a_visitor(username="other")
    mine, theirs = form_of(visitor, placed, "tags"), form_of(other, placed, "tags")
    save(other, placed, "tags", theirs | {"tags": "a, theirs"})
    again = save(visitor, placed, "tags", mine | {"tags": "mine"})
    fresh = dict(re.findall(r'name="([\w-]+)" value="([^"]*)"', again.content.decode()))
    assert fresh["was-tags"] == "a, theirs"
    save(visitor, placed, "tags", mine | {"version": fresh["version"]})
    assert "theirs" in words(visitor.get(f"/orders/{placed.order_no}"))


def test_lines_are_changed_with_the_new_total_shown_before_it_is_saved(visitor: Client) -> None:
    placed = an_order(("TEE-RED-M", 2), ("MUG", 1))
    form = form_of(visitor, placed, "lines")
    tee, mug = form["line"]
    changed = form | {
        f"quantity-{tee}": "3", "line": [tee, "n1"], "sku-n1": "MUG", "quantity-n1": "2",
        "shipping_fee": "10",
    }  # fmt: skip
    address = f"/orders/{placed.order_no}/edit/lines/preview"
    preview = visitor.post(address, changed, headers=SCRIPT)
    assert "New total ¥167.90 → ¥281.80 More than before ¥113.90" in words(preview)
    assert Order.objects.get().total_minor == 16790
    response = save(visitor, placed, "lines", changed)
    assert "Saved: Lines" in response["HX-Trigger"]
    shown = words(response)
    assert "TEE-RED-M before × 2 → after × 3" in shown
    assert "Added MUG × 2" in shown
    assert "Removed MUG × 1" in shown
    assert sorted(OrderLine.objects.values_list("sku_code", "quantity")) == [
        ("MUG", 2), ("TEE-RED-M", 3),
    ]  # fmt: skip
    assert mug not in set(OrderLine.objects.values_list("pk", flat=True))


def test_lines_that_cannot_be_had_are_refused_with_everything_typed(visitor: Client) -> None:
    placed = an_order(("TEE-RED-M", 2))
    form = form_of(visitor, placed, "lines")
    (tee,) = form["line"]
    address = f"/orders/{placed.order_no}/edit/lines/preview"
    short = visitor.post(address, form | {f"quantity-{tee}": "99"}, headers=SCRIPT)
    assert "Not enough stock. TEE-RED-M: 97 wanted, 8 available" in words(short)
    refused = save(visitor, placed, "lines", form | {f"quantity-{tee}": "99"})
    assert refused.status_code == 409
    assert 'value="99"' in refused.content.decode()
    wrong = save(visitor, placed, "lines", form | {f"quantity-{tee}": "x", f"price-{tee}": "y"})
    assert "Type a quantity more than 0, such as 2." in words(wrong)
    empty = save(visitor, placed, "lines", form | {"line": []})
    assert "An order keeps at least one line" in words(empty)
    assert OrderLine.objects.get().quantity == 2


def test_two_who_change_different_lines_both_get_their_way(visitor: Client) -> None:
    placed, other = an_order(("TEE-RED-M", 1), ("MUG", 1)), a_visitor(username="other")
    mine, theirs = form_of(visitor, placed, "lines"), form_of(other, placed, "lines")
    tee, mug = mine["line"]
    save(other, placed, "lines", theirs | {f"quantity-{mug}": "4"})
    refused = save(visitor, placed, "lines", mine | {f"quantity-{tee}": "2"})
    assert refused.status_code == 412
    assert "MUG before × 1 → after × 4" in words(refused)
    page = refused.content.decode()
    assert re.search(rf'name="quantity-{mug}" value="4"', page)
    assert re.search(rf'name="quantity-{tee}" value="2"', page)
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version is not None
    fresh = {n: v for n, v in re.findall(r'name="([\w-]+)" value="([^"]*)"', page) if n != "line"}
    save(visitor, placed, "lines", fresh | {"line": [tee, mug], "had": [tee, mug]})
    assert dict(OrderLine.objects.values_list("sku_code", "quantity")) == {"TEE-RED-M": 2, "MUG": 4}


def test_a_scan_adds_to_an_orders_lines(visitor: Client) -> None:
    placed = an_order(("TEE-RED-M", 1))
    form = form_of(visitor, placed, "lines") | {"scans": "TEE-RED-M\nMUG\n"}
    page = visitor.post(f"/orders/{placed.order_no}/edit/lines/add", form).content.decode()
    assert f'name="quantity-{form["line"][0]}" value="2"' in page
    assert 'name="sku-n1" value="MUG"' in page


def test_who_may_change_what_is_decided_part_by_part() -> None:
    placed = an_order(customer=a_customer(), ship_to=an_address())
    service = a_visitor(
        "orders.view", "customers.view", "orders.change_address", "orders.change_notes",
        username="service",
    )  # fmt: skip
    assert save(service, placed, "address", form_of(service, placed, "address") | {
        "street": "new",
    }).status_code == 200  # fmt: skip
    for part in ("lines", "tags", "customer"):
        assert service.get(f"/orders/{placed.order_no}/edit/{part}").status_code == 403
        assert save(service, placed, part, {"tags": "x", "was-tags": ""}).status_code == 403
    page = service.get(f"/orders/{placed.order_no}")
    assert 'id="why-edit-lines"' in page.content.decode()
    assert "You do not have permission" in words(page)
    missing = service.get(f"/orders/{placed.order_no}/edit/nothing")
    assert missing.status_code == 404


def test_a_part_that_the_state_has_closed_says_so(visitor: Client) -> None:
    placed = an_order()
    visitor.post(f"/orders/{placed.order_no}/acts/cancel", {"reason": "buyer"})
    page = visitor.get(f"/orders/{placed.order_no}")
    assert "The order's state does not allow this change." in words(page)
    form = visitor.get(f"/orders/{placed.order_no}/edit/address")
    assert "Back to the order" in words(form)


# --- revealing ------------------------------------------------------------------------------


def test_a_phone_is_shown_for_a_purpose_that_is_written_down(visitor: Client) -> None:
    placed = an_order(customer=a_customer(), ship_to=an_address())
    address = f"/orders/{placed.order_no}/reveal"
    assert "13800138000" not in words(visitor.get(f"/orders/{placed.order_no}?contact=shown"))
    unsaid = visitor.post(address, {"purpose": "", "more": ""})
    assert unsaid.status_code == 422
    assert "Say what it is needed for." in words(unsaid)
    assert not Operation.objects.filter(action="contact.revealed").exists()
    shown = visitor.post(address, {"purpose": "delivery", "more": "door code"}, headers=SCRIPT)
    assert "13800138000" in words(shown)
    assert shown["Cache-Control"] == "no-store"
    entry = Operation.objects.get(action="contact.revealed")
    assert (entry.actor, entry.label, entry.reason) == (
        "user:clerk", placed.order_no, "delivery: door code",
    )  # fmt: skip
    other = a_visitor("orders.view", "customers.view", username="other")
    assert other.post(address, {"purpose": "delivery"}).status_code == 403
    assert "Show phone" not in words(other.get(f"/orders/{placed.order_no}"))


# --- why ------------------------------------------------------------------------------------


def test_every_automatic_decision_says_why(visitor: Client) -> None:
    placed = an_order(("TEE-RED-M", 2))
    page = words(visitor.get(f"/orders/{placed.order_no}"))
    assert "Reserved: 2 × TEE-RED-M · Main – the only location that serves the shop" in page
    assert "Price: The SKU's own price." in page
    assert "By the clock: Cancel" in page
    assert "“Awaiting payment”: no condition of another state held." in page
    expire_due(now=NOON + timedelta(hours=1))
    page = words(visitor.get(f"/orders/{placed.order_no}"))
    assert "A deadline of “Awaiting payment”: 30 minutes after the order got there." in page
    assert "Given back: 2 × TEE-RED-M" in page


def test_the_timeline_is_narrowed_to_a_kind(visitor: Client) -> None:
    placed = an_order(customer=a_customer())
    save(visitor, placed, "tags", form_of(visitor, placed, "tags") | {"tags": "x"})
    visitor.post(f"/orders/{placed.order_no}/acts/hold", {"reason": "stock", "scope": "order"})
    for kind, there, gone in (
        ("changes", "Order changed", "Put on hold clerk"), ("holds", "Put on hold", "Order changed"),
        ("rubbish", "Order changed", "Nothing of this kind"),
    ):  # fmt: skip
        page = words(visitor.get(f"/orders/{placed.order_no}?show={kind}"))
        timeline = page[page.index("Timeline") :]
        assert there in timeline
        assert gone not in timeline
    assert "Nothing of this kind happened." in words(
        visitor.get(f"/orders/{placed.order_no}?show=parcels")
    )


def test_the_page_costs_a_bounded_number_of_statements(visitor: Client) -> None:
    one = an_order(customer=a_customer(), ship_to=an_address())
    many = an_order(("TEE-RED-M", 1), ("MUG", 3), customer=a_customer(), paid="183.70")
    counts = []
    for placed in (one, many):
        visitor.get(f"/orders/{placed.order_no}")
        with CaptureQueriesContext(
            connection,
        ) as told:
            visitor.get(f"/orders/{placed.order_no}")
        counts.append(len(told))
    assert max(counts) <= 24, counts


# --- paper and files ------------------------------------------------------------------------


@pytest.mark.parametrize("paper", ["a4", "80mm", "rubbish"])
def test_a_slip_has_codes_goods_and_no_phone_unless_that_is_written_down(
    visitor: Client, paper: str
) -> None:
    placed = an_order(customer=a_customer(), ship_to=an_address(), buyer_note="ring twice")
    address = f"/orders/{placed.order_no}/print?paper={paper}"
    page = visitor.get(address)
    text = page.content.decode()
    assert 'class="code-qr"' in text
    assert 'class="code-128"' in text
    assert "style=" not in text
    for said in ("TEE-RED-M", "ring twice", "文三路 1 号", "138****8000", placed.order_no):
        assert said in words(page)
    assert "13800138000" not in text
    whole = visitor.post(address)
    assert "13800138000" in words(whole)
    assert Operation.objects.get(action="contact.revealed").reason == "print"


def test_files_are_attached_opened_and_taken_off_by_those_who_may(
    visitor: Client, settings: Any, tmp_path: Any
) -> None:
    settings.LAIDAN_DATA_DIR = tmp_path
    placed, stranger = an_order(), an_order()
    address = f"/orders/{placed.order_no}/files"
    picture = SimpleUploadedFile("<b>photo.png", b"\x89PNG\r\n\x1a\n" + bytes(40))
    page = visitor.post(address, {"files": [picture]}, headers=SCRIPT)
    assert "1 file kept" in page["HX-Trigger"]
    found = re.search(rf'href="({address}/[0-9a-f-]+)"', page.content.decode())
    assert found is not None
    opened = visitor.get(found[1])
    assert (opened["Content-Type"], opened["X-Content-Type-Options"]) == ("image/png", "nosniff")
    elsewhere = found[1].replace(placed.order_no, stranger.order_no)
    assert visitor.get(elsewhere).status_code == 404
    assert visitor.post(address, {}).status_code == 422
    reader = a_visitor("orders.view", username="reader")
    assert reader.post(address, {"files": [picture]}).status_code == 403
    assert reader.get(found[1]).status_code == 403
    visitor.post(f"{found[1]}/off", headers=SCRIPT)
    assert "No files." in words(visitor.get(f"/orders/{placed.order_no}"))
