"""Turns an accepted order into its rows, its event and its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from laidan.blueprints import decisions
from laidan.domain.fulfilment.core import Content, Part, Shipment, shipment_document
from laidan.domain.orders import documents
from laidan.domain.orders.rows import LineRow, OrderRow
from laidan.domain.orders.standing import standing_of
from laidan.domain.parties.core import Customer
from laidan.domain.payments.core import Entry, entry_document
from laidan.domain.stock.rows import Allocation
from laidan.engine import events
from laidan.engine.counters import order_counter
from laidan.engine.sealing import Keyring
from laidan.kernel import order_numbers
from laidan.kernel.ids import Mint
from laidan.usecases.answers import NO_CONTACT, Happening, OrderAnswer, event_payload
from laidan.usecases.beginnings import Progress, progress_of, sum_of
from laidan.usecases.drafts import Decision, Draft
from laidan.usecases.order_requests import PlaceOrder, Placing
from laidan.usecases.people import NO_INDEXES, Contacts, person_document

_encode = msgspec.json.Encoder().encode
_HASH_PLACE = OrderRow._fields.index("event_hash")
_NUMBER_DIGITS = 11


class _Contact(NamedTuple):
    """Who an order is for, sealed and indexed."""

    customer: Customer | None
    name: str
    text: bytes
    sealed: str | None
    phone_index: str
    last4_index: str


class Accepter:
    """Accepts drafts into a decision."""

    def __init__(  # noqa: PLR0913 - what was loaded, one by one
        self,
        decision: Decision,
        customers: dict[tuple[str, str], Customer],
        digests: Mapping[int, str],
        *,
        now: datetime,
        mint: Mint,
        keys: Keyring,
    ) -> None:
        self._decision = decision
        self._contacts = Contacts(customers, decision.customers, now=now, mint=mint, keys=keys)
        self._digests = digests
        self._now = now
        self._mint = mint
        self._keys = keys
        self._today: dict[ZoneInfo, date] = {}

    def accept(self, draft: Draft) -> OrderAnswer:
        """Return the answer to an order that is taken; its rows are in the decision then."""
        order = draft.request.order
        order_id = self._mint.new()
        progress = progress_of(draft, self._now)
        contact = self._contact(order, order_id)
        lines = self._lines(draft, order_id, progress)
        row = self._row(draft, order_id, progress, contact, lines)
        entries = self._entries(draft, row)
        tags = sorted(set(order.tags)) if order.tags else []
        attached = documents.NOTHING
        if entries or tags or row.units_shipped:
            attached = documents.Attached(
                tags=tags,
                payments=[entry_document(entry) for entry in entries],
                fulfilments=[self._shipment(draft.request, row, lines)]
                if row.units_shipped
                else [],
            )
        document = _encode(documents.document(row, lines, draft.shop.code, attached))
        self._keep(draft, row, lines, document)
        self._decision.entries += entries
        self._decision.tags += [(self._mint.new(), order_id, tag) for tag in tags]
        return OrderAnswer(
            order_id, row.order_no, 1, document, contact.text, draft.blueprint.key,
            standing_of(row), created=True,
        )  # fmt: skip

    def _keep(self, draft: Draft, row: OrderRow, lines: Sequence[LineRow], document: bytes) -> None:
        decision, mint, now = self._decision, self._mint, self._now
        request = draft.request
        told = Happening("order.placed", "place", "{}", request.actor.label, request.origin)
        event = events.chained(
            id=mint.new(),
            subject_id=row.id,
            subject_kind="order",
            seq=1,
            previous_hash=events.NO_HASH,
            type=told.type,
            at=now,
            actor=told.actor,
            payload=event_payload(told, None, row.state, document),
            sealed=row.contact_sealed,
        )
        decision.orders.append((*row[:_HASH_PLACE], event.hash, *row[_HASH_PLACE + 1 :]))
        decision.lines += lines
        decision.events.append(event)
        decision.counts.add(
            order_counter(row.shop_id, row.type, row.state, row.currency), 1, row.total_minor
        )
        for claim in draft.claims:
            demand, balance = claim.demand, claim.balance
            decision.allocations.append(
                Allocation(
                    mint.new(), row.id, lines[demand.line_no - 1].id, balance.id, balance.sku_id,
                    balance.location_id, claim.quantity, demand.per_unit, "reserved", now, now,
                )
            )  # fmt: skip

    # --- rows -------------------------------------------------------------------------------

    def _row(
        self,
        draft: Draft,
        order_id: str,
        progress: Progress,
        contact: _Contact,
        lines: Sequence[LineRow],
    ) -> OrderRow:
        request, shop = draft.request, draft.shop
        blueprint, amounts = draft.blueprint, draft.amounts
        order, history, now = request.order, request.history, self._now
        state = blueprint.states[progress.state]
        units = sum([line.quantity for line in lines])
        due, late_at = _clock(draft, progress)
        return OrderRow(
            id=order_id,
            order_no=self._number(draft),
            shop_id=shop.id,
            type=blueprint.code,
            type_version=blueprint.version,
            external_no=order.external_no,
            content_digest=self._digests.get(id(order), ""),
            state=state.code,
            category=state.category,
            state_since_at=progress.since,
            version=1,
            event_hash="",
            priority=order.priority,
            customer_id=contact.customer.id if contact.customer else None,
            customer_name=contact.name,
            contact_sealed=contact.sealed,
            phone_index=contact.phone_index,
            last4_index=contact.last4_index,
            **_place(order),
            currency=shop.currency,
            goods_minor=amounts.goods,
            discount_minor=amounts.discount,
            shipping_minor=amounts.shipping,
            tax_minor=amounts.tax,
            total_minor=amounts.total,
            captured_minor=sum_of(draft.captures),
            refunded_minor=sum_of(draft.refunds),
            units=units,
            units_shipped=units if progress.shipped_at else 0,
            units_delivered=units if progress.delivered_at else 0,
            line_count=len(lines),
            open_holds=0,
            deadline_at=due.at if due else None,
            deadline_name=due.transition if due else None,
            late_at=late_at,
            buyer_note=order.buyer_note,
            seller_note=order.seller_note,
            fields=_encode(order.fields).decode() if order.fields else "{}",
            flags=_encode(request.flags).decode() if request.flags else "[]",
            placed_at=draft.placed_at,
            paid_at=progress.paid_at,
            shipped_at=progress.shipped_at,
            delivered_at=progress.delivered_at,
            completed_at=progress.completed_at,
            cancelled_at=history.cancelled_at if history else None,
            cancel_reason=history.cancel_reason if history else None,
            created_at=now,
            updated_at=now,
        )

    def _number(self, draft: Draft) -> str:
        """Return a fresh order number; its date is the shop's own day."""
        placed_at, zone = draft.placed_at, draft.shop.zone
        day = self._today.get(zone) if placed_at is self._now else None
        if day is None:
            day = placed_at.astimezone(zone).date()
            if placed_at is self._now:
                self._today[zone] = day
        prefix = draft.shop.order_prefix or draft.blueprint.number_prefix
        return order_numbers.compose(prefix, day, self._mint.digits(_NUMBER_DIGITS))

    def _lines(self, draft: Draft, order_id: str, progress: Progress) -> list[LineRow]:
        new_id, shipped, delivered = self._mint.new, progress.shipped_at, progress.delivered_at
        return [
            LineRow(
                new_id(), order_id, number, line.sku.id, line.sku.code, line.sku.kind, line.title,
                line.quantity, line.sku.decimals, line.unit_price_micro, *amounts,
                line.quantity if shipped else 0, line.quantity if delivered else 0,
                line.starts, line.ends, line.attributes, draft.placed_at,
            )
            for number, (line, amounts) in enumerate(
                zip(draft.lines, draft.amounts.lines, strict=True), 1
            )
        ]  # fmt: skip

    def _entries(self, draft: Draft, row: OrderRow) -> list[Entry]:
        actor = draft.request.actor.label
        return [
            Entry(
                self._mint.new(), row.id, kind, provider, reference, amount, row.currency, "",
                actor, at,
            )
            for kind, rows in (("capture", draft.captures), ("refund", draft.refunds))
            for provider, reference, amount, at in rows
            if amount > 0
        ]  # fmt: skip

    def _shipment(
        self, request: Placing, row: OrderRow, lines: Sequence[LineRow]
    ) -> dict[str, Any]:
        """Note what was handed over before the order came here, or is granted at once."""
        history = request.history
        shipment = Shipment(
            self._mint.new(),
            row.id,
            history.courier if history else "",
            history.tracking_no if history else "",
            row.shipped_at or self._now,
            row.delivered_at,
            request.actor.label,
        )
        parts = [Part(self._mint.new(), shipment.id, line.id, line.shipped) for line in lines]
        self._decision.shipments.append(shipment)
        self._decision.parts += parts
        contents = {line.id: Content(line.sku_code, line.decimals) for line in lines}
        return shipment_document(shipment, parts, contents)

    # --- people -----------------------------------------------------------------------------

    def _contact(self, order: PlaceOrder, order_id: str) -> _Contact:
        person, address = order.customer, order.ship_to
        if person is None and address is None:
            return _Contact(None, "", NO_CONTACT, None, "", "")
        indexes = NO_INDEXES
        if person and person.phone:
            indexes = self._keys.phone_indexes(person.phone)
        customer = self._contacts.find_or_add(person, indexes) if person else None
        shown = person_document(person, customer) if person else None
        name = (shown["name"] if shown else "") or (address.name if address else "")
        if address and address.phone and not (person and address.phone == person.phone):
            indexes = self._keys.phone_indexes(address.phone)
        text = _encode({"customer": shown, "ship_to": address})
        sealed = self._keys.seal(text.decode(), order_id)
        return _Contact(customer, name, text, sealed, *indexes)


def _place(order: PlaceOrder) -> dict[str, Any]:
    """Return where an order goes, as coarsely as figures need it."""
    address = order.ship_to
    return {
        "ship_country": address.country if address else "",
        "ship_province": address.province if address else "",
    }


def _clock(draft: Draft, progress: Progress) -> tuple[decisions.Due | None, datetime | None]:
    """Return what the clock does next to the order, and when it counts as late."""
    blueprint, due, late_at = draft.blueprint, None, None
    if blueprint.states[progress.state].deadlines:
        instants = {
            "state": progress.since, "placed": draft.placed_at, "paid": progress.paid_at,
            "shipped": progress.shipped_at, "delivered": progress.delivered_at,
            "completed": progress.completed_at,
        }  # fmt: skip
        due = decisions.due(blueprint, progress.state, instants)
    if not progress.shipped_at:
        late_at = decisions.late_at(blueprint, progress.state, progress.since)
    return due, late_at
