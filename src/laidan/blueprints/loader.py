"""Reads a blueprint's TOML like a compiler: a value, or the list of everything wrong with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from laidan.blueprints import fields, rules
from laidan.blueprints.model import (
    SAME,
    USUAL_RIGHT,
    Blueprint,
    Branch,
    Deadline,
    FieldSpec,
    State,
    Transition,
)
from laidan.blueprints.reader import Reader
from laidan.domain.orders.core import CATEGORIES
from laidan.kernel import actor
from laidan.kernel.graph import Edge, StateGraph

_CODE = re.compile(r"[a-z][a-z0-9_]{0,28}\Z")
_PREFIX = re.compile(r"[A-Z]{1,6}\Z")
SOURCE_MAX = 200_000
TEXT_MAX = 500
"""The longest text that a field may hold."""
RESERVED = ("hold", "release")
"""Acts that every order knows, whatever its type."""


class BlueprintError(ValueError):
    """A blueprint that is refused; `faults` names everything wrong with it."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def load(source: str, version: int = 1) -> Blueprint:
    """Return the blueprint; raises BlueprintError with every fault found."""
    if len(source) > SOURCE_MAX:
        raise BlueprintError([f"the source is longer than {SOURCE_MAX} characters"])
    try:
        document = tomllib.loads(source)
    except (ValueError, RecursionError) as error:
        # Beside its own error, the parser lets out those of monstrous numbers and nesting.
        raise BlueprintError([f"not TOML: {error}"]) from error
    reader = Reader()
    blueprint = _blueprint(reader, document, version)
    if not reader.faults:
        reader.faults += _graph(blueprint).faults()
        reader.faults += _deadline_faults(blueprint)
        reader.faults += _policy_faults(blueprint)
    if reader.faults:
        raise BlueprintError(reader.faults)
    return blueprint


def _blueprint(reader: Reader, document: dict[str, Any], version: int) -> Blueprint:
    reader.known(
        document,
        ("code", "label", "number_prefix", "policies", "placing", "states", "transitions",
         "fields", "line_fields"),
        "blueprint",
    )  # fmt: skip
    code = reader.text(document, "code", "blueprint")
    if not _CODE.match(code):
        reader.fault("blueprint", "code must be 1 to 29 lower-case letters, digits, underscores")
    prefix = reader.text(document, "number_prefix", "blueprint", "LD")
    if not _PREFIX.match(prefix):
        reader.fault("blueprint", "number_prefix must be 1 to 6 capital letters")
    policies = reader.table(document.get("policies", {}), "policies")
    reader.known(policies, ("line_kinds", "reserve_at"), "policies")
    placing = reader.table(document.get("placing", {}), "placing")
    reader.known(placing, ("to", "effects"), "placing")
    states = {
        name: _state(reader, name, reader.table(table, f"states.{name}"))
        for name, table in reader.table(document.get("states", {}), "states").items()
    }
    if not states:
        reader.fault("states", "there is no state")
    transitions: dict[str, tuple[Transition, ...]] = {}
    for entry in reader.tables(document.get("transitions", []), "transitions"):
        made = _transition(reader, entry, states)
        for other in transitions.get(made.name, ()):
            if both := set(other.sources) & set(made.sources):
                reader.fault(f"transitions.{made.name}", f"starts twice at {sorted(both)}")
        transitions[made.name] = (*transitions.get(made.name, ()), made)
    return Blueprint(
        code=code,
        version=version,
        label=reader.label(document, "blueprint", code),
        number_prefix=prefix,
        line_kinds=frozenset(reader.words(policies, "line_kinds", "policies", rules.LINE_KINDS)),
        reserve_at=reader.one_of(policies, "reserve_at", "policies", rules.RESERVE_AT, "placing"),
        placing=_branches(reader, placing, "placing", states),
        placing_effects=reader.words(placing, "effects", "placing", rules.PLACING_EFFECTS),
        states=states,
        transitions=transitions,
        fields=_fields(reader, document, "fields"),
        line_fields=_fields(reader, document, "line_fields"),
    )


def _state(reader: Reader, name: str, table: dict[str, Any]) -> State:
    where = f"states.{name}"
    reader.known(table, ("category", "label", "icon", "deadlines", "late_after", "editable"), where)
    if not _CODE.match(name) or name == SAME:
        reader.fault(where, f"a state's code must be lower-case words, and not {SAME!r}")
    deadlines = [
        _deadline(reader, entry, f"{where}.deadlines")
        for entry in reader.tables(table.get("deadlines", []), f"{where}.deadlines")
    ]
    return State(
        code=name,
        category=reader.one_of(table, "category", where, CATEGORIES, "open"),
        label=reader.label(table, where, name),
        icon=reader.text(table, "icon", where),
        deadlines=tuple(deadlines),
        late_after=reader.span(table, "late_after", where),
        editable=frozenset(reader.words(table, "editable", where, rules.EDITABLE)),
    )


def _deadline(reader: Reader, table: dict[str, Any], where: str) -> Deadline:
    reader.known(table, ("anchor", "after", "transition", "reason"), where)
    after = reader.span(table, "after", where)
    if "after" not in table:
        reader.fault(where, "after is missing")
    reason = reader.text(table, "reason", where)
    if reason and not _CODE.match(reason):
        reader.fault(where, "reason must be lower-case words")
    return Deadline(
        reader.one_of(table, "anchor", where, rules.ANCHORS, "state"),
        after or timedelta(0),
        reader.text(table, "transition", where),
        reason,
    )


