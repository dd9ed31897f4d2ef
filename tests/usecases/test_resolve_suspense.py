"""Money without a home: seen by who may, owned, booked on an order once, or explained."""

from typing import Any

import pytest

from builders import NOON, a_shop, a_sku, an_order
from laidan.domain.notices.models import Alarm
from laidan.domain.orders.models import Order
from laidan.domain.payments.facts import PaymentFact
from laidan.domain.payments.models import LedgerEntry, Payment, Suspense
from laidan.kernel.actor import STAFF, Actor, Grant, Reach
from laidan.kernel.outcome import Done
from laidan.usecases.hear_providers import hear_providers
from laidan.usecases.money_alarms import keep_money_alarms
from laidan.usecases.money_requests import ResolveSuspense, Telling
from laidan.usecases.note_payments import NotePayment, note_payments
from laidan.usecases.resolve_suspense import resolve_suspense
from laws.conftest import broken
from usecases.money import MINUTE, an_account, paid, start, tell
from usecases.steps import act

pytestmark = pytest.mark.django_db
RIGHTS = frozenset(("orders.view", "payments.resolve", "orders.transition.pay"))
ANN = Actor(STAFF, "ann", RIGHTS)


@pytest.fixture(autouse=True)
def shop():
    a_shop()
    a_sku("TEE", "64.00", on_hand=100)
    an_account()


def resolve(actor: Actor = ANN, **others: Any) -> Any:
    item = Suspense.objects.get()
    (outcome,) = resolve_suspense([ResolveSuspense(item.id, actor, **others)], now=NOON)
    return outcome.value.word if isinstance(outcome, Done) else outcome


def homeless() -> None:
    fact = PaymentFact("NOBODY", "captured", NOON, "R-9", 6400, "CNY")
    account = an_account("second")
    hear_providers([Telling("test", account.id, (fact,))], now=NOON)


def test_it_gets_an_owner_and_is_booked_on_the_order_that_a_person_names():
    homeless()
    order = an_order(("TEE", 1))
    assert resolve(owner="bob") == "open"
    assert Suspense.objects.get().owner == "bob"
    assert resolve(resolution="booked", order=order.order_no) == "resolved"
    assert (Order.objects.get().state, Order.objects.get().captured_minor) == ("open", 6400)
    item = Suspense.objects.get()
    assert (item.state, item.resolution, item.closed_by, item.order_id) == (
        "resolved", "booked", "ann", order.order_id,
    )  # fmt: skip
    assert resolve(resolution="booked", order=order.order_no).code == "suspense-resolved"
    assert LedgerEntry.objects.count() == 1
    assert broken() == {}


def test_a_wrong_amount_may_be_booked_as_what_came():
    order = an_order(("TEE", 1))
    payment = start(order)
    tell(payment, paid(payment, 5000))
    assert resolve(resolution="booked") == "resolved"
    payment = Payment.objects.get()
    assert (payment.state, payment.captured_minor) == ("captured", 5000)
    assert (Order.objects.get().state, Order.objects.get().captured_minor) == (
        "awaiting_payment", 5000,
    )  # fmt: skip
    assert broken() == {}


@pytest.mark.parametrize(
    ("others", "code"),
    [({"resolution": "burnt"}, "invalid-request"), ({"resolution": "returned"}, "invalid-request"),
     ({"resolution": "booked", "order": "nobody"}, "not-found"),
     ({"resolution": "booked"}, "not-found"),
     ({"actor": Actor(STAFF, "cat", frozenset(("orders.view",)))}, "forbidden"),
     ({"actor": Actor(STAFF, "dan", RIGHTS, grants=(Grant(RIGHTS, Reach(shops=frozenset({"x"}))),)),
       "resolution": "explained", "note": "mine"}, "not-found")],
)  # fmt: skip
def test_what_cannot_be_done_with_it_is_refused(others, code):
    homeless()
    an_order(("TEE", 1))
    assert resolve(**others).code == code
    assert Suspense.objects.get().state == "open"
    assert not LedgerEntry.objects.exists()


def test_money_in_another_currency_is_not_booked():
    payment = start(an_order(("TEE", 1)))
    tell(payment, paid(payment, currency="USD"))
    assert resolve(resolution="booked").code == "invalid-request"
    assert resolve(resolution="returned", note="sent back by the bank, 4711") == "resolved"
    assert broken() == {}


def test_money_that_is_booked_already_is_explained_not_booked():
    order = an_order(("TEE", 1))
    payment = start(order)
    act(order, "pay", provider="test", reference="R-" + payment.number)
    tell(payment, paid(payment))
    assert resolve(resolution="booked").code == "invalid-request"
    assert resolve(resolution="explained", note="entered by hand on the phone") == "resolved"


# --- money that people see ------------------------------------------------------------------------


def note(payment: Payment, actor: Actor = ANN, proof: str = "bank 1") -> Any:
    (outcome,) = note_payments([NotePayment(payment.number, actor, proof)], now=NOON + MINUTE)
    return outcome.value.word if isinstance(outcome, Done) else outcome


def test_a_bank_transfer_is_noted_once_with_its_proof():
    an_account("bank", "bank_transfer")
    payment = start(an_order(("TEE", 1)), "bank")
    assert payment.ask_at is None
    assert note(payment, proof=" ").code == "proof-needed"
    assert note(payment) == "taken"
    assert note(payment) == "known"
    assert Order.objects.get().state == "open"
    assert LedgerEntry.objects.get().reference == "bank 1"
    assert broken() == {}


def test_a_payment_of_a_provider_or_of_another_shop_is_not_noted_by_hand():
    payment = start(an_order(("TEE", 1)))
    assert note(payment).code == "payment-state"
    an_account("bank", "bank_transfer")
    bank = start(an_order(("TEE", 1), external_no="2"), "bank")
    afar = Actor(STAFF, "dan", RIGHTS, grants=(Grant(RIGHTS, Reach(shops=frozenset({"x"}))),))
    assert note(bank, afar).code == "not-found"
    assert note(bank, Actor(STAFF, "cat", frozenset())).code == "forbidden"
    assert not LedgerEntry.objects.exists()


def test_what_waits_has_an_alarm_until_it_is_resolved():
    homeless()
    for _ in range(2):
        assert keep_money_alarms(now=NOON) == 1
    (alarm,) = Alarm.objects.filter(closed_at=None)
    assert (alarm.kind, alarm.subject, alarm.label) == (
        "suspense-opened", Suspense.objects.get().id, "NOBODY",
    )  # fmt: skip
    resolve(resolution="not_ours", note="another system's")
    assert keep_money_alarms(now=NOON) == 0
    assert not Alarm.objects.filter(closed_at=None).exists()
