"""Loads and writes what a batch needs of orders, payments and refunds together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import TypeVar

from laidan.domain.payments import accounts, inbox
from laidan.domain.payments import store as payments
from laidan.domain.payments.facts import PaymentFact
from laidan.kernel.ids import Mint
from laidan.usecases import advance_orders
from laidan.usecases.money_requests import Telling
from laidan.usecases.till import Till
from laidan.usecases.working import write_changes

T = TypeVar("T", bound=Till)
_STEPS = ("pay", "revive")


def orders_of(tellings: Iterable[Telling]) -> dict[str, Collection[str]]:
    """Return the orders that words are about, with the steps that they may take (two queries)."""
    numbers: set[str] = set()
    references: set[str] = set()
    refund_numbers: set[str] = set()
    for telling in tellings:
        if telling.number:
            numbers.add(telling.number)
            refund_numbers.add(telling.number)
        for fact in telling.facts:
            if not isinstance(fact, PaymentFact):
                refund_numbers.add(fact.number)
                numbers.add(fact.payment_number)
                references.add(fact.payment_reference or "")
                continue
            if fact.number:
                numbers.add(fact.number)
            if fact.reference:
                references.add(fact.reference)
        if telling.started is not None and telling.started.reference:
            references.add(telling.started.reference)
    found = {one.order_id for one in payments.find_payments(numbers, references)}
    found |= {order_id for _, order_id in payments.find_refunds(refund_numbers).values()}
    return dict.fromkeys(found, _STEPS)


def references_of(tellings: Iterable[Telling]) -> set[tuple[str, str]]:
    """Return (provider, reference) by which the ledger may name money that these words bring."""
    return {
        (telling.provider, name)
        for telling in tellings
        for fact in telling.facts
        if isinstance(fact, PaymentFact)
        for name in (fact.number, fact.reference)
        if name
    }


def load_till(
    kind: type[T], wanted: Mapping[str, Collection[str]], references: Collection[tuple[str, str]], *,
    now: datetime, mint: Mint,
) -> T:  # fmt: skip
    """Lock orders (by id or number), then their payments, each in key order."""
    advancer = advance_orders.load(wanted, references, now=now, mint=mint)
    works = advancer.changes.works
    found = payments.load_payments(list(works), lock=True) if works else []
    policies = accounts.load_policies({work.shop.id for work in works.values()})
    return kind(advancer, {one.id: one for one in found}, policies, now, mint)


def write_till(till: Till, *, now: datetime, mint: Mint) -> None:
    """Write what a batch did."""
    payments.write_payments(list(till.added_now()), list(till.changed()))
    inbox.write_suspense(till.suspense)
    write_changes(till.advancer.changes, now, mint)
