"""The pages of products, prices, customers, files and settings: what they do, refuse and show."""

import re

import pytest

from builders import a_shop, a_sku, an_order
from interfaces.browsing import a_visitor, words
from laidan.domain.catalog.models import Barcode, Price, PriceList, Product, Sku
from laidan.domain.parties.models import Customer
from statements import statements

pytestmark = pytest.mark.django_db(transaction=True)
SCRIPT = "<script>alert(1)</script>"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(autouse=True)
def _own_store(settings, tmp_path):
    settings.LAIDAN_DATA_DIR = tmp_path


def a_product_form(**more):
    return {
        "code": "P1", "name": "Mug", "sku": "MUG", "sku_name": "", "kind": "goods",
        "price": "12.50", "currency": "cny", "unit": "pcs", "decimals": "0",
        "barcodes": "690123\n690124", "components": "", "safety": "3", "weight_grams": "300",
        "active": "on",
    } | more  # fmt: skip


def test_a_product_is_added_changed_and_retired_when_it_is_used():
    visitor = a_visitor()
    added = visitor.post("/products/-/new", a_product_form(name=f"Mug {SCRIPT}"))
    assert (added.status_code, added["Location"]) == (303, "/products/P1")
    sku = Sku.objects.get(code="MUG")
    assert (sku.price_micro, sku.currency, sku.safety, sku.weight_grams) == (
        12_500_000,
        "CNY",
        3,
        300,
    )
    assert sorted(Barcode.objects.values_list("code", flat=True)) == ["690123", "690124"]
    page = visitor.get("/products/P1").content.decode()
    assert SCRIPT not in page
    assert "&lt;script&gt;" in page
    bundle = a_product_form(sku="SET", kind="bundle", components="MUG 2", barcodes="", safety="")
    assert visitor.post("/products/-/sku-new/P1", bundle).status_code == 303
    changed = a_product_form(price="", barcodes="690123", backorder="on")
    assert visitor.post("/products/-/sku/MUG", changed).status_code == 303
    sku.refresh_from_db()
    assert (sku.price_micro, sku.backorder, Barcode.objects.count()) == (None, True, 1)
    assert visitor.post("/products/P1", {"name": "Cup"}).status_code == 303
    assert "Cup" in words(visitor.get("/products?q=P1"))
    a_shop()
    a_sku("OLD", on_hand=2)
    assert visitor.post("/products/-/remove/P-OLD")["Location"] == "/products/P-OLD"
    assert "Retired" in words(visitor.get("/products/P-OLD"))
    assert visitor.post("/products/-/back/P-OLD").status_code == 303
    assert Sku.objects.get(code="OLD").is_active
    assert visitor.post("/products/-/remove/P1")["Location"] == "/products"
    assert list(Product.objects.values_list("code", flat=True)) == ["P-OLD"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"code": ""}, "Fill this in."),
        ({"price": "twelve"}, "This cannot be used"),
        ({"currency": "XXY"}, "Type a currency code such as CNY."),
        ({"currency": ""}, "Say in which currency the price is."),
        ({"kind": "bundle"}, "A bundle needs components."),
        ({"components": "MUG 2"}, "Only a bundle has components."),
        ({"kind": "bundle", "components": "MUG"}, "Type a SKU, a space and a quantity"),
        ({"kind": "bundle", "components": "NONE 1"}, "There is no such SKU or barcode."),
        ({"decimals": "9"}, "Type at most 6."),
        ({"barcodes": "x" * 90}, "At most 50 barcodes"),
        ({"name": "a\x07b"}, "This holds a character that cannot be stored."),
        ({"sku": "x" * 61}, "at most 60 characters"),
        ({"code": "P-TAKEN"}, "There is a product with this code."),
        ({"sku": "TAKEN"}, "This is a SKU of another product."),
        ({"barcodes": "777"}, "Another SKU has this barcode."),
        ({"kind": "spaceship"}, "Choose one of the list."),
    ],
)
def test_a_wrong_product_is_said_at_its_field_and_nothing_is_lost(wrong, said):
    Barcode(code="777", sku=a_sku("TAKEN", on_hand=0)).save(force_insert=True)
    answer = a_visitor().post("/products/-/new", a_product_form(**wrong))
    assert answer.status_code == 422
    assert said in words(answer)
    assert 'value="300"' in answer.content.decode()
    assert Product.objects.count() == 1


def test_lists_cost_a_fixed_number_of_queries():
    a_shop()
    for number in range(60):
        a_sku(f"S{number:03}", on_hand=1)
        Customer(
            id=f"01900000-0000-7000-8000-{number:012}", name=f"K{number}", phone_index="",
            last4_index="", email_index="", created_at="2026-11-22T00:00Z",
            updated_at="2026-11-22T00:00Z",
        ).save(force_insert=True)  # fmt: skip
    visitor = a_visitor()
    for address, most in (("/products", 10), ("/customers", 8), ("/files", 9), ("/prices", 6)):
        visitor.get(address)
        with statements() as seen:
            assert visitor.get(address).status_code == 200
        assert len(seen) <= most, (address, len(seen), seen)
    page = visitor.get("/customers").content.decode()
    (after,) = re.findall(r'rel="next" href="([^"]+)"', page)
    assert len(re.findall("list-open", visitor.get("/customers" + after).content.decode())) == 10


