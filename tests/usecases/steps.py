"""Short ways to move and amend orders in tests."""

from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from builders import NOON
from laidan.engine import epochs
from laidan.kernel.actor import SYSTEM, Actor
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.amend_orders import amend_orders
from laidan.usecases.order_requests import PlaceOrder, Placing
from laidan.usecases.place_orders import place_orders
from laidan.usecases.transition_requests import Advance, Amend, AmendOrder, TransitionInputs


def act(
    order: Any, name: str, *, now: datetime = NOON, actor: Actor = SYSTEM, **inputs: Any
) -> Any:
    """Take a transition; return the order's document, or the refusal."""
    wanted = msgspec.convert(inputs, TransitionInputs)
    (outcome,) = advance_orders([Advance(order.order_id, name, actor, wanted)], now=now)
    return read(outcome)


def amend(order: Any, *, now: datetime = NOON, actor: Actor = SYSTEM, **changes: Any) -> Any:
    """Amend an order; return its document, or the refusal."""
    wanted = msgspec.convert(changes, AmendOrder)
    (outcome,) = amend_orders([Amend(order.order_id, wanted, actor)], now=now)
    return read(outcome)


def read(outcome: Any) -> Any:
    """Return the document of an outcome, or the refusal itself."""
    if isinstance(outcome, Refused):
        return outcome
    assert isinstance(outcome, Done)
    document = outcome.value.document
    return msgspec.json.decode(document) if document is not None else None


def place(body: dict[str, Any], **others: Any) -> Any:
    """Place an order given as a channel would send it; return the outcome."""
    order = msgspec.convert({"shop": "main", "lines": [{"sku": "TEE"}]} | body, PlaceOrder)
    (outcome,) = place_orders([Placing(order, SYSTEM, **others)], now=NOON)
    return outcome


def placed(body: dict[str, Any], **others: Any) -> dict[str, Any]:
    """Place an order that must be taken; return its document."""
    outcome = place(body, **others)
    assert isinstance(outcome, Done), outcome
    document: dict[str, Any] = msgspec.json.decode(outcome.value.document)
    return document


@transaction.atomic
def bump(name: str) -> None:
    """Begin a new epoch: cached rows were changed behind the caches' back."""
    epochs.bump(name)
