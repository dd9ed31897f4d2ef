"""Says what providers are to be asked now: payments to query or close, refunds to send or look up."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from laidan.domain.payments import accounts as account_store
from laidan.domain.payments import attempts, inbox, refunds
from laidan.domain.payments import store as payments
from laidan.domain.payments.attempts import Payment
from laidan.domain.payments.facts import Account
from laidan.domain.payments.inbox import OPEN, SuspenseRow
from laidan.domain.payments.refunds import Refund
from laidan.engine import unit
from laidan.engine.sealing import keyring
from laidan.kernel.ids import Mint
from laidan.usecases.money_rooms import load_till, write_till
from laidan.usecases.needing import by_system
from laidan.usecases.till import Till

Entropy = Callable[[int], bytes]
LIMIT_MAX = 100
LEASE = timedelta(minutes=1)
"""So long nobody else asks the same; a worker that died is followed by another one then."""
_DOUBT_AGAIN = timedelta(hours=6)
_GONE = frozenset(("cancelled", "closed"))
QUERY, CLOSE, SEND, LOOK_UP = "query", "close", "send", "look_up"
CAPTURE, VOID = "capture", "void"


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to a provider: about a payment, or about a refund of it."""

    kind: str
    account: Account
    payment: Payment
    refund: Refund | None = None


@by_system("the worker asks providers on its own account")
def take_payment_asks(
    limit: int = LIMIT_MAX, *, now: datetime, entropy: Entropy = os.urandom
) -> list[Ask]:
    """Take the payments whose providers are to be asked now; each is this caller's for a minute.

    A payment is closed, not queried, where nobody shall pay it any more: its time is over, or its order is
    cancelled; money that is held for it is let go. What somebody wants captured is written down as
    asked for before it is. One that nobody knows of for a day is laid before a person as well.
    """
    due = payments.find_due_payments(now, min(limit, LIMIT_MAX))
    if not due:
        return []
    gone = payments.gone_orders({one.order_id for one in due})
    taken, doubts = [], []
    for one in due:
        is_over = one.is_closing or one.order_id in gone or one.expires_at <= now
        held = one._replace(is_closing=is_over, asks=one.asks + 1, ask_at=now + LEASE)
        if _kind(held) == CAPTURE:
            held = held._replace(wish=attempts.SENT)
        if attempts.is_in_doubt(one, now):
            held = held._replace(ask_at=now + _DOUBT_AGAIN)
            doubts.append(one)
        taken.append(held)
    mint = Mint(now, entropy)
    won = unit.run_once(lambda: _claim(due, taken, doubts, now, mint))
    asked = {one.id: one for one in due}
    return _asks([(_kind(one, asked[one.id].wish), one, None) for one in won])


def _kind(payment: Payment, wish: str | None = None) -> str:
    """Return what a payment's provider is asked; `wish` is what it was before it was taken."""
    if payment.is_closing:
        return VOID if payment.state == attempts.AUTHORIZED else CLOSE
    return CAPTURE if (payment.wish if wish is None else wish) == attempts.CAPTURE else QUERY


def _claim(
    due: Sequence[Payment], taken: Sequence[Payment], doubts: Sequence[Payment], now: datetime,
    mint: Mint,
) -> list[Payment]:  # fmt: skip
    """Take those that nobody has taken, or wished anything of, since they were read."""
    same = payments.lock_due([one.id for one in due], now)
    still = {one.id for one in due if (one.id, one.wish, one.is_closing) in same}
    won = [one for one in taken if one.id in still]
    payments.write_asking(won)
    inbox.write_suspense(
        [
            SuspenseRow(
                mint.new(), "payment-unknown", OPEN, one.provider, one.account_id, one.order_id,
                one.id, None, one.number, one.reference or "", one.amount_minor, one.currency,
                one.detail, now,
            )
            for one in doubts
            if one.id in still
        ]
    )  # fmt: skip
    return won


@by_system("the worker sends refunds on their approver's word")
def take_refund_asks(
    limit: int = LIMIT_MAX, *, now: datetime, entropy: Entropy = os.urandom
) -> list[Ask]:
    """Take the refunds that are to be sent or looked up now.

    What is sent is written down as sent before; only where a provider says that it never heard of a
    refund it is sent again, under the same number. Locks: the orders, then their payments.
    Events: refund.submitted.
    """
    due = payments.find_due_refunds(now, min(limit, LIMIT_MAX))
    if not due:
        return []
    return _asks(unit.run_once(lambda: _take_refunds(due, now, entropy)))


def _take_refunds(
    due: Sequence[Refund], now: datetime, entropy: Entropy
) -> list[tuple[str, Payment, Refund | None]]:
    mint = Mint(now, entropy)
    wanted: dict[str, tuple[str, ...]] = {one.order_id: () for one in due}
    till = load_till(Till, wanted, (), now=now, mint=mint)
    found: list[tuple[str, Payment, Refund | None]] = []
    for one in due:
        work = till.work(one.order_id)
        refund = till.refund_now(work, one.id)
        payment = till.payments.get(refund.payment_id or "")
        if payment is None or refund.ask_at is None or refund.ask_at > now:
            continue
        kind = SEND if refund.state == refunds.APPROVED else LOOK_UP
        held = refund._replace(ask_at=now + LEASE, asks=refund.asks + 1)
        if kind == SEND:
            held = held._replace(
                state=refunds.SUBMITTED, submitted_at=now, tries=refund.tries + 1, asks=0
            )
            held = till.write_refund(held, work, "refund.submitted", "worker")
        else:
            till.write_refund(held, work, None, "worker")
            _doubt(till, held, payment, now)
        found.append((kind, payment, held))
    write_till(till, now=now, mint=mint)
    return found


def _doubt(till: Till, refund: Refund, payment: Payment, now: datetime) -> None:
    """Lay a refund that nobody knows of for a day before a person."""
    if refund.submitted_at is None or now - refund.submitted_at < refunds.DOUBT_MAX:
        return
    till.suspense.append(
        SuspenseRow(
            till.mint.new(), "refund-unknown", OPEN, payment.provider, payment.account_id,
            refund.order_id, payment.id, refund.id, refund.number or "", refund.reference or "",
            refund.amount_minor, refund.currency, refund.detail, now,
        )
    )  # fmt: skip


def _asks(taken: Sequence[tuple[str, Payment, Refund | None]]) -> list[Ask]:
    if not taken:
        return []
    keys = keyring()
    rows = {row.id: row for row in account_store.load_accounts().values()}
    opened = {
        id_: account_store.opened(rows[id_], keys)
        for id_ in {one.account_id for _, one, _ in taken}
    }
    return [Ask(kind, opened[one.account_id], one, refund) for kind, one, refund in taken]
