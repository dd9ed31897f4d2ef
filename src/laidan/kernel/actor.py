"""Who acts: the same value at every door."""

from __future__ import annotations

from dataclasses import dataclass

STAFF, BUYER, WAREHOUSE, PROVIDER, TIMER, RULE = "S", "B", "W", "P", "T", "X"
"""The kinds of actors that a blueprint names beside each transition."""
KINDS = frozenset((STAFF, BUYER, WAREHOUSE, PROVIDER, TIMER, RULE))


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that acts, and what it may do ("*" is everything)."""

    kind: str
    label: str
    rights: frozenset[str] = frozenset()

    def may(self, right: str) -> bool:
        """Say whether the actor has a right."""
        return "*" in self.rights or right in self.rights


SYSTEM = Actor(RULE, "system", frozenset("*"))
CLOCK = Actor(TIMER, "timer", frozenset("*"))
