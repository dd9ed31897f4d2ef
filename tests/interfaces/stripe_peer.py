"""Stripe's side for tests: its account, its objects and its signed events."""

import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta

from interfaces.provider_peer import NOW, Asked, Said
from laidan.domain.payments.facts import Account, Intent, RefundIntent
from laidan.interfaces.providers.base import Callback

MARKS = {"laidan_number": "P1", "laidan_account": "a1"}
SESSION = {
    "id": "cs_1", "object": "checkout.session", "status": "open", "payment_status": "unpaid",
    "payment_intent": None, "amount_total": 6450, "currency": "usd", "client_reference_id": "P1",
    "metadata": MARKS, "url": "https://checkout.stripe.com/c/pay/cs_1",
}  # fmt: skip
REFUND = RefundIntent(
    number="R1", payment_number="P1", payment_reference="pi_1", amount_minor=1000,
    paid_minor=6450, currency="USD", reason="too small", notify_url="",
)  # fmt: skip


def an_account(**changes: str) -> Account:
    given = {"secret_key": "sk_test_1", "webhook_secret": "whsec_1", **changes}
    return Account("a1", "main", "stripe", {}, given)


def an_intent(**changes: object) -> Intent:
    given = {
        "number": "P1", "amount_minor": 6450, "currency": "USD", "subject": "Order 1",
        "method": "checkout", "expires_at": NOW + timedelta(minutes=30),
        "notify_url": "https://shop.test/notify", "return_url": "https://shop.test/back",
    }  # fmt: skip
    return Intent(**{**given, **changes})


def an_intent_of_theirs(**changes: object) -> dict:
    return {
        "id": "pi_1", "object": "payment_intent", "status": "succeeded", "currency": "usd",
        "amount": 6450, "amount_received": 6450, "amount_capturable": 6400, "metadata": MARKS,
        "last_payment_error": None, **changes,
    }  # fmt: skip


def a_refund(**changes: object) -> dict:
    return {
        "id": "re_1", "object": "refund", "status": "succeeded", "currency": "usd",
        "amount": 1000, "payment_intent": "pi_1", "charge": "ch_1",
        "metadata": {**MARKS, "laidan_refund": "R1"}, **changes,
    }  # fmt: skip


def a_dispute(**changes: object) -> dict:
    return {
        "id": "dp_1", "object": "dispute", "status": "needs_response", "currency": "usd",
        "amount": 6450, "payment_intent": "pi_1", "charge": "ch_1", "reason": "fraudulent",
        "metadata": {}, "evidence_details": {"due_by": int(NOW.timestamp()) + 86_400}, **changes,
    }  # fmt: skip


def event(kind: str, what: object, **changes: object) -> bytes:
    said = {
        "id": "evt_1", "object": "event", "type": kind, "created": int(NOW.timestamp()),
        "livemode": False, "data": {"object": what}, **changes,
    }  # fmt: skip
    return json.dumps(said).encode()


def signature(body: bytes, secret: str = "whsec_1", at: datetime = NOW) -> str:
    message = f"{int(at.timestamp())}.".encode() + body
    return hmac.new(secret.encode(), message, "sha256").hexdigest()


def called(body: bytes, *secrets: str, at: datetime = NOW) -> Callback:
    marks = ",".join(f"v1={signature(body, one, at)}" for one in secrets or ("whsec_1",))
    return Callback({"stripe-signature": f"t={int(at.timestamp())},{marks},v0=00"}, body)


def answering(said: object, status: int = 200) -> Callable[[Asked], Said]:
    def answer(asked: Asked) -> Said:
        assert asked.headers["authorization"] == "Bearer sk_test_1"
        return Said(json.dumps(said).encode(), status, {"Content-Type": "application/json"})

    return answer


def no(code: str, status: int, kind: str = "invalid_request_error") -> Callable[[Asked], Said]:
    return answering({"error": {"code": code, "type": kind, "message": "no"}}, status)
