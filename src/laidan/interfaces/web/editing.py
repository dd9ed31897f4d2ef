"""Editing parts of an order in place: who may, what a form begins with, what it says.

A form carries what stood in it when it was opened (`was-…`). Only what differs from that was typed
and is sent, so that two people who change different things both get their way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from laidan.blueprints.model import Blueprint
from laidan.insights.order_documents import ShownOrder
from laidan.interfaces.web import contact_words, field_inputs, words
from laidan.kernel.actor import Actor, Place
from laidan.usecases.order_requests import AddressRequest, CustomerRequest
from laidan.usecases.transition_requests import AmendOrder

WAS, NOW, FIELD = "was-", "now-", "field-"
ADDRESS = ("name", "phone", *contact_words.ADDRESS)
CUSTOMER = ("name", "phone", "email")
NOTES = ("buyer_note", "seller_note", "priority")
_LENGTHS = {
    "name": 120, "phone": 40, "email": 200, "country": 60, "province": 120, "city": 120,
    "district": 120, "street": 300, "postcode": 20, "buyer_note": 2000, "seller_note": 2000,
    "priority": 10, "tags": 2100,
}  # fmt: skip
_TAG_MAX, _TAGS_MAX = 40, 50


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an order that has a form: what blueprints call it, and who may change it."""

    name: str
    editable: str
    permission: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A part of this order; `why` says why it may not be changed now, or is empty."""

    part: Part
    why: str


PARTS = {
    part.name: part
    for part in (
        Part("customer", "contact", "orders.change_customer"),
        Part("address", "contact", "orders.change_address"),
        Part("notes", "notes", "orders.change_notes"),
        Part("tags", "tags", "orders.change_tags"),
        Part("fields", "fields", "orders.change_fields"),
        Part("lines", "lines", "orders.change_lines"),
    )
}


def place_of(shown: ShownOrder) -> Place:
    """Return where an order stands, as far as rights depend on it."""
    return Place(str(shown.document["shop"]), shown.row.category, shown.row.state)


def edits(shown: ShownOrder, blueprint: Blueprint, actor: Actor) -> dict[str, Edit]:
    """Return what of an order can be edited in place, and why not where it cannot now."""
    return {
        name: Edit(part, _why_not(part, shown, blueprint, actor))
        for name, part in PARTS.items()
        if name != "fields" or blueprint.fields
    }


def _why_not(part: Part, shown: ShownOrder, blueprint: Blueprint, actor: Actor) -> str:
    if not actor.may(part.permission):
        return gettext(words.REFUSALS["forbidden"])
    if part.editable not in blueprint.states[shown.row.state].editable:
        return gettext(words.REFUSALS["not-editable"])
    return ""


# --- what a form begins with ----------------------------------------------------------------


def present(part: str, shown: ShownOrder, blueprint: Blueprint, actor: Actor) -> dict[str, str]:
    """Return what stands in the fields of a part now, as the actor may see it."""
    document = shown.document
    if part in ("address", "customer"):
        seen = contact_words.seen(shown.contact, actor, reveal=False)
        person = seen.get("ship_to" if part == "address" else "customer") or {}
        names = ADDRESS if part == "address" else CUSTOMER
        return {name: str(person.get(name) or "") for name in names}
    if part == "notes":
        return {name: str(document[name]) for name in NOTES}
    if part == "tags":
        return {"tags": ", ".join(document["tags"])}
    return field_inputs.shown(blueprint.fields, document["fields"], FIELD)


def opened(values: Mapping[str, str]) -> dict[str, str]:
    """Return a form's values with what it began with beside them."""
    return {**values, **{WAS + name: value for name, value in values.items()}}


def merged(given: Mapping[str, str], current: Mapping[str, str]) -> dict[str, str]:
    """Return a form on top of what others saved: what was typed stays, the rest is theirs.

    Where both changed the same field, `now-…` says what stands there now.
    """
    values: dict[str, str] = {}
    for name, now in current.items():
        typed, was = given.get(name, now), given.get(WAS + name, now)
        values[name] = typed if typed != was else now
        values[WAS + name] = now
        if typed not in (was, now) and was != now:
            values[NOW + name] = now
    return values


