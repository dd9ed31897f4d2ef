"""Money that providers hold: captured once, whole or in part, or let go; never sent for twice."""

from datetime import timedelta
from typing import Any

import pytest

from builders import NOON, a_shop, a_sku, an_order
from laidan.domain.audit.models import Operation
from laidan.domain.notices.models import Alarm
from laidan.domain.orders.models import Order
from laidan.domain.payments.models import LedgerEntry, Payment, Suspense
from laidan.engine.idempotency import Once
from laidan.engine.models import Event
from laidan.kernel.actor import STAFF, Actor
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.ask_providers import take_payment_asks
from laidan.usecases.decide_payments import decide_payments
from laidan.usecases.expire_deadlines import expire_due
from laidan.usecases.money_alarms import keep_money_alarms
from laidan.usecases.money_requests import DecidePayment
from laws.conftest import broken
from statements import statements
from usecases.money import MINUTE, an_account, paid, start, started, tell
from usecases.steps import act

pytestmark = pytest.mark.django_db
ANN = Actor(STAFF, "ann", frozenset(("orders.view", "orders.transition.pay")))
BOB = Actor(STAFF, "bob", frozenset(("orders.view", "payments.view")))
LATER = NOON + 10 * MINUTE


@pytest.fixture(autouse=True)
def shop():
    a_shop()
    a_sku("TEE", "64.00", on_hand=100)
    an_account()
    an_account("other", place=1)


def hold(payment: Payment, **others: Any) -> str:
    """Let the provider say that it holds the money."""
    return tell(payment, paid(payment, **others)._replace(state="authorized"))


def held(order: Any = None, **others: Any) -> Payment:
    payment = start(order or an_order(("TEE", 2)), **others)
    started(payment)
    assert hold(payment) == "taken"
    payment.refresh_from_db()
    assert (payment.state, payment.authorized_minor) == ("authorized", payment.amount_minor)
    return payment


def decide(payment: Payment, what: str, actor: Actor = ANN, **others: Any) -> Any:
    (outcome,) = decide_payments([DecidePayment(payment.number, what, actor, **others)], now=LATER)
    payment.refresh_from_db()
    return outcome


def asked(now: Any = LATER) -> list[tuple[str, int]]:
    return [(one.kind, one.payment.wish_minor) for one in take_payment_asks(now=now)]


def types(payment: Payment) -> list[str]:
    return list(
        Event.objects.filter(subject_id=payment.id).order_by("seq").values_list("type", flat=True)
    )


def test_held_money_is_captured_whole_and_the_order_is_paid():
    payment = held()
    assert (Order.objects.get().state, Order.objects.get().captured_minor) == (
        "awaiting_payment", 0,
    )  # fmt: skip
    assert not LedgerEntry.objects.exists()
    outcome = decide(payment, "capture")
    assert isinstance(outcome, Done)
    assert (payment.wish, payment.wish_minor, payment.ask_at) == ("capture", 12800, LATER)
    assert asked() == [("capture", 12800)]
    payment.refresh_from_db()
    assert payment.wish == "sent"
    assert tell(payment, paid(payment)) == "taken"
    payment.refresh_from_db()
    assert (payment.state, payment.captured_minor, payment.wish, payment.ask_at) == (
        "captured", 12800, "", None,
    )  # fmt: skip
    assert (Order.objects.get().state, Order.objects.get().captured_minor) == ("open", 12800)
    assert types(payment) == [
        "payment.created", "payment.pending", "payment.authorized", "payment.capture_asked",
        "payment.captured",
    ]  # fmt: skip
    assert Operation.objects.filter(action="payment.capture-asked", actor="ann").count() == 1
    assert broken() == {}


def test_a_part_is_captured_once_and_words_that_repeat_it_change_nothing():
    payment = held()
    assert isinstance(decide(payment, "capture", amount="28.00"), Done)
    assert asked() == [("capture", 2800)]
    for _ in range(2):
        tell(payment, paid(payment, 2800))
        hold(payment)
    payment.refresh_from_db()
    assert (payment.state, payment.authorized_minor, payment.captured_minor) == (
        "captured", 12800, 2800,
    )  # fmt: skip
    assert Order.objects.get().captured_minor == 2800
    assert decide(payment, "capture").code == "payment-state"
    assert LedgerEntry.objects.get().amount_minor == 2800
    assert not Suspense.objects.exists()
    assert broken() == {}


@pytest.mark.parametrize("amount", ["0", "128.01", "-1", "1e2", "x"])
def test_more_than_is_held_and_nonsense_is_not_captured(amount):
    payment = held()
    assert decide(payment, "capture", amount=amount).code == "invalid-request"
    assert (payment.wish, payment.wish_minor) == ("", 0)
    assert asked() == []


