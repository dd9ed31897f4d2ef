"""What an entry of the operation log changed: fields in words, before and after, as one may see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import get_language

from laidan.blueprints import library
from laidan.blueprints.model import Blueprint
from laidan.engine import epochs
from laidan.insights import timeline
from laidan.insights.operation_log import LogRow
from laidan.interfaces.web import contact_words, log_fields, log_words
from laidan.kernel.actor import Actor

_NOTHING = log_words.shown(None)


class Change(NamedTuple):
    """A field, and its value before and after as texts."""

    field: str
    before: str
    after: str


def told(row: LogRow, actor: Actor) -> list[Change]:
    """Return what an entry changed; of an order also whom it concerns, as far as one may see it."""
    blueprint = _blueprint(row)
    language = get_language() or "en"
    found = [
        Change(
            log_fields.word(path, row.kind, blueprint, language),
            log_words.shown(pair[0]),
            log_words.shown(pair[1]),
        )
        for path, pair in [*row.changes.items(), *_contact(row, actor)]
        if log_fields.is_told(path)
    ]
    # Nothing may be written in two ways; a private value that changed may look as it did before.
    return [one for one in found if {one.before, one.after} != {_NOTHING}]


def _contact(row: LogRow, actor: Actor) -> Iterator[tuple[str, tuple[object, object]]]:
    """Yield what an order's event changed of the contact: it is sealed beside the event."""
    if not row.seq:
        return
    contacts = timeline.load_contacts(row.object_id, (row.seq - 1, row.seq))
    old, new = contacts.get(row.seq - 1, {}), contacts.get(row.seq, {})
    seen_old, seen_new = (contact_words.seen(one, actor, reveal=False) for one in (old, new))
    for part in ("customer", "ship_to"):
        sides = [one.get(part) or {} for one in (old, new, seen_old, seen_new)]
        for name in dict.fromkeys((*sides[0], *sides[1])):
            if (sides[0].get(name) or "") != (sides[1].get(name) or ""):
                yield f"{part}.{name}", (sides[2].get(name), sides[3].get(name))


def _blueprint(row: LogRow) -> Blueprint | None:
    if row.type_key is None:
        return None
    return library.load_blueprints([row.type_key], epochs.read()).get(row.type_key)
