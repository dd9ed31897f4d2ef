"""Money that came through a provider is reconciled with the bill that the same provider hands out."""

from datetime import UTC, datetime, timedelta

import pytest

from builders import a_shop, a_sku, an_order
from laidan.domain.payments.models import LedgerEntry, Payment
from laidan.domain.settlement.models import BillRow, Break, SettlementDay, Statement
from laidan.interfaces.worker.jobs import Runner
from laidan.interfaces.worker.reconciling import reconcile_daily
from laidan.kernel.actor import SYSTEM
from laidan.usecases.close_days import close_days
from laidan.usecases.settlement_requests import CloseDay
from money import a_buyer, an_account, answer, begin, deliver

pytestmark = pytest.mark.django_db(transaction=True)


def test_payments_of_the_test_provider_agree_with_its_bill_and_a_lost_one_is_found() -> None:
    a_shop()
    a_sku("TEE", "64.00", on_hand=10)
    account = an_account()
    now = datetime.now(UTC)
    buyer = a_buyer()
    payments = []
    for _ in range(3):
        order = an_order(("TEE", 1), now=now)
        payment = begin(buyer, order.order_id, account)
        answer(payment)
        payments.append(payment)
    deliver()
    assert Payment.objects.filter(state="captured").count() == 3
    # One capture never reached our ledger.
    LedgerEntry.objects.filter(payment_id=payments[0].pk).delete()
    tomorrow = now + timedelta(days=1)
    assert reconcile_daily(tomorrow)["failed"] == 0
    runner = Runner(clock=lambda: tomorrow)
    while runner.step(tomorrow):
        pass
    assert BillRow.objects.count() == 3
    found = {(one.type, one.number or one.other) for one in Break.objects.all()}
    assert ("missing_here", payments[0].number) in found
    assert {kind for kind, _ in found} <= {"missing_here", "wrong_day"}
    assert sum(one.bill_captured for one in Statement.objects.all()) == 19_200
    (day,) = SettlementDay.objects.filter(has_bill=True, day=now.date().isoformat())
    (outcome,) = close_days([CloseDay(account, day.day, SYSTEM)], now=tomorrow)
    assert getattr(outcome, "code", "") == "day-has-breaks"
