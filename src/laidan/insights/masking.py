"""What of an order somebody may read: the rest is masked, alike at every door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from laidan.insights import order_documents
from laidan.insights.timeline import TimelineEntry
from laidan.kernel.actor import SEE_ORDERS, Actor

SEE_CUSTOMERS, REVEAL = "customers.view", "customers.reveal_phone"
SEE_PAYMENTS = "payments.view"
_AMOUNTS = ("total", "discount", "shipping_fee")
_OF_LINE = ("unit_price", "discount", "tax")
_OF_EVENT = ("amount", "reference")
_ALL = frozenset(("phone", "email", "address"))
_REACHABLE = frozenset(("phone", "email"))


def hidden(actor: Actor) -> frozenset[str]:
    """Return the fields that are hidden from an actor: by a role's masks, or for want of a right.

    The actor is the one before the order in question (`Actor.at`).
    """
    if not actor.may(SEE_CUSTOMERS):
        return actor.masks | _ALL
    return actor.masks if actor.may(REVEAL) else actor.masks | _REACHABLE


def hides_payments(actor: Actor) -> bool:
    """Say whether an actor sees orders without their payments one by one."""
    return actor.may(SEE_ORDERS) and not actor.may(SEE_PAYMENTS)


def is_open(actor: Actor) -> bool:
    """Say whether an actor reads every document of an order as it is, whatever the order."""
    return not (actor.grants or "price" in actor.masks or hides_payments(actor))


def contact_for(contact: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """Return whom an order concerns as far as an actor may read it."""
    names = hidden(actor) & _ALL
    return order_documents.masked(contact, names) if names else dict(contact)


def document_for(document: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """Return an order's document as far as an actor may read it; hidden amounts are null."""
    shown = dict(document)
    if hides_payments(actor):
        shown |= {name: [] for name in ("payments", "refunds") if name in shown}
    if "price" not in actor.masks:
        return shown
    shown |= {name: None for name in _AMOUNTS if name in shown}
    shown["amounts"] = dict.fromkeys(document["amounts"])
    shown["lines"] = [_line(line) for line in document["lines"]]
    for name in ("payments", "refunds"):
        if name in shown:
            shown[name] = [one | {"amount": None} for one in shown[name]]
    return shown


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    return {**line, **dict.fromkeys(_OF_LINE), "amounts": dict.fromkeys(line["amounts"])}


def entry_for(entry: TimelineEntry, actor: Actor) -> TimelineEntry:
    """Return an event as far as an actor may read it."""
    if "price" not in actor.masks and not hides_payments(actor):
        return entry
    detail = {name: value for name, value in entry.detail.items() if name not in _OF_EVENT}
    changes = detail.get("changes")
    if isinstance(changes, Mapping):
        amounts = (*_AMOUNTS, "lines") if "price" in actor.masks else ()
        detail["changes"] = {
            name: {"changed": True} if name in amounts else change
            for name, change in changes.items()
        }
    return replace(entry, detail=detail)
