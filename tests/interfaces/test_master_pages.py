"""The pages of products, prices, customers, files and settings: what they do, refuse and show."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from builders import a_customer, a_location, a_shop, a_sku, an_order
from interfaces.browsing import a_visitor, words
from laidan.domain.audit.models import Operation
from laidan.domain.catalog.models import Barcode, Price, PriceList, Product, Sku
from laidan.domain.channels.models import Shop
from laidan.domain.dictionary.models import Entry
from laidan.domain.files.models import StoredFile
from laidan.domain.orders.models import Order
from laidan.domain.parties.models import Customer, Supplier
from laidan.domain.stock.models import Location
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
        ({"code": ""}, "This field is required."),
        ({"price": "twelve"}, "This cannot be used"),
        ({"currency": "XXY"}, "Type a currency code such as CNY."),
        ({"currency": ""}, "Say in which currency the price is."),
        ({"kind": "bundle"}, "A bundle needs components."),
        ({"components": "MUG 2"}, "Only a bundle has components."),
        ({"kind": "bundle", "components": "MUG"}, "Type a SKU, a space and a quantity"),
        ({"kind": "bundle", "components": "NONE 1"}, "There is no such SKU or barcode."),
        ({"decimals": "9"}, "less than or equal to 6"),
        ({"barcodes": "x" * 90}, "At most 50 barcodes"),
        ({"name": "a\x07b"}, "This holds a character that cannot be stored."),
        ({"sku": "x" * 61}, "at most 60 characters"),
        ({"code": "P-TAKEN"}, "There is a product with this code."),
        ({"sku": "TAKEN"}, "This is a SKU of another product."),
        ({"barcodes": "777"}, "Another SKU has this barcode."),
        ({"kind": "spaceship"}, "Select a valid choice."),
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


def test_a_customer_is_found_masked_revealed_and_merged():
    a_shop()
    a_sku()
    for ref, phone in (("C1", "13800138000"), ("C2", "13800138000")):
        an_order(customer=a_customer(name=f"王 {SCRIPT}", ref=ref, phone=phone))
    visitor = a_visitor()
    for text in ("8000", "13800138000", "C1", "王"):
        found = words(visitor.get("/customers", {"q": text}))
        assert "138****8000" in found, text
        assert "13800138000" not in found
        assert SCRIPT in found
    one, two = (Customer.objects.get(ref=ref).pk for ref in ("C1", "C2"))
    page = words(visitor.get(f"/customers/{one}"))
    assert "Perhaps the same person" in page
    assert "¥64.00" in page
    assert visitor.post(f"/customers/{one}", {"purpose": " "}).status_code == 422
    shown = visitor.post(f"/customers/{one}", {"purpose": "call back"})
    assert "13800138000" in words(shown)
    assert shown["Cache-Control"] == "no-store"
    assert Operation.objects.get(action="contact.revealed").reason == "call back"
    looked = visitor.get(f"/customers/{one}/merge?double={two}")
    assert "1 order and all addresses move." in words(looked)
    assert visitor.post(f"/customers/{one}/merge", {}).status_code == 422
    assert visitor.post(f"/customers/{one}/merge", {"double": two}).status_code == 303
    assert Order.objects.filter(customer=one).count() == 2
    page = visitor.get(f"/customers/{one}").content.decode()
    (merge,) = re.findall(r'name="merge" value="([\w-]+)"', page)
    assert visitor.post(f"/customers/{one}/unmerge", {"merge": merge}).status_code == 303
    assert Order.objects.filter(customer=one).count() == 1
    edited = {"name": "", "ref": "C2", "email": "no"}
    answer = visitor.post(f"/customers/{one}/edit", edited)
    assert answer.status_code == 422
    taken = {"name": "王", "ref": "C2", "phone": "", "email": "", "note": "x", "is_blocked": "on"}
    assert "merge them if they are one" in words(visitor.post(f"/customers/{one}/edit", taken))
    assert visitor.post(f"/customers/{one}/edit", taken | {"ref": "C1"}).status_code == 303
    row = Customer.objects.get(pk=one)
    assert (row.is_blocked, row.note, bool(row.phone_index)) == (True, "x", True)
    assert visitor.get("/customers/rubbish").status_code == 404
    clerk = a_visitor("customers.view", username="clerk2")
    assert clerk.post(f"/customers/{one}", {"purpose": "x"}).status_code == 403
    assert clerk.get(f"/customers/{one}/merge").status_code == 403


def test_files_are_kept_shown_harmlessly_shared_and_restored():
    visitor, other = a_visitor(), a_visitor("files.view", "files.edit", username="other")
    sent = [
        SimpleUploadedFile("../<b>合同</b>.html", b"<script>alert(1)</script>"),
        SimpleUploadedFile("photo.exe", PNG + b"x"),
    ]
    answer = visitor.post("/files", {"files": sent, "folder": "2026", "visibility": "private"})
    assert answer.status_code == 303
    page, picture = StoredFile.objects.order_by("pk")
    assert page.name == "b>.html"
    shown = visitor.get(f"/files/{page.pk}")
    assert shown["Content-Type"] == "text/plain; charset=utf-8"
    assert "sandbox" in shown["Content-Security-Policy"]
    assert shown["X-Content-Type-Options"] == "nosniff"
    image = visitor.get(f"/files/{picture.pk}")
    assert (image["Content-Type"], b"".join(image.streaming_content)) == ("image/png", PNG + b"x")
    assert image["Content-Disposition"].startswith("inline")
    saved = visitor.get(f"/files/{picture.pk}?save")
    assert saved["Content-Disposition"] == 'attachment; filename="photo.exe"'
    assert saved["Content-Type"] == "application/octet-stream"
    again = visitor.get(f"/files/{picture.pk}", headers={"If-None-Match": image["ETag"]})
    assert again.status_code == 304
    assert other.get(f"/files/{page.pk}").status_code == 404
    assert "photo.exe" not in words(other.get("/files"))
    change = f"/files/{picture.pk}/change"
    assert other.post(change, {"act": "remove"}).status_code == 404
    saving = {"act": "save", "name": "photo.png", "folder": "", "visibility": "shared"}
    assert visitor.post(change, saving).status_code == 303
    assert other.get(f"/files/{picture.pk}").status_code == 200
    assert other.post(change, {"act": "remove"}).status_code == 303
    assert StoredFile.objects.get(pk=picture.pk).removed_at is None
    assert visitor.post(change, {"act": "remove"}).status_code == 303
    assert other.get(f"/files/{picture.pk}").status_code == 404
    assert "photo.png" in words(visitor.get("/files?whose=removed"))
    assert visitor.post(change, {"act": "restore"}).status_code == 303
    assert "photo.png" in words(other.get("/files?q=PHOTO"))
    reader = a_visitor("files.view", username="reader")
    assert reader.post("/files", {"files": [sent[0]]}).status_code == 403


def test_files_that_cannot_be_kept_are_said(settings):
    settings.LAIDAN_FILE_MAX = 1000
    visitor = a_visitor()
    large = SimpleUploadedFile("large.bin", b"x" * 1001)
    assert visitor.post("/files", {"files": [large]}).status_code == 413
    assert "Choose a file first." in words(visitor.post("/files", {}))
    empty = SimpleUploadedFile("empty.txt", b"")
    assert visitor.post("/files", {"files": [empty]}).status_code == 422
    assert StoredFile.objects.count() == 0
    assert visitor.get("/files/01900000-0000-7000-8000-000000000000").status_code == 404


def test_product_pictures_are_files_linked_to_the_product():
    a_sku("TEE", on_hand=0)
    visitor = a_visitor()
    picture = SimpleUploadedFile("tee.png", PNG + b"tee")
    assert visitor.post("/products/-/pictures/P-TEE", {"files": [picture]}).status_code == 303
    file = StoredFile.objects.get()
    address = f"/files/{file.pk}"
    assert address in visitor.get("/products").content.decode()
    dropped = visitor.post("/products/-/picture-drop/P-TEE", {"file": file.pk})
    assert dropped.status_code == 303
    assert address not in visitor.get("/products/P-TEE").content.decode()


def a_shop_form(**more):
    return {
        "code": "tmall", "name": "天猫店", "channel": "tmall", "currency": "CNY",
        "time_zone": "Asia/Shanghai", "default_type": "retail", "price_list": "",
        "review_from": "5000", "is_open": "on", "location_1": "north", "location_2": "main",
    } | more  # fmt: skip


def test_shops_and_locations_are_opened_and_their_currency_stays():
    a_shop()
    a_sku()
    a_location("north")
    visitor = a_visitor()
    assert visitor.post("/settings/shops/-/new", a_shop_form()).status_code == 303
    shop = Shop.objects.get(code="tmall")
    ranked = shop.locations.order_by("rank").values_list("location__code", flat=True)
    assert (list(ranked), shop.review_from_minor) == (["north", "main"], 500_000)
    for wrong, said in (
        ({"code": "main"}, "There is a shop with this code."),
        ({"code": "a b"}, "This cannot be used"),
        ({"currency": "ZZZ"}, "Type a currency code such as CNY."),
        ({"time_zone": "../etc"}, "Type a time zone such as Asia/Shanghai."),
        ({"default_type": "none"}, "Select a valid choice."),
        ({"location_1": "none"}, "Select a valid choice."),
        ({"review_from": "much"}, "This cannot be used"),
        ({"channel": "T Mall"}, "This cannot be used"),
    ):
        answer = visitor.post("/settings/shops/-/new", a_shop_form(**({"code": "x"} | wrong)))
        assert (answer.status_code, said in words(answer)) == (422, True), wrong
    an_order()
    fixed = a_shop_form(code="main", currency="USD", name="Main")
    assert visitor.post("/settings/shops/main", fixed).status_code == 303
    assert Shop.objects.get(code="main").currency == "CNY"
    assert visitor.post("/settings/locations/north", {"name": "North"}).status_code == 303
    assert not Location.objects.get(code="north").is_active
    assert (
        visitor.post("/settings/locations/-/new", {"code": "north", "name": "x"}).status_code == 422
    )
    assert visitor.post("/settings/sequences", {"shop": "main", "prefix": "a1"}).status_code == 422
    assert visitor.post("/settings/sequences", {"shop": "main", "prefix": "wx"}).status_code == 303
    assert Shop.objects.get(code="main").order_prefix == "WX"
    assert "WX2" in words(visitor.get("/settings/sequences"))
    told = set(Operation.objects.values_list("action", flat=True))
    assert {"shop.opened", "shop.changed", "location.changed"} <= told


def test_suppliers_and_the_dictionary_are_kept():
    Entry.objects.all().delete()
    visitor = a_visitor()
    form = {
        "code": "S1",
        "name": "厂",
        "person": "王",
        "phone": "139",
        "email": "",
        "lead_days": "7",
    }
    assert visitor.post("/settings/suppliers/-/new", form | {"is_active": "on"}).status_code == 303
    assert visitor.post("/settings/suppliers/-/new", form).status_code == 422
    assert visitor.post("/settings/suppliers/S1", form | {"lead_days": "-1"}).status_code == 422
    assert visitor.post("/settings/suppliers/S1", form).status_code == 303
    assert not Supplier.objects.get().is_active
    assert "厂" in words(visitor.get("/settings/suppliers?q=S"))
    entry = {"code": "bag", "label_zh": "袋", "label_en": "bag", "place": "", "is_active": "on"}
    assert visitor.post("/settings/dictionary/unit/new", entry).status_code == 303
    assert visitor.post("/settings/dictionary/unit/new", entry).status_code == 422
    assert (
        visitor.post("/settings/dictionary/unit/-/bag", entry | {"label_zh": "包"}).status_code
        == 303
    )
    a_sku("TEE", unit="bag")
    kept = visitor.post("/settings/dictionary/unit/-/bag/remove", follow=True)
    assert "bag is used and cannot be removed (SKUs: 1)" in words(kept)
    Sku.objects.update(unit="pcs")
    assert visitor.post("/settings/dictionary/unit/-/bag/remove").status_code == 303
    assert Entry.objects.count() == 0
    assert visitor.get("/settings/dictionary/colour").status_code == 404
    assert visitor.post("/settings/dictionary/unit/-/none/remove").status_code == 404


def test_the_settings_lead_where_one_may_go():
    shown = words(a_visitor().get("/settings"))
    for name in ("Shops", "Locations", "Suppliers", "Data dictionary", "Number sequences"):
        assert name in shown
    few = a_visitor("settings.dictionary", username="few")
    shown = words(few.get("/settings"))
    assert "Data dictionary" in shown
    assert "Where orders come from" not in shown
    assert few.get("/settings/shops").status_code == 403
    nobody = a_visitor("orders.view", username="nobody")
    assert "Nothing to set here" in words(nobody.get("/settings"))
