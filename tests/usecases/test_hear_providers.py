"""What providers say, in whatever order and however often, ends each payment and order right."""

import itertools
from datetime import timedelta

import pytest

from builders import NOON, a_shop, a_sku, an_order
from laidan.domain.orders.models import Order
from laidan.domain.payments.facts import Notice, PaymentFact
from laidan.domain.payments.models import LedgerEntry, Payment, PaymentCallback, Refund, Suspense
from laidan.engine.models import Event
from laidan.kernel.outcome import Refused
from laidan.usecases.ask_providers import take_refund_asks
from laidan.usecases.hear_providers import apply_callbacks, hear_providers
from laidan.usecases.money_requests import Telling
from laidan.usecases.receive_callbacks import ReceiveCallback, receive_callbacks
from laws.conftest import broken
from statements import statements
from usecases.money import MINUTE, an_account, given, paid, start, started, tell
from usecases.steps import act

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop():
    a_shop()
    a_sku("TEE", "64.00", on_hand=10)
    an_account()
    an_account("other", place=1)


def order_now() -> Order:
    return Order.objects.get()


def told(subject: str) -> list[str]:
    return list(
        Event.objects.filter(subject_id=subject).order_by("seq").values_list("type", flat=True)
    )


# --- the usual way --------------------------------------------------------------------------------


def test_a_payment_is_started_accepted_and_captured():
    order = an_order(("TEE", 2))
    payment = start(order)
    assert (payment.state, payment.amount_minor, payment.currency) == ("created", 12800, "CNY")
    assert payment.expires_at == NOON + timedelta(minutes=30)
    assert started(payment) == "taken"
    payment.refresh_from_db()
    assert (payment.state, payment.reference) == ("pending", "R-" + payment.number)
    assert tell(payment, paid(payment)) == "taken"
    payment.refresh_from_db()
    assert (payment.state, payment.captured_minor, payment.ask_at) == ("captured", 12800, None)
    assert (order_now().state, order_now().captured_minor) == ("open", 12800)
    (entry,) = LedgerEntry.objects.all()
    assert (entry.payment_id, entry.provider, entry.reference) == (
        payment.id, "test", "R-" + payment.number,
    )  # fmt: skip
    assert told(payment.id) == ["payment.created", "payment.pending", "payment.captured"]
    assert told(order.order_id) == ["order.placed", "order.paid"]
    assert broken() == {}


def test_the_same_wish_is_taken_up_again_and_another_amount_closes_it():
    order = an_order(("TEE", 2))
    first = start(order)
    assert start(order).id == first.id
    part = start(order, amount="28.00")
    assert part.id != first.id
    first.refresh_from_db()
    assert first.is_closing
    assert Payment.objects.count() == 2


@pytest.mark.parametrize(
    ("others", "code"),
    [({"account": "nobody"}, "unknown-account"), ({"amount": "128.01"}, "invalid-request"),
     ({"amount": "0"}, "invalid-request"), ({"amount": "1e3"}, "invalid-request")],
)  # fmt: skip
def test_what_cannot_be_paid_so_is_refused(others, code):
    order = an_order(("TEE", 2))
    outcome = start(order, **others)
    assert isinstance(outcome, Refused)
    assert outcome.code == code
    assert not Payment.objects.exists()


def test_paid_cancelled_and_late_orders_take_no_payment():
    order = an_order(("TEE", 1), paid="64.00")
    assert start(order).code == "not-payable"
    gone = an_order(("TEE", 1))
    assert start(gone, now=NOON + timedelta(minutes=30)).code == "not-payable"
    act(gone, "cancel", reason="buyer")
    assert start(gone).code == "not-payable"


# --- any order, any number ------------------------------------------------------------------------


def test_words_in_any_order_and_twice_end_in_one_capture():
    """A capture is final: what was said before it and arrives after it says nothing."""
    words = ("pending", "captured", "expired", "failed")
    for order_of_words in itertools.permutations(words):
        order = an_order(("TEE", 1), external_no="-".join(order_of_words))
        payment = start(order)
        for word in [w for w in order_of_words for _ in range(2)]:
            tell(payment, paid(payment)._replace(state=word))
        payment.refresh_from_db()
        assert (payment.state, payment.captured_minor) == ("captured", 6400), order_of_words
        assert LedgerEntry.objects.filter(order_id=order.order_id).count() == 1
        act(order, "cancel", reason="buyer")
    assert broken() == {}


def test_fifty_callbacks_of_one_event_are_one_capture():
    payment = start(an_order(("TEE", 1)))
    notice = Notice("EV-1", "paid", (paid(payment),))
    calls = [ReceiveCallback("test", payment.account_id, notice, b"body")] * 25
    for _ in range(2):
        receive_callbacks(calls, now=NOON)
    assert PaymentCallback.objects.count() == 1
    assert (apply_callbacks(now=NOON), apply_callbacks(now=NOON)) == (1, 0)
    (row,) = PaymentCallback.objects.all()
    assert (row.outcome, row.due_at, row.applied_at) == ("taken", None, NOON)
    assert LedgerEntry.objects.count() == 1


