"""What transitions do to an order's money: pure changes of an order in work."""

from __future__ import annotations

from collections.abc import Sequence

from laidan.domain.payments import refunds
from laidan.domain.payments.core import Entry
from laidan.domain.payments.refunds import Refund, owed_minor, settle
from laidan.kernel import money
from laidan.kernel.outcome import Refused, invalid
from laidan.usecases.scene import Scene
from laidan.usecases.transition_requests import TransitionInputs
from laidan.usecases.working import Work


def capture(work: Work, inputs: TransitionInputs, scene: Scene) -> Refused | None:
    """Note money received: the amount given, or what is due."""
    row = work.row
    due = row.total_minor - row.captured_minor
    amount = _amount(inputs, row.currency, max(due, 0))
    if isinstance(amount, Refused):
        return amount
    if amount == 0:
        return None
    refused = _enter(work, inputs, scene, "capture", amount)
    if refused is None:
        captured = row.captured_minor + amount
        paid_at = scene.at if captured - row.refunded_minor >= row.total_minor else None
        work.row = row._replace(captured_minor=captured, paid_at=row.paid_at or paid_at)
    return refused


def refund(work: Work, inputs: TransitionInputs, scene: Scene) -> Refused | None:
    """Note money given back: never more than was kept; owed refunds are settled by it."""
    row = work.row
    running = sum(one.amount_minor for one in work.refunds if one.state in refunds.RUNNING)
    kept = row.captured_minor - row.refunded_minor - running
    amount = _amount(inputs, row.currency, kept)
    if isinstance(amount, Refused):
        return amount
    if amount == 0:
        return Refused(
            "transition-refused",
            "No money was kept that could go back.",
            extra={"guard": "nothing-to-refund"},
        )
    if amount > kept:
        return Refused(
            "refund-exceeds-captured",
            f"Only {money.format_minor(kept, row.currency)} {row.currency} of what was captured "
            "is left to refund; what is on its way back at a provider does not count.",
        )
    refused = _enter(work, inputs, scene, "refund", amount)
    if refused is None:
        work.row = row._replace(refunded_minor=row.refunded_minor + amount)
        by_hand = [one for one in work.refunds if is_for_hands(one)]
        _set_refunds(work, scene, settle(by_hand, amount, scene.at))
    return refused


def owe_refund(work: Work, inputs: TransitionInputs, scene: Scene) -> Refused | None:
    """Ask for all money back that was kept and is not owed already."""
    row = work.row
    amount = row.captured_minor - row.refunded_minor - owed_minor(work.refunds)
    if amount > 0:
        made = Refund(
            scene.mint.new(), row.id, refunds.REQUESTED, amount, row.currency,
            inputs.reason or "cancelled", scene.now, requested_by=scene.actor.label,
        )  # fmt: skip
        work.refunds = [*work.refunds, made]
        scene.changes.refunds_added[made.id] = made
    return None


def _amount(inputs: TransitionInputs, currency: str, default: int) -> int | Refused:
    if inputs.amount is None:
        return default
    try:
        amount = money.parse_minor(inputs.amount, currency)
    except money.NotAnAmountError as error:
        return invalid("amount", str(error))
    return amount if amount > 0 else invalid("amount", "must be more than 0")


def _enter(
    work: Work, inputs: TransitionInputs, scene: Scene, kind: str, amount: int
) -> Refused | None:
    provider = inputs.provider or "manual"
    if inputs.reference is not None:
        name = (provider, inputs.reference, kind)
        if name in scene.references:
            return Refused(
                "duplicate-payment",
                f"The {kind} {inputs.reference!r} of {provider} was recorded already.",
            )
        scene.references.add(name)
    entry = Entry(
        scene.mint.new(), work.row.id, kind, provider, inputs.reference, amount,
        work.row.currency, (inputs.note or inputs.reason or "")[:300], scene.actor.label, scene.at,
    )  # fmt: skip
    work.entries = [*work.entries, entry]
    scene.changes.entries.append(entry)
    return None


def is_for_hands(one: Refund) -> bool:
    """Say whether an owed refund waits for people, so that they may give or withdraw it.

    What was approved for a provider's payment is on its way.
    """
    if one.state == refunds.APPROVED:
        return one.payment_id is None
    return one.state in (refunds.REQUESTED, refunds.FAILED)


def _set_refunds(work: Work, scene: Scene, changed: Sequence[Refund]) -> None:
    by_id = {one.id: one for one in changed}
    work.refunds = [by_id.get(one.id, one) for one in work.refunds]
    scene.changes.refunds_changed |= by_id


def withdraw_refunds(work: Work, scene: Scene) -> None:
    """Take back what was owed and is not given back yet."""
    owed = [one for one in work.refunds if is_for_hands(one)]
    _set_refunds(
        work,
        scene,
        [one._replace(state=refunds.CANCELLED, closed_at=scene.now, ask_at=None) for one in owed],
    )
