"""Money that comes late, twice or not at all, and what a dispute takes back."""

from datetime import timedelta

import pytest

from builders import NOON, a_shop, a_sku, an_order
from laidan.domain.channels.models import Shop
from laidan.domain.orders.models import Order
from laidan.domain.payments import accounts
from laidan.domain.payments.core import Policy
from laidan.domain.payments.models import Payment, Refund, Suspense
from laidan.domain.stock.models import Balance
from laidan.engine.models import Event
from laidan.usecases.ask_providers import take_payment_asks
from laidan.usecases.expire_deadlines import expire_due
from laws.conftest import broken
from usecases.money import MINUTE, an_account, paid, start, started, tell
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


# --- late, and twice ------------------------------------------------------------------------------


def expired() -> tuple[object, Payment]:
    order = an_order(("TEE", 10))
    payment = start(order)
    tell(payment, paid(payment)._replace(state="expired"))
    assert expire_due(now=NOON + 31 * MINUTE) == 1
    return order, payment


def test_money_one_second_after_the_clock_cancelled_revives_the_order():
    order, payment = expired()
    tell(payment, paid(payment), now=NOON + 31 * MINUTE + timedelta(seconds=1))
    assert (order_now().state, order_now().captured_minor) == ("open", 64000)
    assert Balance.objects.get().reserved == 10
    assert not Refund.objects.exists()
    assert told(order.order_id)[-2:] == ["order.paid", "order.revived"]
    assert broken() == {}


def test_late_money_goes_back_once_where_the_stock_is_gone():
    order, payment = expired()
    an_order(("TEE", 1), paid="64.00", external_no="first")
    for _ in range(2):
        tell(payment, paid(payment), now=NOON + 32 * MINUTE)
    late = Order.objects.get(pk=order.order_id)
    assert (late.state, late.captured_minor) == ("cancelled", 64000)
    (refund,) = Refund.objects.all()
    assert (refund.state, refund.amount_minor, refund.payment_id) == (
        "approved", 64000, payment.id,
    )  # fmt: skip
    assert broken() == {}


def test_late_money_of_an_order_that_the_buyer_cancelled_goes_back():
    order = an_order(("TEE", 1))
    payment = start(order)
    act(order, "cancel", reason="buyer")
    tell(payment, paid(payment))
    assert order_now().state == "cancelled"
    assert Refund.objects.get().reason == "late-money"


def test_a_shop_may_ask_a_person_about_late_money():
    accounts.write_policies([Policy(Shop.objects.get().pk, late_steps=("ask",))], NOON)
    _, payment = expired()
    tell(payment, paid(payment), now=NOON + 32 * MINUTE)
    assert (order_now().state, Refund.objects.count()) == ("cancelled", 0)
    assert Suspense.objects.get().reason == "late-money"
    assert broken() == {}


def test_paid_twice_by_two_accounts_the_second_goes_back():
    order = an_order(("TEE", 1))
    first, second = start(order), start(order, "other")
    tell(first, paid(first))
    second.refresh_from_db()
    assert second.is_closing
    tell(second, paid(second))
    (refund,) = Refund.objects.all()
    assert (refund.payment_id, refund.amount_minor, refund.reason) == (
        second.id, 6400, "excess-money",
    )  # fmt: skip
    assert (order_now().state, order_now().captured_minor) == ("open", 12800)
    assert broken() == {}


def test_a_hold_does_not_keep_money_from_an_order():
    order = an_order(("TEE", 1))
    payment = start(order)
    act(order, "hold", reason="look")
    tell(payment, paid(payment))
    assert (order_now().state, order_now().open_holds) == ("open", 1)


# --- silence --------------------------------------------------------------------------------------


def test_silence_is_asked_about_and_never_repeated():
    payment = start(an_order(("TEE", 1)))
    assert tell(payment, silent="no answer") == "silent"
    payment.refresh_from_db()
    assert (payment.state, payment.ask_at) == ("unknown", NOON + 2 * MINUTE)
    assert take_payment_asks(now=NOON + MINUTE) == []
    (ask,) = take_payment_asks(now=NOON + 2 * MINUTE)
    assert (ask.kind, ask.payment.number) == ("query", payment.number)
    # The lease: nobody else asks the same meanwhile.
    assert take_payment_asks(now=NOON + 2 * MINUTE) == []
    assert tell(payment, paid(payment)) == "taken"
    assert order_now().state == "open"


def test_the_provider_is_asked_to_close_before_an_unpaid_order_is_cancelled():
    order = an_order(("TEE", 1))
    payment = start(order)
    started(payment)
    due = NOON + 30 * MINUTE
    assert expire_due(now=due) == 0
    (ask,) = take_payment_asks(now=due)
    assert ask.kind == "close"
    assert tell(payment, paid(payment)._replace(state="expired"), now=due) == "taken"
    assert expire_due(now=due + timedelta(seconds=14)) == 0
    assert expire_due(now=due + timedelta(seconds=15)) == 1
    assert order_now().state == "cancelled"


def test_paid_while_being_closed_the_order_stays():
    payment = start(an_order(("TEE", 1)))
    due = NOON + 30 * MINUTE
    assert expire_due(now=due) == 0
    tell(payment, paid(payment), now=due)
    assert expire_due(now=due + MINUTE) == 0
    assert order_now().state == "open"


def test_after_a_day_without_an_answer_a_person_is_asked():
    payment = start(an_order(("TEE", 1)))
    tell(payment, silent="no answer")
    assert len(take_payment_asks(now=NOON + timedelta(hours=26))) == 1
    assert Suspense.objects.get().reason == "payment-unknown"


# --- disputes -------------------------------------------------------------------------------------


def test_a_lost_dispute_takes_the_money_back_once():
    payment = start(an_order(("TEE", 1)))
    tell(payment, paid(payment))
    for state in ("disputed", "disputed", "lost", "lost", "won"):
        tell(payment, paid(payment)._replace(state=state))
    payment.refresh_from_db()
    assert (payment.dispute, payment.refunded_minor) == ("lost", 6400)
    assert order_now().refunded_minor == 6400
    assert broken() == {}


def test_cancelling_has_open_payments_closed_at_once():
    order = an_order(("TEE", 1))
    payment = start(order)
    started(payment)
    act(order, "cancel", reason="buyer", now=NOON + MINUTE)
    (ask,) = take_payment_asks(now=NOON + MINUTE)
    assert (ask.kind, ask.payment.number) == ("close", payment.number)
