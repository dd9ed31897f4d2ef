"""Orders as documents: complete, in the order asked for, at a fixed cost."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from builders import (
    a_customer,
    a_request,
    a_shop,
    a_sku,
    an_address,
    an_order,
    some_orders,
)
from laidan.domain.orders.models import Order
from laidan.insights import order_documents, timeline
from laidan.usecases.order_requests import History

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _shop() -> None:
    a_shop()
    a_sku()
    a_sku("CAP", "20.00")


def test_orders_come_in_the_order_asked_for_and_missing_ones_are_left_out() -> None:
    placed = some_orders(a_request(), a_request(), a_request())
    ids = [one.order_id for one in placed][::-1]
    wanted = [ids[0], "01a200b2-1300-7001-85f2-6c6061b29cac", *ids[1:]]
    shown = order_documents.load_shown(wanted, now=NOW)
    assert [one.document["id"] for one in shown] == ids
    assert order_documents.load_shown([], now=NOW) == []


def test_a_document_has_what_hangs_on_the_order() -> None:
    history = History(state="completed", paid_at=NOW, shipped_at=NOW, delivered_at=NOW)
    placed = an_order(
        ("TEE-RED-M", 2), ("CAP", 1), customer=a_customer(ref="C1"), ship_to=an_address(),
        tags=["vip"], history=history,
    )  # fmt: skip
    (shown,) = order_documents.load_shown([placed.order_id], now=NOW)
    assert [line["sku"] for line in shown.document["lines"]] == ["TEE-RED-M", "CAP"]
    assert shown.document["tags"] == ["vip"]
    assert shown.document["fulfilment_status"] == "delivered"
    (parcel,) = shown.document["fulfilments"]
    assert [line["quantity"] for line in parcel["lines"]] == [2, 1]
    assert shown.contact["customer"]["ref"] == "C1"
    assert shown.standing.delivered == "all"
    assert shown.type_key == ("retail", 1)


def test_a_page_costs_as_many_statements_as_one_order() -> None:
    many = [one.order_id for one in some_orders(*[a_request()] * 40)]
    order_documents.load_shown(many, now=NOW)
    assert statements(many) == statements(many[:1]) <= 12


def statements(order_ids: list[str]) -> int:
    """Return how many statements loading orders takes."""
    with CaptureQueriesContext(connection) as ran:
        assert len(order_documents.load_shown(order_ids, now=NOW)) == len(order_ids)
    return len(ran)


def test_a_contact_that_cannot_be_unsealed_leaves_the_order_readable(
    caplog: pytest.LogCaptureFixture,
) -> None:
    placed = an_order(customer=a_customer())
    Order.objects.filter(pk=placed.order_id).update(contact_sealed="k9.AAAA")
    (shown,) = order_documents.load_shown([placed.order_id], now=NOW)
    assert shown.contact == {"customer": None, "ship_to": None}
    assert placed.order_id in caplog.text


def test_masking_hides_what_reaches_a_person() -> None:
    placed = an_order(customer=a_customer(email="w@example.com"), ship_to=an_address())
    (shown,) = order_documents.load_shown([placed.order_id], now=NOW)
    masked: dict[str, Any] = order_documents.masked(shown.contact)
    text = str(masked)
    assert "13800138000" not in text
    assert "w@example.com" not in text
    assert "文三路" not in text
    assert masked["customer"]["name"] == "王小明"
    assert order_documents.masked({"customer": None, "ship_to": None}) == {
        "customer": None, "ship_to": None,
    }  # fmt: skip


def test_an_order_is_found_by_id_or_number_in_any_case() -> None:
    placed = an_order()
    for name in (placed.order_id, placed.order_id.upper(), placed.order_no.lower()):
        assert order_documents.find_order_id(name) == placed.order_id
    assert order_documents.find_order_id("LD0") is None


def test_a_timeline_goes_on_after_a_number() -> None:
    placed = an_order()
    (first,) = timeline.list_events(placed.order_id, after=0, limit=10)
    assert (first.seq, first.type, first.state_to) == (1, "order.placed", "awaiting_payment")
    assert timeline.list_events(placed.order_id, after=1, limit=10) == []
