"""What happened to an order, in words: who, when, why, and what was before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, ngettext

from laidan.blueprints.model import Blueprint, Branch
from laidan.insights.timeline import TimelineEntry
from laidan.insights.vocabulary import worded
from laidan.interfaces.web import changed_lines, formats, words
from laidan.interfaces.web.changed_lines import Fact

KINDS = ("all", "states", "changes", "money", "parcels", "holds")
"""What a timeline can be narrowed to."""
_OF_EVENT = {
    "order.amended": "changes", "order.paid": "money", "order.refunded": "money",
    "order.shipped": "parcels", "order.delivered": "parcels", "order.held": "holds",
    "order.released": "holds",
}  # fmt: skip
_AMOUNTS = ("total", "discount", "shipping_fee")


@dataclass(frozen=True, slots=True)
class Happening:
    """An event in words; `why` says what decided where no person did."""

    title: str
    actor: str
    at: datetime
    hue: str
    facts: Sequence[Fact]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Teller:
    """Puts events of one order into words; `hides_prices` where the reader may not see amounts."""

    blueprint: Blueprint
    currency: str
    language: str
    hides_prices: bool = False

    def tell(self, entry: TimelineEntry) -> Happening:
        """Return an event in words."""
        known = self.blueprint.states.get(entry.state_to or "")
        return Happening(
            title=self._title(entry),
            actor=actor_name(entry.actor),
            at=entry.at,
            hue=known.category if known else "",
            facts=[*self._moves(entry), *self._details(entry.detail)],
            why=self._why(entry),
        )

    def _title(self, entry: TimelineEntry) -> str:
        if entry.type in words.EVENTS:
            return gettext(words.EVENTS[entry.type])
        versions = self.blueprint.transitions.get(entry.transition or "")
        return worded(versions[0].label, self.language) if versions else entry.type

    def _state(self, code: str) -> str:
        known = self.blueprint.states.get(code)
        return worded(known.label, self.language) if known else code

    def _moves(self, entry: TimelineEntry) -> Iterator[Fact]:
        source, target = entry.state_from, entry.state_to
        if source and target and source != target:
            yield Fact(gettext("State"), self._state(target), self._state(source))

    def _details(self, detail: Mapping[str, Any]) -> Iterator[Fact]:
        for name, label in words.DETAILS.items():
            value = detail.get(name)
            if value not in (None, ""):
                yield Fact(gettext(label), self._detail(name, str(value)))
        changes = detail.get("changes")
        if isinstance(changes, Mapping):
            for name, change in changes.items():
                yield from self._changes(name, change)

    def _detail(self, name: str, value: str) -> str:
        vocabularies = {
            "reason": words.REFUND_REASONS, "provider": words.PROVIDERS,
            "scope": words.HOLD_SCOPES,
        }  # fmt: skip
        if name in vocabularies:
            return words.word(vocabularies[name], value)
        if name == "amount":
            return self._amount(value)
        if name in ("at", "until"):
            return formats.absolute(timezone.localtime(datetime.fromisoformat(value)))
        return value

    def _amount(self, value: str) -> str:
        return "***" if self.hides_prices else formats.amount(value, self.currency)

    def _changes(self, name: str, change: Mapping[str, Any]) -> Iterator[Fact]:
        label = words.word(words.CHANGES, name)
        if "new" not in change:
            yield Fact(label, gettext("changed"))
        elif name == "lines":
            yield from changed_lines.compare(change["old"], change["new"], self._amount)
        elif name == "fields":
            yield from self._fields(change)
        else:
            old, new = (self._side(name, change.get(side)) for side in ("old", "new"))
            yield Fact(label, new or "–", old or "–")

    def _fields(self, change: Mapping[str, Any]) -> Iterator[Fact]:
        old, new = change.get("old") or {}, change["new"] or {}
        for code in {**old, **new}:
            if old.get(code) != new.get(code):
                spec = self.blueprint.fields.get(code)
                label = worded(spec.label, self.language) if spec else code
                yield Fact(label, plain(new.get(code)) or "–", plain(old.get(code)) or "–")

    def _side(self, name: str, value: object) -> str:
        if name in _AMOUNTS:
            return self._amount(plain(value))
        return words.word(words.PRIORITIES, plain(value)) if name == "priority" else plain(value)

    # --- why --------------------------------------------------------------------------------

    def _why(self, entry: TimelineEntry) -> str:
        """Return what decided: a deadline of the blueprint, or the conditions of a branch."""
        said = []
        if entry.actor == "timer":
            said.append(self._deadline(entry))
        branches: Sequence[Branch] = ()
        if entry.transition == "place":
            branches = self.blueprint.placing
        elif entry.transition and entry.state_from:
            transition = self.blueprint.find(entry.transition, entry.state_from)
            branches = transition.branches if transition else ()
        if len(branches) > 1:
            said.append(self._branch(branches, entry.state_to or ""))
        return " ".join(one for one in said if one)

    def _deadline(self, entry: TimelineEntry) -> str:
        state = self.blueprint.states.get(entry.state_from or "")
        for deadline in state.deadlines if state else ():
            if deadline.transition == entry.transition:
                told = {
                    "after": length(deadline.after), "state": self._state(entry.state_from or ""),
                    "anchor": words.word(words.ANCHORS, deadline.anchor),
                }  # fmt: skip
                return gettext("A deadline of “%(state)s”: %(after)s %(anchor)s.") % told
        return ""

    def _branch(self, branches: Sequence[Branch], state: str) -> str:
        taken = next((one for one in branches if one.state == state), None)
        if taken is None:
            return ""
        told = {"state": self._state(state)}
        if taken.when:
            when = [words.word(words.CONDITIONS, name) for name in taken.when]
            told["when"] = gettext(", ").join(when)
            return gettext("“%(state)s” because %(when)s.") % told
        return gettext("“%(state)s”: no condition of another state held.") % told


def kind_of(entry: TimelineEntry) -> set[str]:
    """Return what of KINDS an event belongs to."""
    found = {"all", _OF_EVENT.get(entry.type, "states")}
    if entry.state_from != entry.state_to:
        found.add("states")
    if entry.detail.get("amount"):
        found.add("money")
    return found


def plain(value: object) -> str:
    """Return a value as people read it."""
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, list):
        return ", ".join(plain(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(plain(one) for one in value.values())
    return "" if value is None else str(value)


def length(span: timedelta) -> str:
    """Return a length of time in its largest whole unit."""
    minutes = int(span.total_seconds() // 60)
    if minutes % 1440 == 0:
        return ngettext("%(n)d day", "%(n)d days", minutes // 1440) % {"n": minutes // 1440}
    if minutes % 60 == 0:
        return ngettext("%(n)d hour", "%(n)d hours", minutes // 60) % {"n": minutes // 60}
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}


def actor_name(label: str) -> str:
    """Return who an event names, as people call him."""
    kind, _, name = label.partition(":")
    if kind == "user":
        return name
    if kind == "key":
        return gettext("API key %(name)s") % {"name": name}
    known = {
        "system": gettext("System"), "timer": gettext("By the clock"),
        "channel": gettext("Channel"), "buyer": gettext("Buyer"), "worker": gettext("Worker"),
    }  # fmt: skip
    return known.get(label) or words.word(words.PROVIDERS, label)
