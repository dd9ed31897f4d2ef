"""Everything of one kind, page by page, as records of a file, as far as somebody may read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from laidan.domain.catalog.models import Sku
from laidan.domain.orders.selecting import Position
from laidan.domain.parties.models import Customer
from laidan.engine.sealing import SealError, keyring
from laidan.insights import masking
from laidan.insights.customer_views import addresses_of, load_customers
from laidan.insights.order_conditions import OrderFilter
from laidan.insights.order_documents import ShownOrder, load_shown, masked
from laidan.insights.order_list import find_page
from laidan.insights.stock_list import StockFilter, list_stock
from laidan.kernel.actor import Actor
from laidan.kernel.money import format_price
from laidan.kernel.quantity import format_quantity

PAGE = 200
_SORT = "placed_at"
Record = dict[str, Any]


def order_pages(wanted: OrderFilter, *, now: datetime) -> Iterator[list[ShownOrder]]:
    """Yield the orders that a filter leaves, in the order of placing, as they stand then."""
    position = None
    while True:
        page = find_page(wanted, sort=_SORT, limit=PAGE, position=position, now=now)
        shown = load_shown(page.ids, now=now)
        if shown:
            yield shown
        if not page.has_more or not shown:
            return
        last = shown[-1].row
        position = Position(last.placed_at, last.id)


def chosen_pages(
    order_ids: Sequence[str], actor: Actor, *, now: datetime
) -> Iterator[list[ShownOrder]]:
    """Yield orders that were chosen one by one, as far as an actor may take them out."""
    for start in range(0, len(order_ids), PAGE):
        shown = load_shown(order_ids[start : start + PAGE], now=now)
        yield [one for one in shown if actor.at(one.place).may("orders.export")]


def readable(shown: ShownOrder, actor: Actor) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return an order's document and contact as far as an actor may read them."""
    here = actor.at(shown.place)
    document = masking.document_for(shown.document, here)
    return document, masking.contact_for(shown.contact, here)


def product_pages(actor: Actor) -> Iterator[list[Record]]:
    """Yield the SKUs by code, each with its product."""
    last = ""
    while True:
        found = list(
            Sku.objects.filter(code__gt=last)
            .select_related("product")
            .prefetch_related("components__sku", "barcodes")
            .order_by("code")[:PAGE]
        )
        if not found:
            return
        last = found[-1].code
        yield [_product(sku, hides="price" in actor.masks) for sku in found]


def _product(sku: Sku, *, hides: bool) -> Record:
    parts = [
        {"sku": one.sku.code, "quantity": format_quantity(one.quantity, one.sku.decimals)}
        for one in sku.components.all()
    ]
    code = sku.barcodes.all()[:1]
    price = None
    if not hides and sku.price_micro is not None and sku.currency is not None:
        price = format_price(sku.price_micro, sku.currency)
    return {
        "product.code": sku.product.code, "product.name": sku.product.name, "code": sku.code,
        "name": sku.name, "barcode": code[0].code if code else "", "price": price or "",
        "currency": sku.currency or "" if price else "", "unit": sku.unit,
        "decimals": str(sku.decimals), "kind": sku.kind,
        "backorder": "true" if sku.backorder else "false",
        "safety": str(format_quantity(sku.safety, sku.decimals)),
        "weight_grams": "" if sku.weight_grams is None else str(sku.weight_grams),
        "components": json.dumps(parts, ensure_ascii=False) if parts else "",
    }  # fmt: skip


def stock_pages(actor: Actor) -> Iterator[list[Record]]:
    """Yield what is on hand, by SKU, location and bucket, where an actor may see it."""
    wanted, after = StockFilter(locations=actor.locations()), None
    while found := list_stock(wanted, after=after, limit=PAGE):
        after = (found[-1].sku, found[-1].location, found[-1].bucket)
        yield [
            {
                "sku": one.sku, "location": one.location, "bucket": one.bucket,
                "quantity": str(format_quantity(one.on_hand, one.decimals)),
            }
            for one in found
        ]  # fmt: skip


def customer_pages(actor: Actor) -> Iterator[list[Record]]:
    """Yield the customers that an actor may see, with their newest address."""
    hidden, last, sight = masking.hidden(actor), "", actor.sight("customers.export")
    while True:
        found = Customer.objects.filter(merged_into=None).order_by("pk")
        page = list((found.filter(pk__gt=last) if last else found)[:PAGE])
        if not page:
            return
        last = page[-1].pk
        seen = load_customers([one.pk for one in page], sight)
        yield [_customer(one, hidden) for one in page if one.pk in seen]


def _customer(customer: Customer, hidden: frozenset[str]) -> Record:
    address = next(iter(addresses_of(customer.pk, limit=1)), {})
    contact = {**_unsealed(customer), "name": customer.name}
    shown = masked({"customer": contact, "ship_to": address or None}, hidden)
    record = {"ref": customer.ref or ""}
    record |= {name: str((shown["customer"] or {}).get(name) or "")
               for name in ("name", "phone", "email")}  # fmt: skip
    return record | {
        f"address.{name}": str(value or "") for name, value in (shown["ship_to"] or {}).items()
    }


def _unsealed(customer: Customer) -> dict[str, Any]:
    if customer.sealed is None:
        return {}
    try:
        found: dict[str, Any] = json.loads(keyring().unseal(customer.sealed, customer.pk))
    except SealError:
        return {}
    return found
