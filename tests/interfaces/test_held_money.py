"""Deposits by link, and held money: taken or let go from its page and over the API, by the worker."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from builders import a_key, a_shop, a_sku, an_order
from interfaces.browsing import a_visitor, words
from laidan.domain.orders.models import Order
from laidan.domain.payments.facts import Account
from laidan.domain.payments.models import LedgerEntry, Payment
from laidan.interfaces import links
from laidan.interfaces.providers.base import NoAnswerError, ProviderRefusedError
from laidan.interfaces.providers.registry import PROVIDERS
from laidan.interfaces.worker.money import Speaker
from laidan.usecases import grant_access
from money import a_buyer, an_account, answer, begin, deliver
from scenarios.money_world import Inline

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order():
    a_shop()
    a_sku()
    an_account()
    return an_order(("TEE-RED-M", 2), now=datetime.now(UTC))


@pytest.fixture
def held(order) -> Payment:
    payment = begin(a_buyer(), order.order_id)
    answer(payment, "hold")
    assert deliver() == ["payment.authorized"]
    payment.refresh_from_db()
    assert (payment.state, payment.authorized_minor) == ("authorized", 12800)
    return payment


def worked(payment: Payment) -> tuple[str, int]:
    """Let the worker speak with the provider; return how the payment stands then."""
    Speaker(threads=Inline()).ask_payments(datetime.now(UTC) + timedelta(seconds=1))
    deliver()
    payment.refresh_from_db()
    return payment.state, payment.captured_minor


def send(key: str, path: str, body: Any) -> Any:
    return Client().post(
        f"/api/v1{path}", json.dumps(body), content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )  # fmt: skip


def test_a_link_for_a_deposit_asks_for_it_once_and_then_for_the_rest(order):
    buyer, token = a_buyer(), links.pay_token(order.order_id, 3000)
    assert links.read_token(token) == (order.order_id, 3000)
    raised = links.pay_token(order.order_id, 2000)[:-15] + token[-15:]
    assert links.read_token(raised) is None
    shown = words(buyer.get(f"/pay/{token}"))
    assert "To pay now ¥30.00" in shown
    assert "Left to pay afterwards ¥98.00" in shown
    assert buyer.post(f"/pay/{token}/start", {"account": "test-1"}).status_code == 303
    payment = Payment.objects.get()
    assert payment.amount_minor == 3000
    answer(payment)
    deliver()
    shown = words(buyer.get(f"/pay/{token}"))
    assert "This part is paid" in shown
    assert "Left to pay: ¥98.00" in shown
    again = buyer.post(f"/pay/{token}/start", {"account": "test-1"})
    assert (again.status_code, again["Location"]) == (303, f"/pay/{token}")
    assert Payment.objects.count() == 1
    rest = begin(buyer, order.order_id)
    assert rest.amount_minor == 9800
    answer(rest)
    deliver()
    found = Order.objects.get()
    assert (found.state, found.captured_minor) == ("open", 12800)


def test_the_orders_page_makes_a_link_for_a_part(order):
    client = a_visitor("*")
    page = client.get(f"/orders/{order.order_no}", {"part": "30"}).content.decode()
    assert links.pay_url(order.order_id, 3000) in page
    for nonsense in ("0", "128.00", "x", "-1"):
        page = client.get(f"/orders/{order.order_no}", {"part": nonsense}).content.decode()
        assert links.pay_url(order.order_id) + '"' in page
        assert "More than 0 and less than what is due" in page


def test_held_money_is_taken_in_part_from_its_page(held):
    client = a_visitor("*")
    assert "The provider holds this money" in words(client.get(f"/payments/{held.number}"))
    client.post(f"/payments/{held.number}/decide", {"act": "capture", "amount": "100.00"})
    assert "is being asked to take" in words(client.get(f"/payments/{held.number}"))
    assert worked(held) == ("captured", 10000)
    assert Order.objects.get().captured_minor == 10000
    assert client.post(f"/payments/{held.number}/decide", {"act": "no"}).status_code == 404


def test_held_money_is_let_go_over_the_api(held):
    grant_access.forget_keys()
    key = a_key()
    made = send(key, f"/payments/{held.number}/capture", {"amount": "128.01"})
    assert (made.status_code, made.json()["type"]) == (422, "/problems/invalid-request")
    assert send(key, f"/payments/{held.number}/void", {}).status_code == 202
    late = send(key, f"/payments/{held.number}/capture", {})
    assert (late.status_code, late.json()["type"]) == (409, "/problems/payment-state")
    assert worked(held) == ("voided", 0)
    assert not LedgerEntry.objects.exists()
    assert send(key, f"/payments/{held.number}/nonsense", {}).status_code == 404


@pytest.mark.parametrize(
    ("fault", "state"),
    [("vanish_done", "captured"), ("vanish_not", "authorized"), ("refuse", "authorized")],
)
def test_the_test_provider_takes_held_money_once_whatever_is_ordered(held, fault, state):
    provider, now = PROVIDERS["test"], datetime.now(UTC)
    settings = {"purpose": "test", "on_capture": fault}
    account = Account(held.account_id, "test-1", "test", settings, {"secret": "s"})
    with pytest.raises((NoAnswerError, ProviderRefusedError)):
        provider.capture(account, held.number, None, 5000, "CNY", now=now)
    assert provider.query(account, held.number, None, now=now).state == state
    sound = Account(held.account_id, "test-1", "test", {"purpose": "test"}, {"secret": "s"})
    for _ in range(2):
        fact = provider.capture(sound, held.number, None, 5000, "CNY", now=now)
        assert (fact.state, fact.amount_minor) == ("captured", 5000)
    assert provider.void(sound, held.number, None, now=now).state == "captured"


@pytest.mark.parametrize("code", ["alipay", "wechat_pay", "cash", "bank_transfer"])
def test_providers_that_hold_nothing_refuse_to_take_or_let_go(code):
    provider, account = PROVIDERS[code], Account("a", "a", code, {}, {})
    assert not provider.can_hold
    now = datetime.now(UTC)
    with pytest.raises(ProviderRefusedError):
        provider.capture(account, "n", None, 1, "CNY", now=now)
    with pytest.raises(ProviderRefusedError):
        provider.void(account, "n", None, now=now)
