"""Stripe holds money first where the account says so: taken once, in part too, or let go."""

from datetime import timedelta

import pytest

from interfaces.provider_peer import NOW, Peer
from interfaces.stripe_peer import (
    MARKS,
    SESSION,
    an_account,
    an_intent,
    an_intent_of_theirs,
    answering,
    no,
)
from laidan.domain.payments.facts import Account, PaymentFact
from laidan.interfaces.providers.base import ProviderRefusedError
from laidan.interfaces.providers.stripe.provider import Stripe

pytestmark = pytest.mark.one_engine


@pytest.fixture
def stripe(peer: Peer) -> Stripe:
    return Stripe(peer.url)


def test_an_account_that_captures_by_hand_has_the_money_held(peer: Peer, stripe: Stripe):
    held = Account("a1", "main", "stripe", {"capture": "manual"}, an_account().secrets)
    peer.will(answering(SESSION))
    stripe.start(held, an_intent(), now=NOW)
    asked = peer.asked[0].form
    assert asked["payment_intent_data[capture_method]"] == "manual"
    assert asked["metadata[laidan_hold]"] == "1"
    assert asked["payment_intent_data[metadata][laidan_hold]"] == "1"


def test_a_page_of_held_money_leaves_the_amount_to_its_payment_intent(peer: Peer, stripe: Stripe):
    done = {
        **SESSION, "status": "complete", "payment_intent": "pi_1", "payment_status": "paid",
        "metadata": {**MARKS, "laidan_hold": "1"},
    }  # fmt: skip
    taken = an_intent_of_theirs(amount_received=2000)
    peer.will(answering(done), answering(taken))
    fact = stripe.query(an_account(), "P1", "cs_1", now=NOW)
    assert (fact.state, fact.amount_minor, fact.reference) == ("captured", 2000, "pi_1")


def test_the_bank_says_until_when_it_holds_the_money(peer: Peer, stripe: Stripe):
    until = NOW + timedelta(days=5)
    card = {"card": {"capture_before": int(until.timestamp())}}
    charge = {"id": "ch_1", "object": "charge", "payment_method_details": card}
    peer.will(answering(an_intent_of_theirs(status="requires_capture", latest_charge=charge)))
    fact = stripe.query(an_account(), "P1", "pi_1", now=NOW)
    assert (fact.state, fact.until) == ("authorized", until)
    assert peer.asked[0].query == {"expand[0]": "latest_charge"}


@pytest.mark.parametrize(
    ("step", "path", "form", "said", "state"),
    [
        ("capture", "capture", {"amount_to_capture": "2000"},
         an_intent_of_theirs(amount_received=2000), "captured"),
        ("void", "cancel", {}, an_intent_of_theirs(status="canceled"), "expired"),
    ],
)  # fmt: skip
def test_held_money_is_taken_or_let_go_under_our_number_and_the_step(
    peer: Peer, stripe: Stripe, step: str, path: str, form: dict, said: dict, state: str
):
    what = {"amount_minor": 2000, "currency": "USD"} if step == "capture" else {}
    peer.will(answering(said))
    fact = getattr(stripe, step)(an_account(), "P1", "pi_1", **what, now=NOW)
    assert fact.state == state
    asked = peer.asked[0]
    assert (asked.method, asked.path) == ("POST", f"/v1/payment_intents/pi_1/{path}")
    assert (asked.headers["idempotency-key"], asked.form) == (f"P1-{step}", form)


def test_a_no_to_a_capture_is_a_no_only_while_the_money_is_held(peer: Peer, stripe: Stripe):
    def capture() -> PaymentFact:
        return stripe.capture(an_account(), "P1", "pi_1", 2000, "USD", now=NOW)

    no_more = no("payment_intent_unexpected_state", 400)
    peer.will(no_more, answering(an_intent_of_theirs(status="canceled")))
    assert capture().state == "expired"
    peer.will(
        no("amount_too_large", 400), answering(an_intent_of_theirs(status="requires_capture"))
    )
    with pytest.raises(ProviderRefusedError):
        capture()
    assert len(peer.asked) == 4
