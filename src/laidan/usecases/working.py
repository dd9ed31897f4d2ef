"""Orders that a batch changes: loaded with all that hangs on them, written back at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from laidan.blueprints import library
from laidan.blueprints.model import Blueprint
from laidan.domain.channels import store as channels
from laidan.domain.channels.core import Shop
from laidan.domain.fulfilment import store as fulfilment
from laidan.domain.fulfilment.core import Content, Part, Shipment, shipment_document
from laidan.domain.orders import documents
from laidan.domain.orders import store as orders
from laidan.domain.orders.core import LIVING, Standing
from laidan.domain.orders.rows import HoldRow, LineRow, OrderRow
from laidan.domain.orders.standing import standing_of
from laidan.domain.parties import store as parties
from laidan.domain.payments import store as payments
from laidan.domain.payments.core import Entry, entry_document
from laidan.domain.payments.refunds import OWED, Refund, refund_document
from laidan.domain.stock import core as stock_core
from laidan.domain.stock import store as stock
from laidan.domain.stock.core import Shelf
from laidan.domain.stock.rows import Allocation, Movement
from laidan.engine import bulk_sql, counters, epochs, events
from laidan.engine.counters import Counts, order_counter
from laidan.kernel.actor import SEE_ORDERS, Actor, Place
from laidan.kernel.ids import Mint, parse_id

T = TypeVar("T")
_ORDER_CHANGES = tuple(
    name
    for name in OrderRow._fields
    if name
    not in ("id", "order_no", "shop_id", "type", "type_version", "external_no", "content_digest",
            "placed_at", "created_at", "currency")
)  # fmt: skip
_LINE_CHANGES = (
    "title", "quantity", "unit_price_micro", "goods_minor", "own_discount_minor",
    "discount_minor", "shipping_minor", "tax_minor", "total_minor", "shipped", "delivered",
    "attributes",
)  # fmt: skip


@dataclass(slots=True)
class Work:
    """One order while a batch changes it; each request sees what the earlier ones left."""

    row: OrderRow
    loaded: OrderRow
    shop: Shop
    blueprint: Blueprint
    lines: list[LineRow]
    loaded_lines: Mapping[str, LineRow]
    allocations: list[Allocation]
    holds: list[HoldRow]
    tags: list[str]
    entries: list[Entry]
    refunds: list[Refund]
    shipments: fulfilment.Shipped

    def standing(self, now: datetime) -> Standing:
        """Return where the order stands."""
        return standing_of(
            self.row,
            self.holds,
            refund_open=any(one.state in OWED for one in self.refunds),
            review_from=self.shop.review_from_minor,
            now=now,
        )

    def seen_by(self, actor: Actor) -> Actor | None:
        """Return the actor with the rights that he has here, None where he sees no such order."""
        if not actor.grants:
            return actor
        here = actor.at(Place(self.shop.code, self.row.category, self.row.state))
        return here if here.may(SEE_ORDERS) else None

    def document(self) -> documents.Document:
        """Return the order's document as it stands now."""
        contents = {line.id: Content(line.sku_code, line.decimals) for line in self.lines}
        attached = documents.Attached(
            tags=self.tags,
            holds=[documents.hold_document(hold) for hold in self.holds],
            payments=[entry_document(entry) for entry in self.entries],
            fulfilments=[shipment_document(s, parts, contents) for s, parts in self.shipments],
            refunds=[refund_document(refund) for refund in self.refunds],
        )
        return documents.document(self.row, self.lines, self.shop.code, attached)


@dataclass(slots=True)
class Changes:
    """The rows that a batch adds and changes beside the orders themselves."""

    shelf: Shelf
    works: Mapping[str, Work]
    events: list[events.NewEvent] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    refunds_added: dict[str, Refund] = field(default_factory=dict)
    refunds_changed: dict[str, Refund] = field(default_factory=dict)
    shipments: list[Shipment] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    delivered: dict[str, Shipment] = field(default_factory=dict)
    allocations_added: dict[str, Allocation] = field(default_factory=dict)
    allocations_changed: dict[str, Allocation] = field(default_factory=dict)
    movements: list[Movement] = field(default_factory=list)
    holds_added: dict[str, HoldRow] = field(default_factory=dict)
    holds_released: list[HoldRow] = field(default_factory=list)
    lines_removed: list[str] = field(default_factory=list)
    customers: list[tuple[Any, ...]] = field(default_factory=list)

    def beginning(self) -> Changes:
        """Return the changes of one request: merged when it is accepted, else dropped."""
        return Changes(self.shelf, self.works)

    def set_allocation(self, allocation: Allocation) -> None:
        """Note an allocation's new state or quantity."""
        self.allocations_changed[allocation.id] = allocation

    def merge(self, other: Changes) -> None:
        """Take over what a request changed; rows added by this batch are written once, as last."""
        self.events += other.events
        self.entries += other.entries
        self.shipments += other.shipments
        self.parts += other.parts
        self.movements += other.movements
        self.holds_released += other.holds_released
        self.lines_removed += other.lines_removed
        self.customers += other.customers
        self.delivered |= other.delivered
        self.holds_added |= other.holds_added
        self.allocations_added |= other.allocations_added
        _overwrite(self.allocations_added, self.allocations_changed, other.allocations_changed)
        self.refunds_added |= other.refunds_added
        _overwrite(self.refunds_added, self.refunds_changed, other.refunds_changed)