def test_a_capture_without_an_answer_is_queried_and_sent_again_only_where_it_did_not_arrive():
    payment = held()
    decide(payment, "capture")
    assert asked() == [("capture", 12800)]
    assert tell(payment, silent="lost", now=LATER) == "silent"
    payment.refresh_from_db()
    assert (payment.state, payment.wish) == ("authorized", "sent")
    assert asked(LATER + 6 * MINUTE) == [("query", 12800)]
    # Only an answer says how it stands now.
    payment.refresh_from_db()
    assert hold(payment) == "waiting"
    payment.refresh_from_db()
    assert payment.wish == "capture"
    assert asked(LATER + 60 * MINUTE) == [("capture", 12800)]
    assert Payment.objects.get().wish == "sent"


def test_a_capture_that_the_provider_refuses_is_given_up_and_laid_before_a_person():
    payment = held()
    decide(payment, "capture")
    asked()
    assert tell(payment, refused="bank: no") == "capture-refused"
    payment.refresh_from_db()
    assert (payment.state, payment.wish, payment.wish_minor) == ("authorized", "", 0)
    item = Suspense.objects.get()
    assert (item.reason, item.number, item.amount_minor) == (
        "capture-refused", payment.number, 12800,
    )  # fmt: skip
    assert types(payment)[-1] == "payment.capture_refused"
    assert isinstance(decide(payment, "capture"), Done)


def test_held_money_is_let_go_and_cannot_be_captured_then():
    payment = held()
    assert isinstance(decide(payment, "void"), Done)
    for what in ("void", "capture"):
        assert decide(payment, what).code == "payment-state"
    assert asked() == [("void", 0)]
    assert tell(payment, paid(payment)._replace(state="voided")) == "taken"
    assert hold(payment) == "known"
    payment.refresh_from_db()
    assert (payment.state, payment.captured_minor, payment.ask_at) == ("voided", 0, None)
    assert not LedgerEntry.objects.exists()
    assert broken() == {}


def test_a_cancelled_order_lets_go_what_is_held():
    order = an_order(("TEE", 2))
    payment = held(order)
    act(order, "cancel", reason="buyer")
    assert asked(NOON + timedelta(hours=7)) == [("void", 0)]
    payment.refresh_from_db()
    assert payment.is_closing


def test_the_clock_leaves_an_order_alone_while_its_money_is_held():
    payment = held()
    assert expire_due(now=NOON + timedelta(hours=1)) == 0
    assert Order.objects.get().state == "awaiting_payment"
    payment.refresh_from_db()
    assert (payment.is_closing, payment.state) == (False, "authorized")


def test_what_is_held_already_is_not_asked_for_again_and_a_second_hold_is_let_go():
    order = an_order(("TEE", 2))
    first, second = start(order), start(order, account="other")
    hold(first)
    assert start(order, account="other").code == "not-payable"
    second.refresh_from_db()
    assert second.is_closing
    hold(second)
    second.refresh_from_db()
    first.refresh_from_db()
    assert (second.state, second.is_closing, first.is_closing) == ("authorized", True, False)


def test_a_hold_that_ends_within_a_day_raises_an_alarm_until_it_is_decided():
    payment = held()
    assert payment.expires_at == NOON + MINUTE + timedelta(days=7)
    keep_money_alarms(now=NOON + timedelta(days=5))
    assert not Alarm.objects.exists()
    keep_money_alarms(now=NOON + timedelta(days=6, hours=1))
    (alarm,) = Alarm.objects.all()
    assert (alarm.kind, alarm.subject, alarm.closed_at) == ("hold-ends", payment.id, None)
    decide(payment, "void")
    keep_money_alarms(now=NOON + timedelta(days=6, hours=2))
    alarm.refresh_from_db()
    assert alarm.closed_at is not None


def test_only_whoever_takes_money_decides_and_a_key_does_it_once():
    payment = held()
    assert decide(payment, "capture", BOB).code == "forbidden"
    assert payment.wish == ""
    once = Once("ann", "k1", "h1")
    for _ in range(2):
        assert isinstance(decide(payment, "capture", once=once), Done)
    assert types(payment).count("payment.capture_asked") == 1
    wish = DecidePayment("nobody", "void", ANN)
    (outcome,) = decide_payments([wish], now=LATER)
    assert isinstance(outcome, Refused)
    assert outcome.code == "not-found"


def test_a_batch_of_any_size_takes_the_same_statements():
    payments = [held(an_order(("TEE", 1), external_no=f"N{n}")) for n in range(6)]

    def count(some: list[Payment]) -> int:
        wishes = [DecidePayment(one.number, "capture", ANN) for one in some]
        with statements() as made:
            outcomes = decide_payments(wishes, now=LATER)
        assert all(isinstance(one, Done) for one in outcomes)
        return len(made)

    assert count(payments[:1]) == count(payments[1:])
