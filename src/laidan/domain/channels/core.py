"""A shop as the rest of the program sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, eq=False)
class Shop:
    """A shop's settings; `locations` come in its order of preference."""

    id: str
    code: str
    currency: str
    zone: ZoneInfo
    default_type: str
    order_prefix: str
    price_list_id: str | None
    review_from_minor: int | None
    is_open: bool
    locations: tuple[str, ...]


class ShopRow(NamedTuple):
    """One row of shop."""

    id: str
    code: str
    name: str
    channel: str
    currency: str
    time_zone: str
    default_type: str
    order_prefix: str
    price_list_id: str | None
    review_from_minor: int | None
    is_open: bool
    created_at: datetime
