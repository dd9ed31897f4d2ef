"""Products, SKUs, bundles, barcodes and price lists as they are changed: in sets, locked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from laidan.domain.catalog.models import Barcode, BundleComponent, Price, PriceList, Product, Sku
from laidan.domain.catalog.rows import PriceListRow, PriceRow, ProductRow, SkuRow
from laidan.engine import bulk_sql, instants
from laidan.kernel.ids import Mint

Components = dict[str, dict[str, int]]
"""Quantities by bundle and component."""


def load_products(codes: Iterable[str]) -> dict[str, ProductRow]:
    """Return products by code, locked in key order."""
    where, values = bulk_sql.among("code", codes, "text")
    found = bulk_sql.rows(
        f"SELECT {', '.join(ProductRow._fields)} FROM product WHERE {where} "
        f"ORDER BY id{bulk_sql.locking()}",
        values,
    )
    return {row[1]: ProductRow(*instants.aware(row)) for row in found}


def load_skus(codes: Iterable[str]) -> dict[str, SkuRow]:
    """Return SKUs by code, locked in key order."""
    return _load_skus(*bulk_sql.among("code", codes, "text"))


def load_parts(sku_ids: Iterable[str]) -> dict[str, SkuRow]:
    """Return SKUs by code, found by id, locked in key order."""
    return _load_skus(*bulk_sql.among("id", sku_ids))


def _load_skus(where: str, values: Sequence[object]) -> dict[str, SkuRow]:
    found = bulk_sql.rows(
        f"SELECT {', '.join(SkuRow._fields)} FROM sku WHERE {where} "
        f"ORDER BY id{bulk_sql.locking()}",
        values,
    )
    loaded = [SkuRow(*instants.aware(row)) for row in found]
    return {
        row.code: row._replace(backorder=bool(row.backorder), is_active=bool(row.is_active))
        for row in loaded
    }


def load_components(bundle_ids: Collection[str], part_ids: Collection[str]) -> Components:
    """Return what bundles hold, and which bundles hold certain SKUs."""
    bundles, bundle_values = bulk_sql.among("bundle_id", bundle_ids)
    parts, part_values = bulk_sql.among("sku_id", part_ids)
    loaded: Components = {}
    for bundle_id, sku_id, quantity in bulk_sql.rows(
        f"SELECT bundle_id, sku_id, quantity FROM bundle_component WHERE {bundles} OR {parts}",
        [*bundle_values, *part_values],
    ):
        loaded.setdefault(bundle_id, {})[sku_id] = quantity
    return loaded


def load_barcodes(codes: Collection[str], sku_ids: Collection[str]) -> dict[str, str]:
    """Return the SKUs of barcodes, and the barcodes of SKUs: SKU by code."""
    wanted, values = bulk_sql.among("code", codes, "text")
    owners, owner_values = bulk_sql.among("sku_id", sku_ids)
    return dict(
        bulk_sql.rows(
            f"SELECT code, sku_id FROM barcode WHERE {wanted} OR {owners}",
            [*values, *owner_values],
        )
    )


def find_stepped(sku_ids: Collection[str]) -> set[str]:
    """Return those SKUs that have prices from a quantity upwards."""
    where, values = bulk_sql.among("sku_id", sku_ids)
    found = bulk_sql.rows(
        f"SELECT DISTINCT sku_id FROM price WHERE {where} AND quantity_min > 0", values
    )
    return {row[0] for row in found}


# --- writing --------------------------------------------------------------------------------


def write_products(added: Sequence[ProductRow], changed: Sequence[ProductRow]) -> None:
    """Insert products, and update others."""
    bulk_sql.insert_rows(Product, ProductRow._fields, added)
    bulk_sql.update_rows(
        Product,
        ("id",),
        ("name", "updated_at"),
        [(row.id, row.name, row.updated_at) for row in changed],
    )


def write_skus(added: Sequence[SkuRow], changed: Sequence[SkuRow]) -> None:
    """Insert SKUs, and update others."""
    bulk_sql.insert_rows(Sku, SkuRow._fields, added)
    sets = [name for name in SkuRow._fields if name not in {"id", "product_id", "code"}]
    bulk_sql.update_rows(
        Sku, ("id",), sets, [(row.id, *(getattr(row, name) for name in sets)) for row in changed]
    )


def write_components(components: Components, mint: Mint) -> None:
    """Replace what bundles hold; an empty one holds nothing any more."""
    if not components:
        return
    where, values = bulk_sql.among("bundle_id", components)
    bulk_sql.run(f"DELETE FROM bundle_component WHERE {where}", values)
    bulk_sql.insert_rows(
        BundleComponent,
        ("id", "bundle_id", "sku_id", "quantity"),
        [
            (mint.new(), bundle_id, sku_id, quantity)
            for bundle_id, parts in components.items()
            for sku_id, quantity in parts.items()
        ],
    )


def write_barcodes(released: Collection[str], claimed: Sequence[tuple[str, str]]) -> None:
    """Take barcodes away, then give (code, SKU)."""
    if released:
        where, values = bulk_sql.among("code", released, "text")
        bulk_sql.run(f"DELETE FROM barcode WHERE {where}", values)
    bulk_sql.insert_rows(Barcode, ("code", "sku_id"), claimed)


# --- price lists ----------------------------------------------------------------------------


def load_price_lists(codes: Iterable[str], *, lock: bool = False) -> dict[str, PriceListRow]:
    """Return price lists by code."""
    where, values = bulk_sql.among("code", codes, "text")
    found = bulk_sql.rows(
        f"SELECT {', '.join(PriceListRow._fields)} FROM price_list WHERE {where} "
        f"ORDER BY id{bulk_sql.locking() if lock else ''}",
        values,
    )
    rows = [PriceListRow(*instants.aware(row)) for row in found]
    return {row.code: row._replace(in_force=bool(row.in_force)) for row in rows}


def load_prices(
    list_ids: Iterable[str], sku_ids: Iterable[str]
) -> dict[tuple[str, str, int], PriceRow]:
    """Return the steps of SKUs on lists by (list, SKU, quantity from)."""
    lists, list_values = bulk_sql.among("price_list_id", list_ids)
    skus, sku_values = bulk_sql.among("sku_id", sku_ids)
    found = bulk_sql.rows(
        f"SELECT {', '.join(PriceRow._fields)} FROM price WHERE {lists} AND {skus}",
        [*list_values, *sku_values],
    )
    return {(row[1], row[2], row[3]): PriceRow(*row) for row in found}


def write_price_lists(added: Sequence[PriceListRow], changed: Sequence[PriceListRow]) -> None:
    """Insert price lists, and change others; a list keeps its code and currency."""
    bulk_sql.insert_rows(PriceList, PriceListRow._fields, added)
    sets = ("name", "valid_from", "valid_until", "in_force")
    values = [(row.id, *(getattr(row, name) for name in sets)) for row in changed]
    bulk_sql.update_rows(PriceList, ("id",), sets, values)


def load_turning(now: datetime) -> list[PriceListRow]:
    """Return the price lists that are in force though their time is over, or the other way round.

    Locked in key order.
    """
    at = bulk_sql.instant(now)
    found = bulk_sql.rows(
        f"SELECT {', '.join(PriceListRow._fields)} FROM price_list "
        "WHERE in_force <> ((valid_from IS NULL OR valid_from <= %s) "
        "AND (valid_until IS NULL OR valid_until > %s)) "
        f"ORDER BY id{bulk_sql.locking()}",
        [at, at],
    )
    return [PriceListRow(*instants.aware(row)) for row in found]


def write_prices(
    added: Sequence[PriceRow], changed: Sequence[PriceRow], removed: Sequence[PriceRow]
) -> None:
    """Insert steps, change the price of others, and take others away."""
    if removed:
        where, values = bulk_sql.among("id", [row.id for row in removed])
        bulk_sql.run(f"DELETE FROM price WHERE {where}", values)
    bulk_sql.insert_rows(Price, PriceRow._fields, added)
    bulk_sql.update_rows(
        Price, ("id",), ("price_micro",), [(row.id, row.price_micro) for row in changed]
    )
