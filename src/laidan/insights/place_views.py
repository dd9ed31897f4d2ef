"""Shops and locations as people set them up."""

from __future__ import annotations

from typing import NamedTuple

from laidan.domain.channels.models import ShopLocation
from laidan.engine import reading_sql
from laidan.kernel.money import format_minor


class ShopCard(NamedTuple):
    """A shop; `locations` are codes in order of preference."""

    id: str
    code: str
    name: str
    channel: str
    currency: str
    time_zone: str
    default_type: str
    order_prefix: str
    price_list: str
    review_from: str
    is_open: bool
    has_orders: bool
    locations: tuple[str, ...]


class LocationCard(NamedTuple):
    """A location and the shops that it serves."""

    id: str
    code: str
    name: str
    is_active: bool
    shops: tuple[str, ...]


def list_shops() -> list[ShopCard]:
    """Return the shops by code (two queries)."""
    served: dict[str, tuple[str, ...]] = {}
    # By the ORM, which quotes `rank`: MySQL 8 reserves the word.
    ranked = ShopLocation.objects.order_by("shop_id", "rank", "pk")
    for shop_id, code in ranked.values_list("shop_id", "location__code"):
        served[str(shop_id)] = (*served.get(str(shop_id), ()), code)
    rows = reading_sql.rows(
        "SELECT s.id, s.code, s.name, s.channel, s.currency, s.time_zone, s.default_type, "
        "s.order_prefix, COALESCE(p.code, ''), s.review_from_minor, s.is_open, "
        "EXISTS (SELECT 1 FROM sales_order o WHERE o.shop_id = s.id) "
        "FROM shop s LEFT JOIN price_list p ON p.id = s.price_list_id ORDER BY s.code"
    )
    return [
        ShopCard._make([
            str(row[0]), *row[1:9],
            format_minor(row[9], row[4]) if row[9] is not None else "",
            bool(row[10]), bool(row[11]), served.get(str(row[0]), ()),
        ])
        for row in rows
    ]  # fmt: skip


def list_locations() -> list[LocationCard]:
    """Return the locations by code (two queries)."""
    served: dict[str, tuple[str, ...]] = {}
    for location_id, name in reading_sql.rows(
        "SELECT sl.location_id, s.name FROM shop_location sl JOIN shop s ON s.id = sl.shop_id "
        "ORDER BY s.code"
    ):
        served[str(location_id)] = (*served.get(str(location_id), ()), name)
    rows = reading_sql.rows("SELECT id, code, name, is_active FROM location ORDER BY code")
    return [
        LocationCard(str(row[0]), row[1], row[2], bool(row[3]), served.get(str(row[0]), ()))
        for row in rows
    ]
