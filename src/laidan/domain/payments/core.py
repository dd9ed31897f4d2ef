"""Ledger entries and refunds as documents, and what a refund may be."""

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


class Refund(NamedTuple):
    """One row of refund: money that is owed back."""

    id: str
    order_id: str
    state: str
    amount_minor: int
    currency: str
    reason: str
    requested_at: datetime
    closed_at: datetime | None = None


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


def refund_document(refund: Refund) -> dict[str, Any]:
    """Return a refund as a document."""
    return {
        "id": refund.id,
        "state": refund.state,
        "amount": format_minor(refund.amount_minor, refund.currency),
        "currency": refund.currency,
        "reason": refund.reason,
        "requested_at": refund.requested_at.isoformat(),
        "closed_at": refund.closed_at.isoformat() if refund.closed_at else None,
    }


def settle(refunds: list[Refund], amount: int, at: datetime) -> list[Refund]:
    """Return the owed refunds that an amount given back changes, oldest first.

    One that is covered only in part stays owed for the rest.
    """
    changed = []
    for refund in refunds:
        if amount <= 0:
            break
        paid = min(amount, refund.amount_minor)
        amount -= paid
        if paid == refund.amount_minor:
            changed.append(refund._replace(state="succeeded", closed_at=at))
        else:
            changed.append(refund._replace(amount_minor=refund.amount_minor - paid))
    return changed
