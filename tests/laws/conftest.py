"""Orders of every kind, and the words to break and to check what they left behind."""

import pytest
from django.db import connection

from builders import NOON, a_customer, a_request, a_shop, a_sku, an_address, some_orders
from laidan.engine.idempotency import Once
from laidan.insights.laws import checker
from laidan.insights.laws.law import Verdict
from laidan.usecases.order_requests import History, Money, Placing


@pytest.fixture
def world() -> dict[str, str]:
    """Orders that wait, are paid, were shipped and were cancelled; returns their ids."""
    a_shop()
    a_sku("TEE-RED-M", "64.00")
    a_sku("CUP", "25.50", on_hand=7)
    shipped = History(
        "completed",
        captures=[Money("test", "25.50", "OLD-1", NOON)],
        paid_at=NOON,
        shipped_at=NOON,
        delivered_at=NOON,
        completed_at=NOON,
    )
    waiting, keyed, done, gone = some_orders(
        a_request(
            ("TEE-RED-M", 2),
            ("CUP", 1),
            customer=a_customer(),
            ship_to=an_address(),
            tags=["gift"],
            shipping_fee="10.00",
            discount="3.33",
            external_no="T-1",
        ),
        _with_key(a_request(("TEE-RED-M", 1), paid="64.00")),
        a_request(("CUP", 1), history=shipped),
        a_request(
            ("CUP", 1), history=History("cancelled", cancelled_at=NOON, cancel_reason="buyer")
        ),
    )
    return {
        "waiting": waiting.order_id,
        "keyed": keyed.order_id,
        "done": done.order_id,
        "gone": gone.order_id,
    }


def _with_key(request: Placing) -> Placing:
    return Placing(request.order, request.actor, once=Once("test", "key-1", "f" * 64))


def run(sql: str, *params: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def broken() -> dict[str, Verdict]:
    return {verdict.name: verdict for verdict in checker.check() if not verdict.holds}
