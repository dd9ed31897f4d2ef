"""What placing a batch has to know, asked in one round trip where nothing has changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from laidan.blueprints import library
from laidan.domain.catalog import store as catalog
from laidan.domain.catalog.core import Sku
from laidan.domain.channels import store as channels
from laidan.domain.channels.core import Shop
from laidan.domain.orders import store as orders
from laidan.domain.parties import store as parties
from laidan.domain.parties.core import Customer
from laidan.domain.payments import store as payments
from laidan.domain.stock import core as stock_core
from laidan.domain.stock import store as stock
from laidan.engine import bulk_sql, epochs, events, idempotency
from laidan.engine.sealing import Keyring, normal_phone
from laidan.usecases.drafts import Draft, Known
from laidan.usecases.order_requests import Placing
from laidan.usecases.repeated_orders import content_digest

Claimed = tuple[Collection[str], Collection[str]]
_NOTHING: Claimed = (frozenset(), frozenset())


class Asked(NamedTuple):
    """What the database answered about a batch.

    `skus` and `balances` are those of the whole batch, whichever of it turns out to be new.
    """

    stored: idempotency.Known
    at: epochs.Epochs
    shops: dict[str, Shop]
    skus: dict[str, Sku]
    digests: dict[int, str]
    taken: orders.External
    references: set[tuple[str, str, str]]
    customers: dict[tuple[str, str], Customer]
    balances: list[stock_core.Balance]


def load_known(batch: Sequence[Placing], keys: Keyring) -> Known:
    """Read what the whole batch needs: a fixed number of queries, balances locked last."""
    return known_of(ask(batch, keys), batch)


def ask(batch: Sequence[Placing], keys: Keyring) -> Asked:
    """Ask everything about a batch; its balances come locked.

    Which balances it takes follows from its shops and SKUs. As this process last knew them they are
    a guess, asked with the rest; where they have changed since, the balances are asked again.
    """
    codes = {line.sku for request in batch for line in request.order.lines}
    names = {request.order.shop for request in batch}
    (_, known_skus), (_, known_shops) = catalog.peek_skus(codes), channels.peek_shops(names)
    is_known = len(known_skus) == len(codes) and len(known_shops) == len(names)
    guess = _claimed(batch, known_skus, known_shops) if is_known else _NOTHING
    numbers = {n for request in batch if (n := request.order.external_no) is not None}
    stored, epoch, taken, references, customers, balances = (
        idempotency.query(batch),
        epochs.query(),
        orders.external_query(numbers) if numbers else None,
        _references_query(batch),
        _customers_query(batch, keys),
        _balances_query(guess),
    )
    asked = (stored, epoch, taken, references, customers, balances)
    bulk_sql.ask(*[query for query in asked if query is not None])
    at = epoch.answer
    shops, skus = channels.load_shops(names, at), catalog.load_skus(codes, at)
    found = balances.answer if balances else []
    if not is_known or skus != known_skus or shops != known_shops:
        again = _balances_query(_claimed(batch, skus, shops))
        found = again.asked() if again else []
    return Asked(
        stored=stored.answer,
        at=at,
        shops=shops,
        skus=skus,
        digests=_digests(batch),
        taken=taken.answer if taken else {},
        references=references.answer if references else set(),
        customers=customers.answer if customers else {},
        balances=found,
    )


def known_of(asked: Asked, batch: Sequence[Placing], *, is_first: bool = False) -> Known:
    """Return what is known of a batch, or of those in it that are new.

    What was prepared is good for the first try alone, where reference data stand as they stood: an
    order number that was taken by chance must be drawn anew.
    """
    shops = asked.shops
    types = {
        (request.order.type or shop.default_type, 0)
        for request in batch
        if (shop := shops.get(request.order.shop))
    }
    return Known(
        shops=shops,
        blueprints=library.load_blueprints(types, asked.at),
        skus=asked.skus,
        taken=asked.taken,
        digests=asked.digests,
        first_documents=_load_first_documents(asked.taken, shops, batch, asked.digests),
        references=asked.references,
        customers=asked.customers,
        shelf=stock_core.Shelf(asked.balances),
        ready=_ready(batch, asked.at) if is_first else {},
    )


def _ready(batch: Sequence[Placing], at: epochs.Epochs) -> dict[int, Draft]:
    return {
        id(request): request.prepared.draft
        for request in batch
        if request.prepared is not None and request.prepared.stands(at)
    }


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


def _digests(batch: Sequence[Placing]) -> dict[int, str]:
    return {
        id(request.order): request.prepared.digest
        if request.prepared
        else content_digest(request.order)
        for request in batch
        if request.order.external_no is not None
    }


def _references_query(
    batch: Sequence[Placing],
) -> bulk_sql.Query[set[tuple[str, str, str]]] | None:
    references = {
        (paid.provider, paid.reference)
        for request in batch
        if (paid := request.order.paid) is not None and paid.reference is not None
    } | {
        (capture.provider, capture.reference)
        for request in batch
        if request.history
        for capture in (*request.history.captures, *request.history.refunds)
        if capture.reference is not None
    }
    return payments.references_query(references) if references else None


def _customers_query(
    batch: Sequence[Placing], keys: Keyring
) -> bulk_sql.Query[dict[tuple[str, str], Customer]] | None:
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
    return parties.customers_query(refs, phones, emails)


def _balances_query(claimed: Claimed) -> bulk_sql.Query[list[stock_core.Balance]] | None:
    return stock.balances_query(*claimed, lock=True) if all(claimed) else None


def _claimed(
    batch: Sequence[Placing], skus: Mapping[str, Sku], shops: Mapping[str, Shop]
) -> Claimed:
    """Return the SKUs of which a batch takes, and the locations from which it may."""
    codes = {
        line.sku for request in batch if request.history is None for line in request.order.lines
    }
    taken = [sku for code in codes if (sku := skus.get(code))]
    wanted = {sku.id for sku in taken if sku.kind in ("goods", "capacity")}
    wanted |= {part.sku_id for sku in taken if sku.components for part in sku.components}
    return wanted, {location for shop in shops.values() for location in shop.locations}