def _overwrite(added: dict[str, T], changed: dict[str, T], newer: dict[str, T]) -> None:
    for id_, row in newer.items():
        (added if id_ in added else changed)[id_] = row


def load_works(names: Collection[str], at: epochs.Epochs) -> tuple[dict[str, Work], dict[str, str]]:
    """Lock orders given by id or number; return works by id, and ids by the names given."""
    ids = {name: found for name in names if (found := parse_id(name))}
    numbers = [name for name in names if name not in ids]
    found_ids: dict[str, str] = {**ids}
    if numbers:
        found_ids |= orders.find_order_ids(numbers)
    rows = orders.load_orders(set(found_ids.values()), lock=True)
    keys = list(rows)
    shops = channels.load_shops({row.shop_id for row in rows.values()}, at)
    blueprints = library.load_blueprints({(r.type, r.type_version) for r in rows.values()}, at)
    lines = orders.load_lines(keys)
    allocations = stock.load_open_allocations(keys)
    holds = orders.load_holds(keys)
    tags = orders.load_tags(keys)
    entries = payments.load_entries(keys)
    refunds = payments.load_refunds(keys)
    shipments = fulfilment.load_shipments(keys)
    works = {
        key: Work(
            row=row,
            loaded=row,
            shop=shops[row.shop_id],
            blueprint=blueprints[row.type, row.type_version],
            lines=lines.get(key, []),
            loaded_lines={line.id: line for line in lines.get(key, [])},
            allocations=allocations.get(key, []),
            holds=holds.get(key, []),
            tags=tags.get(key, []),
            entries=entries.get(key, []),
            refunds=refunds.get(key, []),
            shipments=shipments.get(key, []),
        )
        for key, row in rows.items()
    }
    return works, {name: id_ for name, id_ in found_ids.items() if id_ in works}


def write_changes(changes: Changes, now: datetime, mint: Mint) -> None:
    """Write what a batch did: balances, orders and lines, what hangs on them, events, totals."""
    with bulk_sql.pipelined():
        stock.write_balances(changes.shelf)
        stock.write_alerts(stock_core.alerts_of(changes.shelf, mint.new), now)
        stock.write_allocations(list(changes.allocations_added.values()))
        stock.write_allocation_changes(list(changes.allocations_changed.values()))
        stock.write_movements(changes.movements)
        parties.write_customers(changes.customers)
        _write_orders(changes)
        orders.write_holds(list(changes.holds_added.values()), changes.holds_released)
        payments.write_entries(changes.entries)
        payments.write_refunds(
            list(changes.refunds_added.values()), list(changes.refunds_changed.values())
        )
        fulfilment.write_shipments(changes.shipments, changes.parts)
        fulfilment.write_deliveries(list(changes.delivered.values()))
        events.write_events(changes.events)
        _write_counts(changes)


def _write_orders(changes: Changes) -> None:
    changed = [work for work in changes.works.values() if work.row is not work.loaded]
    orders.write_order_changes(
        _ORDER_CHANGES,
        [
            (work.row.id, work.loaded.version, *[getattr(work.row, n) for n in _ORDER_CHANGES])
            for work in changed
        ],
    )
    lines = [line for work in changed for line in work.lines]
    before = {id_: line for work in changed for id_, line in work.loaded_lines.items()}
    orders.write_lines([line for line in lines if line.id not in before])
    orders.write_line_changes(
        _LINE_CHANGES,
        [
            (line.id, *[getattr(line, name) for name in _LINE_CHANGES])
            for line in lines
            if line.id in before and line != before[line.id]
        ],
    )
    orders.delete_lines(changes.lines_removed)


def _write_counts(changes: Changes) -> None:
    counts = Counts()
    for work in changes.works.values():
        old, new = work.loaded, work.row
        if (old.state, old.total_minor) != (new.state, new.total_minor):
            counts.add(
                order_counter(old.shop_id, old.type, old.state, old.currency), -1, -old.total_minor
            )
            counts.add(
                order_counter(new.shop_id, new.type, new.state, new.currency), 1, new.total_minor
            )
    counters.add(counts)


def is_living(work: Work) -> bool:
    """Say whether an order is not done yet."""
    return work.row.category in LIVING
