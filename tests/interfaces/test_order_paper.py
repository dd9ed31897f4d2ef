"""Beside the lines of an order: phones revealed for a purpose, slips on paper, files."""

import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from builders import a_customer, a_shop, a_sku, an_address, an_order
from interfaces.browsing import a_visitor, words
from laidan.domain.audit.models import Operation
from laidan.domain.catalog.models import Sku

pytestmark = pytest.mark.django_db
SCRIPT = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _shop() -> None:
    a_shop(name="Main street")
    a_sku(on_hand=10)


@pytest.fixture
def visitor() -> Client:
    """Somebody who may do everything."""
    return a_visitor()


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


def test_the_newest_picture_of_a_product_stands_at_its_lines(
    visitor: Client, settings: Any, tmp_path: Any
) -> None:
    settings.LAIDAN_DATA_DIR = tmp_path
    placed, product = an_order(), Sku.objects.get().product
    assert "line-picture" not in visitor.get(f"/orders/{placed.order_no}").content.decode()
    drawn = io.BytesIO()
    Image.new("RGB", (200, 100), "red").save(drawn, "PNG")
    picture = SimpleUploadedFile("tee.png", drawn.getvalue())
    visitor.post(f"/products/-/pictures/{product.code}", {"files": [picture]})
    page = visitor.get(f"/orders/{placed.order_no}").content.decode()
    found = re.search(r'<img src="(/orders/-/pictures/[0-9a-f-]+/small)"', page)
    assert found is not None
    assert visitor.get(found[1])["Content-Type"] == "image/webp"
