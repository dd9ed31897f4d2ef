"""Running totals by name, kept in the transaction of what they count."""

from __future__ import annotations

import os
from collections.abc import Mapping

from laidan.engine import bulk_sql
from laidan.engine.models import Counter

# Each process adds to a slot of its own: two committers do not queue for one row.
_SLOT = os.getpid() % 64


class Counts:
    """Changes of totals that a batch gathered: name to (count, amount)."""

    def __init__(self) -> None:
        self._changes: dict[str, list[int]] = {}

    def add(self, name: str, count: int, amount: int) -> None:
        """Add to a total."""
        change = self._changes.get(name)
        if change is None:
            self._changes[name] = [count, amount]
        else:
            change[0] += count
            change[1] += amount

    def changes(self) -> Mapping[str, list[int]]:
        """Return the totals that changed."""
        return {name: change for name, change in self._changes.items() if any(change)}


def add(counts: Counts) -> None:
    """Write the changes, in the order of their names."""
    rows = [
        (name, _SLOT, change[0], change[1]) for name, change in sorted(counts.changes().items())
    ]
    bulk_sql.add_rows(Counter, ("name", "slot"), ("count", "amount"), rows)


def order_counter(shop_id: str, type_: str, state: str, currency: str) -> str:
    """Return the name under which orders of a state are counted."""
    return f"orders|{shop_id}|{type_}|{state}|{currency}"
