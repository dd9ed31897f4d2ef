"""What a list of orders asks for, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from laidan.engine.reading_sql import Fragment


class Group(NamedTuple):
    """Orders that share shop, type and state; every list filter on these chooses groups."""

    shop_id: str
    type: str
    state: str


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """How many orders a group has in one currency, and what they sum to."""

    group: Group
    currency: str
    count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on an order `o`; `keys` selects order_id from another table's index.

    Where `keys` selects placed_at, too, indexes alone say which of few orders come first.

    A condition without `keys` is answered by an index of the orders themselves where `indexed`;
    `bounds` names the sort whose indexes it cuts to a range. `in_order` (FROM and WHERE) finds the
    orders in the order of placing, by rows `k` that hold order_id and placed_at. `is_common` says
    that more orders meet it than are worth counting.
    """

    sql: str
    params: tuple[Any, ...] = ()
    keys: Fragment | None = None
    has_placed_at: bool = False
    indexed: bool = True
    bounds: str | None = None
    in_order: Fragment | None = None
    is_common: bool = False

    @property
    def is_indexed(self) -> bool:
        """Say whether the orders that meet this can be found without reading others."""
        return self.keys is not None or self.indexed


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: after (or, going back, before) this order."""

    value: Any
    id: str
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """Which orders a list shows, in which order, from where on.

    `groups` are those that can hold such orders. Where the filter chose them, `within` says so as
    a condition and `group_total` how many of all `total` orders they have together.
    """

    sort: str
    descending: bool
    groups: tuple[Group, ...]
    conditions: tuple[Condition, ...] = ()
    within: Condition | None = None
    group_total: int = 0
    total: int = 0
    position: Position | None = None
