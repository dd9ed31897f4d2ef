"""What somebody may see of the orders: which groups, and as a condition on each order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from laidan.domain.orders import sighting
from laidan.domain.orders.selecting import Condition, Group, GroupFigures
from laidan.engine import epochs, reading_sql
from laidan.insights.vocabulary import Vocabulary, load_vocabulary
from laidan.kernel.actor import Reach, Sight


class Seen:
    """A sight as it stands in the database: with the ids of its shops (at most one query)."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sighting.of_orders(sight)
        self.is_whole = sighting.is_whole(sight)
        self._shops = _ids(sighting.shop_codes(self._sight))
        self._words = None if self.is_whole else load_vocabulary(epochs.read())

    def figures(self, figures: Iterable[GroupFigures]) -> list[GroupFigures]:
        """Return the figures of those groups that may hold orders within sight."""
        return [one for one in figures if self._may_hold(one.group)]

    def counted(self, figures: Iterable[GroupFigures]) -> list[GroupFigures]:
        """Return the figures of those groups whose orders are all within sight."""
        return [one for one in figures if self._holds_only(one.group)]

    def condition(self) -> Condition | None:
        """Return the condition that an order `o` is within sight; None where all are."""
        return sighting.orders_within(self._sight, self._shops)

    def customers(self) -> Condition | None:
        """Return the condition that a customer `c` has an order within sight, or none at all."""
        return sighting.buyers_within(self._sight, self._shops)

    def _ids_of(self, codes: Iterable[str]) -> list[str]:
        return [self._shops[code] for code in codes if code in self._shops]

    def _may_hold(self, group: Group) -> bool:
        return self.is_whole or any(
            self._is_in(one, group)
            and (one.categories is None or self._known().may_be(*group[1:], one.categories))
            for one in self._sight
        )

    def _holds_only(self, group: Group) -> bool:
        if self.is_whole:
            return True
        known = self._known().categories.get((group.type, group.state))
        return any(
            self._is_in(one, group)
            and (one.categories is None or (known is not None and known <= one.categories))
            for one in self._sight
        )

    def _is_in(self, reach: Reach, group: Group) -> bool:
        return (reach.shops is None or group.shop_id in self._ids_of(reach.shops)) and (
            reach.states is None or group.state in reach.states
        )

    def _known(self) -> Vocabulary:
        if self._words is None:
            raise AssertionError("a limited sight knows the vocabulary")
        return self._words


def limit_customers(parts: list[str], params: list[Any], sight: Sight) -> None:
    """Add the condition that a customer `c` is within sight to those of a query."""
    within = Seen(sight).customers()
    if within is not None:
        parts.append(within.sql)
        params += within.params


def _ids(codes: Sequence[str]) -> dict[str, str]:
    if not codes:
        return {}
    where, values = reading_sql.one_of("code", codes)
    rows = reading_sql.rows(f"SELECT code, id FROM shop WHERE {where}", values)
    return {code: str(id_) for code, id_ in rows}
