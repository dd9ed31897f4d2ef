"""What the page of one order shows, from its document, its blueprint and its events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from laidan.blueprints.model import Blueprint, FieldSpec
from laidan.domain.channels import store as channels
from laidan.domain.files import queries as files
from laidan.domain.files.core import PICTURES
from laidan.domain.files.queries import ListedFile
from laidan.domain.orders import store as orders
from laidan.engine import epochs
from laidan.insights import order_cards, order_documents, order_reasons, timeline
from laidan.insights.order_documents import ShownOrder
from laidan.insights.order_reasons import Source
from laidan.insights.timeline import TimelineEntry
from laidan.insights.vocabulary import load_vocabulary, worded
from laidan.interfaces.web import (
    acts,
    badges,
    choices,
    contact_words,
    editing,
    order_money,
    pictures,
    price_words,
    timeline_words,
    uploads,
    words,
)
from laidan.interfaces.web.acts import Acts
from laidan.interfaces.web.badges import Badge
from laidan.interfaces.web.changed_lines import Fact
from laidan.interfaces.web.editing import Edit
from laidan.interfaces.web.order_money import OrderMoney
from laidan.interfaces.web.timeline_words import Happening, Teller, plain
from laidan.kernel.actor import Actor

EVENTS_SHOWN = 50
CHANGES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Line:
    """An order line: its document, what its blueprint asks for, and why it stands as it does."""

    document: Mapping[str, Any]
    facts: Sequence[Fact]
    kind: str
    sources: Sequence[Source]
    price: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at a page: what he may do with this order, in which language, when."""

    actor: Actor
    language: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the page was asked for: every event or one kind, the contact in clear."""

    all_events: bool = False
    kind: str = "all"
    reveal: bool = False
    part: str = ""
    """The amount that the payment link shall ask for."""


@dataclass(frozen=True, slots=True)
class OrderPage:
    """All that the page shows."""

    shown: ShownOrder
    order: Mapping[str, Any]
    type_label: str
    shop_name: str
    badge: Badge
    is_late: bool
    acts: Acts
    edits: Mapping[str, Edit]
    lines: Sequence[Line]
    fields: Sequence[Fact]
    contact: Mapping[str, Any]
    may_reveal: bool
    is_revealed: bool
    sees_payments: bool
    money: OrderMoney
    files: Sequence[ListedFile] | None
    may_file: bool
    pictures: Mapping[str, str]
    next_step: str
    happenings: Sequence[Happening]
    kind: str
    has_more_events: bool

    @property
    def previews(self) -> frozenset[str]:
        """The files that are pictures."""
        return frozenset(one.id for one in self.files or () if one.media_type in PICTURES)


def find_order(name: str, actor: Actor, *, now: datetime) -> ShownOrder | None:
    """Return the order that is named by id or order number, if the actor may see it."""
    if len(name) > 64 or not name.isprintable():
        return None
    order_id = order_documents.find_order_id(name)
    found = order_documents.load_shown([order_id] if order_id else [], now=now)
    return found[0] if found and actor.sees(editing.place_of(found[0])) else None


def page_of(shown: ShownOrder, reader: Reader, asked: Asked = Asked()) -> OrderPage:
    """Return what the page of an order shows to a reader."""
    row, language, actor = shown.row, reader.language, reader.actor
    vocabulary, blueprint = load_vocabulary(epochs.read()), acts.blueprint_of(shown)
    code = str(shown.document["shop"])
    order = price_words.seen(shown.document, actor)
    may_reveal = contact_words.may_reveal(shown.contact, actor)
    reveal = asked.reveal and may_reveal
    return OrderPage(
        shown=shown,
        order=order,
        type_label=worded(blueprint.label, language),
        shop_name=choices.shops().get(code, code),
        badge=badges.of_order(row, vocabulary, language),
        is_late=order_cards.is_late(row, reader.now),
        acts=acts.acts_of(shown, blueprint, actor, language),
        edits=editing.edits(shown, blueprint, actor),
        lines=_lines(shown, order, blueprint, reader),
        fields=list(_fields(order["fields"], blueprint.fields, language)),
        contact=contact_words.seen(shown.contact, actor, reveal=reveal),
        may_reveal=may_reveal,
        is_revealed=reveal,
        sees_payments=actor.may("payments.view"),
        money=order_money.money_of(shown, actor, now=reader.now, part=asked.part),
        files=_files(row.id, actor),
        may_file=actor.may("files.edit"),
        pictures=pictures.of_skus([line["sku"] for line in order["lines"]], actor),
        next_step=_next_step(shown, blueprint, language),
        happenings=_happenings(shown, blueprint, reader, asked),
        kind=asked.kind,
        has_more_events=not asked.all_events and row.version > EVENTS_SHOWN,
    )


def changes_since(shown: ShownOrder, version: int, reader: Reader) -> list[Happening]:
    """Return what happened to an order after a version, the newest first."""
    entries = timeline.list_events(shown.row.id, after=max(0, version), limit=CHANGES_SHOWN)
    return _told(shown, acts.blueprint_of(shown), reader, entries)


# --- parts ----------------------------------------------------------------------------------


def _lines(
    shown: ShownOrder, order: Mapping[str, Any], blueprint: Blueprint, reader: Reader
) -> list[Line]:
    row, language = shown.row, reader.language
    shop = channels.load_shops({row.shop_id}, epochs.read())[row.shop_id]
    sources = order_reasons.load_sources(row.id, shop.locations)
    rows = orders.load_lines([row.id]).get(row.id, [])
    listed = order_reasons.listed_prices(rows, shop.price_list_id, row.currency)
    prices = price_words.reasons(rows, listed, row.currency, reader.actor)
    lines = []
    for document in order["lines"]:
        facts = list(_fields(document["attributes"], blueprint.line_fields, language))
        for name, label in (("from", gettext("From")), ("until", gettext("Until"))):
            if document[name]:
                facts.append(Fact(label, str(document[name])))
        kind = words.word(words.LINE_KINDS, document["kind"])
        key = document["id"]
        lines.append(Line(document, facts, kind, sources.get(key, ()), prices.get(key, "")))
    return lines


def _fields(
    values: Mapping[str, Any], specs: Mapping[str, FieldSpec], language: str
) -> Iterator[Fact]:
    for code, value in values.items():
        spec = specs.get(code)
        yield Fact(worded(spec.label, language) if spec else code, plain(value))


def _files(order_id: str, actor: Actor) -> Sequence[ListedFile] | None:
    if not actor.may("files.view"):
        return None
    return files.list_linked("order", [order_id], uploads.viewer_of(actor)).get(order_id, ())


def _next_step(shown: ShownOrder, blueprint: Blueprint, language: str) -> str:
    """Return what the clock will do next, as the blueprint calls it."""
    if shown.row.deadline_name is None:
        return ""
    transition = blueprint.find(shown.row.deadline_name, shown.row.state)
    return worded(transition.label, language) if transition else shown.row.deadline_name


def _happenings(
    shown: ShownOrder, blueprint: Blueprint, reader: Reader, asked: Asked
) -> list[Happening]:
    row = shown.row
    after = 0 if asked.all_events else row.version - EVENTS_SHOWN
    entries = timeline.list_events(row.id, after=after, limit=10_000)
    return _told(
        shown,
        blueprint,
        reader,
        [one for one in entries if asked.kind in timeline_words.kind_of(one)],
    )


def _told(
    shown: ShownOrder, blueprint: Blueprint, reader: Reader, entries: Sequence[TimelineEntry]
) -> list[Happening]:
    moved = [one for one in entries if contact_words.moved(one.detail)]
    seqs = {seq for one in moved for seq in (one.seq - 1, one.seq)}
    contacts = timeline.load_contacts(shown.row.id, seqs)
    hides = "price" in reader.actor.masks
    teller = Teller(blueprint, shown.row.currency, reader.language, hides)
    told = []
    for one in entries[::-1]:
        pair = (contacts.get(one.seq - 1), contacts.get(one.seq))
        told.append(teller.tell(contact_words.filled(one, pair, reader.actor)))
    return told
