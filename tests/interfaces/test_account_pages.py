"""Settings → Payments: accounts with secrets that are never shown again, trying them, money rules."""

import re

import pytest

from builders import a_shop
from interfaces.browsing import a_visitor, words
from laidan.domain.payments import accounts as store
from laidan.domain.payments.core import EVERY_SHOP
from laidan.domain.payments.models import MoneyPolicy, PaymentAccount
from laidan.engine.sealing import keyring
from laidan.interfaces.providers.registry import PROVIDERS

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "/settings/payments/-/new"
SENT = {
    "code": "demo", "title": "Demo pay", "place": "3", "is_active": "on", "version": "0",
    "of_purpose": "demo", "of_secret": "never-shown-again", "shops": ["main"],
}  # fmt: skip


def test_an_account_is_added_changed_and_never_tells_its_secrets():
    a_shop()
    visitor = a_visitor("settings.payments")
    assert "No account yet" in words(visitor.get("/settings/payments"))
    assert visitor.post(f"{NEW}?provider=test", SENT).status_code == 303
    row = store.load_accounts()["demo"]
    assert (row.title, row.shops, row.place, row.version) == ("Demo pay", ("main",), 3, 1)
    page = visitor.get("/settings/payments/demo")
    text = page.content.decode()
    assert "never-shown-again" not in text
    assert 'value="http://127.0.0.1:8000/callbacks/demo"' in text
    changed = SENT | {"title": "Demo", "of_secret": "", "version": "1"}
    assert visitor.post("/settings/payments/demo", changed).status_code == 303
    row = store.load_accounts()["demo"]
    assert store.opened(row, keyring()).secrets == {"secret": "never-shown-again"}
    stale = visitor.post("/settings/payments/demo", changed | {"title": "Mine"})
    assert stale.status_code == 422
    assert "Somebody else has changed the account meanwhile." in words(stale)
    assert store.load_accounts()["demo"].title == "Demo"
    twice = visitor.post(f"{NEW}?provider=test", SENT)
    assert (twice.status_code, "There is an account with this code." in words(twice)) == (422, True)


def test_wrong_settings_are_told_at_their_fields():
    visitor = a_visitor()
    refused = visitor.post(f"{NEW}?provider=test", SENT | {"of_secret": "", "shops": []})
    assert refused.status_code == 422
    assert not PaymentAccount.objects.exists()
    assert visitor.get(f"{NEW}?provider=none").status_code == 404
    for code in PROVIDERS:
        assert visitor.get(f"{NEW}?provider={code}").status_code == 200


def test_the_connection_is_tried_and_the_result_kept(monkeypatch):
    a_shop()
    visitor = a_visitor()
    visitor.post(f"{NEW}?provider=test", SENT)
    done = visitor.post("/settings/payments/demo/test", follow=True)
    assert "The test provider answers. No money moves." in words(done)
    row = store.load_accounts()["demo"]
    assert (row.checked_at is not None, row.check_fault) == (True, "")

    def refuse(*_, **__):
        from laidan.interfaces.providers.base import NoAnswerError

        raise NoAnswerError("nobody there", "gone")

    monkeypatch.setattr(type(PROVIDERS["test"]), "test_connection", refuse)
    failed = visitor.post("/settings/payments/demo/test", follow=True)
    assert "The connection does not work: gone: nobody there" in words(failed)
    assert store.load_accounts()["demo"].check_fault == "gone: nobody there"
    assert "Fault" in words(visitor.get("/settings/payments"))


def test_money_rules_of_one_shop_and_of_all():
    shop = a_shop()
    visitor = a_visitor("settings.payments")
    sent = {
        "late_steps": "refund,ask",
        "excess_steps": "ask",
        "auto_refund": "1,000",
        "second_person": "",
        "version": "0",
    }
    assert visitor.post("/settings/payments/-/rules/main", sent).status_code == 303
    found = store.load_policies({shop.pk})
    assert found[shop.pk].auto_refund_minor == 100_000
    assert found[EVERY_SHOP].auto_refund_minor == 0
    shown = visitor.get("/settings/payments/-/rules/main").content.decode()
    assert re.search(r'name="auto_refund" value="1000.00"', shown)
    assert visitor.post("/settings/payments/-/rules/main", sent).status_code == 422
    assert (
        visitor.post("/settings/payments/-/rules", sent | {"auto_refund": "much"}).status_code
        == 422
    )
    assert MoneyPolicy.objects.count() == 1
    assert "Rules of its own" in words(visitor.get("/settings/payments"))
    assert visitor.get("/settings/payments/-/rules/none").status_code == 404
