"""Which types of events there are: those of the program, and those that order types name."""

from __future__ import annotations

from collections.abc import Iterable

from laidan.blueprints.model import Blueprint
from laidan.engine import epochs
from laidan.insights.vocabulary import load_vocabulary

OWN = (
    "order.placed", "order.amended", "order.held", "order.released", "order.withdrawn",
    "product.created", "product.changed",
    "payment.created", "payment.pending", "payment.authorized", "payment.captured",
    "payment.failed", "payment.expired", "payment.voided", "payment.unknown",
    "payment.capture_asked", "payment.capture_refused", "payment.void_asked",
    "payment.disputed", "payment.dispute_won", "payment.dispute_lost",
    "refund.requested", "refund.approved", "refund.submitted", "refund.succeeded",
    "refund.unknown", "refund.failed", "refund.manual", "refund.cancelled",
)  # fmt: skip
"""Types that belong to no transition."""


def types_of(blueprints: Iterable[Blueprint]) -> list[str]:
    """Return the types of the events that the program and some order types make."""
    named = {
        transition.event
        for blueprint in blueprints
        for many in blueprint.transitions.values()
        for transition in many
        if transition.event
    }
    return [*OWN, *sorted(named - set(OWN))]


def list_types() -> list[str]:
    """Return the types of the events that can happen here."""
    return types_of(load_vocabulary(epochs.read()).newest.values())
