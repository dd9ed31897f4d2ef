"""Shipments as values and documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from laidan.kernel.quantity import format_quantity


class Shipment(NamedTuple):
    """One row of shipment."""

    id: str
    order_id: str
    courier: str
    tracking_no: str
    shipped_at: datetime
    delivered_at: datetime | None
    actor: str


class Part(NamedTuple):
    """One row of shipment_line: how much of an order line is in a shipment."""

    id: str
    shipment_id: str
    line_id: str
    quantity: int


class Content(NamedTuple):
    """What a document says of an order line: SKU code and decimals."""

    sku_code: str
    decimals: int


def shipment_document(
    shipment: Shipment, parts: Sequence[Part], lines: Mapping[str, Content]
) -> dict[str, Any]:
    """Return a shipment as a document; `lines` are the order's, by id."""
    return {
        "id": shipment.id,
        "courier": shipment.courier,
        "tracking_no": shipment.tracking_no,
        "shipped_at": shipment.shipped_at.isoformat(),
        "delivered_at": shipment.delivered_at.isoformat() if shipment.delivered_at else None,
        "lines": [
            {
                "line_id": part.line_id,
                "sku": lines[part.line_id].sku_code,
                "quantity": format_quantity(part.quantity, lines[part.line_id].decimals),
            }
            for part in parts
        ],
    }
