"""Ledger entries, and what a shop does with money that comes late, twice, or goes back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from laidan.kernel.money import format_minor


class Entry(NamedTuple):
    """One row of ledger_entry."""

    id: str
    order_id: str
    kind: str
    provider: str
    reference: str | None
    amount_minor: int
    currency: str
    note: str
    actor: str
    at: datetime
    payment_id: str | None = None
    refund_id: str | None = None


def entry_document(entry: Entry) -> dict[str, Any]:
    """Return a ledger entry as a document."""
    return {
        "id": entry.id,
        "kind": entry.kind,
        "provider": entry.provider,
        "reference": entry.reference,
        "amount": format_minor(entry.amount_minor, entry.currency),
        "currency": entry.currency,
        "note": entry.note,
        "at": entry.at.isoformat(),
    }


REVIVE, REFUND, ASK = "revive", "refund", "ask"
LATE_STEPS = (REVIVE, REFUND, ASK)
EXCESS_STEPS = (REFUND, ASK)


class Policy(NamedTuple):
    """What a shop does with money for a cancelled order, with too much of it, and with refunds.

    The steps are tried in order; what none of them settles, a person does. Refunds for cancelled
    orders up to `auto_refund_minor` need nobody's approval, refunds above `second_person_minor` somebody else's
    than who asked for them; None: no limit.
    """

    id: str
    late_steps: tuple[str, ...] = LATE_STEPS
    excess_steps: tuple[str, ...] = EXCESS_STEPS
    auto_refund_minor: int | None = 0
    second_person_minor: int | None = None
    version: int = 0


EVERY_SHOP = "00000000-0000-0000-0000-000000000000"
"""The key of the policy of all shops that have none of their own."""


def needs_second_person(policy: Policy, amount: int) -> bool:
    """Say whether who asked for a refund may not be the one who approves it."""
    return policy.second_person_minor is not None and amount > policy.second_person_minor


def is_automatic(policy: Policy, amount: int) -> bool:
    """Say whether a refund of a cancelled order needs nobody's approval."""
    return policy.auto_refund_minor is None or amount <= policy.auto_refund_minor
