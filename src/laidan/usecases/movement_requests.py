"""What a caller asks when it moves stock; the field names are the public contract's."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from laidan.engine.idempotency import Once
from laidan.kernel.actor import Actor
from laidan.usecases.order_requests import Code, Quantity

Place = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class MovementRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One change of what is on hand, in the SKU's unit.

    `receive`, `scrap` and `transfer` take a quantity more than 0, `adjust` what is added (or, less
    than 0, taken away), `count` what is there. `to` is where a transfer goes; `bucket` is a lot,
    or the day of what is booked by day.
    """

    kind: Literal["receive", "adjust", "count", "transfer", "scrap"]
    sku: Code
    location: Place
    quantity: Quantity
    bucket: Annotated[str, msgspec.Meta(max_length=40)] = ""
    to: Place | None = None
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""
    reference: Annotated[str, msgspec.Meta(max_length=120)] = ""


class MoveStock(msgspec.Struct, frozen=True):
    """One request of a batch: the movement, who makes it, under which key."""

    movement: MovementRequest
    actor: Actor
    once: Once | None = None
