"""Accounts at providers and rules for money: kept as said, secrets sealed, the rest refused."""

import pytest

from builders import NOON, a_shop
from laidan.domain.audit.models import Operation
from laidan.domain.payments import accounts as store
from laidan.domain.payments.core import EVERY_SHOP, Policy
from laidan.domain.payments.models import MoneyPolicy, PaymentAccount
from laidan.engine.sealing import keyring
from laidan.kernel.actor import SYSTEM, Actor
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.keep_accounts import Asked, KeepAccount, NoteCheck, keep_accounts, note_checks
from laidan.usecases.keep_policies import KeepPolicy, keep_policies

pytestmark = pytest.mark.django_db(transaction=True)
ASKED = {
    "bank": Asked(
        frozenset({"app", "mode"}),
        frozenset({"key"}),
        frozenset({"app", "key"}),
        {"mode": ("a", "b")},
    ),
}


def keep(**wish: object) -> Done | Refused:
    """Return the outcome of keeping one account."""
    values = {"code": "one", "actor": SYSTEM, "provider": "bank", "settings": {"app": "12"},
              "secrets": {"key": "SECRET-1"}} | wish  # fmt: skip
    (outcome,) = keep_accounts([KeepAccount(**values)], providers=ASKED, now=NOON)
    return outcome


def test_secrets_are_sealed_kept_by_an_empty_one_and_in_no_log() -> None:
    """A secret comes back to a provider alone; an empty one leaves the one that is there."""
    made = keep(title="Bank", shops=())
    assert isinstance(made, Done)
    assert (made.value.created, made.value.version) == (True, 1)
    again = keep(settings={"app": "13"}, secrets={"key": ""}, version=1)
    assert isinstance(again, Done)
    assert again.value.version == 2
    row = store.load_accounts()["one"]
    assert store.opened(row, keyring()).secrets == {"key": "SECRET-1"}
    assert dict(row.settings) == {"app": "13"}
    assert "SECRET-1" not in str(row.secrets_sealed)
    assert "SECRET-1" not in repr(list(Operation.objects.values_list()))
    assert sorted(one.action for one in Operation.objects.all()) == [
        "payment-account.changed", "payment-account.created",
    ]  # fmt: skip
    same = keep(settings={"app": "13"}, secrets={}, version=2)
    assert isinstance(same, Done)
    assert (same.value.changed, same.value.version) == (False, 2)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"provider": "none"}, "unknown-provider"),
        ({"shops": ("nowhere",)}, "unknown-shop"),
        ({"settings": {"app": "1", "more": "x"}}, "invalid-request"),
        ({"settings": {"app": "1", "mode": "c"}}, "invalid-request"),
        ({"settings": {}}, "invalid-request"),
        ({"secrets": {}}, "invalid-request"),
        ({"title": "x" * 81}, "invalid-request"),
        ({"code": "no spaces"}, "invalid-request"),
        ({"version": 4}, "account-changed"),
        ({"actor": Actor("S", "user:x", frozenset({"settings.shops"}))}, "forbidden"),
    ],
)
def test_refused_accounts_leave_nothing(wish: dict[str, object], code: str) -> None:
    """What is refused writes no row and no log."""
    outcome = keep(**wish)
    assert isinstance(outcome, Refused)
    assert outcome.code == code
    assert not PaymentAccount.objects.exists()
    assert not Operation.objects.exists()


def test_accounts_stay_with_their_provider_and_forget_old_checks() -> None:
    """A check says nothing of other secrets; a provider is never exchanged under an account."""
    keep()
    (noted,) = note_checks([NoteCheck("one", SYSTEM, "no answer")], now=NOON)
    assert isinstance(noted, Done)
    assert store.load_accounts()["one"].check_fault == "no answer"
    asked = ASKED | {"other": Asked(frozenset(), frozenset())}
    wish = KeepAccount("one", SYSTEM, provider="other")
    (outcome,) = keep_accounts([wish], providers=asked, now=NOON)
    assert isinstance(outcome, Refused)
    assert outcome.code == "provider-fixed"
    keep(secrets={"key": "SECRET-2"})
    row = store.load_accounts()["one"]
    assert (row.provider, row.checked_at, row.check_fault) == ("bank", None, "")


def test_policies_of_one_shop_and_of_all() -> None:
    """A shop's own rules win over those of all shops."""
    shop = a_shop()
    wish = KeepPolicy("main", SYSTEM, ("refund", "ask"), ("ask",), "100.00", "500", version=0)
    every = KeepPolicy("", SYSTEM, ("ask",), ("refund",), "", "", version=0)
    first, second, stale = keep_policies([wish, every, wish], now=NOON)
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert isinstance(stale, Refused)
    assert stale.code == "policy-changed"
    found = store.load_policies({shop.id})
    assert found[shop.id] == Policy(shop.id, ("refund", "ask"), ("ask",), 10000, 50000, 1)
    assert found[EVERY_SHOP] == Policy(EVERY_SHOP, ("ask",), ("refund",), None, None, 1)


@pytest.mark.parametrize(
    "wish",
    [
        KeepPolicy("", SYSTEM, (), ("ask",)),
        KeepPolicy("", SYSTEM, ("ask", "ask"), ("ask",)),
        KeepPolicy("", SYSTEM, ("ask",), ("revive",)),
        KeepPolicy("", SYSTEM, ("ask",), ("ask",), "-1"),
        KeepPolicy("", SYSTEM, ("ask",), ("ask",), "1.234"),
        KeepPolicy("nowhere", SYSTEM, ("ask",), ("ask",)),
    ],
)
def test_refused_policies_leave_nothing(wish: KeepPolicy) -> None:
    """What is refused writes no row and no log."""
    (outcome,) = keep_policies([wish], now=NOON)
    assert isinstance(outcome, Refused)
    assert not MoneyPolicy.objects.exists()
    assert not Operation.objects.exists()
