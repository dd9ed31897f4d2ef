"""Starts payments: writes down what is wanted before a provider is asked for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from laidan.domain.payments import accounts as account_store
from laidan.domain.payments import attempts
from laidan.domain.payments.accounts import AccountRow
from laidan.domain.payments.attempts import Payment
from laidan.engine import unit
from laidan.kernel import money
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases.money_requests import MoneyAnswer, StartPayment
from laidan.usecases.money_rooms import load_till, write_till
from laidan.usecases.needing import by_system
from laidan.usecases.restating import not_found
from laidan.usecases.till import Till, held_minor
from laidan.usecases.working import Work

Entropy = Callable[[int], bytes]
BATCH_MAX = 200
OPEN_FOR = timedelta(hours=2)
"""So long a payment can be made, where its order is not cancelled before."""
LEFT_MIN = timedelta(seconds=30)
"""A payment that ends sooner is not taken up again."""
FIRST_ASK = timedelta(minutes=1)
_UNHELD = attempts.OPEN - {attempts.AUTHORIZED}
_PAYABLE = frozenset(("awaiting_payment", "in_review", "open", "completed"))


@by_system("a buyer pays by a link that names the order, a person by the order's page")
def start_payments(
    batch: Sequence[StartPayment], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[MoneyAnswer]]:
    """Write down each payment that is wanted; one outcome per request, in the order given.

    A payment that waits by the same account for the same amount is taken up again. Locks: the
    orders, then their payments. Refuses: not-found, not-payable, unknown-account,
    invalid-request. Events: payment.created.
    """
    if len(batch) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} payments")
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def _attempt(
    batch: Sequence[StartPayment], *, now: datetime, entropy: Entropy
) -> list[Outcome[MoneyAnswer]]:
    mint = Mint(now, entropy)
    accounts = account_store.load_accounts()
    wanted: dict[str, tuple[str, ...]] = {request.order: () for request in batch}
    till = load_till(Till, wanted, (), now=now, mint=mint)
    outcomes = [_decide(request, till, accounts) for request in batch]
    write_till(till, now=now, mint=mint)
    return outcomes


def _decide(
    request: StartPayment, till: Till, accounts: Mapping[str, AccountRow]
) -> Outcome[MoneyAnswer]:
    work = till.advancer.work_named(request.order)
    if work is None:
        return not_found(request.order)
    account = accounts.get(request.account)
    if account is None or not account.serves(work.shop.code):
        return Refused("unknown-account", "The shop takes no money by this account.", 404)
    due = due_minor(work)
    asked = due - held_minor(till.payments.values(), work.row.id)
    deadline = work.row.deadline_at if work.row.category == "awaiting_payment" else None
    if work.row.category not in _PAYABLE or due <= 0:
        return Refused("not-payable", "Nothing is to be paid for this order now.")
    if deadline is not None and deadline <= till.now:
        return Refused("not-payable", "The time to pay this order is over.")
    if asked <= 0:
        return Refused("not-payable", "A provider holds the money for this order already.")
    amount = _amount(request, work, asked)
    if isinstance(amount, Refused):
        return amount
    waiting = _taken_up(request, till, work, account, amount)
    if waiting is not None:
        return Done(MoneyAnswer(waiting.id, "known", work.row.id), replayed=True)
    made = _made(request, till, work, account, amount)
    made = made._replace(expires_at=min(deadline or made.expires_at, made.expires_at))
    till.add(made, work, request.actor.label)
    return Done(MoneyAnswer(made.id, "created", work.row.id))


def due_minor(work: Work) -> int:
    """Return what is still to be paid."""
    return work.row.total_minor - work.row.captured_minor


def _amount(request: StartPayment, work: Work, due: int) -> int | Refused:
    if request.amount is None:
        return due
    try:
        amount = money.parse_minor(request.amount, work.row.currency)
    except money.NotAnAmountError as error:
        return invalid("amount", str(error))
    if not 0 < amount <= due:
        shown = money.format_minor(due, work.row.currency)
        return invalid("amount", f"must be more than 0 and at most {shown}, which is due")
    return amount


def _taken_up(
    request: StartPayment, till: Till, work: Work, account: AccountRow, amount: int
) -> Payment | None:
    """Return the payment that waits for the same, and have those for other amounts closed."""
    found = None
    for one in list(till.payments.values()):
        is_ours = one.order_id == work.row.id and one.account_id == account.id
        if not is_ours or one.state not in _UNHELD or one.is_closing:
            continue
        is_same = one.amount_minor == amount and request.method in ("", one.method)
        if is_same and one.expires_at - till.now > LEFT_MIN:
            found = one
        elif one.amount_minor != amount and one.ask_at is not None:
            till.payments[one.id] = one._replace(
                is_closing=True, ask_at=till.now, asks=0, updated_at=till.now
            )
    return found


def _made(
    request: StartPayment, till: Till, work: Work, account: AccountRow, amount: int
) -> Payment:
    id_ = till.mint.new()
    return Payment(
        id=id_, order_id=work.row.id, account_id=account.id, provider=account.provider,
        method=request.method, number=id_.replace("-", ""), reference=None,
        state=attempts.CREATED, dispute="", amount_minor=amount, authorized_minor=0,
        captured_minor=0, refunding_minor=0, refunded_minor=0, currency=work.row.currency,
        started=None, detail="", actor=request.actor.label, expires_at=till.now + OPEN_FOR,
        ask_at=None if account.provider in attempts.BY_HAND else till.now + FIRST_ASK, asks=0, is_closing=False, captured_at=None, version=0,
        event_hash="0" * 64, created_at=till.now, updated_at=till.now,
    )  # fmt: skip
