"""Finds a home for money that has none: booked on an order, returned, or explained by a person."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.payments import attempts, inbox
from laidan.domain.payments.inbox import OPEN, RESOLUTIONS, RESOLVED, SuspenseRow
from laidan.engine import idempotency, unit
from laidan.kernel.actor import forbidden
from laidan.kernel.ids import Mint
from laidan.kernel.money import format_minor
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases.give_refunds import CODEC
from laidan.usecases.money_effects import capture
from laidan.usecases.money_requests import MoneyAnswer, ResolveSuspense
from laidan.usecases.money_rooms import load_till, write_till
from laidan.usecases.needing import needs
from laidan.usecases.restating import not_found
from laidan.usecases.teller import Teller
from laidan.usecases.till import provider_actor
from laidan.usecases.transition_requests import Advance, TransitionInputs

Entropy = Callable[[int], bytes]
BATCH_MAX = 200
_RIGHT = "payments.resolve"
_BOOKED = frozenset(("late-money", "excess-money", "recorded-before", "refund-twice"))
"""What these tell of stands on an order already."""


@needs(_RIGHT)
def resolve_suspense(
    batch: Sequence[ResolveSuspense], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[MoneyAnswer]]:
    """Give work items an owner, or resolve them; one outcome per request, in the order given.

    Locks: the orders that money is booked on, their payments, then the items. Refuses: not-found,
    forbidden, suspense-resolved, invalid-request, duplicate-payment. Events: order.paid,
    payment.captured.
    """
    if len(batch) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} items")
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def _attempt(
    batch: Sequence[ResolveSuspense], *, now: datetime, entropy: Entropy
) -> list[Outcome[MoneyAnswer]]:
    mint = Mint(now, entropy)
    once = partial(_resolve_all, now=now, mint=mint)
    return idempotency.answer_once(batch, once, CODEC, now=now, mint=mint)


def _resolve_all(
    batch: Sequence[ResolveSuspense], *, now: datetime, mint: Mint
) -> list[Outcome[MoneyAnswer]]:
    seen = inbox.load_suspense({request.item for request in batch})
    wanted: dict[str, tuple[str, ...]] = dict.fromkeys(
        (
            *(request.order for request in batch if request.order),
            *(row.order_id for row in seen.values() if row.order_id),
        ),
        ("pay",),
    )
    references = {
        (row.provider, name)
        for row in seen.values()
        for name in (row.reference, row.number)
        if name
    }
    teller = load_till(Teller, wanted, references, now=now, mint=mint)
    items = inbox.load_suspense(seen, lock=True)
    before = dict(items)
    outcomes = [_resolve(request, items, teller) for request in batch]
    write_till(teller, now=now, mint=mint)
    inbox.write_resolved([row for id_, row in items.items() if row != before[id_]])
    record(
        [
            _deed(request, before[request.item], items[request.item])
            for request, outcome in zip(batch, outcomes, strict=True)
            if isinstance(outcome, Done)
        ],
        now=now,
        mint=mint,
    )
    return outcomes


def _resolve(
    request: ResolveSuspense, items: dict[str, SuspenseRow], teller: Teller
) -> Outcome[MoneyAnswer]:
    row = items.get(request.item)
    if row is None or not _is_seen(request, row, teller):
        return Refused("not-found", f"There is no work item {request.item[:40]!r}.", 404)
    if row.order_id is not None and not _may(request, row.order_id, teller):
        return forbidden(_RIGHT)
    if row.state == RESOLVED:
        return Refused("suspense-resolved", f"{row.closed_by} has resolved it already.")
    if not request.resolution:
        items[row.id] = row._replace(owner=(request.owner or "")[:120])
        return Done(MoneyAnswer(row.id, OPEN, row.order_id or ""))
    if request.resolution not in RESOLUTIONS:
        return invalid("resolution", f"must be one of {', '.join(RESOLUTIONS)}")
    order_id = row.order_id
    if request.resolution == "booked":
        booked = _book(request, row, teller)
        if isinstance(booked, Refused):
            return booked
        order_id = booked
    elif not request.note.strip():
        return invalid("note", "says what became of the money")
    items[row.id] = row._replace(
        state=RESOLVED, resolution=request.resolution, note=request.note.strip()[:300],
        order_id=order_id, closed_by=request.actor.label, closed_at=teller.now,
    )  # fmt: skip
    return Done(MoneyAnswer(row.id, RESOLVED, order_id or ""))


def _is_seen(request: ResolveSuspense, row: SuspenseRow, teller: Teller) -> bool:
    """Say whether the item is there for the actor: by its order's place, else by a right anywhere."""
    if row.order_id is None:
        return request.actor.shops(_RIGHT) is None or not request.actor.grants
    return teller.work(row.order_id).seen_by(request.actor) is not None


def _may(request: ResolveSuspense, order: str, teller: Teller) -> bool:
    """Say whether the actor may settle money of an order: a right elsewhere does not reach here."""
    work = teller.advancer.work_named(order)
    here = work.seen_by(request.actor) if work is not None else None
    return here is not None and here.may(_RIGHT)


def _book(request: ResolveSuspense, row: SuspenseRow, teller: Teller) -> str | Refused:
    """Enter the money on an order; return the order's id."""
    if row.reason in _BOOKED or row.amount_minor is None:
        return invalid("resolution", "this money is booked already, or nobody said how much it is")
    name = request.order or row.order_id or ""
    work = teller.advancer.work_named(name)
    if work is None or work.seen_by(request.actor) is None:
        return not_found(name)
    if not _may(request, name, teller):
        return forbidden(_RIGHT)
    if row.currency != work.row.currency:
        return invalid("order", f"takes {work.row.currency}, the money is {row.currency}")
    inputs = TransitionInputs(
        amount=format_minor(row.amount_minor, row.currency), provider=row.provider,
        reference=row.reference or row.number, note=request.note[:300] or None,
    )  # fmt: skip
    asked = Advance(work.row.id, "pay", provider_actor(row.provider), inputs)
    outcome = teller.advancer.decide(asked)
    if isinstance(outcome, Refused) and outcome.code != "duplicate-payment":
        told = Advance(work.row.id, "money_in", asked.actor, inputs)
        outcome = teller.advancer.note(told, "order.paid", capture)
    if isinstance(outcome, Refused):
        return outcome
    payment = teller.payments.get(row.payment_id or "")
    if payment is not None and payment.order_id == work.row.id:
        paid = payment._replace(
            state=attempts.CAPTURED, reference=row.reference or payment.reference, ask_at=None,
            authorized_minor=row.amount_minor, captured_minor=row.amount_minor,
            captured_at=teller.now, is_closing=False,
        )  # fmt: skip
        teller.set_payment(payment, paid, work, request.actor.label)
        teller.tie(work, paid)
    return work.row.id


def _deed(request: ResolveSuspense, before: SuspenseRow, after: SuspenseRow) -> Deed:
    names = ("state", "owner", "resolution", "order_id")
    return Deed(
        request.actor.label,
        "suspense.resolved" if after.state == RESOLVED else "suspense.assigned",
        "suspense",
        after.id,
        after.number,
        before={name: getattr(before, name) for name in names},
        after={name: getattr(after, name) for name in names},
        reason=request.note,
    )
