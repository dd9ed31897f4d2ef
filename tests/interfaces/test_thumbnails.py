"""What is shown small of a picture, to whom, and of what there is none."""

import io

import pytest
from PIL import Image

from builders import NOON, a_request, a_shop, a_sku, some_orders
from interfaces.browsing import a_visitor
from laidan.domain.catalog.models import Sku
from laidan.engine import blobs
from laidan.interfaces.web import thumbnails
from laidan.kernel.actor import SYSTEM
from laidan.kernel.outcome import Done
from laidan.usecases.file_requests import KeepFile
from laidan.usecases.keep_files import keep_files

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_engine]


def a_photo(width: int, height: int, kind: str = "JPEG") -> bytes:
    held = io.BytesIO()
    picture = Image.new("RGB", (width, height), "red")
    picture.save(held, kind, exif=Image.Exif().tobytes() if kind == "JPEG" else b"")
    return held.getvalue()


def kept(content: bytes, sku: str = "TEE-RED-M") -> str:
    """Keep a picture of a product and return the file's id."""
    product = Sku.objects.get(code=sku).product_id
    blob = blobs.keep([content], limit=10_000_000)
    (outcome,) = keep_files(
        [KeepFile(blob, "a.jpg", SYSTEM, "linked", (), "", (("product", product),))], now=NOON
    )
    assert isinstance(outcome, Done)
    return outcome.value.id


@pytest.fixture(autouse=True)
def _goods() -> None:
    a_shop()
    a_sku()
    thumbnails.of_content.cache_clear()


def test_a_photograph_is_shown_small_in_lists_and_on_the_order() -> None:
    (placed,) = some_orders(a_request())
    file = kept(a_photo(4000, 3000))
    visitor = a_visitor()
    address = f"/orders/-/pictures/{file}/small"
    for page in ("/orders", f"/orders/{placed.order_no}"):
        assert address in visitor.get(page).content.decode()
    small = visitor.get(address)
    assert (small.status_code, small["Content-Type"]) == (200, "image/webp")
    assert len(small.content) < 2_000
    with Image.open(io.BytesIO(small.content)) as picture:
        assert picture.size == (96, 72)
        assert not picture.getexif()
    assert a_visitor("orders.view", username="b").get(address).status_code == 403


def test_what_is_damaged_or_too_large_has_no_small_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    visitor = a_visitor()
    broken = kept(a_photo(200, 100)[:300])
    assert visitor.get(f"/orders/-/pictures/{broken}/small").status_code == 404
    monkeypatch.setattr(thumbnails, "PIXELS_MAX", 19_999)
    large = kept(a_photo(200, 100, "PNG"))
    assert visitor.get(f"/orders/-/pictures/{large}/small").status_code == 404
