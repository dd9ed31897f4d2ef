"""Products that shall go: what they consist of, deleted or retired in sets."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from laidan.domain.catalog.models import Product, Sku
from laidan.engine import bulk_sql


class Removable(NamedTuple):
    """A product and its SKUs."""

    id: str
    code: str
    sku_ids: tuple[str, ...]


def load_products(codes: Collection[str]) -> dict[str, Removable]:
    """Return products with their SKUs by code, both locked in key order (two queries)."""
    where, values = bulk_sql.among("code", codes, "text")
    found = bulk_sql.rows(
        f"SELECT id, code FROM product WHERE {where} ORDER BY id{bulk_sql.locking()}", values
    )
    ids, id_values = bulk_sql.among("product_id", [row[0] for row in found])
    skus: dict[str, tuple[str, ...]] = {}
    for sku_id, product_id in bulk_sql.rows(
        f"SELECT id, product_id FROM sku WHERE {ids} ORDER BY id{bulk_sql.locking()}", id_values
    ):
        skus[str(product_id)] = (*skus.get(str(product_id), ()), str(sku_id))
    return {code: Removable(str(id_), code, skus.get(str(id_), ())) for id_, code in found}


def find_parts(sku_ids: Collection[str]) -> set[str]:
    """Return those SKUs that bundles of other products hold."""
    where, values = bulk_sql.among("c.sku_id", sku_ids)
    found = bulk_sql.rows(
        "SELECT DISTINCT c.sku_id FROM bundle_component c JOIN sku b ON b.id = c.bundle_id "
        f"JOIN sku s ON s.id = c.sku_id WHERE {where} AND s.product_id <> b.product_id",
        values,
    )
    return {str(row[0]) for row in found}


def delete_products(ids: Collection[str]) -> None:
    """Delete products, their SKUs, barcodes, components and prices."""
    if not ids:
        return
    # Bundles first: a component is held by the bundle that names it.
    Sku.objects.filter(product__in=set(ids), kind="bundle").delete()
    Sku.objects.filter(product__in=set(ids)).delete()
    Product.objects.filter(pk__in=set(ids)).delete()


def write_retired(sku_ids: Collection[str], *, now: datetime) -> None:
    """Sell SKUs no longer."""
    rows = [(sku_id, False, now) for sku_id in sorted(sku_ids)]
    bulk_sql.update_rows(Sku, ("id",), ("is_active", "updated_at"), rows)
