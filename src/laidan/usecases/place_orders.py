"""Places orders: each taken exactly once, its stock reserved, its event written."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from laidan.blueprints import library
from laidan.domain.catalog import store as catalog
from laidan.domain.catalog.core import Sku
from laidan.domain.channels import store as channels
from laidan.domain.channels.core import Shop
from laidan.domain.fulfilment import store as fulfilment
from laidan.domain.orders import store as orders
from laidan.domain.parties import store as parties
from laidan.domain.parties.core import Customer
from laidan.domain.payments import store as payments
from laidan.domain.stock import core as stock_core
from laidan.domain.stock import store as stock
from laidan.engine import bulk_sql, counters, epochs, events, idempotency, unit
from laidan.engine.sealing import Keyring, keyring, normal_phone
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Outcome
from laidan.usecases import needing, placing
from laidan.usecases.accepting import Accepter
from laidan.usecases.answers import CODEC, OrderAnswer
from laidan.usecases.drafts import Decision, Entropy, Known
from laidan.usecases.order_requests import Placing
from laidan.usecases.repeated_orders import content_digest

BATCH_MAX = 1000


def _reaches(request: Placing) -> bool:
    shops = request.actor.shops("orders.place")
    return shops is None or request.order.shop in shops


@needing.needs("orders.place", reaches=_reaches)
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
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


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
    batch: Sequence[Placing], *, now: datetime, entropy: Entropy
) -> list[Outcome[OrderAnswer]]:
    mint = Mint(now, entropy)

    def once(fresh: Sequence[Placing]) -> list[Outcome[OrderAnswer]]:
        keys = keyring()
        decision = decide(load_known(fresh, keys), fresh, now=now, mint=mint, keys=keys)
        _write(decision, now)
        return decision.outcomes

    return idempotency.answer_once(batch, once, CODEC, now=now, mint=mint)


def load_known(batch: Sequence[Placing], keys: Keyring) -> Known:
    """Read what the whole batch needs: a fixed number of queries, balances locked last."""
    at = epochs.read()
    shops = channels.load_shops({request.order.shop for request in batch}, at)
    types = {
        (request.order.type or shop.default_type, 0)
        for request in batch
        if (shop := shops.get(request.order.shop))
    }
    blueprints = library.load_blueprints(types, at)
    skus = catalog.load_skus({line.sku for request in batch for line in request.order.lines}, at)
    numbers = {n for request in batch if (n := request.order.external_no) is not None}
    digests = {
        id(request.order): content_digest(request.order)
        for request in batch
        if request.order.external_no is not None
    }
    taken = orders.load_external(numbers) if numbers else {}
    references = {
        paid.reference
        for request in batch
        if (paid := request.order.paid) is not None and paid.reference is not None
    } | {
        capture.reference
        for request in batch
        if request.history
        for capture in (*request.history.captures, *request.history.refunds)
        if capture.reference is not None
    }
    return Known(
        shops=shops,
        blueprints=blueprints,
        skus=skus,
        taken=taken,
        digests=digests,
        first_documents=_load_first_documents(taken, shops, batch, digests),
        references=payments.load_references(references) if references else set(),
        customers=_load_customers(batch, keys),
        shelf=stock_core.Shelf(_load_balances(batch, skus, shops)),
    )


def _load_first_documents(
    taken: dict[tuple[str, str], tuple[str, str, str]],
    shops: dict[str, Shop],
    batch: Sequence[Placing],
    digests: Mapping[int, str],
) -> dict[str, str]:
    """Return the first event's payload of orders that come again with other content."""
    differing = {
        found[0]
        for request in batch
        if (shop := shops.get(request.order.shop))
        and (found := taken.get((shop.id, request.order.external_no or "")))
        and found[2] != digests.get(id(request.order))
    }
    return {
        subject: payload
        for (subject, _), (payload, _) in events.load_events({(d, 1) for d in differing}).items()
    } if differing else {}  # fmt: skip


def _load_customers(batch: Sequence[Placing], keys: Keyring) -> dict[tuple[str, str], Customer]:
    refs, phones, emails = set(), set(), set()
    for request in batch:
        customer = request.order.customer
        if customer is None:
            continue
        if customer.ref:
            refs.add(customer.ref)
        elif phone := normal_phone(customer.phone):
            phones.add(keys.index("phone", phone))
        elif customer.email:
            emails.add(keys.index("email", customer.email.strip().lower()))
    return parties.load_customers(refs, phones, emails)


def _load_balances(
    batch: Sequence[Placing],
    skus: dict[str, Sku],
    shops: dict[str, Shop],
) -> list[stock_core.Balance]:
    wanted: set[str] = set()
    for request in batch:
        if request.history is not None:
            continue
        for line in request.order.lines:
            sku = skus.get(line.sku)
            if sku is None:
                continue
            wanted.update(part.sku_id for part in sku.components)
            if sku.kind in ("goods", "capacity"):
                wanted.add(sku.id)
    locations = {location for shop in shops.values() for location in shop.locations}
    return stock.load_balances(wanted, locations, lock=True) if wanted and locations else []


def _write(decision: Decision, now: datetime) -> None:
    """Write every effect; balances first, while their locks are the newest."""
    if not decision.orders:
        return
    with bulk_sql.pipelined():
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
