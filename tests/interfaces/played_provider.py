"""The test provider for its tests: an account, what it is asked, and what it calls."""

from datetime import timedelta

from interfaces.provider_peer import NOW
from laidan.domain.payments.facts import Account, Intent, PaymentFact, RefundIntent
from laidan.interfaces.providers.testing import TestProvider
from laidan.interfaces.providers.testing_calls import due_callbacks

PROVIDER = TestProvider()
SECOND = timedelta(seconds=1)
SAID = {
    "id": "evt-1", "type": "payment.captured", "account": "a1", "number": "P1",
    "reference": "T1", "state": "captured", "amount": 6450, "currency": "CNY",
    "at": NOW.isoformat(),
}  # fmt: skip


def an_account(**changes: str) -> Account:
    settings = {"purpose": "test", "secret": "s3cret", **changes}
    return Account(changes.pop("id", "a1"), "main", "test", settings)


def an_intent(number: str = "P1", **changes: object) -> Intent:
    given = {
        "amount_minor": 6450, "currency": "CNY", "subject": "Order 1", "method": "page",
        "expires_at": NOW + timedelta(minutes=30), "notify_url": "https://shop.test/notify",
        "return_url": "https://shop.test/pay/1",
    }  # fmt: skip
    return Intent(number, **{**given, **changes})


def a_refund(number: str = "R1", amount: int = 1000, **changes: object) -> RefundIntent:
    given = {
        "payment_number": "P1", "payment_reference": None, "paid_minor": 6450, "currency": "CNY",
        "reason": "x", "notify_url": "",
    }  # fmt: skip
    return RefundIntent(number=number, amount_minor=amount, **{**given, **changes})


def start(**changes: str):
    return PROVIDER.start(an_account(**changes), an_intent(), now=NOW)


def stand() -> PaymentFact:
    return PROVIDER.query(an_account(), "P1", None, now=NOW + SECOND)


def calls(after: timedelta) -> list:
    """What was called by then, as it is read at the other end."""
    at = NOW + after
    due = due_callbacks({"a1": an_account()}, now=at, limit=100)
    return [PROVIDER.read_callback(an_account(), one.call, now=at) for one in due]
