"""Accounts at the test provider, and payments through it without a worker beside."""

from datetime import UTC, datetime, timedelta

from django.test import Client

from laidan.domain.payments import accounts
from laidan.domain.payments.models import Payment
from laidan.engine.sealing import keyring
from laidan.interfaces import links
from laidan.interfaces.providers import offering, testing, testing_calls
from laidan.interfaces.providers.registry import PROVIDERS
from laidan.kernel.actor import SYSTEM
from laidan.kernel.outcome import Done
from laidan.usecases.hear_providers import apply_callbacks
from laidan.usecases.keep_accounts import KeepAccount, keep_accounts
from laidan.usecases.receive_callbacks import ReceiveCallback, receive_callbacks


def an_account(code: str = "test-1", **settings: str) -> str:
    """Return the code of an account at the test provider that behaves as its settings say."""
    wish = KeepAccount(
        code, SYSTEM, provider="test", title=f"Test {code}",
        settings={"purpose": "test"} | settings, secrets={"secret": "only-for-tests"},
    )  # fmt: skip
    (outcome,) = keep_accounts([wish], providers=offering.asked(), now=datetime.now(UTC))
    assert isinstance(outcome, Done), outcome
    return code


def a_buyer(language: str = "en") -> Client:
    """Return a browser in which nobody is signed in."""
    return Client(headers={"Accept-Language": language})


def begin(buyer: Client, order_id: str, account: str = "test-1") -> Payment:
    """Choose an account on the pay page of an order; return the payment."""
    token = links.pay_token(order_id)
    answer = buyer.post(f"/pay/{token}/start", {"account": account})
    assert answer.status_code == 303, answer.content
    number = answer["Location"].partition("?")[0].rpartition("/")[2]
    return Payment.objects.get(number=number)


def answer(payment: Payment, scenario: str = "succeed", *, now: datetime | None = None) -> None:
    """Choose on the test provider's page how it shall behave."""
    testing.answer_charge(payment.number, scenario, now=now or datetime.now(UTC))


def deliver(*, now: datetime | None = None) -> list[str]:
    """Have the test provider make its calls that are due, and apply them; return their kinds."""
    at = now or datetime.now(UTC)
    rows = accounts.load_accounts().values()
    opened = {row.id: accounts.opened(row, keyring()) for row in rows if row.provider == "test"}
    kinds = []
    for due in testing_calls.due_callbacks(opened, now=at, limit=100):
        notice = PROVIDERS["test"].read_callback(opened[due.account_id], due.call, now=at)
        receive_callbacks([ReceiveCallback("test", due.account_id, notice, due.call.body)], now=at)
        testing_calls.note_delivered([due.id], now=at)
        kinds.append(notice.kind)
    while apply_callbacks(now=at + timedelta(milliseconds=1)):
        pass
    return kinds
