"""The pages of customers, shops, locations, suppliers and the dictionary: what they do and refuse."""

import re

import pytest

from builders import a_customer, a_location, a_shop, a_sku, an_order
from interfaces.browsing import a_visitor, words
from laidan.domain.audit.models import Operation
from laidan.domain.catalog.models import Sku
from laidan.domain.channels.models import Shop
from laidan.domain.dictionary.models import Entry
from laidan.domain.orders.models import Order
from laidan.domain.parties.models import Customer, Supplier
from laidan.domain.stock.models import Location

pytestmark = pytest.mark.django_db(transaction=True)
SCRIPT = "<script>alert(1)</script>"


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
    one = Customer.objects.get(ref="C1").pk
    page = words(visitor.get(f"/customers/{one}"))
    assert "Perhaps the same person" in page
    assert "¥64.00" in page
    assert visitor.post(f"/customers/{one}", {"purpose": " "}).status_code == 422
    shown = visitor.post(f"/customers/{one}", {"purpose": "call back"})
    assert "13800138000" in words(shown)
    assert shown["Cache-Control"] == "no-store"
    assert Operation.objects.get(action="contact.revealed").reason == "call back"


def test_customers_are_merged_edited_and_kept_from_strangers():
    a_shop()
    a_sku()
    for ref in ("C1", "C2"):
        an_order(customer=a_customer(name="王", ref=ref, phone="13800138000"))
    visitor = a_visitor()
    one, two = (Customer.objects.get(ref=ref).pk for ref in ("C1", "C2"))
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
        ({"default_type": "none"}, "Choose one of the list."),
        ({"location_1": "none"}, "Choose one of the list."),
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
