"""How the test provider behaves: what a scenario does to a charge or a refund, and whom it calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

PENDING, CAPTURED, FAILED, EXPIRED = "pending", "captured", "failed", "expired"
AUTHORIZED, VOIDED = "authorized", "voided"
SUCCEEDED = "succeeded"
SUCCEED, FAIL, DELAY, REPEAT, REORDER = "succeed", "fail", "delay", "repeat", "reorder"
VANISH, PARTIAL, HOLD = "vanish", "partial", "hold"
WRONG_AMOUNT, WRONG_CURRENCY = "wrong_amount", "wrong_currency"
ANSWERS = (
    SUCCEED, FAIL, DELAY, REPEAT, REORDER, VANISH, PARTIAL, WRONG_AMOUNT, WRONG_CURRENCY,
    HOLD,
)  # fmt: skip
"""What a payer may choose; with `vanish` he pays and nobody is ever called."""
VANISH_DONE, VANISH_NOT, IGNORE, REFUSE = "vanish_done", "vanish_not", "ignore", "refuse"
STARTS = (SUCCEED, VANISH_DONE, VANISH_NOT)
CLOSES = (SUCCEED, VANISH_DONE, VANISH_NOT, IGNORE)
"""With `ignore` a charge is said to be absent and can be paid all the same."""
CAPTURES = (SUCCEED, REFUSE, VANISH_DONE, VANISH_NOT)
REFUNDS = (SUCCEED, DELAY, FAIL, REFUSE, VANISH_DONE, VANISH_NOT)
_LATE = timedelta(minutes=5)
_SOON = timedelta(seconds=2)
_REPEATED = (0, 0, 1, 2, 60)


class Charge(NamedTuple):
    """One row of test_charge; what is held stands in `captured_*` until it is taken or let go."""

    id: str
    account_id: str
    number: str
    reference: str
    amount_minor: int
    currency: str
    subject: str
    state: str
    notify_url: str
    return_url: str
    expires_at: datetime
    created_at: datetime
    changed_at: datetime
    scenario: str = ""
    captured_minor: int | None = None
    captured_currency: str | None = None


class Refund(NamedTuple):
    """One row of test_refund."""

    id: str
    charge_id: str
    number: str
    reference: str
    amount_minor: int
    currency: str
    state: str
    settles_at: datetime
    created_at: datetime


class Plan(NamedTuple):
    """A call that will be made: its body, and from when on."""

    said: dict[str, Any]
    due_at: datetime


def standing(charge: Charge, now: datetime) -> Charge:
    """Return a charge as it stands: nobody can pay one whose time is over."""
    if charge.state == PENDING and charge.expires_at <= now:
        return charge._replace(state=EXPIRED, changed_at=charge.expires_at)
    return charge


def answered(charge: Charge, scenario: str, now: datetime) -> tuple[Charge, list[Plan]]:
    """Return a charge after its payer chose a scenario, and the calls that follow from it.

    One that has ended stays as it is: the payer pressed twice, or too late.
    """
    if standing(charge, now).state != PENDING:
        return standing(charge, now), []
    after = charge._replace(scenario=scenario, changed_at=now)
    if scenario == FAIL:
        after = after._replace(state=FAILED)
        return after, [Plan(payment_event(after), now)]
    after = _captured(after, scenario)
    event = payment_event(after)
    if scenario == VANISH:
        return after, []
    if scenario == DELAY:
        return after, [Plan(event, now + _LATE)]
    if scenario == REPEAT:
        return after, [Plan(event, now + timedelta(seconds=late)) for late in _REPEATED]
    if scenario == REORDER:
        # The news that he began to pay comes after the news that he has paid.
        return after, [Plan(event, now), Plan(payment_event(charge), now + _SOON)]
    return after, [Plan(event, now)]


def captured(charge: Charge, amount_minor: int, now: datetime) -> Charge | str:
    """Return a charge after its held money, or a part, was taken, or why it cannot be."""
    if charge.state == CAPTURED and charge.captured_minor == amount_minor:
        return charge
    if charge.state != AUTHORIZED:
        return "not-held"
    if not 0 < amount_minor <= (charge.captured_minor or 0):
        return "over-capture"
    return charge._replace(state=CAPTURED, captured_minor=amount_minor, changed_at=now)


def voided(charge: Charge, now: datetime) -> Charge:
    """Return a charge after its held money was let go; one that holds none stays as it is."""
    if charge.state != AUTHORIZED:
        return charge
    none: dict[str, Any] = {"captured_minor": None, "captured_currency": None}
    return charge._replace(state=VOIDED, changed_at=now, **none)


def _captured(charge: Charge, scenario: str) -> Charge:
    amount, currency = charge.amount_minor, charge.currency
    if scenario == PARTIAL:
        amount = max(1, amount // 2)
    if scenario == WRONG_AMOUNT:
        amount += 1
    if scenario == WRONG_CURRENCY:
        currency = "EUR" if currency == "USD" else "USD"
    state = AUTHORIZED if scenario == HOLD else CAPTURED
    return charge._replace(state=state, captured_minor=amount, captured_currency=currency)


def closed(charge: Charge, now: datetime) -> Charge:
    """Return a charge after somebody asked to close it."""
    if charge.state == PENDING:
        return charge._replace(state=EXPIRED, changed_at=now)
    return charge


def refusal(charge: Charge, listed: Sequence[Refund], wanted: Refund) -> str:
    """Return why a refund is not made, nothing where it may be."""
    if charge.state != CAPTURED or charge.captured_minor is None:
        return "not-captured"
    if wanted.currency != charge.captured_currency:
        return "other-currency"
    given = sum(one.amount_minor for one in listed if one.state != FAILED)
    return "over-refund" if given + wanted.amount_minor > charge.captured_minor else ""


def refunded(wanted: Refund, scenario: str, now: datetime) -> Refund:
    """Return a refund as the provider keeps it after a scenario."""
    if scenario == FAIL:
        return wanted._replace(state=FAILED, settles_at=now)
    if scenario == DELAY:
        return wanted._replace(state=SUCCEEDED, settles_at=now + _LATE)
    return wanted._replace(state=SUCCEEDED, settles_at=now)


def refund_state(refund: Refund, now: datetime) -> str:
    """Return how a refund stands."""
    return PENDING if refund.state == SUCCEEDED and refund.settles_at > now else refund.state


def payment_event(charge: Charge) -> dict[str, Any]:
    """Return what a call says of a charge; its id is the same in each repetition."""
    return {
        "id": f"evt-{charge.reference}-{charge.state}",
        "type": f"payment.{charge.state}",
        "account": charge.account_id,
        "number": charge.number,
        "reference": charge.reference,
        "state": charge.state,
        "amount": charge.captured_minor,
        "currency": charge.captured_currency,
        "at": charge.changed_at.isoformat(),
    }


def refund_event(charge: Charge, refund: Refund) -> dict[str, Any]:
    """Return what a call says of a refund."""
    return {
        # A refund that failed may be made again under its number, which is another event.
        "id": f"evt-{refund.reference}-{refund.state}-{refund.settles_at.timestamp():.0f}",
        "type": f"refund.{refund.state}",
        "account": charge.account_id,
        "number": refund.number,
        "payment": charge.number,
        "payment_reference": charge.reference,
        "reference": refund.reference,
        "state": refund.state,
        "amount": refund.amount_minor,
        "currency": refund.currency,
        "at": refund.settles_at.isoformat(),
    }