def test_events_that_tell_the_same_in_one_batch_are_one_capture():
    payment = start(an_order(("TEE", 1)))
    telling = Telling("test", payment.account_id, (paid(payment),), payment.number)
    outcomes = hear_providers([telling] * 5, now=NOON + MINUTE)
    assert [one.value.word for one in outcomes] == ["taken"] + ["known"] * 4
    assert LedgerEntry.objects.count() == 1
    assert broken() == {}


def test_statements_do_not_grow_with_the_words():
    def words_for(count: int) -> list[Telling]:
        payments = [start(an_order(("TEE", 1), external_no=f"S-{count}-{n}")) for n in range(count)]
        return [Telling("test", one.account_id, (paid(one),), one.number) for one in payments]

    tells_one, tells_many = words_for(1), words_for(8)
    with statements() as few:
        hear_providers(tells_one, now=NOON + MINUTE)
    with statements() as many:
        hear_providers(tells_many, now=NOON + MINUTE)
    assert len(many) == len(few)


# --- money that is not what was asked -------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [({"amount": 6399}, "wrong-amount"), ({"amount": 6401}, "wrong-amount"),
     ({"currency": "USD"}, "wrong-currency")],
)  # fmt: skip
def test_a_wrong_amount_or_currency_waits_for_a_person(wrong, reason):
    payment = start(an_order(("TEE", 1)))
    for _ in range(2):
        assert tell(payment, paid(payment, **wrong)) == reason
    (item,) = Suspense.objects.all()
    assert (item.reason, item.state, item.payment_id) == (reason, "open", payment.id)
    assert not LedgerEntry.objects.exists()
    payment.refresh_from_db()
    assert (payment.state, payment.ask_at, order_now().state) == (
        "unknown", None, "awaiting_payment",
    )  # fmt: skip
    assert broken() == {}


def test_money_for_a_number_that_nobody_knows_is_suspended_once():
    account = start(an_order(("TEE", 1))).account_id
    fact = PaymentFact("NOBODY", "captured", NOON, "R-9", 500, "CNY")
    for _ in range(2):
        (outcome,) = hear_providers([Telling("test", account, (fact,))], now=NOON)
        assert outcome.value.word == "unknown-number"
    (item,) = Suspense.objects.all()
    assert (item.reason, item.number, item.amount_minor) == ("unknown-payment", "NOBODY", 500)


def test_one_number_of_a_provider_is_one_payment():
    first, second = (start(an_order(("TEE", 1), external_no=f"R-{n}")) for n in range(2))
    assert tell(first, paid(first, reference="SAME")) == "taken"
    assert tell(second, paid(second, reference="SAME")) == "reference-taken"
    assert Suspense.objects.get().payment_id == second.id
    assert LedgerEntry.objects.count() == 1
    assert broken() == {}


def test_money_recorded_by_hand_before_is_not_booked_twice():
    order = an_order(("TEE", 1))
    payment = start(order)
    act(order, "pay", provider="test", reference="R-" + payment.number)
    tell(payment, paid(payment))
    assert LedgerEntry.objects.count() == 1
    assert Suspense.objects.get().reason == "recorded-before"
    assert broken() == {}


# --- refunds at the provider ----------------------------------------------------------------------


def refund_sent() -> tuple[Payment, Refund]:
    order = an_order(("TEE", 1))
    first, second = start(order), start(order, "other")
    tell(first, paid(first))
    tell(second, paid(second))
    (ask,) = take_refund_asks(now=NOON + MINUTE)
    assert (ask.kind, ask.payment.number) == ("send", second.number)
    refund = Refund.objects.get()
    assert (refund.state, refund.tries) == ("submitted", 1)
    assert take_refund_asks(now=NOON + MINUTE) == []
    return second, refund


def test_a_refund_is_sent_once_and_entered_once():
    payment, refund = refund_sent()
    for _ in range(2):
        tell(payment, given(refund))
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.state, payment.refunding_minor, payment.refunded_minor) == ("succeeded", 0, 6400)
    assert (order_now().captured_minor, order_now().refunded_minor) == (12800, 6400)
    assert told(refund.id) == [
        "refund.requested", "refund.approved", "refund.submitted", "refund.succeeded",
    ]  # fmt: skip
    assert broken() == {}


def test_a_refund_without_an_answer_is_looked_up_and_sent_again_only_where_it_never_arrived():
    payment, refund = refund_sent()
    telling = Telling("test", payment.account_id, (), refund.number or "", silent="no answer")
    hear_providers([telling], now=NOON + MINUTE)
    refund.refresh_from_db()
    assert refund.state == "unknown"
    (ask,) = take_refund_asks(now=NOON + 10 * MINUTE)
    assert ask.kind == "look_up"
    tell(payment, given(refund, "absent"), now=NOON + 10 * MINUTE)
    (ask,) = take_refund_asks(now=NOON + 10 * MINUTE)
    refund.refresh_from_db()
    assert (ask.kind, ask.refund.number, refund.tries) == ("send", refund.number, 2)
    assert broken() == {}


def test_a_refund_that_is_refused_keeps_the_money_owed_and_free():
    payment, refund = refund_sent()
    tell(payment, given(refund, "failed"))
    payment.refresh_from_db()
    assert (Refund.objects.get().state, payment.refunding_minor) == ("failed", 0)
    assert take_refund_asks(now=NOON + 100 * MINUTE) == []
    assert broken() == {}
