"""Reveals whom orders concern: phones and e-mails in clear, each time written into the log."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.orders import store as orders
from laidan.engine import unit
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, invalid
from laidan.usecases.needing import needs
from laidan.usecases.restating import not_found

BATCH_MAX = 200
PURPOSE_MAX = 200


@dataclass(frozen=True, slots=True)
class Reveal:
    """One order (by id) whose contact somebody wants to see, and what for."""

    order: str
    purpose: str
    actor: Actor


@needs("customers.reveal_phone")
def reveal_contacts(batch: Sequence[Reveal], *, now: datetime) -> list[Outcome[str]]:
    """Write down who sees which order's contact, and what for; answer with the order's id.

    The door hands the contact out only where this says Done. Locks nothing.
    Refuses: forbidden, not-found, invalid-request (a purpose is needed).
    """
    if len(batch) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} orders")

    def attempt(requests: Sequence[Reveal]) -> list[Outcome[str]]:
        rows = orders.load_orders({request.order for request in requests}, lock=False)
        outcomes: list[Outcome[str]] = []
        deeds = []
        for request in requests:
            row = rows.get(request.order)
            if row is None:
                outcomes.append(not_found(request.order))
            elif not 0 < len(request.purpose.strip()) <= PURPOSE_MAX:
                outcomes.append(
                    invalid("purpose", f"say what for, in at most {PURPOSE_MAX} letters")
                )
            else:
                outcomes.append(Done(row.id))
                deeds.append(
                    Deed(request.actor.label, "contact.revealed", "order", row.id, row.order_no,
                         reason=request.purpose.strip())
                )  # fmt: skip
        record(deeds, now=now, mint=Mint(now, os.urandom))
        return outcomes

    return unit.run_batch(batch, attempt)
