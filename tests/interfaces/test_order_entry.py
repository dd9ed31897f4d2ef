"""Entering an order by hand: the form, its rows, totals while typing, drafts, and placing it once."""

import re
from typing import Any

import pytest
from django.test import Client

from builders import a_customer, a_shop, a_sku, an_address, an_order, the_order_types
from interfaces.browsing import a_visitor, words
from laidan.domain.catalog.models import Barcode
from laidan.domain.drafts.models import OrderDraft
from laidan.domain.orders.models import Order, OrderLine
from laidan.domain.parties.models import Customer
from laidan.engine.sealing import keyring

pytestmark = pytest.mark.django_db
SCRIPT = {"HX-Request": "true"}
ADDRESS = {
    "ship-name": "王小明", "ship-phone": "13800138000", "ship-province": "浙江省", "ship-city": "杭州市",
    "ship-district": "西湖区", "ship-street": "文三路 1 号", "ship-country": "CN",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _shop() -> None:
    a_shop(name="Main street")
    tee = a_sku(on_hand=10)
    a_sku("MUG", "39.90")
    Barcode.objects.create(code="6900000000017", sku=tee)


@pytest.fixture
def visitor() -> Client:
    """Somebody who may do everything."""
    return a_visitor()


def a_form(*lines: tuple[str, str], **others: str) -> dict[str, Any]:
    """Return what a form with (SKU, quantity) lines sends."""
    fields: dict[str, Any] = {
        "once": "a" * 32, "shop": "main", "type": "retail", "act": "place",
        "customer_name": "王小明", "customer_phone": "13800138000", **ADDRESS,
        "line": [f"n{place}" for place in range(1, len(lines) + 1)],
    }  # fmt: skip
    for place, (sku, quantity) in enumerate(lines, 1):
        fields |= {f"sku-n{place}": sku, f"quantity-n{place}": quantity}
    return fields | {name.replace("ship_", "ship-"): value for name, value in others.items()}


def contact_of(order: Order) -> str:
    """Return an order's contact in clear."""
    assert order.contact_sealed is not None
    return keyring().unseal(order.contact_sealed, order.pk)


def test_an_order_is_entered_priced_by_the_list_and_placed_with_its_customer(
    visitor: Client,
) -> None:
    assert "Scan or search" in words(visitor.get("/orders/new"))
    form = a_form(("TEE-RED-M", "2"), ("MUG", "1"), discount="5", tags="vip，急", seller_note="hi")
    response = visitor.post("/orders/new", form)
    order = Order.objects.get()
    assert response["Location"] == f"/orders/{order.pk}"
    assert (order.total_minor, order.discount_minor, order.state) == (
        16290,
        500,
        "awaiting_payment",
    )
    assert Customer.objects.get().name == "王小明"
    assert "文三路 1 号" in contact_of(order)
    page = words(visitor.get(f"/orders/{order.order_no}"))
    for text in ("vip", "急", "hi", "¥162.90", "The order was placed."):
        assert text in page


def test_a_double_click_places_one_order(visitor: Client) -> None:
    form = a_form(("MUG", "1"))
    first = visitor.post("/orders/new", form, headers=SCRIPT)
    second = visitor.post("/orders/new", form, headers=SCRIPT)
    assert first["HX-Redirect"] == second["HX-Redirect"]
    assert Order.objects.count() == 1
    changed = visitor.post("/orders/new", a_form(("MUG", "2")), headers=SCRIPT)
    assert changed.status_code == 422
    assert Order.objects.count() == 1


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(visitor: Client) -> None:
    form = a_form(("MUG", "none"), ("TEE-RED-M", "1"), buyer_note="bitte <b>schnell</b>")
    form |= {"price-n2": "abc", "discount": "1.00"}
    response = visitor.post("/orders/new", form)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Type a quantity more than 0, such as 2." in words(response)
    assert "Type a price such as 128.50." in words(response)
    assert 'value="none"' in page
    assert 'value="abc"' in page
    assert "bitte &lt;b&gt;schnell&lt;/b&gt;" in page
    assert not Order.objects.exists()
    empty = visitor.post("/orders/new", a_form())
    assert "Add at least one SKU" in words(empty)


def test_too_little_stock_is_said_before_and_when_placing(visitor: Client) -> None:
    form = a_form(("TEE-RED-M", "11"))
    told = words(visitor.post("/orders/new/preview", form, headers=SCRIPT))
    assert "¥704.00" in told
    assert "Not enough stock. TEE-RED-M: 11 wanted, 10 available" in told
    response = visitor.post("/orders/new", form)
    assert response.status_code == 409
    assert "TEE-RED-M: 11 wanted, 10 available" in words(response)
    assert 'value="11"' in response.content.decode()
    assert not Order.objects.exists()


def test_totals_are_the_servers_while_typing_and_nothing_is_kept(visitor: Client) -> None:
    form = a_form(("TEE-RED-M", "2"), ("MUG", "1"), shipping_fee="10")
    page = visitor.post("/orders/new/preview", form, headers=SCRIPT)
    assert "Total ¥177.90" in words(page)
    assert re.search(r'id="amount-n1"[^>]*>¥128.00', page.content.decode())
    assert "8 available" not in words(page)
    assert "10 available" in words(page)
    assert not Order.objects.exists()


def test_a_scan_adds_one_a_second_counts_it_up_and_rubbish_is_said(visitor: Client) -> None:
    added = visitor.post("/orders/new/lines", {"shop": "main", "scans": "6900000000017\n"})
    page = added.content.decode()
    assert 'name="sku-n1" value="TEE-RED-M"' in page
    assert 'placeholder="64.00"' in page
    assert "linesChanged" in added["HX-Trigger-After-Settle"]
    form = a_form(("TEE-RED-M", "1")) | {"scans": "6900000000017\nmug\n<nothing>\n"}
    again = visitor.post("/orders/new/lines", form).content.decode()
    assert 'id="quantity-n1" name="quantity-n1" value="2"' in again
    assert 'name="sku-n2" value="MUG"' in again
    assert "No SKU or barcode: &lt;nothing&gt;" in again


def test_skus_are_found_by_code_name_and_barcode_with_price_and_stock(visitor: Client) -> None:
    for text in ("tee", "SKU TEE", "6900000000017"):
        found = words(visitor.get(f"/orders/-/skus?shop=main&scan={text}"))
        assert "TEE-RED-M" in found
        assert "10 available ¥64.00" in found
    assert "TEE" not in words(visitor.get("/orders/-/skus?scan=zzz%00"))
    assert visitor.get("/orders/-/skus").status_code == 200


def test_a_known_customer_is_found_and_his_hidden_phone_goes_with_the_order(
    visitor: Client,
) -> None:
    an_order(
        customer=a_customer("李娜", "13900139000", ref="C9"),
        ship_to=an_address("李娜", "13900139000"),
    )
    known = Customer.objects.get()
    for text in ("李", "C9", "9000", "13900139000"):
        found = visitor.get(f"/orders/-/customers?customer_search={text}")
        assert "139****9000" in words(found)
        assert "13900139000" not in found.content.decode().replace(text, "")
    part = visitor.get(f"/orders/-/customers/{known.pk}").content.decode()
    assert "13900139000" not in part
    fields = dict(re.findall(r'name="([\w-]+)" value="([^"]*)"', part))
    form = a_form(("MUG", "1")) | fields
    visitor.post("/orders/new", form)
    order = Order.objects.order_by("pk").last()
    assert order is not None
    assert (order.customer_id, Customer.objects.count()) == (known.pk, 1)
    assert contact_of(order).count("13900139000") == 2
    other = visitor.post("/orders/new", form | {"once": "b" * 32, "ship-phone": "138****0000"})
    assert "Type all of it, without *." in words(other)


def test_the_fields_of_an_order_type_are_asked_for_and_checked(visitor: Client) -> None:
    a_sku("RING", "500.00", kind="custom", on_hand=0)
    page = visitor.post("/orders/new", a_form(("RING", "1"), type="custom", act="refresh"))
    assert "Wanted by" in words(page)
    assert "Engraving" in words(page)
    form = a_form(("RING", "1"), type="custom") | {
        "field-wanted_by": "soon", "attr-n1-length_mm": "9999", "attr-n1-engraving": "爱",
    }  # fmt: skip
    refused = visitor.post("/orders/new", form)
    assert "Type a date such as 2026-11-22." in words(refused)
    assert "Type a number. From 1 to 5000." in words(refused)
    assert 'value="爱"' in refused.content.decode()
    visitor.post("/orders/new", form | {"field-wanted_by": "2026-12-24", "attr-n1-length_mm": "18"})
    assert OrderLine.objects.get().attributes == {"engraving": "爱", "length_mm": 18}


def test_who_may_not_set_prices_sells_at_the_lists() -> None:
    clerk = a_visitor("orders.view", "orders.place", username="plain")
    form = a_form(("MUG", "1"), discount="30") | {"price-n1": "0.01", "less-n1": "39"}
    assert 'id="discount"' not in clerk.get("/orders/new").content.decode()
    clerk.post("/orders/new", form)
    assert Order.objects.get().total_minor == 3990


def test_who_may_not_place_orders_is_told_so() -> None:
    reader = a_visitor("orders.view", username="reader")
    for address in ("/orders/new", "/orders/-/drafts"):
        assert reader.get(address).status_code == 403
    assert reader.post("/orders/new", a_form(("MUG", "1"))).status_code == 403
    assert not Order.objects.exists()


def test_pasted_address_text_comes_back_in_parts(visitor: Client) -> None:
    answer = visitor.post(
        "/orders/-/address", {"text": "王小明 13800138000 浙江省杭州市西湖区文三路 1 号"}
    )
    parts = answer.json()
    assert (parts["name"], parts["district"], parts["street"]) == (
        "王小明",
        "西湖区",
        "文三路 1 号",
    )
    assert visitor.post("/orders/-/address", {"text": "\x00" * 9000}).status_code == 200


@pytest.mark.parametrize(
    "rubbish",
    [
        {"shop": "nowhere", "type": "nothing"}, {"line": ["n1", "n1", "../x"], "sku-n1": "\x00"},
        {"line": "n1", "sku-n1": "MUG", "quantity-n1": "9" * 60}, {"customer_id": "nobody"},
        {"priority": "x" * 500}, {"external_no": "x" * 500}, {"draft": "x", "draft_version": "y"},
        {"line": [f"n{place}" for place in range(900)]},
    ],
)  # fmt: skip
def test_rubbish_is_an_answer_and_never_a_fault(visitor: Client, rubbish: dict[str, Any]) -> None:
    for address in ("/orders/new", "/orders/new/preview", "/orders/new/lines", "/orders/new/draft"):
        assert visitor.post(address, a_form(("MUG", "1")) | rubbish).status_code < 500


# --- drafts ---------------------------------------------------------------------------------


def test_a_draft_keeps_everything_typed_sealed_and_becomes_one_order(visitor: Client) -> None:
    form = a_form(("MUG", "oops"), customer_name="张三") | {"act": "", "tags": "later"}
    saved = visitor.post("/orders/new/draft", form)
    draft = OrderDraft.objects.get()
    assert saved["Location"] == f"/orders/-/drafts/{draft.pk}"
    assert "13800138000" not in draft.sealed
    page = visitor.get(saved["Location"]).content.decode()
    for kept in ('value="oops"', 'value="later"', 'value="13800138000"', 'value="MUG"'):
        assert kept in page
    assert "张三" in words(visitor.get("/orders/-/drafts"))
    placed = a_form(("MUG", "1")) | {"draft": draft.pk, "draft_version": "1"}
    visitor.post("/orders/new", placed)
    assert Order.objects.count() == 1
    assert not OrderDraft.objects.exists()


def test_drafts_are_ones_own_unless_shared_and_the_second_to_save_loses_nothing(
    visitor: Client,
) -> None:
    visitor.post("/orders/new/draft", a_form(("MUG", "1")))
    draft, other = OrderDraft.objects.get(), a_visitor(username="other")
    address = f"/orders/-/drafts/{draft.pk}"
    assert other.get(address).status_code == 404
    assert other.post(f"{address}/drop").status_code == 404
    mine = a_form(("MUG", "1"), shared="1") | {"draft": draft.pk, "draft_version": "1"}
    visitor.post("/orders/new/draft", mine)
    assert "Shared" in words(other.get("/orders/-/drafts"))
    late = mine | {"buyer_note": "typed by the other"}
    refused = other.post("/orders/new/draft", late)
    assert refused.status_code == 412
    assert "typed by the other" in words(refused)
    again = late | {"draft": "", "draft_version": "", "shared": ""}
    other.post("/orders/new/draft", again)
    assert OrderDraft.objects.count() == 2
    assert visitor.post(f"{address}/drop")["Location"] == "/orders/-/drafts"
    assert OrderDraft.objects.count() == 1


def test_without_a_shop_the_form_says_what_to_do() -> None:
    the_order_types()
    clerk = a_visitor()
    from laidan.domain.channels.models import Shop, ShopLocation
    from laidan.engine import epochs

    ShopLocation.objects.all().delete()
    Shop.objects.all().delete()
    epochs.bump("channels")
    assert "There is no shop yet" in words(clerk.get("/orders/new"))