def _transition(reader: Reader, table: dict[str, Any], states: Mapping[str, State]) -> Transition:
    name = reader.text(table, "name", "transitions")
    where = f"transitions.{name}"
    reader.known(
        table,
        ("name", "from", "to", "actors", "right", "label", "guards", "effects", "needs",
         "stopped_by", "style", "event"),
        where,
    )  # fmt: skip
    if not _CODE.match(name) or name in RESERVED:
        reader.fault(where, f"name must be lower-case words, and not {' or '.join(RESERVED)}")
    event = reader.text(table, "event", where, rules.EVENTS.get(name, name))
    if not _CODE.match(event):
        reader.fault(where, "event must be lower-case words")
    return Transition(
        name=name,
        sources=reader.some_words(table, "from", where, states),
        branches=_branches(reader, table, where, states),
        actors=frozenset(reader.some_words(table, "actors", where, actor.KINDS)),
        right=reader.text(table, "right", where, USUAL_RIGHT),
        label=reader.label(table, where, name),
        guards=reader.words(table, "guards", where, rules.GUARDS),
        effects=reader.words(table, "effects", where, rules.EFFECTS),
        needs=reader.words(table, "needs", where, rules.NEEDS),
        stopped_by=frozenset(reader.words(table, "stopped_by", where, rules.HOLD_SCOPES)),
        style=reader.one_of(table, "style", where, rules.STYLES, "normal"),
        event=f"order.{event}",
    )


def _branches(
    reader: Reader, table: dict[str, Any], where: str, states: Mapping[str, State]
) -> tuple[Branch, ...]:
    value = table.get("to")
    if isinstance(value, str):
        value = [{"state": value}]
    branches = []
    for entry in reader.tables(value if value is not None else [], f"{where}.to"):
        reader.known(entry, ("state", "when", "effects"), f"{where}.to")
        is_placing = where == "placing"
        same, known = ((), rules.PLACED_EFFECTS) if is_placing else ((SAME,), rules.EFFECTS)
        state = reader.one_of(entry, "state", f"{where}.to", (*states, *same), "")
        when = reader.words(entry, "when", f"{where}.to", rules.GUARDS)
        effects = reader.words(entry, "effects", f"{where}.to", known)
        branches.append(Branch(state, when, effects))
    if not branches:
        reader.fault(where, "to is missing")
    elif branches[-1].when:
        reader.fault(where, "the last target of to must have no condition, so that one holds")
    return tuple(branches)


def _fields(reader: Reader, document: dict[str, Any], name: str) -> dict[str, FieldSpec]:
    specs = {}
    for code, value in reader.table(document.get(name, {}), name).items():
        where = f"{name}.{code}"
        table = reader.table(value, where)
        reader.known(
            table, ("kind", "label", "required", "choices", "min", "max", "length_max"), where
        )
        if not _CODE.match(code):
            reader.fault(where, "a field's code must be lower-case letters, digits, underscores")
        kind = reader.one_of(table, "kind", where, rules.FIELD_KINDS, "text")
        choices = reader.words(table, "choices", where)
        if (kind == "choice") != bool(choices):
            reader.fault(where, "choices belong to a field of kind choice, and there alone")
        specs[code] = FieldSpec(
            code=code,
            kind=kind,
            label=reader.label(table, where, code),
            required=reader.flag(table, "required", where),
            choices=choices,
            minimum=_bound(reader, table, "min", (where, kind)),
            maximum=_bound(reader, table, "max", (where, kind)),
            length_max=reader.length(table, "length_max", where, TEXT_MAX),
        )
    return specs


def _bound(reader: Reader, table: dict[str, Any], name: str, place: tuple[str, str]) -> str | None:
    """Return the smallest or largest value of a field as text; `place` is where, and its kind."""
    where, kind = place
    value = table.get(name)
    if value is None:
        return None
    if not fields.is_bound(kind, value):
        reader.fault(where, f"{name} must be a value of the field's kind: a number or a date")
        return None
    return str(value)


def _graph(blueprint: Blueprint) -> StateGraph:
    edges = [
        Edge(transition.name, source, source if branch.state == SAME else branch.state)
        for versions in blueprint.transitions.values()
        for transition in versions
        for source in transition.sources
        for branch in transition.branches
    ]
    final = {
        code
        for code, state in blueprint.states.items()
        if state.category in ("closed", "cancelled")
    }
    return StateGraph(
        states=frozenset(blueprint.states),
        initial=frozenset(branch.state for branch in blueprint.placing),
        final=frozenset(final),
        edges=tuple(edges),
    )


def _deadline_faults(blueprint: Blueprint) -> list[str]:
    found = []
    for state in blueprint.states.values():
        for deadline in state.deadlines:
            transition = blueprint.find(deadline.transition, state.code)
            if transition is None:
                found.append(
                    f"states.{state.code}: the deadline's transition {deadline.transition!r} "
                    "does not start here"
                )
                continue
            if actor.TIMER not in transition.actors:
                found.append(
                    f"states.{state.code}: the clock (T) may not take {deadline.transition!r}"
                )
            if {SAME, state.code} & {branch.state for branch in transition.branches}:
                found.append(
                    f"states.{state.code}: {deadline.transition!r} may leave the order where it "
                    "is, so that the clock would take it for ever"
                )
    return found


def _policy_faults(blueprint: Blueprint) -> list[str]:
    found = []
    if not blueprint.line_kinds:
        found.append("policies: line_kinds is empty, so that nothing could be ordered")
    reserves = "reserve" in blueprint.placing_effects
    if reserves != (blueprint.reserve_at == "placing"):
        found.append(
            f"placing: policies say that lines are reserved at {blueprint.reserve_at!r}, the "
            "effects of placing say otherwise"
        )
    if reserves and any("grant" in branch.effects for branch in blueprint.placing):
        found.append("placing: what is granted at once cannot be reserved as well")
    return found
