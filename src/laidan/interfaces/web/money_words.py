"""The words of payments, refunds and suspense: states with icon and hue, reasons, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.translation import gettext, gettext_noop

from laidan.interfaces.web import words
from laidan.kernel.outcome import Refused


class Look(NamedTuple):
    """How a state is shown: its word, icon and hue."""

    word: str
    icon: str
    hue: str


PAYMENT_STATES = {
    "created": Look(gettext_noop("Begun"), "clock", "draft"),
    "pending": Look(gettext_noop("Waiting for the payer"), "clock-dollar", "awaiting_payment"),
    "authorized": Look(gettext_noop("Authorised"), "lock", "in_review"),
    "captured": Look(gettext_noop("Paid"), "circle-check", "completed"),
    "failed": Look(gettext_noop("Failed"), "circle-x", "cancelled"),
    "expired": Look(gettext_noop("Expired"), "clock", "closed"),
    "voided": Look(gettext_noop("Voided"), "circle-x", "closed"),
    "unknown": Look(gettext_noop("Not known"), "alert-triangle", "in_review"),
}
REFUND_STATES = {
    "requested": Look(gettext_noop("To be approved"), "clock-dollar", "awaiting_payment"),
    "approved": Look(gettext_noop("Approved"), "check", "open"),
    "submitted": Look(gettext_noop("At the provider"), "send", "open"),
    "succeeded": Look(gettext_noop("Money given back"), "circle-check", "completed"),
    "unknown": Look(gettext_noop("Not known"), "alert-triangle", "in_review"),
    "failed": Look(gettext_noop("Failed"), "circle-x", "cancelled"),
    "manual": Look(gettext_noop("Given by hand"), "circle-check", "completed"),
    "cancelled": Look(gettext_noop("Withdrawn"), "archive", "closed"),
}
SUSPENSE_STATES = {
    "open": Look(gettext_noop("To be settled"), "alert-triangle", "awaiting_payment"),
    "resolved": Look(gettext_noop("Resolved"), "circle-check", "completed"),
}
DISPUTES = {
    "disputed": gettext_noop("Disputed"),
    "won": gettext_noop("Dispute won"),
    "lost": gettext_noop("Dispute lost"),
}
METHODS = {
    "page": gettext_noop("Web page"),
    "wap": gettext_noop("Phone page"),
    "h5": gettext_noop("Phone page"),
    "qr": gettext_noop("QR code"),
    "native": gettext_noop("QR code"),
    "jsapi": gettext_noop("Inside WeChat"),
    "checkout": gettext_noop("Checkout page"),
    "instructions": gettext_noop("Instructions"),
}
SUSPENSE_REASONS = {
    "unknown-payment": gettext_noop("Money for a payment that nobody knows"),
    "unknown-refund": gettext_noop("A refund that nobody asked for"),
    "wrong-amount": gettext_noop("Another amount than was asked for"),
    "wrong-currency": gettext_noop("Another currency than was asked for"),
    "wrong-refund": gettext_noop("Another amount went back than was asked for"),
    "late-money": gettext_noop("Money for a cancelled order"),
    "excess-money": gettext_noop("More money than the order asks for"),
    "recorded-before": gettext_noop("Somebody has recorded this money by hand already"),
    "refund-twice": gettext_noop("Given back by the provider, too"),
    "payment-unknown": gettext_noop("Nobody knows for a day how the payment stands"),
    "capture-refused": gettext_noop("The provider refused to take the held money"),
    "refund-unknown": gettext_noop("Nobody knows for a day how the refund stands"),
}
RESOLUTIONS = {
    "booked": gettext_noop("Booked on an order"),
    "returned": gettext_noop("Given back outside of here"),
    "not_ours": gettext_noop("Not ours"),
    "explained": gettext_noop("Explained; nothing to do"),
}
REFUND_REASONS = words.REFUND_REASONS
STEPS = {
    "payment.created": gettext_noop("Payment begun"),
    "payment.pending": gettext_noop("The provider waits for the payer"),
    "payment.authorized": gettext_noop("Authorised"),
    "payment.captured": gettext_noop("Money received"),
    "payment.failed": gettext_noop("Failed"),
    "payment.expired": gettext_noop("Expired"),
    "payment.voided": gettext_noop("Voided"),
    "payment.capture_asked": gettext_noop("Capture asked for"),
    "payment.capture_refused": gettext_noop("The provider refused the capture"),
    "payment.void_asked": gettext_noop("Void asked for"),
    "payment.unknown": gettext_noop("The provider gave no answer"),
    "payment.dispute_disputed": gettext_noop("The payer disputes it"),
    "payment.dispute_won": gettext_noop("Dispute won"),
    "payment.dispute_lost": gettext_noop("Dispute lost"),
    "refund.requested": gettext_noop("Refund asked for"),
    "refund.approved": gettext_noop("Refund approved"),
    "refund.submitted": gettext_noop("Refund sent to the provider"),
    "refund.succeeded": gettext_noop("Money given back"),
    "refund.unknown": gettext_noop("The provider gave no answer about the refund"),
    "refund.failed": gettext_noop("Refund failed"),
    "refund.manual": gettext_noop("Money given back by hand"),
    "refund.cancelled": gettext_noop("Refund withdrawn"),
}
WORDS = {
    "taken": gettext_noop("It has moved on"),
    "known": gettext_noop("Known before"),
    "waiting": gettext_noop("Still waiting"),
    "asked": gettext_noop("Asked again"),
    "silent": gettext_noop("No answer"),
    "capture-refused": gettext_noop("The capture was refused"),
    "refused": gettext_noop("The provider refused to say"),
    "unknown-number": gettext_noop("Nobody knows its number"),
    "nothing-said": gettext_noop("Says nothing of money"),
    "wrong-amount": gettext_noop("Another amount than was asked for"),
    "wrong-currency": gettext_noop("Another currency than was asked for"),
    "empty": gettext_noop("Empty"),
    "": gettext_noop("Not applied yet"),
}
"""What came of a callback, or of asking."""
LATE_STEPS = {
    "revive": gettext_noop("revive the order where stock is there"),
    "refund": gettext_noop("give the money back"),
    "ask": gettext_noop("ask a person"),
}
REFUSALS = {
    "not-payable": gettext_noop("Nothing is to be paid for this order now."),
    "unknown-account": gettext_noop("The shop takes no money this way any more."),
    "second-person": gettext_noop(
        "A refund of this size is decided by somebody else than who asked for it."
    ),
    "proof-needed": gettext_noop("Say what proves it: a bank's reference, a receipt's number."),
    "payment-state": gettext_noop("The payment does not stand so that this can be done."),
    "refund-state": gettext_noop("The refund has moved on; this cannot be done any more."),
    "suspense-resolved": gettext_noop("Somebody has resolved it already."),
    "account-changed": gettext_noop("Somebody else has changed the account meanwhile."),
    "policy-changed": gettext_noop("Somebody else has changed this meanwhile."),
    "provider-fixed": gettext_noop("An account stays with its provider; add another one instead."),
    "unknown-provider": gettext_noop("There is no such provider."),
    "not-found": gettext_noop("There is no such thing, or not for you."),
}


def look(looks: dict[str, Look], code: str) -> Look:
    """Return how a state is shown, in the reader's language."""
    found = looks.get(code)
    return (
        Look(code, "clock", "draft") if found is None else found._replace(word=gettext(found.word))
    )


def word(known: Mapping[str, str], code: str) -> str:
    """Return the word for a code, or the code where there is none."""
    return words.word(known, code)


def said(code: str) -> str:
    """Return what came of a callback or of asking."""
    return words.word(WORDS, code)


def explain(refused: Refused) -> str:
    """Return a refusal as a sentence in the reader's language."""
    known = REFUSALS.get(refused.code)
    return gettext(known) if known is not None else words.explain(refused)
