"""An order type as values: states, transitions, deadlines, fields, policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

SAME = "same"
"""The target of a transition that leaves the state as it is."""
USUAL_RIGHT = "orders:write"
"""The right of a transition whose blueprint names none: what it does says the permission."""
Label = dict[str, str]
"""A text by language ("en", "zh-hans")."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A transition that the clock takes `after` an anchor, while the order stays in the state."""

    anchor: str
    after: timedelta
    transition: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """A step of the life cycle; its category is what boards and figures know."""

    code: str
    category: str
    label: Label
    icon: str = ""
    deadlines: tuple[Deadline, ...] = ()
    late_after: timedelta | None = None
    editable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Branch:
    """A target state and the conditions under which it is taken; the first that holds wins."""

    state: str
    when: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transition:
    """A named act: from which states, by whom, under which guards, with which effects."""

    name: str
    sources: tuple[str, ...]
    branches: tuple[Branch, ...]
    actors: frozenset[str]
    right: str
    label: Label
    guards: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    stopped_by: frozenset[str] = frozenset()
    style: str = "normal"
    event: str = ""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field of an order or a line that the blueprint adds."""

    code: str
    kind: str
    label: Label
    required: bool = False
    choices: tuple[str, ...] = ()
    minimum: str | None = None
    maximum: str | None = None
    length_max: int = 500


@dataclass(frozen=True, slots=True)
class Blueprint:
    """One version of an order type."""

    code: str
    version: int
    label: Label
    number_prefix: str
    line_kinds: frozenset[str]
    reserve_at: str
    placing: tuple[Branch, ...]
    placing_effects: tuple[str, ...]
    states: dict[str, State]
    transitions: dict[str, tuple[Transition, ...]]
    fields: dict[str, FieldSpec] = field(default_factory=dict)
    line_fields: dict[str, FieldSpec] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, int]:
        """The code and version that an order keeps."""
        return self.code, self.version

    def find(self, name: str, state: str) -> Transition | None:
        """Return the transition of a name that starts at a state."""
        for transition in self.transitions.get(name, ()):
            if state in transition.sources:
                return transition
        return None
