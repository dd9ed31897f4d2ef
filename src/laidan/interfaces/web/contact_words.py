"""Whom an order concerns, as far as a reader may see it: veiled, in clear, and what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from laidan.engine.sealing import masked_phone
from laidan.insights import order_documents
from laidan.insights.timeline import TimelineEntry
from laidan.kernel.actor import Actor

Contact = Mapping[str, Any]
SEE = "customers.view"
REVEAL = "customers.reveal_phone"
MASK = "***"
ADDRESS = ("country", "province", "city", "district", "street", "postcode")
PERSON = ("name", "phone", "email")


def seen(contact: Contact, actor: Actor, *, reveal: bool) -> Contact:
    """Return a contact as an actor sees it; phones and e-mails in clear only where revealed."""
    if not actor.may(SEE):
        return order_documents.masked(contact)
    if reveal:
        return contact
    return {name: _veiled(one, actor) for name, one in contact.items()}


def may_reveal(contact: Contact, actor: Actor) -> bool:
    """Say whether there is something to reveal, and the actor may."""
    hidden = "phone" in actor.masks
    secrets = any(one and (one.get("phone") or one.get("email")) for one in contact.values())
    return bool(secrets) and not hidden and actor.may(SEE) and actor.may(REVEAL)


def _veiled(person: Mapping[str, Any] | None, actor: Actor) -> Mapping[str, Any] | None:
    """Return a person whose phone and e-mail are hidden from those who look over a shoulder."""
    if not person:
        return person
    veiled = {**person, "phone": masked_phone(person.get("phone") or "")}
    if "email" in person:
        veiled["email"] = masked_email(person["email"] or "")
    if "address" in actor.masks and person.get("street"):
        veiled["street"] = MASK
    return veiled


def masked_email(email: str) -> str:
    """Return an e-mail address of which the first letter and the domain are left."""
    name, at, domain = email.partition("@")
    return f"{name[:1]}{MASK}{at}{domain}" if email else ""


def moved(detail: Mapping[str, Any]) -> set[str]:
    """Return which parts of the contact an event changed."""
    changes = detail.get("changes")
    return {"customer", "ship_to"} & set(changes) if isinstance(changes, Mapping) else set()


def filled(
    entry: TimelineEntry, pair: tuple[Contact | None, Contact | None], actor: Actor
) -> TimelineEntry:
    """Return an event with what of the contact it changed, before and after, as an actor sees it.

    Events name people's data by name alone; the data are sealed beside them.
    """
    before, after = pair
    if not actor.may(SEE) or before is None or after is None:
        return entry
    changes = dict(entry.detail.get("changes") or {})
    for part in moved(entry.detail):
        names = PERSON if part == "customer" else ("name", "phone", *ADDRESS)
        old, new = (one.get(part) or {} for one in (before, after))
        shown_old, shown_new = (_veiled(one, actor) or {} for one in (old, new))
        differing = [name for name in names if (old.get(name) or "") != (new.get(name) or "")]
        changes[part] = {
            "old": [shown_old.get(name) for name in differing],
            "new": [shown_new.get(name) for name in differing],
        }
    return replace(entry, detail={**entry.detail, "changes": changes})
