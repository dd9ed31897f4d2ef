"""Whether an event is believed where Stripe signed it for us, and says of payments what it means."""

from datetime import timedelta

import pytest

from interfaces.provider_peer import NOW, flipped
from interfaces.stripe_peer import (
    MARKS,
    SESSION,
    a_dispute,
    a_refund,
    an_account,
    an_intent_of_theirs,
    called,
    event,
    signature,
)
from laidan.domain.payments.facts import PaymentFact, RefundFact
from laidan.interfaces.providers.base import Callback, ForgedCallbackError, MisconfiguredError
from laidan.interfaces.providers.stripe.provider import Stripe

pytestmark = pytest.mark.one_engine

DONE = {**SESSION, "status": "complete", "payment_intent": "pi_1"}
PAID = event("checkout.session.completed", {**DONE, "payment_status": "paid"})
AFTER = (NOW + timedelta(days=1)).isoformat()


def read(body: bytes, *secrets: str, **account: str):
    return Stripe().read_callback(an_account(**account), called(body, *secrets), now=NOW)


def payment(state: str, reference: str = "pi_1", amount: int | None = None, detail: str = ""):
    currency = "USD" if amount is not None else None
    return PaymentFact("P1", state, NOW, reference, amount, currency, None, detail)


@pytest.mark.parametrize(
    ("kind", "what", "expected"),
    [
        ("checkout.session.completed", {**DONE, "payment_status": "paid"},
         payment("captured", amount=6450, detail="complete paid")),
        ("checkout.session.completed", DONE, payment("pending", detail="complete unpaid")),
        ("checkout.session.async_payment_succeeded", {**DONE, "payment_status": "paid"},
         payment("captured", amount=6450, detail="complete paid")),
        ("checkout.session.async_payment_failed", DONE,
         payment("failed", detail="complete unpaid")),
        ("checkout.session.expired", {**SESSION, "status": "expired"},
         payment("expired", "cs_1", detail="expired unpaid")),
        ("payment_intent.succeeded", an_intent_of_theirs(),
         payment("captured", amount=6450, detail="succeeded")),
        ("payment_intent.succeeded", an_intent_of_theirs(amount_received=1),
         payment("captured", amount=1, detail="succeeded")),
        ("payment_intent.payment_failed",
         an_intent_of_theirs(status="requires_payment_method",
                             last_payment_error={"code": "card_declined"}),
         payment("pending", detail="requires_payment_method card_declined")),
        ("payment_intent.canceled", an_intent_of_theirs(status="canceled"),
         payment("expired", detail="canceled")),
    ],
)  # fmt: skip
def test_a_payment_event_is_what_its_object_means(kind: str, what: object, expected: PaymentFact):
    notice = read(event(kind, what))
    assert (notice.event_id, notice.kind, notice.facts) == ("evt_1", kind, (expected,))


REFUNDED = RefundFact("R1", "succeeded", NOW, "re_1", 1000, "USD", None, "succeeded", "P1", "pi_1")
OLD_CHARGE = {
    "id": "ch_1", "object": "charge", "metadata": MARKS,
    "refunds": {"data": [a_refund(metadata={"laidan_refund": "R1"})]},
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "what", "expected"),
    [
        ("refund.created", a_refund(), (REFUNDED,)),
        ("refund.updated", a_refund(status="pending"),
         (REFUNDED._replace(state="pending", detail="pending"),)),
        ("refund.failed", a_refund(status="failed", failure_reason="lost_card"),
         (REFUNDED._replace(state="failed", detail="failed lost_card"),)),
        ("charge.refund.updated", a_refund(metadata={}),
         (REFUNDED._replace(number="", payment_number=""),)),
        ("charge.refunded", OLD_CHARGE, (REFUNDED,)),
        ("charge.refunded", {"id": "ch_1", "object": "charge", "metadata": MARKS}, ()),
        ("charge.succeeded", OLD_CHARGE, ()),
    ],
)  # fmt: skip
def test_a_refund_event_names_the_refund(kind: str, what: object, expected: tuple):
    assert read(event(kind, what)).facts == expected


