"""A graph of states: values that validate themselves and know nothing of orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edge:
    """A named way from one state to another."""

    name: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class StateGraph:
    """States with an initial and final ones, and the edges between them."""

    states: frozenset[str]
    initial: frozenset[str]
    final: frozenset[str]
    edges: tuple[Edge, ...]

    def faults(self) -> list[str]:
        """Return what is wrong: unknown states, unreachable ones, ones that cannot end."""
        found = [f"initial state {s!r} does not exist" for s in sorted(self.initial - self.states)]
        found += [f"final state {s!r} does not exist" for s in sorted(self.final - self.states)]
        if not self.initial:
            found.append("there is no initial state")
        if not self.final:
            found.append("there is no final state")
        for edge in self.edges:
            found += [
                f"transition {edge.name!r} names the unknown state {state!r}"
                for state in (edge.source, edge.target)
                if state not in self.states
            ]
        if found:
            return found
        forward = _adjacent((e.source, e.target) for e in self.edges)
        backward = _adjacent((e.target, e.source) for e in self.edges)
        reached = _closure(self.initial, forward)
        ending = _closure(self.final, backward)
        found += [f"state {s!r} cannot be reached" for s in sorted(self.states - reached)]
        found += [f"state {s!r} can never end" for s in sorted(self.states - ending)]
        return found


def _adjacent(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    table: dict[str, set[str]] = {}
    for left, right in pairs:
        table.setdefault(left, set()).add(right)
    return table


def _closure(start: Iterable[str], adjacent: Mapping[str, set[str]]) -> set[str]:
    seen = set(start)
    waiting = list(seen)
    while waiting:
        for state in adjacent.get(waiting.pop(), ()):
            if state not in seen:
                seen.add(state)
                waiting.append(state)
    return seen
