"""Products and SKUs as people and programs read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Count, Min, Q

from laidan.domain.catalog.documents import product_document, sku_document
from laidan.domain.catalog.models import Barcode, BundleComponent, Product, Sku
from laidan.domain.catalog.rows import ProductRow, SkuRow
from laidan.engine import reading_sql
from laidan.kernel.money import format_price

Document = dict[str, Any]


def list_products(*, q: str | None, after: str | None, limit: int) -> list[Document]:
    """Return products with their SKUs by code, after a code; `q` begins the code or the name.

    A fixed number of queries, whatever the page.
    """
    ids = _product_ids(q, after, limit)
    products = Product.objects.filter(pk__in=ids).order_by("code")
    by_product: dict[str, list[tuple[SkuRow, Sequence[str], Sequence[tuple[SkuRow, int]]]]] = {}
    for sku, barcodes, components in _with_parts(Sku.objects.filter(product_id__in=ids)):
        by_product.setdefault(sku.product_id, []).append((sku, barcodes, components))
    return [
        product_document(_product_row(product), by_product.get(product.pk, []))
        for product in products
    ]


def survey_products(*, q: str | None, after: str | None, limit: int) -> list[Document]:
    """Return products as `list_products` does, with figures of their SKUs and the first of them.

    Four queries of a product's thousands of SKUs, of which none but the first is read.
    """
    ids = _product_ids(q, after, limit)
    figures = _sku_figures(ids)
    firsts = [one["first"] for one in figures.values()]
    first = {
        one["code"]: one
        for one in Sku.objects.filter(code__in=firsts).values(
            "code", "kind", "price_micro", "currency"
        )
    }
    nothing = {"first": "", "skus": 0, "sold": 0}
    return [
        {
            "id": product.pk, "code": product.code, "name": product.name,
            "sku_count": (found := figures.get(product.pk, nothing))["skus"],
            "is_retired": bool(found["skus"]) and not found["sold"],
            "first": _shown(first.get(found["first"])),
        }
        for product in Product.objects.filter(pk__in=ids).order_by("code")
    ]  # fmt: skip


def survey_product(code: str) -> Document | None:
    """Return a product by its code, with figures of its SKUs (two queries)."""
    product = Product.objects.filter(code=code).first()
    if product is None:
        return None
    found = _sku_figures([product.pk]).get(product.pk, {"skus": 0, "sold": 0})
    return {
        "id": product.pk, "code": product.code, "name": product.name, "sku_count": found["skus"],
        "is_retired": bool(found["skus"]) and not found["sold"],
    }  # fmt: skip


def list_skus(product_id: str, *, after: str | None, limit: int) -> list[Document]:
    """Return SKUs of a product by code, after a code (three queries)."""
    skus = Sku.objects.filter(product_id=product_id)
    if after is not None:
        skus = skus.filter(code__gt=after)
    return [sku_document(*one) for one in _with_parts(skus, limit)]


def _product_ids(q: str | None, after: str | None, limit: int) -> list[str]:
    parts: list[str] = []
    params: list[Any] = []
    if q:
        by_code, codes = reading_sql.starting_with("code", q)
        by_name, names = reading_sql.starting_with("name", q)
        parts.append(f"({by_code} OR {by_name})")
        params += [*codes, *names]
    if after is not None:
        parts.append("code > %s")
        params.append(after)
    where = f" WHERE {' AND '.join(parts)}" if parts else ""
    return reading_sql.ids(f"SELECT id FROM product{where} ORDER BY code LIMIT {limit}", params)


def _sku_figures(ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return by product how many SKUs it has, how many of them are sold, the first code."""
    found = Sku.objects.filter(product_id__in=ids).order_by().values("product_id")
    counted = found.annotate(
        first=Min("code"), skus=Count("id"), sold=Count("id", filter=Q(is_active=True))
    )
    return {one["product_id"]: {**one} for one in counted}


def _shown(sku: Mapping[str, Any] | None) -> Document | None:
    """Return what a list shows of a product's first SKU."""
    if sku is None:
        return None
    has_price = sku["price_micro"] is not None and sku["currency"] is not None
    price = format_price(sku["price_micro"], sku["currency"]) if has_price else None
    return {"code": sku["code"], "kind": sku["kind"], "price": price, "currency": sku["currency"]}


def find_product(code: str) -> Document | None:
    """Return a product by its code, with its SKUs."""
    product = Product.objects.filter(code=code).first()
    if product is None:
        return None
    skus = _with_parts(Sku.objects.filter(product=product))
    return product_document(_product_row(product), skus)


def find_sku(code: str) -> Document | None:
    """Return a SKU by its code, with the product that it belongs to."""
    skus = _with_parts(Sku.objects.filter(code=code))
    if not skus:
        return None
    product = Product.objects.get(pk=skus[0][0].product_id)
    return {**sku_document(*skus[0]), "product": {"code": product.code, "name": product.name}}


def _with_parts(
    skus: Any, limit: int | None = None
) -> list[tuple[SkuRow, Sequence[str], Sequence[tuple[SkuRow, int]]]]:
    """Return SKUs by code with their barcodes and components (three queries)."""
    found = list(skus.order_by("code")[:limit])
    ids = [sku.pk for sku in found]
    barcodes: dict[str, list[str]] = {}
    for barcode in Barcode.objects.filter(sku_id__in=ids).order_by("code"):
        barcodes.setdefault(barcode.sku_id, []).append(barcode.code)
    components: dict[str, list[tuple[SkuRow, int]]] = {}
    for part in BundleComponent.objects.filter(bundle_id__in=ids).select_related("sku"):
        row = (_sku_row(part.sku), part.quantity)
        components.setdefault(part.bundle_id, []).append(row)
    return [(_sku_row(sku), barcodes.get(sku.pk, ()), components.get(sku.pk, ())) for sku in found]


def _product_row(product: Product) -> ProductRow:
    return ProductRow(*(getattr(product, name) for name in ProductRow._fields))


def _sku_row(sku: Sku) -> SkuRow:
    values = {name: getattr(sku, name) for name in SkuRow._fields}
    # The row holds the column's text, which the field has opened.
    values["attributes"] = Sku._meta.get_field("attributes").get_prep_value(sku.attributes)
    return SkuRow(**values)
