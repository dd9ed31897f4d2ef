"""What the stored blueprints call their states, for boards, lists and pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from laidan.blueprints.library import EPOCH, load_blueprints
from laidan.blueprints.model import Blueprint
from laidan.domain.orders.core import CATEGORIES
from laidan.engine import bulk_sql, epochs


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every version of every order type that is stored; the newest gives the words."""

    newest: dict[str, Blueprint] = field(default_factory=dict)
    categories: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    """The categories that a type's state had in any version."""

    def may_be(self, type_: str, state: str, wanted: Iterable[str]) -> bool:
        """Say whether orders of a type and state can be of one of these categories."""
        known = self.categories.get((type_, state))
        return known is None or not known.isdisjoint(wanted)

    def category(self, type_: str, state: str) -> str:
        """Return the category under which a state is shown."""
        blueprint = self.newest.get(type_)
        if blueprint is not None and state in blueprint.states:
            return blueprint.states[state].category
        return next(iter(sorted(self.categories.get((type_, state), ()))), "open")

    def state_label(self, type_: str, state: str, language: str) -> str:
        """Return what people call a state of a type."""
        blueprint = self.newest.get(type_)
        if blueprint is None or state not in blueprint.states:
            return state
        return worded(blueprint.states[state].label, language)

    def state_order(self) -> list[str]:
        """Return every state once, in the order of the categories and of the blueprints."""
        places: dict[str, tuple[int, int]] = {}
        for blueprint in self.newest.values():
            for place, state in enumerate(blueprint.states.values()):
                places.setdefault(state.code, (CATEGORIES.index(state.category), place))
        return sorted(places, key=lambda code: places[code])


def worded(label: dict[str, str], language: str) -> str:
    """Return a label's text in a language, else in English."""
    return label.get(language) or label["en"]


def _load(_: list[str]) -> dict[str, Vocabulary]:
    keys = [(row[0], int(row[1])) for row in bulk_sql.rows("SELECT code, version FROM order_type")]
    versions = load_blueprints(keys, epochs.read()) if keys else {}
    newest: dict[str, Blueprint] = {}
    categories: dict[tuple[str, str], set[str]] = {}
    for code, version in sorted(keys):
        blueprint = versions[code, version]
        newest[code] = blueprint
        for state in blueprint.states.values():
            categories.setdefault((code, state.code), set()).add(state.category)
    frozen = {key: frozenset(found) for key, found in categories.items()}
    return {"": Vocabulary(newest, frozen)}


_vocabulary: epochs.Cached[str, Vocabulary] = epochs.Cached(EPOCH, _load)


def load_vocabulary(at: epochs.Epochs) -> Vocabulary:
    """Return the words of all stored blueprints."""
    return _vocabulary.get([""], at)[""]
