"""What placing a batch knows, what it drafts, and what it decides: values without behaviour."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from laidan.blueprints.model import Blueprint
from laidan.domain.catalog.core import Sku
from laidan.domain.channels.core import Shop
from laidan.domain.fulfilment.core import Part, Shipment
from laidan.domain.orders import core as orders
from laidan.domain.orders.rows import LineRow, OrderRow
from laidan.domain.parties.core import Customer
from laidan.domain.payments.core import Entry
from laidan.domain.stock.core import Alert, Claim, Demand, Shelf
from laidan.domain.stock.rows import Allocation
from laidan.engine import events
from laidan.engine.counters import Counts
from laidan.kernel.outcome import Outcome
from laidan.usecases.answers import OrderAnswer
from laidan.usecases.order_lines import PricedLine
from laidan.usecases.order_requests import Placing
from laidan.usecases.people import Ahead

Entropy = Callable[[int], bytes]
Taken = tuple[str, str | None, int, datetime]
"""Money taken or given back before: provider, reference, minor units, instant."""


@dataclass(frozen=True, slots=True)
class Known:
    """What placing a batch needs to know.

    `digests` are by the identity of the order in its request: two requests of a batch may name one
    external number with two contents.
    """

    shops: Mapping[str, Shop]
    blueprints: Mapping[tuple[str, int], Blueprint]
    skus: Mapping[str, Sku]
    taken: Mapping[tuple[str, str], tuple[str, str, str]]
    digests: Mapping[int, str]
    first_documents: Mapping[str, str]
    references: set[tuple[str, str, str]]
    customers: dict[tuple[str, str], Customer]
    shelf: Shelf
    ready: Mapping[int, Draft] = field(default_factory=dict)
    """Drafts made before, by the identity of their request."""


@dataclass(slots=True)
class Decision:
    """Outcomes, and the rows that make them true."""

    shelf: Shelf
    outcomes: list[Outcome[OrderAnswer]] = field(default_factory=list)
    orders: list[tuple[Any, ...]] = field(default_factory=list)
    lines: list[LineRow] = field(default_factory=list)
    allocations: list[Allocation] = field(default_factory=list)
    customers: list[tuple[Any, ...]] = field(default_factory=list)
    tags: list[tuple[str, str, str]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    shipments: list[Shipment] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    events: list[events.NewEvent] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    alerts: list[Alert] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Paper:
    """All that an order will be if it is taken, but for its customer and its stock.

    `row` has neither a customer nor a contact nor its event's hash yet, `event` nothing sealed.
    """

    row: OrderRow
    lines: list[LineRow]
    event: events.NewEvent
    document: bytes
    tags: Sequence[str]
    entries: Sequence[Entry]
    shipment: tuple[Shipment, list[Part]] | None
    standing: orders.Standing


@dataclass(slots=True)
class Draft:
    """One order on its way through the decision; nothing of it is kept until it is accepted."""

    request: Placing
    shop: Shop
    blueprint: Blueprint
    lines: list[PricedLine]
    amounts: orders.Amounts
    placed_at: datetime
    captures: list[Taken] = field(default_factory=list)
    refunds: list[Taken] = field(default_factory=list)
    demands: list[Demand] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    paper: Paper | None = None
    contact: Ahead | None = None

    @property
    def reserves(self) -> bool:
        """Whether the order takes stock as it is placed: what is over and done takes none."""
        return self.request.history is None and "reserve" in self.blueprint.placing_effects
