"""Takes a payment to its provider and asks about it: foreign calls between two transactions."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

from django.utils import timezone

from laidan.domain.payments import accounts as account_store
from laidan.domain.payments import attempts, facts
from laidan.domain.payments import store as payments
from laidan.domain.payments.attempts import Payment
from laidan.domain.payments.facts import Account, Fact, Intent, PaymentFact
from laidan.engine.sealing import keyring
from laidan.interfaces import links
from laidan.interfaces.providers.base import (
    MisconfiguredError,
    NoAnswerError,
    Provider,
    ProviderError,
    ProviderRefusedError,
)
from laidan.interfaces.providers.registry import PROVIDERS
from laidan.kernel.outcome import Refused
from laidan.usecases.hear_providers import hear_providers
from laidan.usecases.money_requests import StartPayment, Telling
from laidan.usecases.start_payments import start_payments

log = logging.getLogger("laidan.money")
_WORDS_MAX = 300


def begin(
    wish: StartPayment, *, subject: str, address: str, now: datetime
) -> Payment | Refused:  # fmt: skip
    """Write a payment down and take it to its provider; one that waits is taken up again.

    A provider that gives no answer leaves it in doubt: it is asked from then on, and not told again.
    """
    (outcome,) = start_payments([wish], now=now)
    if isinstance(outcome, Refused):
        return outcome
    payment = find(outcome.value.id.replace("-", ""))
    if payment is None or payment.state != attempts.CREATED:
        return payment or Refused("not-found", "There is no such payment.", 404)
    provider, account = _at(payment)
    intent = Intent(
        number=payment.number, amount_minor=payment.amount_minor, currency=payment.currency,
        subject=subject, method=payment.method or provider.methods[0],
        expires_at=payment.expires_at, notify_url=links.callback_url(account.code),
        return_url=links.payment_url(payment.order_id, payment.number), payer_address=address,
        created_at=payment.created_at,
    )  # fmt: skip
    said = partial(Telling, payment.provider, account.id, number=payment.number)
    try:
        telling = said(started=provider.start(account, intent, now=now))
    except (ProviderRefusedError, MisconfiguredError) as error:
        failed = PaymentFact(payment.number, facts.FAILED, now, detail=words_of(error))
        telling = said(facts=(failed,))
    except ProviderError as error:
        telling = said(silent=words_of(error))
    # The provider has taken its time.
    hear_providers([telling], now=timezone.now())
    return find(payment.number) or payment


def ask(payment: Payment, *, now: datetime, close: bool = False) -> str:
    """Ask a payment's provider how it stands, or to close it; return the word for what came of it."""
    provider, account = _at(payment)
    call = provider.close if close else provider.query
    said = partial(Telling, payment.provider, account.id, number=payment.number)
    told: tuple[Fact, ...] = ()
    silent = ""
    try:
        told = (call(account, payment.number, payment.reference, now=now),)
    except NoAnswerError as error:
        silent = words_of(error) or "no answer"
    except ProviderError as error:
        # It says nothing about how the payment stands.
        log.warning("asking about %s was refused: %s", payment.number, words_of(error))
        return "refused"
    (outcome,) = hear_providers([said(facts=told, silent=silent)], now=timezone.now())
    return outcome.code if isinstance(outcome, Refused) else outcome.value.word


def find(number: str) -> Payment | None:
    """Return a payment by our number."""
    return payments.load_numbered([number]).get(number)


def try_connection(account_code: str, *, now: datetime) -> tuple[str, str]:
    """Ask an account's provider something harmless; return what was seen, or the fault."""
    row = account_store.load_accounts()[account_code]
    try:
        seen = PROVIDERS[row.provider].test_connection(
            account_store.opened(row, keyring()), now=now
        )
    except ProviderError as error:
        return "", words_of(error) or type(error).__name__
    return seen, ""


def words_of(error: ProviderError) -> str:
    """Return what a provider's error says, in short."""
    return (f"{error.code}: {error}" if error.code else str(error))[:_WORDS_MAX]


def _at(payment: Payment) -> tuple[Provider, Account]:
    rows = {row.id: row for row in account_store.load_accounts().values()}
    return PROVIDERS[payment.provider], account_store.opened(rows[payment.account_id], keyring())
