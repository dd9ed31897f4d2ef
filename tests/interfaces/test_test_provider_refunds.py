"""Whether the test provider gives back once for each number, signs its calls and tells its day."""

import csv
import io
from datetime import date, timedelta

import pytest

from interfaces.played_provider import PROVIDER, SAID, SECOND, a_refund, an_account, calls, start
from interfaces.provider_peer import NOW, flipped
from laidan.domain.payments.facts import PaymentFact, RefundFact, RefundIntent
from laidan.domain.test_provider.models import PlayedCharge, PlayedRefund
from laidan.interfaces.providers.base import (
    Callback,
    ForgedCallbackError,
    NoAnswerError,
    ProviderRefusedError,
)
from laidan.interfaces.providers.testing import answer_charge
from laidan.interfaces.providers.testing_calls import HEADER, signed

pytestmark = pytest.mark.django_db


@pytest.fixture
def _paid() -> None:
    start()
    answer_charge("P1", "vanish", now=NOW)


def refund(intent: RefundIntent, **changes: str) -> RefundFact:
    return PROVIDER.refund(an_account(**changes), intent, now=NOW)


def refund_stands(intent: RefundIntent, after: timedelta = SECOND) -> str:
    return PROVIDER.query_refund(an_account(), intent, None, now=NOW + after).state


@pytest.mark.usefixtures("_paid")
def test_a_refund_is_given_once_and_called():
    fact = refund(a_refund())
    assert (fact.state, fact.amount_minor, fact.payment_number) == ("succeeded", 1000, "P1")
    assert refund(a_refund()) == fact
    (notice,) = calls(timedelta(0))
    assert notice.facts == (fact,)
    assert PlayedRefund.objects.count() == 1


@pytest.mark.usefixtures("_paid")
@pytest.mark.parametrize(
    ("scenario", "kept"), [("vanish_done", "succeeded"), ("vanish_not", "absent")]
)
def test_a_refund_without_an_answer_may_have_happened_or_not(scenario: str, kept: str):
    with pytest.raises(NoAnswerError):
        refund(a_refund(), on_refund=scenario)
    assert refund_stands(a_refund()) == kept
    assert refund(a_refund()).state == "succeeded"
    assert PlayedRefund.objects.count() == 1


@pytest.mark.usefixtures("_paid")
def test_a_delayed_refund_settles_by_itself_and_a_failed_one_is_tried_again():
    assert refund(a_refund(), on_refund="delay").state == "pending"
    assert calls(timedelta(minutes=4)) == []
    assert refund_stands(a_refund(), timedelta(minutes=6)) == "succeeded"
    assert calls(timedelta(minutes=6))[0].facts[0].state == "succeeded"
    other = a_refund("R2")
    assert refund(other, on_refund="fail").state == "failed"
    assert refund(other).state == "succeeded"
    ids = [notice.event_id for notice in calls(timedelta(minutes=6))]
    assert len(ids) == len(set(ids)) == 3


@pytest.mark.usefixtures("_paid")
@pytest.mark.parametrize(
    ("intent", "changes", "code"),
    [
        (a_refund(amount=6451), {}, "over-refund"),
        (a_refund(currency="USD"), {}, "other-currency"),
        (a_refund(payment_number="P9"), {}, "not-captured"),
        (a_refund(), {"on_refund": "refuse"}, "refuse"),
        (a_refund(), {"id": "a2"}, "not-captured"),
    ],
)
def test_a_refused_refund_gives_nothing(intent: RefundIntent, changes: dict[str, str], code: str):
    with pytest.raises(ProviderRefusedError) as raised:
        refund(intent, **changes)
    assert raised.value.code == code
    assert PlayedRefund.objects.count() == 0


@pytest.mark.usefixtures("_paid")
def test_refunds_never_exceed_what_was_captured():
    refund(a_refund("R1", 6000))
    with pytest.raises(ProviderRefusedError):
        refund(a_refund("R2", 451))
    refund(a_refund("R3", 450))
    with pytest.raises(ProviderRefusedError, match="cannot be"):
        refund(a_refund("R3", 1))
    assert sorted(PlayedRefund.objects.values_list("amount_minor", flat=True)) == [450, 6000]


@pytest.mark.one_engine
def test_a_call_is_believed_with_its_signature():
    call = signed(an_account(), SAID, NOW)
    notice = PROVIDER.read_callback(an_account(), call, now=NOW)
    assert notice.facts == (PaymentFact("P1", "captured", NOW, "T1", 6450, "CNY", "a1"),)


GOOD = signed(an_account(), SAID, NOW)


@pytest.mark.one_engine
@pytest.mark.parametrize(
    "call",
    [
        Callback(GOOD.headers, flipped(GOOD.body, 40)), Callback({}, GOOD.body),
        Callback({HEADER: GOOD.headers[HEADER][:-1] + "é"}, GOOD.body),
        Callback({HEADER: GOOD.headers[HEADER].replace("t=", "t=1")}, GOOD.body),
        signed(an_account(secret="old"), SAID, NOW),
        signed(an_account(), SAID, NOW - timedelta(seconds=301)),
        signed(an_account(), SAID, NOW + timedelta(seconds=301)),
        signed(an_account(), {**SAID, "account": "a2"}, NOW),
        signed(an_account(), {**SAID, "amount": "6450"}, NOW),
        signed(an_account(), {**SAID, "state": "dancing"}, NOW),
        signed(an_account(), {**SAID, "type": "refund.captured"}, NOW),
        signed(an_account(), {**SAID, "id": ""}, NOW),
        signed(an_account(), {**SAID, "at": "now"}, NOW),
        signed(an_account(), {**SAID, "subject": "x" * (1 << 19)}, NOW),
        Callback(GOOD.headers, b""), Callback(GOOD.headers, b"\xff"),
    ],
)  # fmt: skip
def test_a_call_that_it_did_not_make_is_refused(call: Callback):
    with pytest.raises(ForgedCallbackError):
        PROVIDER.read_callback(an_account(), call, now=NOW)


@pytest.mark.usefixtures("_paid")
def test_a_days_bill_has_what_was_captured_and_given_back():
    refund(a_refund())
    refund(a_refund("R2"), on_refund="fail")
    (bill,) = PROVIDER.fetch_bill(an_account(), date(2026, 11, 23), now=NOW + SECOND)
    rows = [tuple(row.values()) for row in csv.DictReader(io.StringIO(bill.decode()))]
    charge, given = PlayedCharge.objects.get(), PlayedRefund.objects.get(number="R1")
    assert rows == [
        ("capture", "P1", charge.reference, "", "64.50", "0", "CNY", NOW.isoformat()),
        ("refund", "P1", given.reference, "R1", "10.00", "0", "CNY", NOW.isoformat()),
    ]
    (empty,) = PROVIDER.fetch_bill(an_account(), date(2026, 11, 24), now=NOW)
    assert len(empty.decode().splitlines()) == 1
