"""Moves stock: receives, adjusts, counts, transfers and scraps, each movement once."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import msgspec

from laidan.domain.audit.store import record
from laidan.domain.catalog import changes as catalog
from laidan.domain.stock import core as stock_core
from laidan.domain.stock import store as stock
from laidan.domain.stock.locations import load_locations
from laidan.engine import idempotency, unit
from laidan.engine.idempotency import Codec
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Outcome
from laidan.usecases import moving, needing, telling_log
from laidan.usecases.movement_requests import MoveStock
from laidan.usecases.moving import Decision, Known, MovementAnswer

BATCH_MAX = 1000
Entropy = Callable[[int], bytes]
_encode = msgspec.json.Encoder().encode

CODEC: Codec[MovementAnswer] = Codec(
    lambda answer: (None, _encode(answer.document).decode()),
    lambda stored: [MovementAnswer(msgspec.json.decode(one.answer or "{}")) for one in stored],
)
"""Movements have no events that restate them: the answer itself is kept under its key."""


_PERMISSIONS = {"receive": "stock.receive", "transfer": "stock.transfer"}
_OTHERS = "stock.adjust"


def _permission(request: MoveStock) -> str:
    return _PERMISSIONS.get(request.movement.kind, _OTHERS)


def _reaches(request: MoveStock) -> bool:
    places = request.actor.locations(_permission(request))
    return places is None or {request.movement.location, request.movement.to} - {None} <= places


@needing.needs(*_PERMISSIONS.values(), _OTHERS, choose=_permission, reaches=_reaches)
def move_stock(
    batch: Sequence[MoveStock], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[MovementAnswer]]:
    """Make each movement; one outcome per request, in the order given.

    Locks: the SKUs (a new balance repeats their terms), then their balances, in key order.
    Refuses: invalid-movement, unknown-sku, unknown-location, location-closed, out-of-stock,
    stock-reserved, idempotency-conflict. Events: none; movements are a log of their own.
    """
    if len(batch) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} movements")
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def decide(known: Known, batch: Sequence[MoveStock], *, now: datetime, mint: Mint) -> Decision:
    """Decide each movement in turn, each seeing what the earlier ones left; see `moving`."""
    return moving.Decider(known, now=now, mint=mint).run(batch)


@needing.by_system("an import looks before it moves; moving asks")
def preview_movements(
    batch: Sequence[MoveStock], *, now: datetime
) -> list[Outcome[MovementAnswer]]:
    """Return the outcomes that `move_stock` would have on the present stock; nothing is kept."""
    return unit.run_undone(lambda: _attempt(batch, now=now, entropy=os.urandom))


def _attempt(
    batch: Sequence[MoveStock], *, now: datetime, entropy: Entropy
) -> list[Outcome[MovementAnswer]]:
    mint = Mint(now, entropy)

    def once(fresh: Sequence[MoveStock]) -> list[Outcome[MovementAnswer]]:
        decision = decide(_load(fresh), fresh, now=now, mint=mint)
        _write(decision, now=now, mint=mint)
        record(telling_log.movements(fresh, decision.outcomes), now=now, mint=mint)
        return decision.outcomes

    return idempotency.answer_once(batch, once, CODEC, now=now, mint=mint)


def _load(batch: Sequence[MoveStock]) -> Known:
    """Read what the whole batch needs: three queries, balances locked last."""
    wishes = [request.movement for request in batch]
    skus = catalog.load_skus({wish.sku for wish in wishes})
    places = {wish.location for wish in wishes} | {wish.to for wish in wishes if wish.to}
    locations = load_locations(places)
    balances = stock.load_balances(
        [row.id for row in skus.values()], [row.id for row in locations.values()], lock=True
    )
    return Known(skus, locations, stock_core.Shelf(balances))


def _write(decision: Decision, *, now: datetime, mint: Mint) -> None:
    if not decision.movements:
        return
    stock.write_balances(decision.shelf)
    stock.write_movements(decision.movements)
    stock.write_alerts(stock_core.alerts_of(decision.shelf, mint.new), now)
