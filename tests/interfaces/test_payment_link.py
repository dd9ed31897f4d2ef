"""The answer about an order has its payment link while money is due, at every door alike."""

from datetime import UTC, datetime
from typing import Any

import pytest

from builders import a_shop, a_sku
from interfaces.doors import place
from interfaces.reading import caller
from laidan.domain.orders.core import Standing
from laidan.interfaces import links
from laidan.interfaces.api import paying
from laidan.kernel.actor import SYSTEM, Actor
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.transition_requests import Advance, TransitionInputs

BODY: dict[str, Any] = {"shop": "main", "lines": [{"sku": "TEE-RED-M", "quantity": 1}],
                        "buyer_note": '"deadline":{"at":"2000-01-01T00:00:00+00:00"'}  # fmt: skip


def test_placing_and_reading_tell_the_same_link(door, key):
    a_shop()
    a_sku()
    made = place(door, key, BODY).body
    link = made["payment"]
    assert link == {
        "url": links.pay_url(made["id"]),
        "qr": f"{links.pay_url(made['id'])}/qr.svg",
        "expires_at": made["deadline"]["at"],
    }
    assert links.order_of_token(link["url"].rpartition("/")[2]) == made["id"]
    asked = Advance(made["id"], "cancel", SYSTEM, TransitionInputs(reason="buyer"))
    advance_orders([asked], now=datetime.now(UTC))
    again = caller(key)(f"/orders/{made['id']}").json()
    assert again["payment"] is None


@pytest.mark.one_engine
def test_nothing_is_due_in_other_states_nor_for_whom_amounts_are_hidden():
    due = Standing("awaiting_payment", "awaiting_payment")
    order_id = "0192f000-0000-7000-8000-000000000001"
    clerk = Actor("S", "clerk")
    told = paying.member(order_id, due, b'{"deadline":null}', clerk)
    assert told.endswith(b',"expires_at":null}')
    assert paying.member(order_id, due._replace(money="full"), b"{}", clerk) == paying.NOTHING
    assert paying.member(order_id, due._replace(category="open"), b"{}", clerk) == paying.NOTHING
    masked = Actor("S", "clerk", masks=frozenset({"price"}))
    assert paying.member(order_id, due, b"{}", masked) == paying.NOTHING
