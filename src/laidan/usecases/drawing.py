"""Draws an order up: its rows, its event and its document, as they will be if it is taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from laidan.blueprints import decisions
from laidan.domain.fulfilment.core import Content, Part, Shipment, shipment_document
from laidan.domain.orders import documents
from laidan.domain.orders.rows import LineRow, OrderRow
from laidan.domain.orders.standing import standing_of
from laidan.domain.payments.core import Entry, entry_document
from laidan.engine import events
from laidan.kernel import order_numbers
from laidan.kernel.ids import Mint
from laidan.usecases.answers import Happening, event_payload
from laidan.usecases.beginnings import Progress, progress_of, sum_of
from laidan.usecases.drafts import Draft, Paper
from laidan.usecases.order_requests import Placing

_encode = msgspec.json.Encoder().encode
_NUMBER_DIGITS = 11


class Drawer:
    """Draws drafts up, at one instant and with ids of one mint. Pure."""

    def __init__(self, *, now: datetime, mint: Mint) -> None:
        self._now = now
        self._mint = mint
        self._today: dict[ZoneInfo, date] = {}

    def draw(self, draft: Draft, digest: str) -> Paper:
        """Return what an order will be; `digest` is that of its content."""
        request, mint = draft.request, self._mint
        order_id = mint.new()
        progress = progress_of(draft, self._now)
        lines = self._lines(draft, order_id, progress)
        row = self._row(draft, (order_id, digest), progress, lines)
        entries = self._entries(draft, row) if draft.captures or draft.refunds else ()
        tags = sorted(set(request.order.tags)) if request.order.tags else ()
        shipment = self._shipment(request, row, lines) if row.units_shipped else None
        attached = documents.NOTHING
        if entries or tags or shipment:
            attached = documents.Attached(
                tags=tags,
                payments=[entry_document(entry) for entry in entries],
                fulfilments=[_shipment_document(*shipment, lines)] if shipment else [],
            )
        document = documents.document_text(row, lines, draft.shop.code, attached)
        told = Happening("order.placed", "place", "{}", request.actor.label, request.origin)
        event = events.chained(
            id=mint.new(),
            subject_id=order_id,
            subject_kind="order",
            seq=1,
            previous_hash=events.NO_HASH,
            type=told.type,
            at=self._now,
            actor=told.actor,
            payload=event_payload(told, None, row.state, document),
        )
        return Paper(row, lines, event, document, tags, entries, shipment, standing_of(row))

    def _row(
        self, draft: Draft, names: tuple[str, str], progress: Progress, lines: Sequence[LineRow],
    ) -> OrderRow:  # fmt: skip
        order_id, digest = names
        request, shop = draft.request, draft.shop
        blueprint, amounts = draft.blueprint, draft.amounts
        order, history, now = request.order, request.history, self._now
        address = order.ship_to
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
            content_digest=digest,
            state=state.code,
            category=state.category,
            state_since_at=progress.since,
            version=1,
            event_hash="",
            priority=order.priority,
            customer_id=None,
            customer_name="",
            contact_sealed=None,
            phone_index="",
            last4_index="",
            ship_country=address.country if address else "",
            ship_province=address.province if address else "",
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
    ) -> tuple[Shipment, list[Part]]:
        """Return what was handed over before the order came here, or is granted at once."""
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
        return shipment, [
            Part(self._mint.new(), shipment.id, line.id, line.shipped) for line in lines
        ]


def _shipment_document(
    shipment: Shipment, parts: Sequence[Part], lines: Sequence[LineRow]
) -> documents.Document:
    contents = {line.id: Content(line.sku_code, line.decimals) for line in lines}
    return shipment_document(shipment, parts, contents)


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
