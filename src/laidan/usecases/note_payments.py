"""Notes that money of a payment by cash or bank transfer has arrived, on a person's word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from laidan.domain.payments import facts
from laidan.domain.payments import store as payments
from laidan.domain.payments.attempts import BY_HAND
from laidan.domain.payments.facts import PaymentFact
from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.hear_providers import hear_providers
from laidan.usecases.money_requests import MoneyAnswer, Telling
from laidan.usecases.needing import needs
from laidan.usecases.teller import UNSEEN


@dataclass(frozen=True, slots=True)
class NotePayment:
    """A payment (by number) whose money was seen; `proof` is the bank's or the receipt's number."""

    number: str
    actor: Actor
    proof: str


@needs("orders.transition.pay")
def note_payments(batch: Sequence[NotePayment], *, now: datetime) -> list[Outcome[MoneyAnswer]]:
    """Enter each payment's whole amount; one outcome per request, in the order given.

    Locks: what hear_providers does. Refuses: not-found, forbidden, proof-needed, invalid-request.
    """
    found = payments.load_numbered({request.number for request in batch})
    outcomes: list[Outcome[MoneyAnswer] | None] = []
    tellings = []
    for request in batch:
        payment = found.get(request.number)
        if payment is None:
            outcomes.append(Refused("not-found", "There is no such payment.", 404))
        elif payment.provider not in BY_HAND:
            outcomes.append(
                Refused("payment-state", "Its provider says itself whether it was paid; ask it.")
            )
        elif not request.proof.strip():
            outcomes.append(
                Refused(
                    "proof-needed",
                    "Say what proves it: a bank's reference, a receipt's number.",
                    422,
                )
            )
        else:
            fact = PaymentFact(
                payment.number, facts.CAPTURED, now, request.proof.strip()[:120],
                payment.amount_minor, payment.currency, detail=f"seen by {request.actor.label}",
            )  # fmt: skip
            tellings.append(
                Telling(
                    payment.provider, payment.account_id, (fact,), payment.number,
                    actor=request.actor,
                )
            )  # fmt: skip
            outcomes.append(None)
    told = iter(hear_providers(tellings, now=now) if tellings else [])
    return [_seen(next(told)) if one is None else one for one in outcomes]


def _seen(outcome: Outcome[MoneyAnswer]) -> Outcome[MoneyAnswer]:
    if isinstance(outcome, Done) and outcome.value.word == UNSEEN:
        return Refused("not-found", "There is no such payment.", 404)
    return outcome
