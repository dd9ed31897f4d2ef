"""Products as JSON documents, the same wherever they are shown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from laidan.domain.catalog.rows import ProductRow, SkuRow
from laidan.kernel import money
from laidan.kernel.quantity import format_quantity

Parts = Sequence[tuple[SkuRow, int]]


def product_document(
    product: ProductRow, skus: Iterable[tuple[SkuRow, Sequence[str], Parts]]
) -> dict[str, Any]:
    """Return a product with SKUs, given with their barcodes and components."""
    return {
        "id": product.id,
        "code": product.code,
        "name": product.name,
        "updated_at": product.updated_at.isoformat(),
        "skus": [sku_document(*sku) for sku in skus],
    }


def sku_document(sku: SkuRow, barcodes: Sequence[str], parts: Parts) -> dict[str, Any]:
    """Return a SKU; what cannot be said of its kind is null or empty."""
    price = None
    if sku.price_micro is not None and sku.currency is not None:
        price = money.format_price(sku.price_micro, sku.currency)
    return {
        "id": sku.id,
        "code": sku.code,
        "name": sku.name,
        "kind": sku.kind,
        "barcode": barcodes[0] if barcodes else None,
        "barcodes": list(barcodes),
        "price": price,
        "currency": sku.currency,
        "unit": sku.unit,
        "decimals": sku.decimals,
        "backorder": sku.backorder,
        "safety": format_quantity(sku.safety, sku.decimals),
        "weight_grams": sku.weight_grams,
        "components": [
            {"sku": part.code, "quantity": format_quantity(quantity, part.decimals)}
            for part, quantity in sorted(parts, key=lambda pair: pair[0].code)
        ],
        "attributes": json.loads(sku.attributes),
        "active": sku.is_active,
        "updated_at": sku.updated_at.isoformat(),
    }