@pytest.mark.parametrize(
    ("kind", "changes", "state", "detail"),
    [
        ("charge.dispute.created", {}, "disputed", f"fraudulent, evidence until {AFTER}"),
        ("charge.dispute.closed", {"status": "won"}, "won", "fraudulent"),
        ("charge.dispute.closed", {"status": "warning_closed"}, "won", "fraudulent"),
        ("charge.dispute.closed", {"status": "lost"}, "lost", "fraudulent"),
    ],
)
def test_a_dispute_names_its_payment_by_reference(
    kind: str, changes: dict, state: str, detail: str
):
    assert read(event(kind, a_dispute(**changes))).facts == (
        PaymentFact("", state, NOW, "pi_1", 6450, "USD", None, detail),
    )


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("customer.created", {"object": "customer", "id": "cus_1"}),
        ("charge.dispute.updated", a_dispute()),
        # Another shop's on the same account of Stripe's, and what was not begun by us.
        ("payment_intent.succeeded",
         an_intent_of_theirs(metadata={**MARKS, "laidan_account": "a2"})),
        ("payment_intent.succeeded", an_intent_of_theirs(metadata={})),
        ("checkout.session.completed", {**DONE, "metadata": {}}),
        ("plan.created", {"object": "plan"}),
    ],
)  # fmt: skip
def test_what_is_not_about_our_payments_says_nothing(kind: str, what: object):
    notice = read(event(kind, what))
    # The endpoint of the shop that it is about may still bring the same event.
    assert (notice.event_id, notice.facts) == ("evt_1@a1", ())


def test_any_endpoints_secret_and_any_signature_will_do_while_they_are_replaced():
    both = "whsec_1 whsec_2"
    for secrets in (("whsec_1",), ("whsec_2",), ("whsec_0", "whsec_2")):
        assert read(PAID, *secrets, webhook_secret=both).event_id == "evt_1"
    assert read(PAID, "whsec_0", "whsec_1").event_id == "evt_1"
    with pytest.raises(ForgedCallbackError):
        read(PAID, "whsec_1", webhook_secret="whsec_2")


def test_a_repetition_has_the_same_id_and_says_the_same():
    again = called(PAID, at=NOW + timedelta(hours=1))
    later = Stripe().read_callback(an_account(), again, now=NOW + timedelta(hours=1))
    assert later == read(PAID)


def with_header(value: str) -> Callback:
    return Callback({"stripe-signature": value}, PAID)


STAMP, GOOD = int(NOW.timestamp()), signature(PAID)


@pytest.mark.parametrize(
    "call",
    [
        Callback(called(PAID).headers, flipped(PAID, 20)),
        Callback(called(PAID).headers, PAID + b"\n"),
        Callback({}, PAID), with_header(""), with_header("t=,v1="),
        with_header(f"t={STAMP}"), with_header(f"v1={GOOD}"),
        with_header(f"t={STAMP + 1},v1={GOOD}"), with_header(f"t={STAMP},v0={GOOD}"),
        with_header(f"t={STAMP},v1={GOOD[:-1]}{'0' if GOOD[-1] != '0' else '1'}"),
        with_header(f"t={STAMP},v1={GOOD.upper()}"), with_header(f"t={STAMP},v1=é"),
        with_header(f"t={STAMP},t={STAMP},v1={GOOD}"), with_header("t=" + "9" * 500),
        with_header("t=١٢٣,v1=00"), with_header("," * 10_000),
        with_header(f"t={STAMP}" + ",v1=00" * 30 + f",v1={GOOD}"),
        called(PAID, "whsec_9"),
        called(PAID, at=NOW - timedelta(seconds=301)),
        called(PAID, at=NOW + timedelta(seconds=301)),
        called(event("checkout.session.completed", SESSION, livemode=True)),
        called(event("checkout.session.completed", SESSION, livemode=None)),
        called(event("checkout.session.completed", SESSION, id=None)),
        called(event("checkout.session.completed", SESSION, created="now")),
        called(event("checkout.session.completed", SESSION, created=1 << 60)),
        called(event("checkout.session.completed", {**DONE, "status": 1})),
        called(event("checkout.session.completed",
                     {**DONE, "payment_status": "paid", "currency": "xxx"})),
        called(event("checkout.session.completed",
                     {**DONE, "payment_status": "paid", "amount_total": 10**30})),
        called(event("payment_intent.succeeded", an_intent_of_theirs(amount_received=1.5))),
        called(event("payment_intent.x", an_intent_of_theirs(status="dancing"))),
        called(event("refund.created", a_refund(currency="ugx", amount=1))),
        called(event("charge.refunded", {**OLD_CHARGE, "refunds": {"data": [1]}})),
        called(event("charge.dispute.closed", a_dispute(status="dancing"))),
        called(event("plan.created", None)), called(event("plan.created", [1])),
        called(b""), called(b"\xff\xfe"), called(b"[]"), called(b"not json"), called(b"null"),
        called(b"[" * 90_000), called(b"x" * (1 << 19)),
    ],
)  # fmt: skip
def test_what_stripe_did_not_sign_for_us_is_refused(call: Callback):
    with pytest.raises(ForgedCallbackError):
        Stripe().read_callback(an_account(), call, now=NOW)


def test_an_account_without_its_signing_secret_is_misconfigured():
    with pytest.raises(MisconfiguredError, match=r"^webhook_secret: "):
        read(PAID, webhook_secret="")
