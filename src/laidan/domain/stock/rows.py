"""Rows of stock as values: written and read in this order."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Allocation(NamedTuple):
    """One row of allocation: a line's claim on a balance."""

    id: str
    order_id: str
    line_id: str
    balance_id: str
    sku_id: str
    location_id: str
    quantity: int
    per_unit: int
    state: str
    created_at: datetime
    updated_at: datetime


class Movement(NamedTuple):
    """One row of movement: a change of what is on hand."""

    id: str
    balance_id: str
    sku_id: str
    location_id: str
    bucket: str
    kind: str
    delta: int
    reason: str
    reference: str
    order_id: str | None
    actor: str
    at: datetime
