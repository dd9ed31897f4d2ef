"""Speaks with payment providers: applies their callbacks, asks what is open, sends refunds.

Providers are called in threads of their own; what they said is applied by one use case for all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import connections
from django.utils import timezone

from laidan.domain.payments import accounts
from laidan.domain.payments.facts import Fact, PaymentFact, RefundFact, RefundIntent
from laidan.engine.sealing import keyring
from laidan.interfaces.providers import testing, testing_calls
from laidan.interfaces.providers.base import Provider, ProviderError, ProviderRefusedError
from laidan.interfaces.providers.registry import PROVIDERS
from laidan.interfaces.worker.loop import Task
from laidan.kernel.outcome import Refused
from laidan.usecases import ask_providers, give_refunds, hear_providers
from laidan.usecases.ask_providers import Ask
from laidan.usecases.money_alarms import keep_money_alarms
from laidan.usecases.money_requests import Telling
from laidan.usecases.receive_callbacks import ReceiveCallback, receive_callbacks

log = logging.getLogger("laidan.money")
CALLBACKS_SECONDS = 0.5
ASKS_SECONDS = 2.0
RULE_SECONDS = 10.0
ALARMS_SECONDS = 15.0
AT_ONCE = 16
"""So many providers are spoken with side by side."""
_CALLBACKS_AT_ONCE = 200
Clock = Callable[[], datetime]


class Speaker:
    """Speaks with providers about what is due, a bounded number at once."""

    def __init__(
        self,
        providers: Mapping[str, Provider] = PROVIDERS,
        clock: Clock = timezone.now,
        threads: Executor | None = None,
    ) -> None:
        self._providers = providers
        self._clock = clock
        self._has_own_threads = threads is None
        self._threads = threads or ThreadPoolExecutor(AT_ONCE, "laidan-provider")

    def ask_payments(self, now: datetime) -> int:
        """Ask about payments that are due, and apply the answers; return how many were asked."""
        return self._speak(ask_providers.take_payment_asks(AT_ONCE, now=now))

    def ask_refunds(self, now: datetime) -> int:
        """Send or look up refunds that are due, and apply the answers; return how many."""
        return self._speak(ask_providers.take_refund_asks(AT_ONCE, now=now))

    def _speak(self, asks: Sequence[Ask]) -> int:
        if not asks:
            return 0
        coming: list[tuple[Ask, Future[Fact]]] = [
            (ask, self._threads.submit(self._call, ask)) for ask in asks
        ]
        tellings = [self._telling(ask, answer) for ask, answer in coming]
        for outcome in hear_providers.hear_providers(tellings, now=self._clock()):
            if isinstance(outcome, Refused):
                log.error("a provider's answer was not applied: %s", outcome.detail)
        return len(asks)

    def _call(self, ask: Ask) -> Fact:
        """Make one call, in a thread of its own."""
        try:
            return self._asked(ask)
        finally:
            if self._has_own_threads:
                # The test provider keeps its charges in the database.
                connections.close_all()

    def _asked(self, ask: Ask) -> Fact:
        provider, now = self._providers[ask.payment.provider], self._clock()
        number, reference = ask.payment.number, ask.payment.reference
        if ask.kind == ask_providers.QUERY:
            return provider.query(ask.account, number, reference, now=now)
        if ask.kind == ask_providers.CLOSE:
            return provider.close(ask.account, number, reference, now=now)
        if ask.kind == ask_providers.VOID:
            return provider.void(ask.account, number, reference, now=now)
        if ask.kind == ask_providers.CAPTURE:
            amount, currency = ask.payment.wish_minor, ask.payment.currency
            return provider.capture(ask.account, number, reference, amount, currency, now=now)
        intent = refund_intent(ask)
        if ask.kind == ask_providers.SEND:
            return provider.refund(ask.account, intent, now=now)
        refund_reference = ask.refund.reference if ask.refund else None
        return provider.query_refund(ask.account, intent, refund_reference, now=now)

    def _telling(self, ask: Ask, answer: Future[Fact]) -> Telling:
        said = partial(Telling, ask.payment.provider, ask.account.id)
        number = (ask.refund.number if ask.refund else ask.payment.number) or ""
        try:
            fact = answer.result()
        except ProviderRefusedError as error:
            if ask.kind == ask_providers.CAPTURE:
                return said((), number, refused=_words(error) or "refused")
            return said((self._refused(ask, number, error),), number)
        except ProviderError as error:
            return said((), number, silent=_words(error))
        except Exception as error:
            log.exception("asking %s about %s failed", ask.payment.provider, number)
            return said((), number, silent=type(error).__name__)
        return said((fact,), number)

    def _refused(self, ask: Ask, number: str, error: ProviderError) -> Fact:
        """Return what a final no means: a refund failed; of a payment it says nothing new."""
        state = "failed" if ask.kind == ask_providers.SEND else "pending"
        kind = RefundFact if ask.refund else PaymentFact
        return kind(number, state, self._clock(), detail=_words(error))


def refund_intent(ask: Ask) -> RefundIntent:
    """Return a refund as its provider is asked for it."""
    refund, payment = ask.refund, ask.payment
    if refund is None:
        raise ValueError("the question is about no refund")
    return RefundIntent(
        refund.number or "", payment.number, payment.reference, refund.amount_minor,
        payment.captured_minor, refund.currency, refund.reason, notify_url(ask.account.code),
    )  # fmt: skip


def notify_url(account_code: str) -> str:
    """Return where a provider sends its callbacks for an account."""
    return f"{settings.LAIDAN_BASE_URL.rstrip('/')}/callbacks/{account_code}"


def _words(error: ProviderError) -> str:
    return f"{error.code}: {error}"[:300] if error.code else str(error)[:300]


def money_tasks() -> Sequence[Task]:
    """Return what a thread of its own does: it may wait for providers."""
    speaker = Speaker()
    return (
        Task("callbacks", CALLBACKS_SECONDS, _apply, full=_CALLBACKS_AT_ONCE),
        Task("ask-payments", ASKS_SECONDS, speaker.ask_payments, full=AT_ONCE),
        Task("ask-refunds", ASKS_SECONDS, speaker.ask_refunds, full=AT_ONCE),
        Task("refund-rules", RULE_SECONDS, _approve, full=_CALLBACKS_AT_ONCE),
        Task("money-alarms", ALARMS_SECONDS, _alarm),
        Task("test-provider", CALLBACKS_SECONDS, call_from_test_provider, full=_CALLBACKS_AT_ONCE),
    )


def call_from_test_provider(now: datetime) -> int:
    """Let the test provider make its calls that are due, through the same check as any other's."""
    keys = keyring()
    ours = {
        row.id: accounts.opened(row, keys)
        for row in accounts.load_accounts().values()
        if row.provider == testing.TestProvider.code
    }
    due = testing_calls.due_callbacks(ours, now=now, limit=_CALLBACKS_AT_ONCE) if ours else []
    if not due:
        return 0
    provider = PROVIDERS[testing.TestProvider.code]
    calls = []
    for one in due:
        account = ours[one.account_id]
        notice = provider.read_callback(account, one.call, now=now)
        calls.append(ReceiveCallback(provider.code, account.id, notice, one.call.body))
    receive_callbacks(calls, now=now)
    testing_calls.note_delivered([one.id for one in due], now=now)
    return len(due)


def _alarm(now: datetime) -> int:
    return keep_money_alarms(now=now)


def _apply(now: datetime) -> int:
    return hear_providers.apply_callbacks(_CALLBACKS_AT_ONCE, now=now)


def _approve(now: datetime) -> int:
    return give_refunds.approve_by_rule(_CALLBACKS_AT_ONCE, now=now)
