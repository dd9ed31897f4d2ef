"""What a caller asks when it moves, holds or amends an order."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from laidan.engine.idempotency import Once
from laidan.engine.origin import Origin, current
from laidan.kernel.actor import Actor
from laidan.usecases.order_requests import (
    AddressRequest,
    Amount,
    Code,
    CustomerRequest,
    LineRequest,
    Moment,
    Note,
    Quantity,
    Short,
)


class ShipLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line, by id or number, and how much of it; all that is left where no quantity is given."""

    line: Annotated[str, msgspec.Meta(max_length=36)] | None = None
    line_no: int | None = None
    sku: Code | None = None
    quantity: Quantity | None = None


class TransitionInputs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a transition may be told; each takes what its `needs` name."""

    reason: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    note: Note | None = None
    amount: Amount | None = None
    provider: Annotated[str, msgspec.Meta(min_length=1, max_length=30)] | None = None
    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=120)] | None = None
    lines: Annotated[list[ShipLine], msgspec.Meta(min_length=1, max_length=500)] | None = None
    courier: Annotated[str, msgspec.Meta(max_length=60)] | None = None
    tracking_no: Annotated[str, msgspec.Meta(max_length=80)] | None = None
    at: Moment | None = None
    scope: Annotated[str, msgspec.Meta(max_length=20)] | None = None
    until: Moment | None = None

    @property
    def money_name(self) -> tuple[str, str] | None:
        """What the ledger names the money by: provider and its reference, None where none is given."""
        return None if self.reference is None else (self.provider or "manual", self.reference)


class Advance(msgspec.Struct, frozen=True):
    """One request to move an order (by id or order number); `version` is what the caller saw."""

    order: str
    transition: str
    actor: Actor
    inputs: TransitionInputs = TransitionInputs()
    version: int | None = None
    once: Once | None = None
    origin: Origin = msgspec.field(default_factory=current)


class ChangeLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line that stays, with what changes in it."""

    line: Annotated[str, msgspec.Meta(max_length=36)]
    quantity: Quantity | None = None
    unit_price: Amount | None = None
    discount: Amount | None = None
    tax: Amount | None = None
    title: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    attributes: dict[str, Any] | None = None


class LineChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lines to add, to change and (by id) to remove."""

    add: Annotated[list[LineRequest], msgspec.Meta(max_length=500)] = []
    change: Annotated[list[ChangeLine], msgspec.Meta(max_length=500)] = []
    remove: Annotated[
        list[Annotated[str, msgspec.Meta(max_length=36)]], msgspec.Meta(max_length=500)
    ] = []


class WantedLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A line of the list that an order shall have: one that is there (id), or a new one (sku)."""

    id: Annotated[str, msgspec.Meta(max_length=36)] | None = None
    sku: Code | None = None
    quantity: Quantity | None = None
    unit_price: Amount | None = None
    discount: Amount | None = None
    tax: Amount | None = None
    title: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    attributes: dict[str, Any] | None = None
    from_: Moment | None = None
    until: Moment | None = None


class AmendOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change on an order; what is absent stays as it is."""

    customer: CustomerRequest | msgspec.UnsetType | None = msgspec.UNSET
    ship_to: AddressRequest | msgspec.UnsetType | None = msgspec.UNSET
    buyer_note: Note | msgspec.UnsetType = msgspec.UNSET
    seller_note: Note | msgspec.UnsetType = msgspec.UNSET
    priority: Short | msgspec.UnsetType = msgspec.UNSET
    tags: (
        Annotated[
            list[Annotated[str, msgspec.Meta(min_length=1, max_length=40)]],
            msgspec.Meta(max_length=50),
        ]
        | msgspec.UnsetType
    ) = msgspec.UNSET
    fields: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    lines: (
        LineChanges
        | Annotated[list[WantedLine], msgspec.Meta(min_length=1, max_length=500)]
        | msgspec.UnsetType
    ) = msgspec.UNSET
    discount: Amount | msgspec.UnsetType = msgspec.UNSET
    shipping_fee: Amount | msgspec.UnsetType = msgspec.UNSET


class Amend(msgspec.Struct, frozen=True):
    """One request to amend an order (by id or order number)."""

    order: str
    changes: AmendOrder
    actor: Actor
    version: int | None = None
    once: Once | None = None
    origin: Origin = msgspec.field(default_factory=current)
