"""The laws of a batch of products: as one by one, and nothing the second time."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import NOON, some_stock
from laidan.domain.catalog.models import Barcode, BundleComponent, Product, Sku
from laidan.domain.stock.models import Balance, Movement, StockAlert
from laidan.engine import epochs
from laidan.engine.models import Event
from laidan.insights.laws.checker import check
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases.catalogue import ProductAnswer
from laidan.usecases.product_requests import UpsertProduct
from laidan.usecases.upsert_products import upsert_products
from usecases.wishes import a_wish, done, tee

pytestmark = pytest.mark.django_db(transaction=True)

CODES = ("A", "B", "C", "D")
sku_wishes = st.fixed_dictionaries(
    {"code": st.sampled_from(CODES)},
    optional={
        "kind": st.sampled_from(("goods", "goods", "bundle", "virtual")),
        "components": st.lists(
            st.fixed_dictionaries(
                {"sku": st.sampled_from((*CODES, "NONE")), "quantity": st.sampled_from((1, 2, "0.5"))}
            ),
            max_size=2,
        ),
        "decimals": st.sampled_from((0, 0, 1)),
        "safety": st.sampled_from((0, 3, "1.5", -1)),
        "backorder": st.booleans(),
        "barcode": st.sampled_from((None, "1", "2", "3")),
        "price": st.sampled_from((None, "1.00", "2", "x")),
        "currency": st.sampled_from(("CNY", "CNY", "XYZ")),
        "active": st.booleans(),
    },
)  # fmt: skip
product_wishes = st.builds(
    lambda code, skus, name: a_wish(code, *skus, name=name),
    st.sampled_from(("P", "Q")),
    st.lists(sku_wishes, max_size=3),
    st.sampled_from(("One", "Two")),
)


def _told(outcomes: list[Outcome[ProductAnswer]]) -> list[Any]:
    """What callers learn, but for ids."""
    told: list[Any] = []
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            told.append((outcome.code, outcome.detail))
        else:
            skus = [sku | {"id": ""} for sku in outcome.value.document["skus"]]
            told.append((outcome.value.created, outcome.value.changed, skus))
    return told


def _rows() -> list[Any]:
    columns = ("code", "product__code", "name", "kind", "decimals", "safety", "backorder",
               "price_micro", "currency", "is_active")  # fmt: skip
    balances = Balance.objects.values_list("sku__code", "on_hand", "safety", "backorder")
    return [
        sorted(Product.objects.values_list("code", "name")),
        sorted(Sku.objects.values_list(*columns), key=str),
        sorted(BundleComponent.objects.values_list("bundle__code", "sku__code", "quantity")),
        sorted(Barcode.objects.values_list("code", "sku__code")),
        sorted(balances),
        sorted(Event.objects.values_list("seq", "type")),
    ]


def _begin_again() -> None:
    """One SKU with stock, of which more may have been promised than is there."""
    for model in (StockAlert, Movement, Balance, BundleComponent, Barcode, Sku, Product, Event):
        model.objects.all().delete()
    epochs.forget_all()
    done(a_wish("P", tee("A", backorder=True)))
    some_stock(Sku.objects.get(code="A"), 5)
    Balance.objects.update(reserved=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(batch=st.lists(product_wishes, max_size=8))
def test_a_batch_equals_its_products_one_by_one(batch: list[UpsertProduct]):
    _begin_again()
    together = _told(upsert_products(batch, now=NOON))
    rows = _rows()
    _begin_again()
    assert _told([one for wish in batch for one in upsert_products([wish], now=NOON)]) == together
    assert _rows() == rows
    every = {verdict.name: verdict.holds for verdict in check()}
    assert every["chain-of-hashes"]
