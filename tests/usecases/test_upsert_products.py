"""Products are upserted by code; refusals are data, and the same again changes nothing."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from builders import NOON, a_location, a_request, a_shop, an_order, some_stock
from laidan.domain.catalog import store as catalog
from laidan.domain.catalog.models import Barcode, Product, Sku
from laidan.domain.stock.models import Balance, StockAlert
from laidan.engine import epochs
from laidan.engine.models import Event
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.place_orders import place_orders
from laidan.usecases.product_requests import UpsertProduct
from laidan.usecases.upsert_products import upsert_products
from usecases.wishes import a_wish, done, every_law_holds, everything, refused, tee

pytestmark = pytest.mark.django_db(transaction=True)


def the_sku(code: str) -> Any:
    return catalog.load_skus({code}, epochs.read())[code]


def test_a_product_comes_with_its_skus():
    (answer,) = done(
        a_wish(
            "SHIRT",
            tee("TEE-S", barcode="6901", safety=5, weight_grams=180, attributes={"size": "S"}),
            tee("CLOTH", unit="m", decimals=2, safety="1.50", price="12.345678"),
            tee("SET", kind="bundle", components=[{"sku": "TEE-S", "quantity": 2},
                                                  {"sku": "CLOTH", "quantity": "0.25"}]),
            name="衬衫",
        )
    )  # fmt: skip
    assert answer.created
    assert answer.changed
    small, cloth, bundle = answer.document["skus"]
    assert answer.document["name"] == "衬衫"
    assert (small["barcode"], small["safety"], small["weight_grams"]) == ("6901", 5, 180)
    assert small["attributes"] == {"size": "S"}
    assert (cloth["safety"], cloth["price"], cloth["unit"]) == ("1.50", "12.345678", "m")
    assert bundle["components"] == [
        {"sku": "CLOTH", "quantity": "0.25"},
        {"sku": "TEE-S", "quantity": 2},
    ]
    sku = the_sku("SET")
    assert [(part.sku_code, part.quantity) for part in sku.components] == [
        ("CLOTH", 25),
        ("TEE-S", 2),
    ]
    assert Barcode.objects.get(code="6901").sku.code == "TEE-S"
    event = Event.objects.get()
    assert (event.type, event.seq, event.subject_id) == (
        "product.created",
        1,
        answer.document["id"],
    )


def test_the_same_again_changes_nothing():
    wish = a_wish(
        "SHIRT",
        tee("TEE-S", barcode="1", barcodes=["2"], safety=5, attributes={"b": 1, "a": "x"}),
        tee("SET", kind="bundle", components=[{"sku": "TEE-S"}]),
        name="Shirt",
    )
    first = done(wish)[0]
    before = everything()
    again = done(wish, wish)
    assert [(answer.created, answer.changed) for answer in again] == [(False, False)] * 2
    assert again[0].document == first.document
    assert everything() == before


def test_what_is_not_given_stays():
    done(a_wish("SHIRT", tee("TEE", barcode="1", safety=5, weight_grams=9), name="Shirt"))
    (answer,) = done(a_wish("SHIRT", {"code": "TEE", "price": "70"}))
    (sku,) = answer.document["skus"]
    assert (sku["price"], sku["safety"], sku["barcode"], sku["weight_grams"], sku["name"]) == (
        "70.00", 5, "1", 9, "T-shirt",
    )  # fmt: skip
    assert answer.document["name"] == "Shirt"
    (answer,) = done(a_wish("SHIRT", {"code": "TEE", "price": None, "barcode": None}))
    (sku,) = answer.document["skus"]
    assert (sku["price"], sku["barcode"]) == (None, None)
    assert [(event.seq, event.type) for event in Event.objects.order_by("seq")] == [
        (1, "product.created"),
        (2, "product.changed"),
        (3, "product.changed"),
    ]
    assert every_law_holds()


def test_the_cache_follows():
    done(a_wish("SHIRT", tee("TEE")))
    assert the_sku("TEE").price_micro == 64_000_000
    done(a_wish("SHIRT", tee("TEE", price="65.00")))
    assert the_sku("TEE").price_micro == 65_000_000


def test_each_product_stands_or_falls_alone():
    outcomes = upsert_products(
        [a_wish("A", tee("X")), a_wish("B", tee("X")), a_wish("C", tee("Y"))], now=NOON
    )
    assert [isinstance(outcome, Done) for outcome in outcomes] == [True, False, True]
    assert isinstance(outcomes[1], Refused)
    assert outcomes[1].code == "sku-taken"
    assert sorted(Product.objects.values_list("code", flat=True)) == ["A", "C"]


def test_later_requests_see_earlier_ones():
    answers = done(
        a_wish("A", tee("X")),
        a_wish("B", tee("SET", kind="bundle", components=[{"sku": "X"}])),
        a_wish("A", tee("X", price="1")),
    )
    assert [answer.created for answer in answers] == [True, True, False]
    assert the_sku("X").price_micro == 1_000_000
    assert every_law_holds()


@pytest.mark.parametrize(
    ("sku", "loc"),
    [
        (tee(kind="thing"), "skus[0].kind"),
        (tee(price="-1"), "skus[0].price"),
        (tee(price="1.1234567"), "skus[0].price"),
        (tee(price="999999999999999999"), "skus[0].price"),
        (tee(price="1e3"), "skus[0].price"),
        (tee(currency="ABC"), "skus[0].currency"),
        ({"code": "TEE", "price": "1"}, "skus[0].currency"),
        (tee(safety=-1), "skus[0].safety"),
        (tee(safety="0.5"), "skus[0].safety"),
        (tee(code=" TEE"), "skus[0].code"),
        (tee(name="a\x00b"), "skus[0].name"),
        (tee(unit=" "), "skus[0].unit"),
        (tee(barcode="\t1"), "skus[0].barcode"),
        (tee(kind="bundle"), "skus[0].components"),
        (tee(kind="bundle", components=[]), "skus[0].components"),
        (tee(kind="bundle", decimals=2, components=[{"sku": "PART"}]), "skus[0].decimals"),
        (tee(components=[{"sku": "PART"}]), "skus[0].components"),
        (tee(kind="bundle", components=[{"sku": "PART", "quantity": 0}]),
         "skus[0].components[0].quantity"),
        (tee(kind="bundle", components=[{"sku": "PART", "quantity": "0.5"}]),
         "skus[0].components[0].quantity"),
        (tee(kind="bundle", components=[{"sku": "PART"}, {"sku": "PART"}]),
         "skus[0].components[1].sku"),
        (tee(kind="bundle", components=[{"sku": "SET"}]), "skus[0].components[0].sku"),
        (tee(kind="bundle", components=[{"sku": "TEE"}]), "skus[0].components[0].sku"),
        (tee(kind="bundle", components=[{"sku": "GIFT"}]), "skus[0].components[0].sku"),
        (tee(attributes={"a": []}), "skus[0].attributes.a"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(sku: dict[str, Any], loc: str):
    done(
        a_wish(
            "OTHER",
            tee("PART"),
            tee("GIFT", kind="virtual"),
            tee("SET", kind="bundle", components=[{"sku": "PART"}]),
        )
    )
    refusal = refused(a_wish("SHIRT", sku))
    assert (refusal.code, refusal.status) == ("invalid-product", 422)
    assert loc in [fault.loc for fault in refusal.errors]


def test_unknown_components_and_doubled_skus_are_refused():
    refusal = refused(a_wish("A", tee(kind="bundle", components=[{"sku": "NONE"}])))
    assert (refusal.code, refusal.errors[0].loc) == ("unknown-sku", "skus[0].components[0].sku")
    assert refused(a_wish("A", tee("X"), tee("X"))).errors[0].loc == "skus[1].code"


def test_barcodes_belong_to_one_sku_and_may_be_handed_on():
    done(a_wish("A", tee("X", barcode="1"), tee("Y", barcode="2")))
    assert refused(a_wish("B", tee("Z", barcode="1"))).code == "barcode-taken"
    assert refused(a_wish("A", tee("X", barcode="2"))).code == "barcode-taken"
    assert refused(a_wish("B", tee("Z", barcode="3"), tee("W", barcode="3"))).code == (
        "barcode-taken"
    )
    done(a_wish("A", tee("X", barcode="2"), tee("Y", barcode="1")))
    assert dict(Barcode.objects.values_list("code", "sku__code")) == {"2": "X", "1": "Y"}
    done(a_wish("A", tee("X", barcode=None)), a_wish("B", tee("Z", barcode="2")))
    assert dict(Barcode.objects.values_list("code", "sku__code")) == {"2": "Z", "1": "Y"}


def test_what_is_counted_keeps_its_kind_and_decimals():
    a_shop()
    done(a_wish("A", tee("STOCKED"), tee("GIFT", kind="virtual"), tee("PART"), tee("FREE")))
    done(a_wish("B", tee("SET", kind="bundle", components=[{"sku": "PART"}])))
    some_stock(Sku.objects.get(code="STOCKED"), 5)
    an_order(("GIFT", 1))
    for change in ({"kind": "virtual"}, {"decimals": 2}):
        for code in ("STOCKED", "PART"):
            refusal = refused(a_wish("A", {"code": code} | change))
            assert (refusal.code, refusal.status) == ("sku-in-use", 409)
    assert refused(a_wish("A", {"code": "GIFT", "kind": "custom"})).code == "sku-in-use"
    done(a_wish("A", {"code": "FREE", "kind": "virtual", "decimals": 2}))
    # A bundle lets its component go in the same batch.
    done(
        a_wish("B", {"code": "SET", "components": [{"sku": "STOCKED"}]}),
        a_wish("A", {"code": "PART", "decimals": 3}),
    )
    assert the_sku("PART").decimals == 3


def test_safety_keeps_its_quantity_under_other_decimals():
    done(a_wish("A", tee("X", safety=5)))
    (answer,) = done(a_wish("A", {"code": "X", "decimals": 2}))
    assert answer.document["skus"][0]["safety"] == "5.00"
    done(a_wish("A", {"code": "X", "safety": "5.25"}))
    assert refused(a_wish("A", {"code": "X", "decimals": 0})).errors[0].loc == "skus[0].safety"


def test_balances_follow_their_sku():
    a_shop()
    done(a_wish("A", tee("X", safety=1)))
    sku = Sku.objects.get(code="X")
    some_stock(sku, 10)
    a_location("second")
    some_stock(sku, 3, location="second")
    done(a_wish("A", {"code": "X", "safety": 5, "backorder": True}))
    assert set(Balance.objects.values_list("safety", "backorder")) == {(5, True)}
    alert = StockAlert.objects.get(closed_at=None)
    assert (alert.kind, alert.location.code) == ("low", "second")
    done(a_wish("A", {"code": "X", "safety": 0}))
    assert not StockAlert.objects.filter(closed_at=None).exists()
    assert every_law_holds()


def test_backorders_end_only_when_nothing_is_oversold():
    a_shop()
    done(a_wish("A", tee("X", backorder=True)))
    some_stock(Sku.objects.get(code="X"), 2)
    an_order(("X", 5))
    assert StockAlert.objects.filter(closed_at=None, kind="oversold").exists()
    refusal = refused(a_wish("A", {"code": "X", "backorder": False}))
    assert (refusal.code, refusal.extra) == ("sku-oversold", {"sku": "X", "lacking": 3})
    Balance.objects.update(on_hand=5)
    done(a_wish("A", {"code": "X", "backorder": False}))
    assert set(Balance.objects.values_list("backorder", flat=True)) == {False}
    (outcome,) = place_orders([a_request(("X", 1))], now=NOON)
    assert isinstance(outcome, Refused)
    assert outcome.code == "out-of-stock"


def test_a_batch_costs_the_statements_of_one_product():
    def wishes(count: int, mark: str) -> list[UpsertProduct]:
        return [
            a_wish(
                f"{mark}{n}",
                tee(f"{mark}{n}-A", barcode=f"{mark}{n}", safety=n % 3),
                tee(f"{mark}{n}-B", kind="bundle", components=[{"sku": f"{mark}{n}-A"}]),
            )
            for n in range(count)
        ]

    def changes(count: int, mark: str) -> list[UpsertProduct]:
        return [
            a_wish(f"{mark}{n}", {"code": f"{mark}{n}-A", "safety": 7, "barcode": f"{mark}{n}x"})
            for n in range(count)
        ]

    # The first of all also makes the row of its epoch.
    done(a_wish("FIRST", tee("FIRST")))
    counts = []
    for make in (wishes, changes):
        for size, mark in ((1, "one"), (100, "many")):
            with CaptureQueriesContext(
                connection,
            ) as captured:
                done(*make(size, mark))
            counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[2] == counts[3]
