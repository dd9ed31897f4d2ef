"""Whatever changes an order answers with the order as it is read afterwards."""

from datetime import UTC, datetime
from typing import Any

import pytest

from builders import a_customer, a_shop, a_sku, an_order
from interfaces.doors import ORDERS, DjangoDoor, Door, order_body, place

pytestmark = pytest.mark.django_db(transaction=True)
LIFE: list[tuple[str, dict[str, Any]]] = [
    ("hold", {"reason": "x"}),
    ("release", {}),
    ("pay", {"amount": "28.00", "provider": "cash", "reference": "1"}),
    ("pay", {"amount": "100.00", "provider": "cash", "reference": "2"}),
    ("ship", {"lines": [{"line_no": 1, "quantity": 1}], "courier": "sf"}),
    ("ship", {"courier": "sf", "tracking_no": "2"}),
    ("confirm_receipt", {}),
    ("refund", {"amount": "1.00", "provider": "cash", "reference": "3"}),
    ("close", {}),
]


@pytest.fixture(autouse=True)
def _shop(transactional_db: None) -> None:
    a_shop()
    a_sku()


def read(key: str, order: str) -> Any:
    """Return an order as it is read."""
    return DjangoDoor().send("GET", f"{ORDERS}/{order}", b"", key=key).body


def test_placing(door: Door, key: str) -> None:
    reply = place(door, key, order_body(external_no="X-1", tags=["b", "a"], buyer_note="x"))
    assert reply.status == 201
    assert read(key, reply.body["id"]) == reply.body


def test_transitions(django_door: DjangoDoor, key: str) -> None:
    order = an_order(("TEE-RED-M", 2), now=datetime.now(UTC), customer=a_customer())
    for name, body in LIFE:
        path = f"{ORDERS}/{order.order_id}/transitions/{name}"
        reply = django_door.send("POST", path, body, key=key)
        assert reply.status == 200, reply.body
        assert read(key, order.order_no) == reply.body


@pytest.mark.parametrize(
    "body",
    [
        {"buyer_note": "x", "tags": ["b", "a"], "priority": "high"},
        {"customer": {"name": "李雷", "phone": "13900139000"}, "ship_to": {"city": "杭州市"}},
        {"lines": {"add": [{"sku": "TEE-RED-M", "quantity": 3}]}, "shipping_fee": "5.00"},
        {},
    ],
)
def test_amendments(django_door: DjangoDoor, key: str, body: dict[str, Any]) -> None:
    order = an_order(("TEE-RED-M", 2), now=datetime.now(UTC))
    reply = django_door.send("PATCH", f"{ORDERS}/{order.order_id}", body, key=key)
    assert reply.status == 200, reply.body
    assert read(key, order.order_no) == reply.body
