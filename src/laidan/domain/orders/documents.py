"""An order as the document that every door shows: one shape for answers, events and exports."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from laidan.domain.orders import core
from laidan.domain.orders.rows import HoldRow, LineRow, OrderRow
from laidan.kernel.money import exponent, format_price, format_scaled
from laidan.kernel.quantity import format_quantity

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Attached:
    """What hangs on an order, already as documents."""

    tags: Sequence[str] = ()
    holds: Sequence[Document] = ()
    payments: Sequence[Document] = ()
    fulfilments: Sequence[Document] = ()
    returns: Sequence[Document] = ()
    refunds: Sequence[Document] = ()


NOTHING = Attached()
_NO_LINES = b'"lines":[]'
_ANY = datetime.min.replace(tzinfo=UTC)
_encode = msgspec.json.Encoder().encode


def document(
    order: OrderRow, lines: Sequence[LineRow], shop_code: str, attached: Attached = NOTHING
) -> Document:
    """Return an order's document without what identifies a person and without actions."""
    decimals = exponent(order.currency)
    own = sum([line.own_discount_minor for line in lines])
    listed = [line_document(line, order.currency, decimals) for line in lines]
    return _whole(order, own, listed, shop_code, attached)


def document_text(
    order: OrderRow, lines: Sequence[LineRow], shop_code: str, attached: Attached = NOTHING
) -> bytes:
    """Return an order's document as JSON, byte for byte what encoding `document` gives.

    Lines of one SKU, quantity and price differ in id and number alone: the rest is remembered.
    """
    own = sum([line.own_discount_minor for line in lines])
    # No text before it can hold these characters: quotes inside a text are escaped.
    head, mark, tail = _encode(_whole(order, own, [], shop_code, attached)).partition(_NO_LINES)
    listed = ",".join([_line_text(line, order.currency) for line in lines])
    return b"".join((head, mark[:-1], listed.encode(), b"]", tail))


def _line_text(line: LineRow, currency: str) -> str:
    return f'{{"id":"{line.id}","line_no":{line.line_no}{_line_rest(line[4:-1], currency)}'


@lru_cache(maxsize=16_384)
def _line_rest(facts: tuple[Any, ...], currency: str) -> str:
    """Return a line's text behind its number; `facts` are its columns from SKU to attributes."""
    line = LineRow._make(("", "", 0, "", *facts, _ANY))
    text = _encode(line_document(line, currency, exponent(currency))).decode()
    return text.removeprefix('{"id":"","line_no":0')


def _whole(
    order: OrderRow, own: int, lines: Sequence[Document], shop_code: str, attached: Attached
) -> Document:
    decimals = exponent(order.currency)
    kept = order.captured_minor - order.refunded_minor
    total = format_scaled(order.total_minor, decimals)
    shipping = format_scaled(order.shipping_minor, decimals)
    return {
        "id": order.id,
        "order_no": order.order_no,
        "type": order.type,
        "type_version": order.type_version,
        "shop": shop_code,
        "external_no": order.external_no,
        "state": order.state,
        "category": order.category,
        "status": core.public_status(order.category, order.units_shipped),
        "payment_status": core.payment_status(
            order.total_minor, order.captured_minor, order.refunded_minor, order.category
        ),
        "fulfilment_status": core.fulfilment_status(
            order.units, order.units_shipped, order.units_delivered, order.category
        ),
        "return_status": "none",
        "version": order.version,
        "priority": order.priority,
        "currency": order.currency,
        "total": total,
        "discount": format_scaled(order.discount_minor - own, decimals),
        "shipping_fee": shipping,
        "amounts": {
            "goods": format_scaled(order.goods_minor, decimals),
            "discount": format_scaled(order.discount_minor, decimals),
            "shipping": shipping,
            "tax": format_scaled(order.tax_minor, decimals),
            "total": total,
            "paid": format_scaled(kept, decimals),
            "captured": format_scaled(order.captured_minor, decimals),
            "refunded": format_scaled(order.refunded_minor, decimals),
            "due": format_scaled(
                core.due_minor(order.total_minor, order.captured_minor, order.category), decimals
            ),
        },
        "lines": lines,
        "buyer_note": order.buyer_note,
        "seller_note": order.seller_note,
        "tags": list(attached.tags),
        "fields": _opened(order.fields),
        "flags": _opened(order.flags),
        "holds": list(attached.holds),
        "payments": list(attached.payments),
        "fulfilments": list(attached.fulfilments),
        "returns": list(attached.returns),
        "refunds": list(attached.refunds),
        "cancel_reason": order.cancel_reason,
        **_instants(order),
    }


def _instants(order: OrderRow) -> Document:
    created = order.created_at.isoformat()
    return {
        "placed_at": created
        if order.placed_at is order.created_at
        else order.placed_at.isoformat(),
        "paid_at": iso(order.paid_at),
        "shipped_at": iso(order.shipped_at),
        "delivered_at": iso(order.delivered_at),
        "completed_at": iso(order.completed_at),
        "cancelled_at": iso(order.cancelled_at),
        "state_since_at": created
        if order.state_since_at is order.created_at
        else order.state_since_at.isoformat(),
        "deadline": {"at": order.deadline_at.isoformat(), "transition": order.deadline_name}
        if order.deadline_at
        else None,
        "late_at": iso(order.late_at),
        "created_at": created,
        "updated_at": created
        if order.updated_at is order.created_at
        else order.updated_at.isoformat(),
    }


def line_document(line: LineRow, currency: str, decimals: int) -> Document:
    """Return a line's document; `decimals` is the currency's exponent."""
    return {
        "id": line.id,
        "line_no": line.line_no,
        "sku": line.sku_code,
        "kind": line.kind,
        "title": line.title,
        "quantity": format_quantity(line.quantity, line.decimals),
        "unit_price": format_price(line.unit_price_micro, currency),
        "discount": format_scaled(line.own_discount_minor, decimals),
        "tax": format_scaled(line.tax_minor, decimals),
        "amounts": {
            "goods": format_scaled(line.goods_minor, decimals),
            "discount": format_scaled(line.discount_minor, decimals),
            "shipping": format_scaled(line.shipping_minor, decimals),
            "tax": format_scaled(line.tax_minor, decimals),
            "total": format_scaled(line.total_minor, decimals),
        },
        "shipped": format_quantity(line.shipped, line.decimals),
        "delivered": format_quantity(line.delivered, line.decimals),
        "attributes": _opened(line.attributes),
        "from": line.starts,
        "until": line.ends,
    }


def hold_document(hold: HoldRow) -> Document:
    """Return a hold's document."""
    return {
        "id": hold.id,
        "scope": hold.scope,
        "reason": hold.reason,
        "by": hold.placed_by,
        "at": hold.placed_at.isoformat(),
        "until": iso(hold.until_at),
    }


def iso(instant: datetime | None) -> str | None:
    """Return an instant as ISO 8601 text with offset."""
    return instant.isoformat() if instant is not None else None


def _opened(text: str) -> Any:
    return {} if text == "{}" else [] if text == "[]" else json.loads(text)


def contact_document(
    customer: Mapping[str, Any] | None, ship_to: Mapping[str, Any] | None
) -> Document:
    """Return the part of the document that identifies a person; it is kept sealed."""
    return {
        "customer": dict(customer) if customer else None,
        "ship_to": dict(ship_to) if ship_to else None,
    }
