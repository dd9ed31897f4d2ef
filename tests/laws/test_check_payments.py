"""`laidan check` names payments and refunds that do not add up."""

import pytest

from builders import NOON, a_shop, a_sku, an_order
from laidan.domain.payments.models import Refund
from laidan.kernel.actor import SYSTEM
from laidan.usecases.ask_providers import take_refund_asks
from laidan.usecases.give_refunds import decide_refunds, request_refunds
from laidan.usecases.money_requests import DecideRefund, RequestRefund
from laws.conftest import broken, run
from usecases.money import an_account, given, paid, start, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid_and_partly_back() -> None:
    """An order that was paid; 10.00 went back, 5.00 are on their way, 1.00 is asked for."""
    a_shop()
    a_sku("TEE", "64.00")
    an_account()
    order = an_order(("TEE", 1))
    payment = start(order)
    tell(payment, paid(payment))
    for amount in ("10.00", "5.00"):
        (done,) = request_refunds([RequestRefund(order.order_id, SYSTEM, "r", amount)], now=NOON)
        decide_refunds([DecideRefund(done.value.id, "approve", SYSTEM)], now=NOON)
        if amount == "10.00":
            take_refund_asks(now=NOON)
            tell(payment, given(Refund.objects.get()))
    request_refunds([RequestRefund(order.order_id, SYSTEM, "r", "1.00")], now=NOON)
    assert broken() == {}


@pytest.mark.parametrize(
    ("law", "sql"),
    [
        ("owed-within-kept", "UPDATE refund SET amount_minor = 5401 WHERE state = 'requested'"),
        ("payment-is-in-ledger", "DELETE FROM ledger_entry WHERE kind = 'capture'"),
        ("payment-is-in-ledger", "UPDATE payment SET refunded_minor = refunded_minor - 1"),
        ("set-aside-is-refunds", "UPDATE payment SET refunding_minor = 0"),
        ("set-aside-is-refunds", "UPDATE refund SET state = 'failed' WHERE state = 'approved'"),
        ("refund-is-given-once", "DELETE FROM ledger_entry WHERE kind = 'refund'"),
        ("refund-is-given-once", "UPDATE refund SET state = 'unknown' WHERE state = 'succeeded'"),
    ],
)
def test_a_broken_law_of_payments_is_named(paid_and_partly_back, law, sql):
    assert run(sql) >= 1
    assert law in broken()