def test_a_product_of_many_skus_is_shown_in_pages():
    a_shop()
    first, *_ = [a_sku(f"S{number:03}", on_hand=1) for number in range(60)]
    product = first.product_id
    Sku.objects.update(product_id=product)
    Product.objects.exclude(pk=product).delete()
    visitor, address = a_visitor(), f"/products/{Product.objects.get().code}"
    visitor.get(address)
    with statements() as seen:
        page = visitor.get(address).content.decode()
    assert len(seen) <= 9, seen
    assert len(re.findall("/stock/sku/", page)) == 50
    (after,) = re.findall(r'rel="next" href="([^"]+)"', page)
    rest = visitor.get(address + after).content.decode()
    assert re.findall(r"/stock/sku/(\w+)", rest) == [f"S{number:03}" for number in range(50, 60)]
    assert "60 · S000 …" in words(visitor.get("/products"))
    assert "Retired" not in words(visitor.get("/products"))
    Sku.objects.update(is_active=False)
    assert "Retired" in words(visitor.get("/products"))
    assert "Sell again" in words(visitor.get(address + after))


def test_prices_are_set_many_at_a_time():
    a_shop()
    a_sku("TEE", price="64.00")
    a_sku("MUG", price="20.00")
    visitor = a_visitor()
    form = {"code": "vip", "name": "VIP", "currency": "CNY", "valid_from": "", "valid_until": ""}
    assert visitor.post("/prices/-/new", form).status_code == 303
    backwards = form | {"valid_from": "2026-12-02T10:00", "valid_until": "2026-12-01T10:00"}
    assert "The end must be after" in words(visitor.post("/prices/-/edit/vip", backwards))
    assert visitor.post("/prices/-/edit/vip", form | {"name": "VIP 2"}).status_code == 303
    rows = {"sku": ["TEE", "MUG"], "quantity": ["0", "10"], "price": ["60", "18.5"]}
    assert visitor.post("/prices/vip", rows).status_code == 303
    assert sorted(Price.objects.values_list("quantity_min", "price_micro")) == [
        (0, 60_000_000), (10, 18_500_000),
    ]  # fmt: skip
    wrong = {"sku": ["TEE", "NONE"], "quantity": ["0", "x"], "price": ["dear", ""]}
    answer = visitor.post("/prices/vip", wrong)
    assert answer.status_code == 422
    assert "Type a price such as 12.50." in words(answer)
    assert 'value="dear"' in answer.content.decode()
    taken = {"sku": ["TEE", ""], "quantity": ["0", "0"], "price": ["", ""]}
    assert visitor.post("/prices/vip", taken).status_code == 303
    assert Price.objects.count() == 1
    assert PriceList.objects.get().name == "VIP 2"
    assert visitor.get("/prices/none").status_code == 404


def test_tags_are_coloured_renamed_merged_and_removed_from_their_page():
    visitor = a_visitor()
    assert "No tags yet" in words(visitor.get("/settings/tags"))
    a_shop()
    a_sku("OLD", on_hand=2)
    order = an_order(("OLD", 1), tags=["急", SCRIPT])
    assert visitor.post("/settings/tags/new", {"name": "VIP", "colour": "red"}).status_code == 303
    again = visitor.post("/settings/tags/new", {"name": "VIP", "colour": "red"})
    assert (again.status_code, "tick Merge" in words(again)) == (422, True)
    page = visitor.get("/settings/tags").content.decode()
    assert '<span class="tag-word" data-colour="red">VIP</span>' in page
    assert SCRIPT not in page
    wish = {"name": "VIP", "colour": "blue"}
    asked = visitor.post("/settings/tags/change?tag=急", wish)
    assert (asked.status_code, 'value="VIP"' in asked.content.decode()) == (422, True)
    assert visitor.post("/settings/tags/change?tag=急", wish | {"merges": "on"}).status_code == 303
    coloured = '<span class="tag-word" data-colour="blue">VIP</span>'
    for address in ("/orders", f"/orders/{order.order_no}"):
        assert coloured in visitor.get(address).content.decode()
    unsure = visitor.post("/settings/tags/remove?tag=VIP")
    assert (unsure.status_code, "1 order has it." in words(unsure)) == (200, True)
    assert visitor.post("/settings/tags/remove?tag=VIP", {"sure": "1"}).status_code == 303
    assert coloured not in visitor.get(f"/orders/{order.order_no}").content.decode()
    for lost in ("", "?tag=VIP", "?tag=%00", "?tag=" + "x" * 5000):
        assert visitor.get(f"/settings/tags/change{lost}").status_code == 404
    assert visitor.post("/settings/tags/new", {"name": "a,b", "colour": "mauve"}).status_code == 422
