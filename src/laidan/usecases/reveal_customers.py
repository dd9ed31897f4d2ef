"""Reveals customers: phone and e-mail in clear, each time written into the log."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.parties import people
from laidan.engine import unit
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint, parse_id
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases.needing import needs
from laidan.usecases.reaching import reach_customers

REVEAL = "customers.reveal_phone"
PURPOSE_MAX = 200


@dataclass(frozen=True, slots=True)
class RevealCustomer:
    """A customer whom somebody wants to see in clear, and what for."""

    customer_id: str
    purpose: str
    actor: Actor


@needs(REVEAL)
def reveal_customers(batch: Sequence[RevealCustomer], *, now: datetime) -> list[Outcome[str]]:
    """Write down who sees which customer, and what for; the door shows him where this is Done.

    Locks: the customers. Refuses: unknown-customer, invalid-request (a purpose is needed),
    forbidden (a customer outside the limits).
    """

    def attempt(requests: Sequence[RevealCustomer]) -> list[Outcome[str]]:
        ids = {request.customer_id for request in requests}
        rows = people.load_customers_by_id({one for one in ids if parse_id(one) == one}, ())
        known = {row.id: row for row in rows}
        reached = reach_customers({one.actor for one in requests}, known, REVEAL)
        outcomes: list[Outcome[str]] = []
        deeds = []
        for request in requests:
            row, purpose = known.get(request.customer_id), request.purpose.strip()
            outside = reached.refusal(request.actor, (request.customer_id,))
            if outside is not None:
                outcomes.append(outside)
            elif row is None:
                outcomes.append(Refused("unknown-customer", "There is no such customer.", 404))
            elif not 0 < len(purpose) <= PURPOSE_MAX:
                outcomes.append(
                    invalid("purpose", f"say what for, in at most {PURPOSE_MAX} letters")
                )
            else:
                outcomes.append(Done(row.id))
                label, ref = request.actor.label, row.ref or row.id
                deeds.append(
                    Deed(label, "contact.revealed", "customer", row.id, ref, reason=purpose)
                )
        record(deeds, now=now, mint=Mint(now, os.urandom))
        return outcomes

    return unit.run_batch(batch, attempt)
