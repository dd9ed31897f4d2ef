"""What the operation log is told of changes of the catalogue, prices, stock and customers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from laidan.domain.audit.core import Deed
from laidan.domain.catalog.rows import PriceListRow, PriceRow, SkuRow
from laidan.domain.parties.changes import CustomerRow
from laidan.engine.events import NewEvent
from laidan.engine.sealing import Keyring
from laidan.kernel.money import MICRO, format_scaled
from laidan.kernel.outcome import Done, Outcome
from laidan.usecases.catalogue import Catalogue
from laidan.usecases.movement_requests import MoveStock
from laidan.usecases.moving import MovementAnswer

Steps = Mapping[tuple[str, str, int], PriceRow]
_MOVED = {
    "receive": "stock.received", "adjust": "stock.adjusted", "count": "stock.counted",
    "transfer": "stock.transferred", "scrap": "stock.scrapped",
}  # fmt: skip
_OF_SKU = (
    "name", "kind", "unit", "decimals", "currency", "backorder", "safety", "weight_grams",
    "attributes", "is_active",
)  # fmt: skip
_decode: Callable[[str], dict[str, object]] = msgspec.json.Decoder(dict[str, object]).decode
_PRIVATE = ("name", "phone", "email")


def products(old: Catalogue, new: Catalogue, events: Sequence[NewEvent]) -> list[Deed]:
    """Return a deed for each product that a batch made or changed, with its SKUs' fields."""
    told = {event.subject_id: event for event in reversed(events)}
    known = {row.id: row for row in old.products.values()}
    deeds = []
    for row in new.products.values():
        event = told.get(row.id)
        if event is None:
            continue
        before = known.get(row.id)
        deeds.append(
            Deed(
                event.actor,
                event.type,
                "product",
                row.id,
                row.code,
                before={"name": before.name, **_skus(old, row.id)} if before else None,
                after={"name": row.name, **_skus(new, row.id)},
            )
        )
    return deeds


def _skus(catalogue: Catalogue, product_id: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for row in catalogue.skus.values():
        if row.product_id == product_id:
            found |= {f"{row.code}.{name}": value for name, value in _sku(catalogue, row).items()}
    return found


def _sku(catalogue: Catalogue, row: SkuRow) -> dict[str, object]:
    told: dict[str, object] = {name: getattr(row, name) for name in _OF_SKU}
    told["price"] = None if row.price_micro is None else _price(row.price_micro)
    told["barcodes"] = sorted(catalogue.barcodes_of(row.id))
    parts = catalogue.components.get(row.id, {})
    told["components"] = {
        catalogue.by_id[part].code if part in catalogue.by_id else part: quantity
        for part, quantity in parts.items()
    }
    return told


def prices(
    lists: tuple[Mapping[str, PriceListRow], Mapping[str, PriceListRow]],
    steps: tuple[Steps, Steps],
    skus: Mapping[str, SkuRow],
    actors: Mapping[str, str],
) -> list[Deed]:
    """Return a deed for each price list that a batch made or changed; pairs are before, after."""
    codes = {row.id: row.code for row in skus.values()}
    deeds = []
    for code, row in lists[1].items():
        old = lists[0].get(code)
        before, after = (_steps(one, row.id, codes) for one in steps)
        if old == row and before == after:
            continue
        deeds.append(
            Deed(
                actors.get(code, ""),
                "price-list.created" if old is None else "price-list.changed",
                "price-list",
                row.id,
                code,
                before=None if old is None else {**_list(old), **before},
                after={**_list(row), **after},
            )
        )
    return deeds


def _list(row: PriceListRow) -> dict[str, object]:
    return {name: value for name, value in row._asdict().items() if name != "id"}


def _steps(steps: Steps, list_id: str, codes: Mapping[str, str]) -> dict[str, object]:
    return {
        f"{codes.get(row.sku_id, row.sku_id)} ≥ {row.quantity_min}": _price(row.price_micro)
        for row in steps.values()
        if row.price_list_id == list_id
    }


def movements(
    batch: Sequence[MoveStock], outcomes: Sequence[Outcome[MovementAnswer]]
) -> list[Deed]:
    """Return a deed for each movement that was made."""
    deeds = []
    for request, outcome in zip(batch, outcomes, strict=True):
        if not isinstance(outcome, Done):
            continue
        wish = request.movement
        for moved in outcome.value.document["movements"]:
            told = {name: moved.get(name) for name in ("location", "bucket", "quantity")}
            deeds.append(
                Deed(
                    request.actor.label, _MOVED[wish.kind], "sku", "", wish.sku, reason=wish.reason,
                    after={name: value for name, value in told.items() if value != ""},
                )
            )  # fmt: skip
    return deeds


def customers(
    before: Mapping[str, CustomerRow],
    after: Mapping[str, CustomerRow],
    actors: Mapping[str | None, str],
    keys: Keyring,
) -> list[Deed]:
    """Return a deed for each customer (by id) that a batch made or changed; all of it private."""
    return [
        Deed(
            actors.get(row.ref, ""),
            "customer.changed" if id_ in before else "customer.created",
            "customer",
            id_,
            row.ref or "",
            before=_customer(before[id_], keys) if id_ in before else None,
            after=_customer(row, keys),
            private=_PRIVATE,
        )
        for id_, row in after.items()
        if row != before.get(id_)
    ]


def _customer(row: CustomerRow, keys: Keyring) -> dict[str, object]:
    told: dict[str, object] = {"name": row.name}
    if row.sealed:
        told |= _decode(keys.unseal(row.sealed, row.id))
    return told


def _price(micro: int) -> str:
    return format_scaled(micro, MICRO)
