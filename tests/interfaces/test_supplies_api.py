"""The reads of stock and of the catalogue."""

from collections.abc import Callable
from typing import Any

import pytest

from builders import a_key, a_shop, a_sku, an_order
from interfaces.reading import caller
from laidan.domain.catalog.models import Barcode, Sku

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> Callable[..., Any]:
    """A function that sends a GET with a key that may do all."""
    return caller(a_key())


@pytest.fixture
def _shop() -> None:
    a_shop()
    a_sku()


@pytest.mark.usefixtures("_shop")
def test_stock_tells_what_is_there(api: Any) -> None:
    a_sku("RICE", "8.00", on_hand=2500, decimals=3, unit="kg", safety=500)
    an_order(("TEE-RED-M", 3))
    rows = {one["sku"]: one for one in api("/stock").json()["items"]}
    assert rows["TEE-RED-M"]["on_hand"] == 1000
    assert (rows["TEE-RED-M"]["reserved"], rows["TEE-RED-M"]["available"]) == (3, 997)
    assert (rows["RICE"]["on_hand"], rows["RICE"]["available"]) == ("2.500", "2.000")
    assert [one["sku"] for one in api("/stock", below="2.0001").json()["items"]] == ["RICE"]
    assert api("/stock", below="2").json()["items"] == []
    assert [one["sku"] for one in api("/stock", sku="RICE").json()["items"]] == ["RICE"]
    first = api("/stock", limit=1).json()
    second = api("/stock", limit=1, cursor=first["next_cursor"]).json()
    assert [first["items"][0]["sku"], second["items"][0]["sku"]] == ["RICE", "TEE-RED-M"]
    assert second["next_cursor"] is None


@pytest.mark.usefixtures("_shop")
def test_movements_tell_how_it_came_to_be(api: Any) -> None:
    a_sku("RICE", on_hand=2500, decimals=3, unit="kg")
    page = api("/stock/movements", limit=1).json()
    (newest,) = page["items"]
    assert (newest["sku"], newest["kind"], newest["quantity"]) == ("RICE", "receive", "2.500")
    rest = api("/stock/movements", cursor=page["next_cursor"]).json()
    assert [one["sku"] for one in rest["items"]] == ["TEE-RED-M"]
    assert [one["sku"] for one in api("/stock/movements", sku="RICE").json()["items"]] == ["RICE"]


@pytest.mark.usefixtures("_shop")
def test_products_and_skus_are_told_with_stock(api: Any) -> None:
    a_sku("RICE", "8.5", on_hand=2500, decimals=3, unit="kg")
    Barcode.objects.create(code="6901234567892", sku=Sku.objects.get(code="RICE"))
    first = api("/products", limit=1).json()
    second = api("/products", limit=1, cursor=first["next_cursor"]).json()
    assert [one["code"] for page in (first, second) for one in page["items"]] == [
        "P-RICE", "P-TEE-RED-M",
    ]  # fmt: skip
    (rice,) = first["items"][0]["skus"]
    assert (rice["code"], rice["price"], rice["barcode"]) == ("RICE", "8.50", "6901234567892")
    assert [one["code"] for one in api("/products", q="P-TEE").json()["items"]] == ["P-TEE-RED-M"]
    sku = api("/skus/RICE").json()
    assert sku["product"]["code"] == "P-RICE"
    assert [place["on_hand"] for place in sku["stock"]] == ["2.500"]
    assert "stock" not in caller(a_key("catalog:read"))("/skus/RICE").json()
    assert api("/skus/NONE").status_code == 404
