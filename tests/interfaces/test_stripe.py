"""Whether Stripe is asked as it wants to be, by its own library, and its answers mean what they say."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from interfaces.provider_peer import NOW, Peer, Said
from interfaces.stripe_peer import (
    REFUND,
    SESSION,
    a_refund,
    an_account,
    an_intent,
    an_intent_of_theirs,
    answering,
    no,
)
from laidan.domain.payments.facts import PaymentFact, RefundFact
from laidan.interfaces.providers.base import (
    MisconfiguredError,
    NoAnswerError,
    ProviderRefusedError,
)
from laidan.interfaces.providers.stripe.provider import Stripe

pytestmark = pytest.mark.one_engine


@pytest.fixture
def stripe(peer: Peer) -> Stripe:
    return Stripe(peer.url)


# --- starting ---------------------------------------------------------------------------------


def test_a_checkout_page_is_asked_for_under_our_number(peer: Peer, stripe: Stripe):
    peer.will(answering(SESSION), answering(SESSION))
    intent = an_intent(created_at=NOW - timedelta(minutes=5))
    started = stripe.start(an_account(), intent, now=NOW)
    assert (started.reference, started.url) == ("cs_1", "https://checkout.stripe.com/c/pay/cs_1")
    asked = peer.asked[0]
    assert (asked.method, asked.path) == ("POST", "/v1/checkout/sessions")
    assert asked.headers["idempotency-key"] == "P1"
    assert dict(parse_qsl(asked.body.decode())) == {
        "mode": "payment", "client_reference_id": "P1",
        "line_items[0][quantity]": "1", "line_items[0][price_data][currency]": "usd",
        "line_items[0][price_data][unit_amount]": "6450",
        "line_items[0][price_data][product_data][name]": "Order 1",
        "metadata[laidan_number]": "P1", "metadata[laidan_account]": "a1",
        "payment_intent_data[metadata][laidan_number]": "P1",
        "payment_intent_data[metadata][laidan_account]": "a1",
        "success_url": "https://shop.test/back", "cancel_url": "https://shop.test/back",
        # An hour after it was begun: Stripe takes no session shorter than 30 minutes.
        "expires_at": str(int((NOW + timedelta(minutes=55)).timestamp())),
    }  # fmt: skip
    # A repetition much later is the same request, as an idempotency key wants it.
    stripe.start(an_account(), intent, now=NOW + timedelta(minutes=20))
    assert peer.asked[1].body == asked.body


@pytest.mark.parametrize(
    ("currency", "minor", "sent"),
    [("JPY", 500, "500"), ("ISK", 500, "50000"), ("KWD", 1230, "1230")],
)
def test_amounts_are_in_stripes_units(
    peer: Peer, stripe: Stripe, currency: str, minor: int, sent: str
):
    peer.will(answering(SESSION))
    stripe.start(an_account(), an_intent(currency=currency, amount_minor=minor), now=NOW)
    assert peer.asked[0].form["line_items[0][price_data][unit_amount]"] == sent


def test_an_amount_that_stripe_cannot_say_is_refused_without_asking(peer: Peer, stripe: Stripe):
    with pytest.raises(ProviderRefusedError):
        stripe.start(an_account(), an_intent(currency="MGA", amount_minor=150), now=NOW)
    assert peer.asked == []


# --- asking -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "state", "reference", "amount"),
    [
        ({}, "pending", "cs_1", None),
        ({"payment_intent": "pi_1"}, "pending", "pi_1", None),
        ({"payment_intent": {"id": "pi_1"}, "status": "complete"}, "pending", "pi_1", None),
        ({"payment_intent": "pi_1", "status": "complete", "payment_status": "paid"},
         "captured", "pi_1", 6450),
        ({"status": "expired"}, "expired", "cs_1", None),
    ],
)  # fmt: skip
def test_a_session_is_what_its_words_mean(
    peer: Peer, stripe: Stripe, changes: dict[str, str], state: str, reference: str,
    amount: int | None,
):  # fmt: skip
    said = {**SESSION, **changes}
    peer.will(answering(said))
    fact = stripe.query(an_account(), "P1", "cs_1", now=NOW)
    words = f"{said['status']} {said['payment_status']}"
    currency = "USD" if amount else None
    assert fact == PaymentFact("P1", state, NOW, reference, amount, currency, None, words)


@pytest.mark.parametrize(
    ("word", "state", "amount"),
    [
        ("succeeded", "captured", 6450), ("requires_capture", "authorized", 6400),
        ("processing", "pending", None), ("requires_payment_method", "pending", None),
        ("canceled", "expired", None),
    ],
)  # fmt: skip
def test_a_payment_intent_is_what_its_word_means(
    peer: Peer, stripe: Stripe, word: str, state: str, amount: int | None
):
    peer.will(answering(an_intent_of_theirs(status=word)))
    fact = stripe.query(an_account(), "P1", "pi_1", now=NOW)
    assert (fact.state, fact.amount_minor, fact.reference) == (state, amount, "pi_1")


def test_without_a_reference_our_mark_is_searched_for(peer: Peer, stripe: Stripe):
    failed = an_intent_of_theirs(id="pi_0", status="canceled")
    peer.will(answering({"data": [failed, an_intent_of_theirs()]}), answering({"data": []}))
    assert stripe.query(an_account(), "P1", None, now=NOW).reference == "pi_1"
    assert peer.asked[0].query["query"] == "metadata['laidan_number']:'P1'"
    assert stripe.query(an_account(), "P1", None, now=NOW).state == "absent"


def test_closing_expires_the_page_and_then_looks(peer: Peer, stripe: Stripe):
    peer.will(
        answering({**SESSION, "status": "expired"}), answering({**SESSION, "status": "expired"}),
        answering({"data": [SESSION]}), no("resource_missing", 400),
        answering(an_intent_of_theirs()), answering({"data": []}),
    )  # fmt: skip
    assert stripe.close(an_account(), "P1", "cs_1", now=NOW).state == "expired"
    assert stripe.close(an_account(), "P1", "pi_1", now=NOW).state == "captured"
    assert stripe.close(an_account(), "P1", None, now=NOW).state == "absent"
    assert [asked.path for asked in peer.asked[:4]] == [
        "/v1/checkout/sessions/cs_1/expire", "/v1/checkout/sessions/cs_1",
        "/v1/checkout/sessions?payment_intent=pi_1&limit=10",
        "/v1/checkout/sessions/cs_1/expire",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (no("rate_limit", 429), NoAnswerError), (no("", 500, "api_error"), NoAnswerError),
        (no("idempotency_key_in_use", 409), NoAnswerError),
        (no("x", 400, "idempotency_error"), NoAnswerError),
        (no("resource_missing", 404), ProviderRefusedError),
        (no("card_declined", 402, "card_error"), ProviderRefusedError),
        (no("api_key_expired", 401), MisconfiguredError), (no("", 403), MisconfiguredError),
        (answering({"object": "checkout.session"}), NoAnswerError),
        (answering([SESSION]), NoAnswerError), (answering({"error": "x"}, 400), NoAnswerError),
        (answering([], 400), NoAnswerError), (answering({"error": {}}, 500), NoAnswerError),
        (answering({**SESSION, "metadata": 7}), NoAnswerError),
        (answering({**SESSION, "metadata": {"laidan_number": "P2"}}), NoAnswerError),
        (answering({**SESSION, "payment_status": "paid", "amount_total": "1"}), NoAnswerError),
        (Said(b""), NoAnswerError), (Said(b"\xff"), NoAnswerError), (Said(b"<html>"), NoAnswerError),
        (Said(b"{" * 50_000), NoAnswerError), (Said(b'{"id":1}', cut=3), NoAnswerError),
        (Said(b"{}", 302, {"Location": "http://127.0.0.1:9/"}), NoAnswerError),
    ],
)  # fmt: skip
def test_each_kind_of_no_and_rubbish_is_told_apart(
    peer: Peer, stripe: Stripe, answer: object, error: type[Exception]
):
    peer.will(answer)
    with pytest.raises(error) as raised:
        stripe.query(an_account(), "P1", "cs_1", now=NOW)
    assert "sk_test_1" not in str(raised.value)
    assert len(peer.asked) == 1, "the library repeated it by itself"


# --- refunds ----------------------------------------------------------------------------------


def test_a_refund_is_looked_for_and_then_made_under_our_number(peer: Peer, stripe: Stripe):
    other = a_refund(metadata={"laidan_refund": "R0"})
    peer.will(answering({"data": [other], "has_more": False}), answering(a_refund()))
    fact = stripe.refund(an_account(), REFUND, now=NOW)
    assert fact == RefundFact(
        "R1", "succeeded", NOW, "re_1", 1000, "USD", None, "succeeded", "P1", "pi_1"
    )
    asked = peer.asked[1]
    assert (asked.path, asked.headers["idempotency-key"]) == ("/v1/refunds", "R1")
    assert asked.form == {
        "payment_intent": "pi_1", "amount": "1000", "metadata[laidan_refund]": "R1",
        "metadata[laidan_number]": "P1", "metadata[laidan_account]": "a1",
        "metadata[reason]": "too small",
    }  # fmt: skip


def test_a_refund_that_is_there_is_never_made_again(peer: Peer, stripe: Stripe):
    failed = a_refund(id="re_0", status="failed")
    peer.will(answering({"data": [failed, a_refund(status="pending")], "has_more": False}))
    fact = stripe.refund(an_account(), REFUND, now=NOW + timedelta(days=3))
    assert (fact.state, fact.reference, len(peer.asked)) == ("pending", "re_1", 1)


def test_a_refund_is_asked_for_by_its_reference_or_among_the_payments(peer: Peer, stripe: Stripe):
    peer.will(answering(a_refund(status="failed")), answering({"data": [], "has_more": False}))
    assert stripe.query_refund(an_account(), REFUND, "re_1", now=NOW).state == "failed"
    assert stripe.query_refund(an_account(), REFUND, None, now=NOW).state == "absent"
    peer.will(answering({"data": [], "has_more": True}))
    with pytest.raises(NoAnswerError):
        stripe.query_refund(an_account(), REFUND, None, now=NOW)


# --- bills, settings --------------------------------------------------------------------------


def test_a_days_bill_is_every_page_of_what_moved_the_balance(peer: Peer, stripe: Stripe):
    at = int(datetime(2026, 11, 22, 5, 6, 7, tzinfo=UTC).timestamp())
    charge = {
        "id": "ch_1", "object": "charge", "payment_intent": "pi_1",
        "metadata": {"laidan_number": "P1"},
    }  # fmt: skip
    first = {
        "id": "txn_1", "amount": 6450, "fee": 217, "net": 6233, "currency": "usd", "created": at,
        "reporting_category": "charge", "source": charge, "description": "=1+1",
    }  # fmt: skip
    second = {**first, "id": "txn_2", "amount": -1000, "fee": 0, "net": -1000,
              "reporting_category": "refund", "source": a_refund()}  # fmt: skip
    third = {**first, "id": "txn_3", "reporting_category": "payout", "source": "po_1"}
    peer.will(
        answering({"data": [first, second], "has_more": True}),
        answering({"data": [third], "has_more": False}),
    )
    (bill,) = stripe.fetch_bill(an_account(), date(2026, 11, 22), now=NOW)
    rows = list(csv.DictReader(io.StringIO(bill.decode())))
    assert [row["balance_transaction_id"] for row in rows] == ["txn_1", "txn_2", "txn_3"]
    assert rows[0] == {
        "balance_transaction_id": "txn_1", "created_utc": "2026-11-22 05:06:07",
        "currency": "usd", "gross": "64.50", "fee": "2.17", "net": "62.33",
        "reporting_category": "charge", "source_id": "ch_1", "description": "=1+1",
        "charge_id": "ch_1", "payment_intent_id": "pi_1", "refund_id": "",
        "payment_metadata[laidan_number]": "P1", "refund_metadata[laidan_refund]": "",
    }  # fmt: skip
    assert (rows[1]["gross"], rows[1]["refund_id"], rows[1]["refund_metadata[laidan_refund]"]) == (
        "-10.00", "re_1", "R1",
    )  # fmt: skip
    assert (rows[2]["source_id"], rows[2]["payment_intent_id"]) == ("po_1", "")
    assert peer.asked[1].query["starting_after"] == "txn_2"
    day = datetime(2026, 11, 22, tzinfo=UTC)
    assert peer.asked[0].query["created[gte]"] == str(int(day.timestamp()))
    assert peer.asked[0].query["created[lt]"] == str(int(day.timestamp()) + 86_400)


def test_the_connection_says_whether_money_moves(peer: Peer, stripe: Stripe):
    balance = {"object": "balance", "livemode": False}
    peer.will(answering(balance), answering({**balance, "livemode": True}))
    assert "no real money" in stripe.test_connection(an_account(), now=NOW)
    assert "live one" in stripe.test_connection(an_account(), now=NOW)
    with pytest.raises(MisconfiguredError, match=r"^secret_key: "):
        stripe.test_connection(an_account(secret_key=""), now=NOW)


def test_the_library_leaves_nothing_behind(
    peer: Peer, stripe: Stripe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    peer.will(answering({"object": "balance", "livemode": False}))
    stripe.test_connection(an_account(), now=NOW)
    assert "telemetry" not in str(peer.asked[0].headers).lower()
    assert list(tmp_path.iterdir()) == []
