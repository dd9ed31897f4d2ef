"""Removes products: deletes what nothing speaks of, retires the rest."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.catalog import removal
from laidan.domain.catalog.store import EPOCH
from laidan.domain.orders import usage
from laidan.domain.stock import terms as stock
from laidan.engine import epochs, unit
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.needing import needs

Entropy = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class RemoveProduct:
    """A product that shall go, by code."""

    code: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class RemovedProduct:
    """What became of a product: deleted, or only retired because something speaks of it."""

    code: str
    deleted: bool


@needs("catalog.edit")
def remove_products(
    batch: Sequence[RemoveProduct], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[RemovedProduct]]:
    """Remove each product; one outcome per request, in the order given.

    One whose SKUs were ordered, stocked or put into bundles is retired: it is not sold any more
    and stays where it is named. Locks: the products, their SKUs. Refuses: unknown-product.
    """
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def _attempt(
    batch: Sequence[RemoveProduct], *, now: datetime, entropy: Entropy
) -> list[Outcome[RemovedProduct]]:
    products = removal.load_products({request.code for request in batch})
    skus = {sku_id for one in products.values() for sku_id in one.sku_ids}
    used = usage.find_ordered(skus) | stock.find_stocked(skus) | removal.find_parts(skus)
    outcomes: list[Outcome[RemovedProduct]] = []
    deeds: dict[str, Deed] = {}
    for request in batch:
        one = products.get(request.code)
        if one is None:
            outcomes.append(Refused("unknown-product", "There is no such product.", 404))
            continue
        deleted = not used.intersection(one.sku_ids)
        action = "product.deleted" if deleted else "product.retired"
        deeds[one.id] = Deed(request.actor.label, action, "product", one.id, one.code)
        outcomes.append(Done(RemovedProduct(one.code, deleted)))
    gone = [one for one in products.values() if not used.intersection(one.sku_ids)]
    removal.delete_products([one.id for one in gone])
    kept = {sku_id for one in products.values() if one not in gone for sku_id in one.sku_ids}
    removal.write_retired(kept, now=now)
    if products:
        epochs.bump(EPOCH)
    record(list(deeds.values()), now=now, mint=Mint(now, entropy))
    return outcomes
