"""What the page of one order shows, from its document, its blueprint and its events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from laidan.blueprints.model import Blueprint, FieldSpec
from laidan.engine import epochs
from laidan.engine.sealing import masked_phone
from laidan.insights import order_cards, order_documents, timeline
from laidan.insights.order_documents import ShownOrder
from laidan.insights.timeline import TimelineEntry
from laidan.insights.vocabulary import load_vocabulary, worded
from laidan.interfaces.web import acts, badges, choices, formats, words
from laidan.interfaces.web.acts import Acts
from laidan.interfaces.web.badges import Badge
from laidan.kernel.actor import Actor

EVENTS_SHOWN = 50
SEE_CUSTOMERS = "customers:read"


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Line:
    """An order line: its document, and what its blueprint asks for in words."""

    document: Mapping[str, Any]
    facts: Sequence[Fact]
    kind: str


@dataclass(frozen=True, slots=True)
class Happening:
    """An event in words."""

    title: str
    actor: str
    at: datetime
    hue: str
    facts: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at a page: what he may do, in which language, when."""

    actor: Actor
    language: str
    now: datetime


@dataclass(frozen=True, slots=True)
class OrderPage:
    """All that the page shows."""

    shown: ShownOrder
    type_label: str
    shop_name: str
    badge: Badge
    is_late: bool
    acts: Acts
    lines: Sequence[Line]
    fields: Sequence[Fact]
    contact: Mapping[str, Any]
    may_reveal: bool
    is_revealed: bool
    next_step: str
    happenings: Sequence[Happening]
    has_more_events: bool


def find_order(name: str, *, now: datetime) -> ShownOrder | None:
    """Return the order that is named by id or order number."""
    if len(name) > 64 or not name.isprintable():
        return None
    order_id = order_documents.find_order_id(name)
    found = order_documents.load_shown([order_id] if order_id else [], now=now)
    return found[0] if found else None


def page_of(
    shown: ShownOrder, reader: Reader, *, reveal: bool = False, all_events: bool = False
) -> OrderPage:
    """Return what the page of an order shows to a reader."""
    row, language = shown.row, reader.language
    vocabulary, blueprint = load_vocabulary(epochs.read()), acts.blueprint_of(shown)
    may_read = reader.actor.may(SEE_CUSTOMERS)
    entries = timeline.list_events(
        row.id, after=0 if all_events else row.version - EVENTS_SHOWN, limit=10_000
    )
    code = str(shown.document["shop"])
    return OrderPage(
        shown=shown,
        type_label=worded(blueprint.label, language),
        shop_name=choices.shops().get(code, code),
        badge=badges.of_order(row, vocabulary, language),
        is_late=order_cards.is_late(row, reader.now),
        acts=acts.acts_of(shown, blueprint, reader.actor, language),
        lines=[_line(one, blueprint, language) for one in shown.document["lines"]],
        fields=list(_fields(shown.document["fields"], blueprint.fields, language)),
        contact=_contact(shown.contact, may_read=may_read, reveal=reveal),
        may_reveal=may_read and _has_secrets(shown.contact),
        is_revealed=may_read and reveal,
        next_step=_next_step(shown, blueprint, language),
        happenings=[told(one, blueprint, row.currency, language) for one in entries[::-1]],
        has_more_events=not all_events and row.version > EVENTS_SHOWN,
    )


def changes_since(shown: ShownOrder, version: int, language: str) -> list[Happening]:
    """Return what happened to an order after a version, the newest first."""
    entries = timeline.list_events(shown.row.id, after=max(0, version), limit=10)
    blueprint = acts.blueprint_of(shown)
    return [told(one, blueprint, shown.row.currency, language) for one in entries[::-1]]


# --- parts ----------------------------------------------------------------------------------


def _line(document: Mapping[str, Any], blueprint: Blueprint, language: str) -> Line:
    facts = list(_fields(document["attributes"], blueprint.line_fields, language))
    if document["from"]:
        facts.append(Fact(gettext("From"), str(document["from"])))
    if document["until"]:
        facts.append(Fact(gettext("Until"), str(document["until"])))
    return Line(document, facts, words.word(words.LINE_KINDS, document["kind"]))


