"""What a caller asks when it places orders; the field names are the public contract's."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from laidan.engine.idempotency import Once
from laidan.engine.origin import Origin, current
from laidan.kernel.actor import Actor

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
Short = Annotated[str, msgspec.Meta(max_length=40)]
Name = Annotated[str, msgspec.Meta(max_length=120)]
Long = Annotated[str, msgspec.Meta(max_length=300)]
Note = Annotated[str, msgspec.Meta(max_length=2000)]
Amount = Annotated[str, msgspec.Meta(max_length=40, examples=["128.50"])]
Moment = Annotated[str, msgspec.Meta(max_length=40, examples=["2026-11-22T10:00:00+08:00"])]
Quantity = int | float | Annotated[str, msgspec.Meta(max_length=40)]


class CustomerRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who orders; found again by ref, else by phone, else by e-mail."""

    ref: Annotated[str, msgspec.Meta(max_length=80)] | None = None
    name: Name = ""
    phone: Short = ""
    email: Annotated[str, msgspec.Meta(max_length=200)] = ""


class AddressRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the goods go."""

    name: Name = ""
    phone: Short = ""
    country: Annotated[str, msgspec.Meta(max_length=60)] = ""
    province: Name = ""
    city: Name = ""
    district: Name = ""
    street: Long = ""
    postcode: Annotated[str, msgspec.Meta(max_length=20)] = ""


class LineRequest(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}
):
    """One SKU and how much of it; `unit_price` defaults to the price list's."""

    sku: Code
    quantity: Quantity = 1
    unit_price: Amount | None = None
    discount: Amount = "0"
    tax: Amount = "0"
    title: Annotated[str, msgspec.Meta(max_length=200)] = ""
    attributes: dict[str, Any] = {}
    from_: Moment | None = None
    until: Moment | None = None


class PaidRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Money that a channel has already taken."""

    provider: Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
    amount: Amount
    reference: Annotated[str, msgspec.Meta(max_length=120)] | None = None
    at: Moment | None = None


class PlaceOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order as a channel hands it in."""

    lines: Annotated[list[LineRequest], msgspec.Meta(min_length=1, max_length=500)]
    type: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    shop: Short = ""
    external_no: Annotated[str, msgspec.Meta(min_length=1, max_length=80)] | None = None
    placed_at: Moment | None = None
    currency: Annotated[str, msgspec.Meta(max_length=3)] | None = None
    priority: Short = "normal"
    customer: CustomerRequest | None = None
    ship_to: AddressRequest | None = None
    discount: Amount = "0"
    shipping_fee: Amount = "0"
    paid: PaidRequest | None = None
    buyer_note: Note = ""
    seller_note: Note = ""
    tags: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=40)]], msgspec.Meta(max_length=50)
    ] = []
    fields: dict[str, Any] = {}


class Money(msgspec.Struct, frozen=True):
    """Money of an order's history: provider, amount, reference, instant."""

    provider: str
    amount: str
    reference: str | None
    at: datetime


class History(msgspec.Struct, frozen=True):
    """Where an imported order already stands; it is taken over without touching stock."""

    state: str
    captures: list[Money] = []
    refunds: list[Money] = []
    paid_at: datetime | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    completed_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    courier: str = ""
    tracking_no: str = ""


class Placing(msgspec.Struct, frozen=True):
    """One request of a batch: the order, who places it, under which key.

    Neighbours with the same `link` share one fate. `flags` are discrepancies found. `prepared` is
    what `preparing` has worked out ahead; it changes nothing but who does that work.
    """

    order: PlaceOrder
    actor: Actor
    once: Once | None = None
    link: str | None = None
    history: History | None = None
    flags: list[dict[str, Any]] = []
    prepared: Any = None
    # Who decides may be another thread, so the request carries from where it came.
    origin: Origin = msgspec.field(default_factory=current)
