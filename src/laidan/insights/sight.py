"""What somebody may see of the orders: which groups, and as a condition on each order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from laidan.domain.orders.selecting import Condition, Group, GroupFigures
from laidan.engine import epochs, reading_sql
from laidan.insights.vocabulary import Vocabulary, load_vocabulary
from laidan.kernel.actor import ANYWHERE, Reach, Sight

NOTHING = Condition("1 = 0", indexed=False)
"""No order meets this."""


def of_orders(sight: Sight) -> Sight:
    """Return the part of a sight that concerns orders: locations limit stock alone."""
    found = tuple(dict.fromkeys(Reach(one.shops, one.categories, one.states) for one in sight))
    return (ANYWHERE,) if ANYWHERE in found else found


def is_whole(sight: Sight) -> bool:
    """Say whether every order is seen."""
    return any(one.shops is one.categories is one.states is None for one in sight)


class Seen:
    """A sight as it stands in the database: with the ids of its shops (at most one query)."""

    def __init__(self, sight: Sight) -> None:
        self._sight = of_orders(sight)
        self.is_whole = is_whole(sight)
        codes = {code for one in self._sight for code in one.shops or ()}
        self._shops = _ids(sorted(codes))
        self._words = None if self.is_whole else load_vocabulary(epochs.read())

    def figures(self, figures: Iterable[GroupFigures]) -> list[GroupFigures]:
        """Return the figures of those groups that may hold orders within sight."""
        return [one for one in figures if self._may_hold(one.group)]

    def counted(self, figures: Iterable[GroupFigures]) -> list[GroupFigures]:
        """Return the figures of those groups whose orders are all within sight."""
        return [one for one in figures if self._holds_only(one.group)]

    def condition(self) -> Condition | None:
        """Return the condition that an order `o` is within sight; None where all are."""
        if self.is_whole:
            return None
        parts, params = [], []
        for one in self._sight:
            sql, values = self._one(one)
            parts.append(f"({sql})")
            params += values
        if not parts:
            return NOTHING
        return Condition(f"({' OR '.join(parts)})", tuple(params), indexed=False)

    def customers(self) -> Condition | None:
        """Return the condition that a customer `c` has an order within sight, or none at all."""
        within = self.condition()
        if within is None:
            return None
        mine = "SELECT 1 FROM sales_order o WHERE o.customer_id = c.id"
        sql = f"(EXISTS ({mine} AND {within.sql}) OR NOT EXISTS ({mine}))"
        return Condition(sql, within.params, indexed=False)

    def _one(self, reach: Reach) -> tuple[str, list[str]]:
        parts, params = [], []
        shops = None if reach.shops is None else self._ids_of(reach.shops)
        for column, values in (
            ("o.shop_id", shops), ("o.category", reach.categories), ("o.state", reach.states),
        ):  # fmt: skip
            if values is not None:
                sql, listed = reading_sql.one_of(column, sorted(values))
                parts.append(sql)
                params += [str(value) for value in listed]
        return " AND ".join(parts), params

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
