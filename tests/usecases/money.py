"""Payments in tests: an account, a payment that waits, and a provider's words on it."""

from datetime import datetime, timedelta
from typing import Any

from builders import NOON, a_mint
from laidan.domain.payments import accounts
from laidan.domain.payments.accounts import AccountRow
from laidan.domain.payments.facts import PaymentFact, RefundFact, Started
from laidan.domain.payments.models import Payment, Refund
from laidan.kernel.actor import SYSTEM
from laidan.kernel.outcome import Done
from laidan.usecases.hear_providers import hear_providers
from laidan.usecases.money_requests import StartPayment, Telling
from laidan.usecases.start_payments import start_payments

MINUTE = timedelta(minutes=1)


def an_account(code: str = "test", provider: str = "test", **others: Any) -> AccountRow:
    """Keep an account of every shop."""
    row = AccountRow(
        a_mint().new(), code, provider, code.title(), (), {}, None, is_active=True, place=0,
        version=1, checked_at=None, check_fault="", created_at=NOON, updated_at=NOON,
    )._replace(**others)  # fmt: skip
    accounts.write_accounts([row], [])
    return row


def start(order: Any, account: str = "test", *, now: datetime = NOON, **others: Any) -> Any:
    """Start a payment; return its row, or the refusal."""
    (outcome,) = start_payments([StartPayment(order.order_id, account, SYSTEM, **others)], now=now)
    return Payment.objects.get(pk=outcome.value.id) if isinstance(outcome, Done) else outcome


def started(payment: Payment, *, now: datetime = NOON) -> str:
    """Let the provider accept a payment."""
    return tell(payment, started=Started("R-" + payment.number, url="https://pay.example"), now=now)


def paid(payment: Payment, amount: int | None = None, **others: Any) -> PaymentFact:
    """Return the word that a payment was captured."""
    said = {
        "at": NOON + MINUTE, "reference": "R-" + payment.number,
        "amount_minor": payment.amount_minor if amount is None else amount,
        "currency": payment.currency,
    }  # fmt: skip
    return PaymentFact(payment.number, "captured", **(said | others))


def tell(payment: Payment, *facts: Any, now: datetime = NOON + MINUTE, **others: Any) -> str:
    """Let a payment's provider speak; return the word on it."""
    telling = Telling(payment.provider, payment.account_id, tuple(facts), payment.number, **others)
    (outcome,) = hear_providers([telling], now=now)
    assert isinstance(outcome, Done), outcome
    return outcome.value.word


def given(refund: Refund, state: str = "succeeded", **others: Any) -> RefundFact:
    """Return a provider's word on a refund."""
    said = {
        "at": NOON + MINUTE, "amount_minor": refund.amount_minor, "currency": refund.currency,
    }  # fmt: skip
    return RefundFact(refund.number or "", state, **(said | others))
