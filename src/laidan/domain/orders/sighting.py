"""How far somebody sees, as conditions on orders `o` and on customers `c` who placed them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from laidan.domain.orders.selecting import Condition
from laidan.engine import reading_sql
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


def shop_codes(sight: Sight) -> list[str]:
    """Return the shops that a sight names."""
    return sorted({code for one in sight for code in one.shops or ()})


def orders_within(sight: Sight, shop_ids: Mapping[str, str]) -> Condition | None:
    """Return the condition that an order is within sight; None where all are.

    `shop_ids` has the ids of the shops that the sight names; one that is not there has no orders.
    """
    if is_whole(sight):
        return None
    parts, params = [], []
    for one in sight:
        sql, values = _one(one, shop_ids)
        parts.append(f"({sql})")
        params += values
    if not parts:
        return NOTHING
    return Condition(f"({' OR '.join(parts)})", tuple(params), indexed=False)


def buyers_within(sight: Sight, shop_ids: Mapping[str, str]) -> Condition | None:
    """Return the condition that a customer has an order within sight, or none at all."""
    within = orders_within(sight, shop_ids)
    if within is None:
        return None
    mine = "SELECT 1 FROM sales_order o WHERE o.customer_id = c.id"
    sql = f"(EXISTS ({mine} AND {within.sql}) OR NOT EXISTS ({mine}))"
    return Condition(sql, within.params, indexed=False)


def _one(reach: Reach, shop_ids: Mapping[str, str]) -> tuple[str, list[Any]]:
    parts, params = [], []
    shops = None
    if reach.shops is not None:
        shops = [shop_ids[code] for code in reach.shops if code in shop_ids]
    for column, values in (
        ("o.shop_id", shops), ("o.category", reach.categories), ("o.state", reach.states),
    ):  # fmt: skip
        if values is not None:
            sql, listed = reading_sql.one_of(column, sorted(values))
            parts.append(sql)
            params += [str(value) for value in listed]
    return " AND ".join(parts), params
