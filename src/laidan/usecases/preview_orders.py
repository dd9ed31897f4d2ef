"""Previews the placing of orders: the outcomes it would have, with nothing kept."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from laidan.blueprints import library
from laidan.domain.catalog.core import Sku
from laidan.domain.channels.core import Shop
from laidan.engine import epochs, unit
from laidan.engine.sealing import keyring
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Outcome
from laidan.usecases import known_orders, needing, place_orders
from laidan.usecases.answers import OrderAnswer
from laidan.usecases.drafts import Known
from laidan.usecases.order_requests import Placing


@dataclass(frozen=True, slots=True)
class Assumed:
    """What is taken to exist, by code, because it would be made first."""

    skus: Mapping[str, Sku] = field(default_factory=dict)
    shops: Mapping[str, Shop] = field(default_factory=dict)


@needing.needs("orders.place", reaches=place_orders.reaches)
def preview_orders(
    batch: Sequence[Placing], *, now: datetime, assumed: Assumed
) -> list[Outcome[OrderAnswer]]:
    """Decide each order as `place_orders` would, in the order given, and write nothing.

    Locks and refuses as `place_orders` does.
    """
    keys = keyring()

    def work() -> list[Outcome[OrderAnswer]]:
        known = _with_assumed(known_orders.load_known(batch, keys), batch, assumed)
        mint = Mint(now, os.urandom)
        return place_orders.decide(known, batch, now=now, mint=mint, keys=keys).outcomes

    return unit.run_once(work)


def _with_assumed(known: Known, batch: Sequence[Placing], assumed: Assumed) -> Known:
    shops = {**assumed.shops, **known.shops}
    types = {
        (request.order.type or shop.default_type, 0)
        for request in batch
        if (shop := shops.get(request.order.shop))
    }
    return replace(
        known,
        skus={**assumed.skus, **known.skus},
        shops=shops,
        blueprints=library.load_blueprints(types, epochs.read()),
    )
