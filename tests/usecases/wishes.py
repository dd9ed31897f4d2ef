"""Products as the tests wish them, and what there is of them."""

from typing import Any

import msgspec

from builders import NOON
from laidan.domain.catalog.models import Barcode, BundleComponent, Product, Sku
from laidan.domain.stock.models import Balance
from laidan.engine import epochs
from laidan.engine.models import Event
from laidan.insights.laws.checker import check
from laidan.kernel.actor import SYSTEM
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.catalogue import ProductAnswer
from laidan.usecases.product_requests import ProductRequest, UpsertProduct
from laidan.usecases.upsert_products import upsert_products


def a_wish(code: str, *skus: dict[str, Any], **others: Any) -> UpsertProduct:
    body = {"code": code, "skus": list(skus)} | others
    return UpsertProduct(msgspec.convert(body, ProductRequest), SYSTEM)


def tee(code: str = "TEE", **others: Any) -> dict[str, Any]:
    return {"code": code, "name": "T-shirt", "price": "64.00", "currency": "CNY"} | others


def done(*wishes: UpsertProduct) -> list[ProductAnswer]:
    answers = []
    for outcome in upsert_products(wishes, now=NOON):
        assert isinstance(outcome, Done), outcome
        answers.append(outcome.value)
    return answers


def refused(wish: UpsertProduct) -> Refused:
    before = everything()
    (outcome,) = upsert_products([wish], now=NOON)
    assert isinstance(outcome, Refused), outcome
    assert everything() == before
    return outcome


def everything() -> list[Any]:
    tables = (Product, Sku, BundleComponent, Barcode, Balance, Event)
    return [sorted(model.objects.values_list()) for model in tables] + [epochs.read()]


def every_law_holds() -> bool:
    return [verdict for verdict in check() if not verdict.holds] == []
