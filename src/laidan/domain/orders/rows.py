"""The columns of orders and lines as values: written and read in this order."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class OrderRow(NamedTuple):
    """One row of sales_order; `fields` and `flags` are JSON texts."""

    id: str
    order_no: str
    shop_id: str
    type: str
    type_version: int
    external_no: str | None
    content_digest: str
    state: str
    category: str
    state_since_at: datetime
    version: int
    event_hash: str
    priority: str
    customer_id: str | None
    customer_name: str
    contact_sealed: str | None
    phone_index: str
    last4_index: str
    ship_country: str
    ship_province: str
    currency: str
    goods_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    captured_minor: int
    refunded_minor: int
    units: int
    units_shipped: int
    units_delivered: int
    line_count: int
    open_holds: int
    deadline_at: datetime | None
    deadline_name: str | None
    late_at: datetime | None
    buyer_note: str
    seller_note: str
    fields: str
    flags: str
    placed_at: datetime
    paid_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    created_at: datetime
    updated_at: datetime


class LineRow(NamedTuple):
    """One row of order_line; `attributes` is a JSON text."""

    id: str
    order_id: str
    line_no: int
    sku_id: str
    sku_code: str
    kind: str
    title: str
    quantity: int
    decimals: int
    unit_price_micro: int
    goods_minor: int
    own_discount_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    shipped: int
    delivered: int
    starts: str | None
    ends: str | None
    attributes: str
    placed_at: datetime


class HoldRow(NamedTuple):
    """One row of hold."""

    id: str
    order_id: str
    scope: str
    reason: str
    placed_by: str
    placed_at: datetime
    until_at: datetime | None
    released_by: str | None = None
    released_at: datetime | None = None
