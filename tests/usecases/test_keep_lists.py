"""The data dictionary, suppliers, removal of products, times of price lists."""

from datetime import timedelta

import pytest

from builders import NOON, a_shop, a_sku, an_order
from laidan.domain.catalog.models import Price, PriceList, Product, Sku
from laidan.domain.dictionary import queries as dictionary
from laidan.domain.dictionary.models import Entry
from laidan.domain.orders.models import OrderLine
from laidan.domain.parties.models import Supplier
from laidan.engine import epochs
from laidan.kernel.actor import STAFF, SYSTEM, Actor
from laidan.kernel.money import MICRO
from laidan.kernel.outcome import Done
from laidan.usecases.keep_entries import KeepEntry, keep_entries
from laidan.usecases.keep_suppliers import KeepSupplier, keep_suppliers
from laidan.usecases.product_requests import PriceListRequest, PriceRequest, SetPrices
from laidan.usecases.remove_products import RemoveProduct, remove_products
from laidan.usecases.set_prices import set_prices, turn_price_lists
from statements import statements

pytestmark = pytest.mark.django_db(transaction=True)
NOBODY = Actor(STAFF, "user:x")


def entry(code="bag", kind="unit", actor=SYSTEM, **more):
    (outcome,) = keep_entries([KeepEntry(kind, code, actor, **more)], now=NOON)
    return outcome


def test_entries_are_kept_in_their_order_and_not_removed_while_used():
    Entry.objects.all().delete()
    assert entry("bag", label_zh="袋", label_en="bag").value.created
    assert entry("tin", label_zh="听", label_en="tin", place=0).value.created
    assert not entry("bag", label_zh="袋").value.changed
    assert dictionary.labels("unit", "zh-hans") == {"tin": "听", "bag": "袋"}
    a_sku("TEE", unit="bag")
    refused = entry("bag", is_gone=True)
    assert (refused.code, refused.extra["uses"]) == ("entry-in-use", {"sku": 1})
    assert entry("bag", is_active=False).value.changed
    assert dictionary.labels("unit") == {"tin": "tin"}
    assert entry("tin", is_gone=True).value.changed
    assert entry("tin", is_gone=True).code == "unknown-entry"
    assert dictionary.count_entries() == {"unit": 1}


def test_rubbish_entries_and_strangers_are_refused():
    Entry.objects.all().delete()
    wishes = [
        {"kind": "colour"}, {"code": ""}, {"code": " x"}, {"code": "x" * 81}, {"label_zh": ""},
        {"label_en": "a\x00"}, {"place": -1}, {"place": 10_001},
    ]  # fmt: skip
    assert {entry(**wish).code for wish in wishes} == {"invalid-entry"}
    assert entry(actor=NOBODY).code == "forbidden"
    assert Entry.objects.count() == 0
    with statements() as one:
        entry("a")
    batch = [KeepEntry("unit", f"u{n}", SYSTEM) for n in range(50)]
    with statements() as many:
        assert all(isinstance(done, Done) for done in keep_entries(batch, now=NOON))
    assert len(many) <= len(one)


def supplier(code="S1", actor=SYSTEM, **more):
    (outcome,) = keep_suppliers([KeepSupplier(code, actor, **more)], now=NOON)
    return outcome


def test_suppliers_are_upserted_and_whom_to_call_is_sealed():
    assert supplier(
        name="杭州面料厂", person="王工", phone="13900001111", lead_days=7
    ).value.created
    assert not supplier(phone="13900001111").value.changed
    assert supplier(is_active=False).value.changed
    (row,) = Supplier.objects.all()
    assert (row.name, row.lead_days, row.is_active) == ("杭州面料厂", 7, False)
    assert "1390000" not in str(row.sealed)
    refused = [
        supplier("a b"), supplier(name=" "), supplier(lead_days=1000), supplier(note="x" * 1001),
        supplier(person="\x00"),
    ]  # fmt: skip
    assert {one.code for one in refused} == {"invalid-request"}
    assert supplier(actor=NOBODY).code == "forbidden"


def test_products_in_use_are_retired_and_others_deleted():
    a_shop()
    a_sku("SOLD", on_hand=0, backorder=True)
    a_sku("STOCKED", on_hand=1)
    a_sku("NEW", on_hand=0)
    an_order(("SOLD", 1))
    batch = [RemoveProduct(f"P-{code}", SYSTEM) for code in ("SOLD", "STOCKED", "NEW", "NONE")]
    outcomes = remove_products(batch, now=NOON)
    assert [one.value.deleted for one in outcomes[:3]] == [False, False, True]
    assert outcomes[3].code == "unknown-product"
    assert sorted(Product.objects.values_list("code", flat=True)) == ["P-SOLD", "P-STOCKED"]
    assert not Sku.objects.filter(is_active=True).exists()
    (refused,) = remove_products([RemoveProduct("P-SOLD", NOBODY)], now=NOON)
    assert refused.code == "forbidden"


def test_a_price_list_holds_in_its_time_alone():
    shop, sku = a_shop(), a_sku(price="64.00")
    wish = PriceListRequest(
        code="sale", name="双十一", currency="CNY", valid_from=NOON,
        valid_until=NOON + timedelta(days=1), prices=[PriceRequest(sku.code, "50.00")],
    )  # fmt: skip
    (outcome,) = set_prices([SetPrices(wish, SYSTEM)], now=NOON - timedelta(hours=1))
    assert isinstance(outcome, Done)
    shop.price_list = PriceList.objects.get(code="sale")
    shop.save()
    epochs.forget_all()

    def price(now):
        turned = turn_price_lists(now=now)
        placed = an_order(now=now)
        line = OrderLine.objects.get(order_id=placed.order_id)
        return turned, line.unit_price_micro / 10**MICRO

    assert price(NOON - timedelta(seconds=1)) == (0, 64)
    assert price(NOON) == (1, 50)
    assert price(NOON + timedelta(hours=23)) == (0, 50)
    assert price(NOON + timedelta(days=1)) == (1, 64)
    backwards = PriceListRequest(code="sale", valid_from=NOON + timedelta(days=2))
    (refused,) = set_prices([SetPrices(backwards, SYSTEM)], now=NOON)
    assert refused.code == "invalid-prices"
    assert Price.objects.count() == 1
