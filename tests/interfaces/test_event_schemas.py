"""Every event that the program makes fits the schema that it publishes."""

import json
import sys
from pathlib import Path

import jsonschema_rs
import pytest

from builders import NOON, a_customer, a_shop, a_sku, an_order, the_order_types
from interfaces.doors import a_key
from interfaces.reading import caller
from laidan.engine import stream
from laidan.insights.event_documents import event_body
from laidan.insights.event_types import OWN, list_types
from laidan.interfaces.api.event_schemas import event_schemas
from laidan.kernel.actor import SYSTEM
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.amend_orders import amend_orders
from laidan.usecases.transition_requests import Advance, Amend, AmendOrder, TransitionInputs
from laidan.usecases.upsert_products import upsert_products

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.one_engine
def test_the_documentation_has_the_schemas_that_the_program_says():
    """Run scripts/event_schemas.py after a change of what events say."""
    sys.path.insert(0, str(ROOT / "scripts"))
    import event_schemas as writer

    there = {path.name: path.read_text("utf-8") for path in writer.FOLDER.glob("*.json")}
    assert there == writer.texts()


def advance(order, name, **inputs):
    (outcome,) = advance_orders(
        [Advance(order, name, SYSTEM, TransitionInputs(**inputs))], now=NOON
    )
    assert outcome.value, outcome


def live_a_life():
    a_shop()
    a_sku("TEE", on_hand=100)
    first = an_order(("TEE", 2), customer=a_customer(), shipping_fee="10.00").order_id
    advance(first, "hold", reason="look")
    advance(first, "release")
    amend_orders([Amend(first, AmendOrder(buyer_note="soon", tags=["vip"]), SYSTEM)], now=NOON)
    advance(first, "pay", amount="138.00", provider="cash", reference="R1")
    advance(first, "ship", courier="SF", tracking_no="1")
    advance(first, "deliver")
    advance(first, "confirm_receipt")
    advance(first, "refund", amount="1.00", provider="cash", reference="R2", reason="late")
    second = an_order(("TEE", 1)).order_id
    advance(second, "cancel", reason="changed")
    advance(second, "revive")
    upsert_products([a_product_request("P1")], now=NOON)
    upsert_products([a_product_request("P1", name="other")], now=NOON)
    while stream.number_events(100, now=NOON):
        pass
    return stream.read_events(0, limit=1000)


def a_product_request(code, name="Product"):
    import msgspec

    from laidan.usecases.product_requests import ProductRequest, UpsertProduct

    sku = {"code": f"{code}-S", "name": "S", "price": "9.90", "currency": "CNY"}
    wish = msgspec.convert({"code": code, "name": name, "skus": [sku]}, ProductRequest)
    return UpsertProduct(wish, SYSTEM)


def test_real_events_of_each_kind_fit_their_schemas():
    events = live_a_life()
    schemas = event_schemas(list_types())
    checks = {type_: jsonschema_rs.validator_for(one) for type_, one in schemas.items()}
    for event in events:
        checks[event.type].validate(json.loads(event_body(event)))
    assert {one.type for one in events} >= {
        "order.placed", "order.held", "order.released", "order.amended", "order.paid",
        "order.shipped", "order.cancelled", "order.revived", "order.refunded", "product.created",
        "product.changed",
    }  # fmt: skip
    with pytest.raises(jsonschema_rs.ValidationError):
        checks["order.placed"].validate(json.loads(event_body(events[0])) | {"seq": 0})


def test_schemas_are_told_with_the_types_of_ones_own():
    the_order_types()
    told = caller(a_key("orders:read"))("/events/schemas").json()
    assert set(OWN) <= set(told)
    assert told["order.paid"]["properties"]["type"] == {"const": "order.paid"}
