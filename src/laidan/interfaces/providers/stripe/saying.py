"""What Stripe's objects and events mean: sessions, payment intents, refunds and disputes as facts."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from laidan.domain.payments import facts
from laidan.domain.payments.facts import Account, Fact, Notice, PaymentFact, RefundFact
from laidan.interfaces.providers.base import Callback, ForgedCallbackError
from laidan.interfaces.providers.reading import (
    CALLBACK_BYTES,
    UnreadableError,
    document,
    inner,
    minor,
    needed,
    rows,
    text,
    text_or_none,
    unix_time,
)
from laidan.interfaces.providers.stripe.amounts import from_stripe

NUMBER, REFUND, ACCOUNT = "laidan_number", "laidan_refund", "laidan_account"
HOLD = "laidan_hold"
"""Our marks in the metadata; what bears none of them was not begun here."""
TOLERANCE_SECONDS = 300
_SIGNATURES_AT_MOST = 20
_INTENTS = {
    "succeeded": facts.CAPTURED,
    "requires_capture": facts.AUTHORIZED,
    "canceled": facts.EXPIRED,
    "processing": facts.PENDING,
    # A card that was declined ends nothing: the payer may try another one on the same page.
    "requires_payment_method": facts.PENDING,
    "requires_confirmation": facts.PENDING,
    "requires_action": facts.PENDING,
}
_REFUNDS = {
    "succeeded": facts.SUCCEEDED,
    "pending": facts.PENDING,
    "requires_action": facts.PENDING,
    "failed": facts.FAILED,
    "canceled": facts.FAILED,
}
_CLOSED_DISPUTES = {"won": facts.WON, "warning_closed": facts.WON, "lost": facts.LOST}


def session(said: Mapping[str, Any], at: datetime) -> PaymentFact:
    """Return a checkout session as a fact; its payment intent is the reference once there is one."""
    number = marks(said).get(NUMBER, "")
    status, paid = text(said, "status"), text_or_none(said, "payment_status")
    fact = PaymentFact(number, facts.PENDING, at, reference=id_of(said.get("payment_intent")))
    fact = fact._replace(reference=fact.reference or text(said, "id"), detail=f"{status} {paid}")
    if paid in {"paid", "no_payment_required"}:
        amount, currency = _money(said, "amount_total")
        if HOLD in marks(said):
            # The page says what it asked for; how much of it was taken the payment intent says.
            return fact._replace(state=facts.CAPTURED, currency=currency)
        return fact._replace(state=facts.CAPTURED, amount_minor=amount, currency=currency)
    return fact._replace(state=facts.EXPIRED) if status == "expired" else fact


def payment_intent(said: Mapping[str, Any], at: datetime) -> PaymentFact:
    """Return a payment intent as a fact."""
    word = text(said, "status")
    state = _INTENTS.get(word)
    if state is None:
        raise UnreadableError("a state of a payment that is not documented")
    failed = said.get("last_payment_error")
    why = text_or_none(failed, "code") if isinstance(failed, dict) else None
    fact = PaymentFact(marks(said).get(NUMBER, ""), state, at, text(said, "id"))
    fact = fact._replace(detail=f"{word} {why or ''}".strip())
    if state not in {facts.CAPTURED, facts.AUTHORIZED}:
        return fact
    name = "amount_received" if state == facts.CAPTURED else "amount_capturable"
    amount, currency = _money(said, name)
    return fact._replace(amount_minor=amount, currency=currency, until=_held_until(said))


def _held_until(said: Mapping[str, Any]) -> datetime | None:
    """Return until when a card's bank holds the money, where the charge is told whole."""
    found: Any = said
    for name in ("latest_charge", "payment_method_details", "card"):
        found = found.get(name) if isinstance(found, dict) else None
    before = found.get("capture_before") if isinstance(found, dict) else None
    return unix_time(before) if before is not None else None


def refund(said: Mapping[str, Any], at: datetime) -> RefundFact:
    """Return a refund as a fact; one made in Stripe's dashboard has no number of ours."""
    word = text(said, "status")
    state = _REFUNDS.get(word)
    if state is None:
        raise UnreadableError("a state of a refund that is not documented")
    amount, currency = _money(said, "amount")
    return RefundFact(
        number=marks(said).get(REFUND, ""),
        state=state,
        at=at,
        reference=text(said, "id"),
        amount_minor=amount,
        currency=currency,
        detail=f"{word} {said.get('failure_reason') or ''}".strip(),
        payment_number=marks(said).get(NUMBER, ""),
        payment_reference=id_of(said.get("payment_intent")) or id_of(said.get("charge")),
    )


def dispute(said: Mapping[str, Any], at: datetime, *, is_closed: bool) -> PaymentFact:
    """Return a dispute as a fact about its payment, which it names by Stripe's reference only."""
    word = text(said, "status")
    state = _CLOSED_DISPUTES.get(word) if is_closed else facts.DISPUTED
    if state is None:
        raise UnreadableError("a state of a dispute that is not documented")
    amount, currency = _money(said, "amount")
    due = said.get("evidence_details")
    by = due.get("due_by") if isinstance(due, dict) else None
    until = f", evidence until {unix_time(by).isoformat()}" if by and not is_closed else ""
    return PaymentFact(
        number=marks(said).get(NUMBER, ""),
        state=state,
        at=at,
        reference=id_of(said.get("payment_intent")) or id_of(said.get("charge")),
        amount_minor=amount,
        currency=currency,
        detail=f"{said.get('reason') or word}{until}"[:200],
    )


