"""Prepares an order before its batch begins: what needs neither the database nor other orders.

While one batch waits for the database, whoever takes the next requests in can price and draw them
up. A prepared order is decided like any other; only the work is done already.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from laidan.blueprints import library
from laidan.domain.catalog import store as catalog
from laidan.domain.channels import store as channels
from laidan.engine import epochs
from laidan.engine.sealing import keyring
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases.answers import OrderAnswer
from laidan.usecases.drafts import Draft
from laidan.usecases.drawing import Drawer
from laidan.usecases.order_requests import Placing
from laidan.usecases.people import drawn_ahead
from laidan.usecases.pricing import Reference, draft_of
from laidan.usecases.repeated_orders import content_digest

_MINT_SERVES = timedelta(milliseconds=50)
_STAYS_SHORT = timedelta(seconds=1)
_SHORT_MAX = 10_000


class Prepared(NamedTuple):
    """An order drawn up under the epochs of catalogue, shops and order types."""

    draft: Draft
    digest: str
    under: tuple[int | None, int | None, int | None]

    def stands(self, at: epochs.Epochs) -> bool:
        """Say whether what it was drawn from still holds."""
        return self.under == tuple(
            at.get(name, 0) for name in (catalog.EPOCH, channels.EPOCH, library.EPOCH)
        )


class Preparer:
    """Prepares the orders that one thread places."""

    def __init__(self) -> None:
        self._mint: Mint | None = None
        self._made_at = datetime.min.replace(tzinfo=UTC)
        self._short: dict[str, datetime] = {}

    def note_short(self, outcomes: Iterable[Outcome[OrderAnswer]], *, now: datetime) -> None:
        """Remember what has run out: orders for it are likely refused, and not drawn up."""
        refused = [one for one in outcomes if isinstance(one, Refused) and "shortages" in one.extra]
        if len(self._short) > _SHORT_MAX:
            self._short.clear()
        for one in refused:
            shortages: Any = one.extra["shortages"]
            self._short |= dict.fromkeys([short["sku"] for short in shortages], now)

    def prepare(self, request: Placing, *, now: datetime) -> Placing:
        """Return the request with its order drawn up, or as it was where that cannot be."""
        order = request.order
        codes = {line.sku for line in order.lines}
        if self._short and self._has_run_out(codes, now):
            return request
        of_shops, shops = channels.peek_shops((order.shop,))
        shop = shops.get(order.shop)
        if shop is None:
            return request
        of_types, blueprints = library.peek_blueprints(((order.type or shop.default_type, 0),))
        of_skus, skus = catalog.peek_skus(codes)
        if not blueprints or len(skus) != len(codes):
            return request
        draft = draft_of(request, shop, Reference(skus, blueprints), now)
        if isinstance(draft, Refused):
            return request
        digest = content_digest(order) if order.external_no is not None else ""
        mint = self._mint_of(now)
        draft.paper = Drawer(now=now, mint=mint).draw(draft, digest)
        draft.contact = drawn_ahead(order, draft.paper.row.id, now=now, mint=mint, keys=keyring())
        prepared = Prepared(draft, digest, (of_skus, of_shops, of_types))
        return msgspec.structs.replace(request, prepared=prepared)

    def _has_run_out(self, codes: Iterable[str], now: datetime) -> bool:
        oldest = now - _STAYS_SHORT
        return any(self._short.get(code, oldest) > oldest for code in codes)

    def _mint_of(self, now: datetime) -> Mint:
        """Return a mint of about this instant: it serves a while, as it makes ids by hundreds."""
        if self._mint is None or now - self._made_at > _MINT_SERVES:
            self._mint, self._made_at = Mint(now, os.urandom), now
        return self._mint
