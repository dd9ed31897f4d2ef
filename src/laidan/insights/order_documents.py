"""Orders as they stand now, with all that hangs on them: one page, a fixed number of queries."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from laidan.domain.channels import store as channels
from laidan.domain.channels.core import Shop
from laidan.domain.fulfilment import store as fulfilment
from laidan.domain.fulfilment.core import Content, shipment_document
from laidan.domain.orders import documents
from laidan.domain.orders import store as orders
from laidan.domain.orders.core import Standing
from laidan.domain.orders.documents import Document
from laidan.domain.orders.rows import OrderRow
from laidan.domain.orders.standing import standing_of
from laidan.domain.payments import store as payments
from laidan.domain.payments.core import entry_document
from laidan.domain.payments.refunds import OWED, refund_document
from laidan.engine import epochs
from laidan.engine.sealing import SealError, keyring, masked_phone
from laidan.kernel.actor import Place
from laidan.kernel.ids import parse_id

log = logging.getLogger("laidan.insights")
_MASKS = ("phone", "email", "address")
NO_CONTACT: Mapping[str, Any] = {"customer": None, "ship_to": None}


@dataclass(frozen=True, slots=True)
class ShownOrder:
    """An order to show: its document, whom it concerns, and what decides about its actions."""

    row: OrderRow
    document: Document
    contact: Mapping[str, Any]
    standing: Standing

    @property
    def place(self) -> Place:
        """Where the order stands, as far as that decides who may see it."""
        return place_of(self.row, self.document["shop"])

    @property
    def type_key(self) -> tuple[str, int]:
        """The blueprint that the order keeps."""
        return self.row.type, self.row.type_version


def place_of(row: OrderRow, shop: str) -> Place:
    """Return where an order of a shop stands."""
    return Place(shop, row.category, row.state)


def find_order_id(name: str) -> str | None:
    """Return the id of an order that is named by id or by order number."""
    order_id = parse_id(name)
    if order_id is not None:
        return order_id
    return orders.find_order_ids([name.strip().upper()]).get(name.strip().upper())


def load_shown(order_ids: Sequence[str], *, now: datetime) -> list[ShownOrder]:
    """Return those of the orders that exist, in the order asked for."""
    if not order_ids:
        return []
    rows = orders.load_orders(order_ids, lock=False)
    shops = channels.load_shops({row.shop_id for row in rows.values()}, epochs.read())
    attached = _Attached(list(rows.values()))
    return [
        attached.shown(rows[order_id], shops[rows[order_id].shop_id], now)
        for order_id in order_ids
        if order_id in rows
    ]


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """An order as lists show it: without payments, parcels, returns and what may be done."""

    row: OrderRow
    document: Document
    contact: Mapping[str, Any]


UNLISTED = ("payments", "fulfilments", "returns", "refunds")
"""What a document has that a list leaves out: old orders' rows of these lie all over the disk."""


def load_listed(order_ids: Sequence[str]) -> list[ListedOrder]:
    """Return those of the orders that exist as lists show them, in the order asked for."""
    if not order_ids:
        return []
    rows = orders.load_orders(order_ids, lock=False)
    shops = channels.load_shops({row.shop_id for row in rows.values()}, epochs.read())
    lines, tags = orders.load_lines(rows), orders.load_tags(rows)
    holds = orders.load_holds([row.id for row in rows.values() if row.open_holds])
    listed = []
    for row in (rows[order_id] for order_id in order_ids if order_id in rows):
        attached = documents.Attached(
            tags=tags.get(row.id, []),
            holds=[documents.hold_document(hold) for hold in holds.get(row.id, [])],
        )
        whole = documents.document(row, lines.get(row.id, []), shops[row.shop_id].code, attached)
        document = {name: value for name, value in whole.items() if name not in UNLISTED}
        listed.append(ListedOrder(row, document, _contact(row)))
    return listed


class _Attached:
    """What hangs on some orders, by order."""

    def __init__(self, rows: Sequence[OrderRow]) -> None:
        ids = [row.id for row in rows]
        paid = [row.id for row in rows if row.captured_minor]
        self.lines = orders.load_lines(ids)
        self.tags = orders.load_tags(ids)
        # What an order's own columns say is not there, is not looked for.
        self.holds = orders.load_holds([row.id for row in rows if row.open_holds])
        self.entries = payments.load_entries(paid)
        self.refunds = payments.load_refunds(paid)
        self.shipments = fulfilment.load_shipments([row.id for row in rows if row.units_shipped])

    def shown(self, row: OrderRow, shop: Shop, now: datetime) -> ShownOrder:
        """Return one order."""
        lines = self.lines.get(row.id, [])
        holds, refunds = self.holds.get(row.id, []), self.refunds.get(row.id, [])
        contents = {line.id: Content(line.sku_code, line.decimals) for line in lines}
        document = documents.document(
            row,
            lines,
            shop.code,
            documents.Attached(
                tags=self.tags.get(row.id, []),
                holds=[documents.hold_document(hold) for hold in holds],
                payments=[entry_document(entry) for entry in self.entries.get(row.id, [])],
                fulfilments=[
                    shipment_document(shipment, parts, contents)
                    for shipment, parts in self.shipments.get(row.id, [])
                ],
                refunds=[refund_document(refund) for refund in refunds],
            ),
        )
        standing = standing_of(
            row,
            holds,
            refund_open=any(one.state in OWED for one in refunds),
            review_from=shop.review_from_minor,
            now=now,
        )
        return ShownOrder(row, document, _contact(row), standing)


def _contact(row: OrderRow) -> Mapping[str, Any]:
    if row.contact_sealed is None:
        return NO_CONTACT
    try:
        contact: dict[str, Any] = json.loads(keyring().unseal(row.contact_sealed, row.id))
    except SealError as error:
        # The order can still be worked on, though its contact cannot be read.
        log.warning("the contact of order %s cannot be read: %s", row.id, error)
        return NO_CONTACT
    return contact


def masked(contact: Mapping[str, Any], names: Collection[str] = _MASKS) -> dict[str, Any]:
    """Return a contact with phone, email or address masked: to be recognised, not reached."""
    customer, ship_to = contact.get("customer"), contact.get("ship_to")
    return {
        "customer": customer and {**customer, **_hidden(customer, names)},
        "ship_to": ship_to and {**ship_to, **_hidden(ship_to, names)},
    }


def _hidden(person: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if "phone" in names:
        shown["phone"] = masked_phone(person.get("phone") or "")
    for mask, field in (("email", "email"), ("address", "street")):
        if mask in names and person.get(field):
            shown[field] = "***"
    return shown
