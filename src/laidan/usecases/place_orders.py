"""Places orders: each taken exactly once, its stock reserved, its event written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import count

from laidan.domain.fulfilment import store as fulfilment
from laidan.domain.orders import store as orders
from laidan.domain.parties import store as parties
from laidan.domain.payments import store as payments
from laidan.domain.stock import core as stock_core
from laidan.domain.stock import store as stock
from laidan.engine import bulk_sql, counters, events, idempotency, unit
from laidan.engine.sealing import Keyring, keyring
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Outcome
from laidan.usecases import needing, placing
from laidan.usecases.accepting import Accepter
from laidan.usecases.answers import CODEC, OrderAnswer
from laidan.usecases.drafts import Decision, Entropy, Known
from laidan.usecases.known_orders import ask, known_of
from laidan.usecases.order_requests import Placing

BATCH_MAX = 1000


def reaches(request: Placing) -> bool:
    """Say whether whoever asks may place orders in the shop of a request."""
    shops = request.actor.shops("orders.place")
    return shops is None or request.order.shop in shops


@needing.needs("orders.place", reaches=reaches)
def place_orders(
    batch: Sequence[Placing], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[OrderAnswer]]:
    """Place each order; one outcome per request, in the order given.

    Locks: the balances of every SKU asked for, in key order.
    Refuses: forbidden, unknown-shop, shop-closed, unknown-type, currency-mismatch, invalid-order, unknown-sku,
    duplicate-order, duplicate-payment, out-of-stock, linked-order-refused, idempotency-conflict.
    Events: order.placed.
    """
    if len(batch) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} orders")
    tries = count()
    return unit.run_batch(batch, partial(_attempt, tries=tries, now=now, entropy=entropy))


def decide(
    known: Known, batch: Sequence[Placing], *, now: datetime, mint: Mint, keys: Keyring
) -> Decision:
    """Decide each request in turn, each seeing what the earlier ones took."""
    decision = Decision(shelf=known.shelf)
    accepter = Accepter(decision, known.customers, known.digests, now=now, mint=mint, keys=keys)
    placing.Decider(known, decision, accepter.accept, now=now, new_id=mint.new).run(batch)
    decision.alerts += stock_core.alerts_of(known.shelf, mint.new)
    return decision


def _attempt(
    batch: Sequence[Placing], *, tries: Iterator[int], now: datetime, entropy: Entropy
) -> list[Outcome[OrderAnswer]]:
    mint, keys, is_first = Mint(now, entropy), keyring(), next(tries) == 0
    asked = ask(batch, keys)

    def once(fresh: Sequence[Placing]) -> list[Outcome[OrderAnswer]]:
        decision = decide(
            known_of(asked, fresh, is_first=is_first), fresh, now=now, mint=mint, keys=keys
        )
        _write(decision, now)
        return decision.outcomes

    with bulk_sql.pipelined():
        return idempotency.answer_once(batch, once, CODEC, now=now, mint=mint, known=asked.stored)


def _write(decision: Decision, now: datetime) -> None:
    """Write every effect; balances first, while their locks are the newest."""
    if not decision.orders:
        return
    stock.write_balances(decision.shelf)
    stock.write_alerts(decision.alerts, now)
    parties.write_customers(decision.customers)
    orders.write_orders(decision.orders)
    orders.write_lines(decision.lines)
    stock.write_allocations(decision.allocations)
    orders.write_tags(decision.tags)
    payments.write_entries(decision.entries)
    fulfilment.write_shipments(decision.shipments, decision.parts)
    events.write_events(decision.events)
    counters.add(decision.counts)