# --- what a form says -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wish:
    """What a form asks for: changes, None where nothing was changed, or faults by field."""

    changes: AmendOrder | None = None
    faults: Mapping[str, str] | None = None


def read(part: str, given: Mapping[str, str], shown: ShownOrder, blueprint: Blueprint) -> Wish:
    """Return what a form asks for, with what stands in the order where nothing was typed."""
    changed = {
        name: value.strip()
        for name, value in given.items()
        if WAS + name in given and value != given[WAS + name]
    }
    if not changed:
        return Wish()
    faults = {
        name: gettext("This is too long.")
        for name, value in changed.items()
        if len(value) > _LENGTHS.get(name, len(value))
    }
    if "*" in changed.get("phone", "") or contact_words.MASK in changed.get("email", ""):
        faults["phone" if "phone" in changed else "email"] = gettext("Type all of it, without *.")
    if faults:
        return Wish(faults=faults)
    return _READERS[part](changed, given, shown, blueprint)


def _address(changed: Mapping[str, str], _: Any, shown: ShownOrder, __: Blueprint) -> Wish:
    known = shown.contact.get("ship_to") or {}
    person = {name: str(known.get(name) or "") for name in ADDRESS} | {
        name: value for name, value in changed.items() if name in ADDRESS
    }
    return Wish(AmendOrder(ship_to=AddressRequest(**person)))


def _customer(changed: Mapping[str, str], _: Any, shown: ShownOrder, __: Blueprint) -> Wish:
    known = shown.contact.get("customer") or {}
    person = {name: str(known.get(name) or "") for name in CUSTOMER} | {
        name: value for name, value in changed.items() if name in CUSTOMER
    }
    # Another phone may be another person: then the reference is not this one's any more.
    same = "phone" not in changed or not known.get("phone")
    return Wish(
        AmendOrder(customer=CustomerRequest(ref=known.get("ref") if same else None, **person))
    )


def _notes(changed: Mapping[str, str], _: Any, __: ShownOrder, ___: Blueprint) -> Wish:
    wish: dict[str, Any] = {name: changed[name] for name in NOTES if name in changed}
    return Wish(AmendOrder(**wish))


def _tags(
    changed: Mapping[str, str], given: Mapping[str, str], shown: ShownOrder, _: Blueprint
) -> Wish:
    typed, was = split_tags(changed.get("tags", "")), split_tags(given.get(WAS + "tags", ""))
    fault = tags_fault(typed)
    if fault:
        return Wish(faults={"tags": fault})
    # Tags that others put on or took off meanwhile stay so.
    kept = [tag for tag in shown.document["tags"] if tag in typed or tag not in was]
    return Wish(AmendOrder(tags=[*kept, *(tag for tag in typed if tag not in kept)]))


def split_tags(text: str) -> list[str]:
    """Return the tags that are typed into one field, with commas of either script between."""
    parts = text.replace("，", ",").replace("、", ",").split(",")
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def tags_fault(tags: Sequence[str]) -> str:
    """Return what is wrong with tags, or nothing."""
    if any(len(tag) > _TAG_MAX for tag in tags):
        return gettext("A tag has at most 40 characters.")
    return gettext("An order has at most 50 tags.") if len(tags) > _TAGS_MAX else ""


def _fields(changed: Mapping[str, str], _: Any, shown: ShownOrder, blueprint: Blueprint) -> Wish:
    kept = field_inputs.shown(blueprint.fields, shown.document["fields"], FIELD)
    values, faults = field_inputs.read(blueprint.fields, kept | dict(changed), FIELD)
    return Wish(faults=faults) if faults else Wish(AmendOrder(fields=values))


_READERS = {
    "address": _address, "customer": _customer, "notes": _notes, "tags": _tags, "fields": _fields,
}  # fmt: skip