def marks(said: Mapping[str, Any]) -> dict[str, str]:
    """Return an object's metadata: texts by name."""
    found = said.get("metadata")
    known = found.items() if isinstance(found, dict) else ()
    return {name: value for name, value in known if isinstance(value, str)}


def notice(account: Account, call: Callback, now: datetime) -> Notice:
    """Return what an event says; raises ForgedCallbackError."""
    if len(call.body) > CALLBACK_BYTES:
        raise ForgedCallbackError("the event is too long")
    wrong = fault(account, call, now)
    if wrong:
        raise ForgedCallbackError(wrong)
    try:
        event = document(call.body)
        if event.get("livemode") is not ("_live_" in needed(account, "secret_key")):
            raise ForgedCallbackError("the event is of the other mode (live or test)")
        found = _facts(account, event)
        return Notice(_event_id(account, event), text(event, "type"), found)
    except UnreadableError as error:
        raise ForgedCallbackError(f"the event cannot be read: {error}") from error


def fault(account: Account, call: Callback, now: datetime) -> str:
    """Return why an event is not believed to be Stripe's, nothing where it is.

    While a secret is rotated Stripe signs with both, and the account may name both.
    """
    parts = [one.partition("=") for one in call.headers.get("stripe-signature", "").split(",")]
    stamps = [value for name, _, value in parts if name.strip() == "t"]
    signatures = [value.encode() for name, _, value in parts if name.strip() == "v1"]
    stamp = stamps[0] if len(stamps) == 1 else ""
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        return "no timestamp"
    if abs(int(stamp) - now.timestamp()) > TOLERANCE_SECONDS:
        return "the timestamp is more than five minutes off"
    message = stamp.encode() + b"." + call.body
    for secret in needed(account, "webhook_secret").split():
        expected = hmac.new(secret.encode(), message, "sha256").hexdigest().encode()
        if any(hmac.compare_digest(expected, one) for one in signatures[:_SIGNATURES_AT_MOST]):
            return ""
    return "no signature is of an endpoint's secret"


def _event_id(account: Account, event: Mapping[str, Any]) -> str:
    """Return what names an event once.

    Shops that share an account of Stripe's are each told of it by an endpoint of their own: what
    bears no mark of this one must not count as told to the others.
    """
    said = inner(inner(event.get("data")).get("object"))
    is_ours = marks(said).get(ACCOUNT) == account.id
    return text(event, "id") if is_ours else f"{text(event, 'id')}@{account.id}"


def _facts(account: Account, event: Mapping[str, Any]) -> tuple[Fact, ...]:
    kind, at = text(event, "type"), unix_time(event.get("created"))
    said = inner(inner(event.get("data")).get("object"))
    read = _READERS.get(str(said.get("object")))
    if read is None or marks(said).get(ACCOUNT, account.id) != account.id:
        # Several shops may share an account of Stripe's: each takes its own.
        return ()
    return tuple(fact for fact in read(kind, said, at) if _is_traceable(fact))


def _is_traceable(fact: Fact) -> bool:
    """Whether a fact is of a payment begun here, or names one by a reference that tells."""
    if isinstance(fact, RefundFact):
        return bool(fact.number or fact.payment_number or fact.payment_reference)
    return bool(fact.number) or fact.state in facts.DISPUTE_FACTS


def _of_session(kind: str, said: Mapping[str, Any], at: datetime) -> tuple[Fact, ...]:
    fact = session(said, at)
    if kind == "checkout.session.async_payment_failed":
        fact = fact._replace(state=facts.FAILED)
    return (fact,)


def _of_charge(kind: str, said: Mapping[str, Any], at: datetime) -> tuple[Fact, ...]:
    """Return the refunds of a charge; newer versions leave them to events of their own."""
    listed = said.get("refunds")
    if kind != "charge.refunded" or not isinstance(listed, dict):
        return ()
    own = {name: value for name, value in marks(said).items() if name == NUMBER}
    return tuple(
        refund({**one, "metadata": {**own, **marks(one)}}, at) for one in rows(listed, "data")
    )


def _of_dispute(kind: str, said: Mapping[str, Any], at: datetime) -> tuple[Fact, ...]:
    if kind not in {"charge.dispute.created", "charge.dispute.closed"}:
        return ()
    return (dispute(said, at, is_closed=kind.endswith("closed")),)


def id_of(value: object) -> str | None:
    """Return the id of an object that is given as its id or whole."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) and value else None


def _money(said: Mapping[str, Any], name: str) -> tuple[int, str]:
    currency = text(said, "currency").upper()
    return from_stripe(minor(said, name), currency), currency


_READERS: Mapping[str, Callable[[str, Mapping[str, Any], datetime], tuple[Fact, ...]]] = {
    "checkout.session": _of_session,
    "payment_intent": lambda _, said, at: (payment_intent(said, at),),
    "refund": lambda _, said, at: (refund(said, at),),
    "charge": _of_charge,
    "dispute": _of_dispute,
}
