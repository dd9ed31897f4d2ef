"""Pages of orders: from an index in the order asked for, or from few candidates, never by scan."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from laidan.domain.orders import ways
from laidan.domain.orders.selecting import Condition, Selection
from laidan.domain.orders.ways import Ways
from laidan.engine import reading_sql

FEW = 2_000
"""Candidates of a condition that are counted, and may be fetched and sorted."""
SLICE = 8_000
"""Orders that a walk looks at first, where the database hands them on one by one."""
WINDOW = 40_000
"""Entries of the index that a walk looks at before it turns to the candidates."""
# An order fetched from anywhere, or after its neighbour, costs about as much as so many tested
# within an index.
_FETCHED = 10
_FETCHED_NEAR = 2
# What an entry costs that is read after its neighbour, as a share of one that is looked up.
_SCANNED = 0.2


def find_ids(chosen: Selection, limit: int) -> list[str]:
    """Return the ids of at most `limit` orders, in the order of the list.

    Of the ways that give the same page the cheapest is taken: fetching the candidates of a rare
    condition, following them in order, walking the index of all orders by placing, merging an ordered
    page of each group, or meeting the groups with a condition's orders.
    """
    if not chosen.groups:
        return []
    page = _Page(chosen, limit)
    found = page.find()
    return found[::-1] if page.backwards else found


class _Page(Ways):
    """A page, found in the way that costs least."""

    def find(self) -> list[str]:
        """Return the page's ids, in the order of reading."""
        drivers = self._drivers()
        counted = [one for one in drivers if not one.is_common]
        if not counted:
            return self._read_through(drivers)
        pairs = zip(counted, self.probe(counted, FEW), strict=True)
        rare, found = min(pairs, key=lambda pair: (pair[1], pair[0].in_order is None))
        if rare.in_order and found > FEW:
            (found,) = self.probe([rare], FEW * 10)
        costs = self._costs(rare, found)
        way = min(costs, key=lambda name: costs[name])
        if way == "follow" and rare.in_order:
            return self.follow(rare, rare.in_order)
        if way == "meet":
            return self.meet(rare, found + ways.SLACK)
        if way == "gather":
            return self.gather(rare, found + ways.SLACK)
        return self._read_through(drivers)

    def _drivers(self) -> list[Condition]:
        """Return the conditions whose orders can be found without reading others."""
        few_groups = len(self.chosen.groups) <= ways.BRANCHES_MAX
        return [
            one
            for one in self.chosen.conditions
            if one.is_indexed and (few_groups or one.bounds in (None, "placed_at"))
        ]

    def _costs(self, rare: Condition, found: int) -> dict[str, float]:
        """Return about how many index entries each way looks up, for what is spread evenly.

        The ways: following a condition's orders in order, reading in order until the page is full,
        gathering a condition's orders, and meeting them with the groups. Of equals the first wins.
        """
        chosen = self.chosen
        grouped = chosen.within is not None
        through = min(
            self.limit * chosen.total / max(found, 1),
            chosen.group_total if grouped else inf,
            found if rare.bounds == chosen.sort else inf,
        )
        by_placing = chosen.sort == "placed_at"
        through *= _FETCHED if not by_placing else _FETCHED_NEAR if rare.keys is None else 1
        alone = len(chosen.conditions) == 1 and not grouped
        by_keys = alone and by_placing and rare.has_placed_at
        gather = found * (1 if by_keys else _FETCHED) if found <= FEW else inf
        follow = inf
        if rare.in_order and by_placing:
            share = chosen.group_total / max(chosen.total, 1) if grouped else 1.0
            known = all(one is rare or one.bounds == "placed_at" for one in chosen.conditions)
            each = 1 if known and not grouped else _FETCHED
            follow = min(found, self.limit / max(share, 1e-9)) * each
        meet = inf
        if rare.in_order and grouped and found <= FEW * 10 and self.can_meet(rare):
            meet = (found + chosen.group_total) * _SCANNED
        return {"follow": follow, "through": through, "gather": gather, "meet": meet}

    def _read_through(self, drivers: Sequence[Condition]) -> list[str]:
        """Read the groups, or all orders by placing, in order until the page is full."""
        chosen = self.chosen
        if chosen.within is not None or chosen.sort != "placed_at":
            return self.merge()
        if all(one.bounds == chosen.sort for one in chosen.conditions):
            return self.walk()
        if reading_sql.hands_on_in_order():
            found = self.look(SLICE)
            if len(found) == self.limit:
                return found
        found = self.walk(WINDOW)
        if len(found) == self.limit:
            return found
        if not drivers:
            return self.walk()
        # Common, but not here: such orders lie together elsewhere.
        counts = self.probe(drivers, FEW * 100)
        return self.gather(drivers[counts.index(min(counts))])