def _fields(
    values: Mapping[str, Any], specs: Mapping[str, FieldSpec], language: str
) -> Iterator[Fact]:
    for code, value in values.items():
        spec = specs.get(code)
        yield Fact(worded(spec.label, language) if spec else code, _plain(value))


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value)
    return "" if value is None else str(value)


def _contact(contact: Mapping[str, Any], *, may_read: bool, reveal: bool) -> Mapping[str, Any]:
    if not may_read:
        return order_documents.masked(contact)
    return contact if reveal else {name: _veiled(one) for name, one in contact.items()}


def _veiled(person: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return a person whose phone and e-mail are hidden from those who look over a shoulder."""
    if not person:
        return person
    email = person.get("email") or ""
    name, at, domain = email.partition("@")
    return {
        **person,
        "phone": masked_phone(person.get("phone") or ""),
        "email": f"{name[:1]}***{at}{domain}" if email else "",
    }


def _has_secrets(contact: Mapping[str, Any]) -> bool:
    return any(
        person and (person.get("phone") or person.get("email")) for person in contact.values()
    )


def _next_step(shown: ShownOrder, blueprint: Blueprint, language: str) -> str:
    """Return what the clock will do next, as the blueprint calls it."""
    if shown.row.deadline_name is None:
        return ""
    transition = blueprint.find(shown.row.deadline_name, shown.row.state)
    return worded(transition.label, language) if transition else shown.row.deadline_name


# --- events ---------------------------------------------------------------------------------


def told(entry: TimelineEntry, blueprint: Blueprint, currency: str, language: str) -> Happening:
    """Return an event in words."""
    state = entry.state_to or ""
    known = blueprint.states.get(state)
    return Happening(
        title=_title(entry, blueprint, language),
        actor=actor_name(entry.actor),
        at=entry.at,
        hue=known.category if known else "",
        facts=[*_moves(entry, blueprint, language), *_details(entry.detail, currency)],
    )


def _title(entry: TimelineEntry, blueprint: Blueprint, language: str) -> str:
    if entry.type in words.EVENTS:
        return gettext(words.EVENTS[entry.type])
    versions = blueprint.transitions.get(entry.transition or "")
    return worded(versions[0].label, language) if versions else entry.type


def actor_name(label: str) -> str:
    """Return who an event names, as people call him."""
    kind, _, name = label.partition(":")
    if kind == "user":
        return name
    if kind == "key":
        return gettext("API key %(name)s") % {"name": name}
    known = {
        "system": gettext("System"), "timer": gettext("By the clock"),
        "channel": gettext("Channel"),
    }  # fmt: skip
    return known.get(label, label)


def _moves(entry: TimelineEntry, blueprint: Blueprint, language: str) -> Iterator[Fact]:
    source, target = entry.state_from, entry.state_to
    if source and target and source != target:
        names = [
            worded(blueprint.states[one].label, language) if one in blueprint.states else one
            for one in (source, target)
        ]
        yield Fact(gettext("State"), " → ".join(names))


def _details(detail: Mapping[str, Any], currency: str) -> Iterator[Fact]:
    for name, label in words.DETAILS.items():
        value = detail.get(name)
        if value not in (None, ""):
            yield Fact(gettext(label), _detail(name, str(value), currency))
    changes = detail.get("changes")
    if isinstance(changes, Mapping):
        for name, change in changes.items():
            yield Fact(words.word(words.CHANGES, name), _change(name, change, currency))


def _detail(name: str, value: str, currency: str) -> str:
    vocabularies = {
        "reason": words.CANCEL_REASONS, "provider": words.PROVIDERS, "scope": words.HOLD_SCOPES,
    }  # fmt: skip
    if name in vocabularies:
        return words.word(vocabularies[name], value)
    if name == "amount":
        return formats.amount(value, currency)
    if name in ("at", "until"):
        return formats.absolute(timezone.localtime(datetime.fromisoformat(value)))
    return value


def _change(name: str, change: Mapping[str, Any], currency: str) -> str:
    if "new" not in change or name == "lines":
        return gettext("changed")
    pair = []
    for value in (change.get("old"), change["new"]):
        text = _plain(list(value.values()) if isinstance(value, dict) else value)
        if name in ("total", "discount", "shipping_fee"):
            text = formats.amount(text, currency)
        pair.append(text or "–")
    return " → ".join(pair)
