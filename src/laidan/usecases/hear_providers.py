"""Applies what payment providers say: answers, callbacks, and silence."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from laidan.domain.payments import inbox
from laidan.engine import unit
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.money_requests import MoneyAnswer, Telling
from laidan.usecases.money_rooms import load_till, orders_of, references_of, write_till
from laidan.usecases.needing import by_system
from laidan.usecases.teller import Teller

Entropy = Callable[[int], bytes]
BATCH_MAX = 200
_TRIES_MAX = 12
_AGAIN = timedelta(minutes=1)


@by_system("providers speak; the worker and the callback's door have checked who it is")
def hear_providers(
    batch: Sequence[Telling], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[MoneyAnswer]]:
    """Apply each provider's word; one outcome per word, in the order given.

    Locks: the orders, the balances that they claim, then their payments, each in key order. A word
    that was applied before changes nothing. What cannot be booked is laid before a person.
    Events: order.paid, order.refunded, payment.*, refund.*.
    """
    if len(batch) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} words")
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def _attempt(
    batch: Sequence[Telling], *, now: datetime, entropy: Entropy
) -> list[Outcome[MoneyAnswer]]:
    mint = Mint(now, entropy)
    teller = load_till(Teller, orders_of(batch), references_of(batch), now=now, mint=mint)
    words = [teller.hear(telling) for telling in batch]
    applied = [
        (telling.callback_id, word)
        for telling, word in zip(batch, words, strict=True)
        if telling.callback_id is not None
    ]
    write_till(teller, now=now, mint=mint)
    inbox.write_applied(applied, now)
    return [
        Done(MoneyAnswer(telling.callback_id or telling.number, word))
        for telling, word in zip(batch, words, strict=True)
    ]


@by_system("the worker, for callbacks that were checked when they came in")
def apply_callbacks(limit: int = BATCH_MAX, *, now: datetime) -> int:
    """Apply callbacks that wait, the oldest first; return how many were dealt with.

    Safe beside other workers and after being killed: a callback is marked in the transaction of
    its effect. One that meets a fault waits longer each time and holds up no other.
    """
    due = inbox.load_due_callbacks(now, min(limit, BATCH_MAX))
    if not due:
        return 0
    batch = [Telling(one.provider, one.account_id, one.facts, callback_id=one.id) for one in due]
    outcomes = hear_providers(batch, now=now)
    faulted = [
        (one.id, one.tries + 1, now + _AGAIN * 2 ** min(one.tries, _TRIES_MAX))
        for one, outcome in zip(due, outcomes, strict=True)
        if isinstance(outcome, Refused)
    ]
    if faulted:
        unit.run_once(lambda: inbox.write_put_off(faulted))
    return len(due) - len(faulted)
