"""Shops, kept in process while their epoch stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

from laidan.domain.channels.core import Shop, ShopRow
from laidan.domain.channels.models import Shop as ShopTable
from laidan.domain.channels.models import ShopLocation
from laidan.engine import bulk_sql, epochs, instants
from laidan.kernel.ids import Mint

EPOCH = "channels"


def _load(_: Iterable[str]) -> dict[str, Shop]:
    """Load all shops, by code and by id; "" stands for the only one, where there is one."""
    found = bulk_sql.rows(
        "SELECT id, code, currency, time_zone, default_type, order_prefix, price_list_id, "
        "review_from_minor, is_open FROM shop"
    )
    served: dict[str, list[str]] = {}
    for shop_id, location_id in bulk_sql.rows(
        "SELECT sl.shop_id, sl.location_id FROM shop_location sl "
        "JOIN location l ON l.id = sl.location_id WHERE l.is_active ORDER BY sl.rank, sl.id"
    ):
        served.setdefault(shop_id, []).append(location_id)
    shops = [
        Shop(
            id=id_,
            code=code,
            currency=currency,
            zone=ZoneInfo(zone),
            default_type=default_type,
            order_prefix=prefix,
            price_list_id=price_list_id,
            review_from_minor=review,
            is_open=bool(is_open),
            locations=tuple(served.get(id_, ())),
        )
        for id_, code, currency, zone, default_type, prefix, price_list_id, review, is_open in found
    ]
    loaded = {shop.code: shop for shop in shops} | {shop.id: shop for shop in shops}
    if len(shops) == 1:
        loaded[""] = shops[0]
    return loaded


_shops: epochs.Cached[str, Shop] = epochs.Cached(EPOCH, _load)


def load_shops(names: Iterable[str], at: epochs.Epochs) -> dict[str, Shop]:
    """Return shops by code or id; "" is the installation's only shop."""
    return _shops.get(names, at)


def peek_shops(names: Iterable[str]) -> tuple[int | None, dict[str, Shop]]:
    """Return an epoch and the shops as this process knew them then; no query, a guess."""
    return _shops.peek(names)


def load_shop_rows(codes: Iterable[str]) -> dict[str, ShopRow]:
    """Return shops as they are written, by code, locked."""
    where, values = bulk_sql.among("code", codes, "text")
    found = bulk_sql.rows(
        f"SELECT {', '.join(ShopRow._fields)} FROM shop WHERE {where} "
        f"ORDER BY id{bulk_sql.locking()}",
        values,
    )
    loaded = [ShopRow(*instants.aware(row)) for row in found]
    return {row.code: row._replace(is_open=bool(row.is_open)) for row in loaded}


def load_served(shop_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the locations of shops in their order of preference, inactive ones too."""
    where, values = bulk_sql.among("sl.shop_id", shop_ids)
    served: dict[str, tuple[str, ...]] = {}
    for shop_id, location_id in bulk_sql.rows(
        "SELECT sl.shop_id, sl.location_id FROM shop_location sl "
        f"WHERE {where} ORDER BY sl.rank, sl.id",
        values,
    ):
        served[shop_id] = (*served.get(shop_id, ()), location_id)
    return served


def write_shops(added: Sequence[ShopRow], changed: Sequence[ShopRow]) -> None:
    """Insert shops, and update others."""
    bulk_sql.insert_rows(ShopTable, ShopRow._fields, added)
    sets = [name for name in ShopRow._fields if name not in {"id", "code", "created_at"}]
    bulk_sql.update_rows(
        ShopTable,
        ("id",),
        sets,
        [(row.id, *(getattr(row, name) for name in sets)) for row in changed],
    )


def write_served(served: Mapping[str, Sequence[str]], mint: Mint) -> None:
    """Replace the locations of shops."""
    if not served:
        return
    where, values = bulk_sql.among("shop_id", served)
    bulk_sql.run(f"DELETE FROM shop_location WHERE {where}", values)
    # By the ORM, which quotes `rank`: MySQL 8 reserves the word.
    ShopLocation.objects.bulk_create(
        ShopLocation(id=mint.new(), shop_id=shop_id, location_id=location_id, rank=rank)
        for shop_id, locations in served.items()
        for rank, location_id in enumerate(locations)
    )
