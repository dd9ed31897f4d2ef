"""The words of reconciliation: breaks, days, reasons, proposals."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext, gettext_noop

from laidan.interfaces.web import words

TYPES = {
    "missing_here": gettext_noop("Not in our ledger"),
    "missing_there": gettext_noop("Not in the bill"),
    "doubled": gettext_noop("Doubled"),
    "amount": gettext_noop("Amount differs"),
    "fee": gettext_noop("Fee differs"),
    "wrong_day": gettext_noop("On another day"),
    "currency": gettext_noop("Currency differs"),
}
STATES = {
    "open": gettext_noop("To be explained"),
    "explained": gettext_noop("Explained"),
    "fixed": gettext_noop("Agrees by now"),
}
DAY_STATES = {
    "open": gettext_noop("Not closed"),
    "breaks": gettext_noop("With differences"),
    "no_bill": gettext_noop("Bill missing"),
    "closed": gettext_noop("Day closed"),
}
REASONS = {
    "timing": gettext_noop("A matter of midnight"),
    "provider": gettext_noop("The provider's mistake"),
    "booked": gettext_noop("Booked elsewhere"),
    "fees": gettext_noop("An agreed fee"),
    "rounding": gettext_noop("Rounding"),
    "not_ours": gettext_noop("Not ours"),
    "test": gettext_noop("A test"),
    "other": gettext_noop("Other reason"),
}
PROPOSALS = {
    "suspense": gettext_noop(
        "The provider has money that no order knows. Put it into suspense: there somebody books it "
        "on its order or gives it back, and the difference closes by itself."
    ),
    "next_bill": gettext_noop(
        "The bill of this day does not have it. Close to midnight it stands in the next day's bill; "
        "otherwise ask the provider whether the money ever moved."
    ),
    "ask_provider": gettext_noop(
        "Ask the provider which figure is right. Correct our side by a new entry on the order, never "
        "by changing an old one."
    ),
    "fee_rule": gettext_noop(
        "Compare the fee with your contract. When the contract changed, change the rule of the "
        "account and match the day again; else claim the difference back."
    ),
    "explain": gettext_noop(
        "Both sides have it, on different days. Nothing is missing: explain it as a matter of "
        "midnight."
    ),
}
KINDS = {
    "capture": gettext_noop("Captured"),
    "refund": gettext_noop("Refunded"),
}
_LOOKS = {
    "open": ("awaiting_payment", "clock"),
    "explained": ("completed", "check"),
    "fixed": ("closed", "circle-check"),
    "breaks": ("in_review", "alert-triangle"),
    "no_bill": ("awaiting_payment", "file"),
    "closed": ("closed", "lock"),
}


class Look(NamedTuple):
    """A state as it is shown: in a word, a colour and an icon."""

    word: str
    hue: str
    icon: str


def word(vocabulary: dict[str, str], code: str) -> str:
    """Return a code's word in the reader's language."""
    return words.word(vocabulary, code)


def named(vocabulary: dict[str, str]) -> dict[str, str]:
    """Return a vocabulary in the reader's language."""
    return {code: gettext(text) for code, text in vocabulary.items()}


def day_look(state: str, breaks: int, *, has_bill: bool) -> Look:
    """Return how a day stands, by what keeps it from being closed."""
    code = state
    if state == "open" and breaks:
        code = "breaks"
    elif state == "open" and not has_bill:
        code = "no_bill"
    return Look(word(DAY_STATES, code), *_LOOKS[code])


def break_look(state: str) -> Look:
    """Return how a break stands."""
    return Look(word(STATES, state), *_LOOKS[state])
