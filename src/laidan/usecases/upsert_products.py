"""Upserts products with their SKUs: set-based, and silent where nothing differs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from laidan.domain.audit.store import record
from laidan.domain.catalog import changes as catalog
from laidan.domain.catalog import store as catalog_store
from laidan.domain.catalog.rows import SkuRow
from laidan.domain.orders import usage
from laidan.domain.stock import core as stock_core
from laidan.domain.stock import terms as stock
from laidan.domain.stock.store import write_alerts
from laidan.engine import epochs, events, unit
from laidan.kernel.ids import Mint
from laidan.kernel.money import NotAnAmountError
from laidan.kernel.outcome import Outcome
from laidan.kernel.quantity import parse_quantity
from laidan.usecases import needing, telling_log, upserting
from laidan.usecases.catalogue import Catalogue, Decision, Known, ProductAnswer
from laidan.usecases.product_requests import SkuRequest, UpsertProduct
from laidan.usecases.sku_terms import given

BATCH_MAX = 1000
Entropy = Callable[[int], bytes]


@needing.needs("catalog.edit")
def upsert_products(
    batch: Sequence[UpsertProduct], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[ProductAnswer]]:
    """Make or change each product and the SKUs named; one outcome per request, in the order given.

    Locks: the products, their SKUs, the balances of SKUs whose backorder or safety changes.
    Refuses: invalid-product, unknown-sku (of a component), sku-taken, sku-in-use, barcode-taken,
    sku-oversold. Events: product.created, product.changed; none where nothing differs.
    """
    if len(batch) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} products")
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def decide(known: Known, batch: Sequence[UpsertProduct], *, now: datetime, mint: Mint) -> Decision:
    """Decide each request in turn, each seeing what the earlier ones made; see `upserting`."""
    return upserting.Decider(known, now=now, mint=mint).run(batch)


@needing.by_system("an import looks before it writes; writing asks")
def preview_products(
    batch: Sequence[UpsertProduct], *, now: datetime, assumed: Catalogue
) -> tuple[list[Outcome[ProductAnswer]], Catalogue]:
    """Decide each request as `upsert_products` would, and keep nothing.

    `assumed` is the catalogue that earlier previews have made; the one after this is returned.
    """

    def work() -> Decision:
        known = _load(batch)
        known = replace(known, catalogue=known.catalogue.overlaid(assumed))
        return decide(known, batch, now=now, mint=Mint(now, os.urandom))

    decision = unit.run_once(work)
    return decision.outcomes, decision.catalogue


def _attempt(
    batch: Sequence[UpsertProduct], *, now: datetime, entropy: Entropy
) -> list[Outcome[ProductAnswer]]:
    mint = Mint(now, entropy)
    known = _load(batch)
    decision = decide(known, batch, now=now, mint=mint)
    _write(known, decision, now=now, mint=mint)
    return decision.outcomes


def _load(batch: Sequence[UpsertProduct]) -> Known:
    """Read what the whole batch needs: a fixed number of queries, balances locked last.

    Barcodes come before SKUs, SKUs before products: whoever sees what a rival has just made sees
    what it belongs to as well.
    """
    wishes = [wish for request in batch for wish in request.product.skus]
    parts = {part.sku for wish in wishes for part in given(wish.components, [])}
    barcodes = _load_wished_barcodes(wishes)
    skus = catalog.load_skus({wish.code for wish in wishes} | parts)
    products = catalog.load_products({request.product.code for request in batch})
    named = [(skus[wish.code], wish) for wish in wishes if wish.code in skus]
    recounted = {row.id for row, wish in named if _recounts(row, wish)}
    bundles = {row.id for row, _ in named if row.kind == "bundle"}
    components = catalog.load_components(bundles, recounted) if bundles or recounted else {}
    kept = _ids(components[bundle] for bundle in bundles if bundle in components)
    missing = kept - {row.id for row in skus.values()}
    if missing:
        skus |= catalog.load_parts(missing)
    if named:
        barcodes |= catalog.load_barcodes(set(), {row.id for row, _ in named})
    retermed = {row.id for row, wish in named if _changes_terms(row, wish)}
    return Known(
        catalogue=Catalogue(products, skus, components, barcodes),
        counted=frozenset(_load_counted(recounted)) if recounted else frozenset(),
        balances=stock.load_balances_of(retermed) if retermed else {},
        heads=events.load_heads({row.id for row in products.values()}) if products else {},
    )


def _ids(groups: Iterable[Iterable[str]]) -> set[str]:
    return {item for group in groups for item in group}


def _recounts(row: SkuRow, wish: SkuRequest) -> bool:
    return (given(wish.kind, row.kind), given(wish.decimals, row.decimals)) != (
        row.kind, row.decimals,
    )  # fmt: skip


def _changes_terms(row: SkuRow, wish: SkuRequest) -> bool:
    """Say whether a wish may change what the SKU's balances repeat."""
    if given(wish.backorder, row.backorder) != row.backorder:
        return True
    try:
        decimals = given(wish.decimals, row.decimals)
        return parse_quantity(given(wish.safety, "?"), decimals) != row.safety
    except NotAnAmountError:
        return False


def _load_wished_barcodes(wishes: Sequence[SkuRequest]) -> dict[str, str]:
    codes = _ids(given(wish.barcodes, []) for wish in wishes)
    codes |= {code for wish in wishes if (code := given(wish.barcode, None))}
    return catalog.load_barcodes(codes, set()) if codes else {}


def _load_counted(sku_ids: set[str]) -> set[str]:
    """Return the SKUs in whose kind and decimals something is counted already."""
    return usage.find_ordered(sku_ids) | stock.find_stocked(sku_ids) | catalog.find_stepped(sku_ids)


def _write(known: Known, decision: Decision, *, now: datetime, mint: Mint) -> None:
    """Write what differs from what was read."""
    if not decision.events:
        return
    old, new = known.catalogue, decision.catalogue
    catalog.write_products(
        [row for code, row in new.products.items() if code not in old.products],
        [row for code, row in new.products.items() if row != old.products.get(code, row)],
    )
    catalog.write_skus(
        [row for code, row in new.skus.items() if code not in old.skus],
        [row for code, row in new.skus.items() if row != old.skus.get(code, row)],
    )
    catalog.write_components(
        {
            bundle: parts
            for bundle, parts in new.components.items()
            if parts != old.components.get(bundle, {})
        },
        mint,
    )
    catalog.write_barcodes(
        [code for code, owner in old.barcodes.items() if new.barcodes.get(code) != owner],
        [
            (code, owner)
            for code, owner in sorted(new.barcodes.items())
            if old.barcodes.get(code) != owner
        ],
    )
    balances = [balance for group in known.balances.values() for balance in group]
    stock.write_terms(balances)
    write_alerts(stock_core.alerts_of_changed(balances, mint.new), now)
    events.write_events(decision.events)
    epochs.bump(catalog_store.EPOCH)
    record(telling_log.products(old, new, decision.events), now=now, mint=mint)
