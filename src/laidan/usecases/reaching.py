"""Whom somebody may change: customers within his limits, one policy for every door."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from laidan.domain.channels import store as channels
from laidan.domain.orders import sighting
from laidan.engine import bulk_sql, epochs
from laidan.kernel.actor import Actor, Sight, forbidden
from laidan.kernel.outcome import Refused

_SEE = "customers.view"


@dataclass(frozen=True, slots=True)
class Reached:
    """Which of the customers who were looked up lie within which sight."""

    right: str
    known: frozenset[str]
    seen: frozenset[tuple[Sight, str]]

    def refusal(self, actor: Actor, customer_ids: Collection[str]) -> Refused | None:
        """Refuse one who may not have all of these customers; who is not there is no matter here.

        Who does not even see one of them is told that there is no such customer.
        """
        for right, refused in (
            (_SEE, Refused("unknown-customer", "There is no such customer.", 404)),
            (self.right, forbidden(self.right)),
        ):
            sight = sighting.of_orders(actor.sight(right))
            if right == _SEE and not actor.may(_SEE):
                continue
            if not sighting.is_whole(sight) and any(
                (sight, one) not in self.seen for one in self.known.intersection(customer_ids)
            ):
                return refused
        return None


def reach_customers(actors: Iterable[Actor], customer_ids: Iterable[str], right: str) -> Reached:
    """Look up who of some customers is within the limits of whom; at most one statement."""
    wanted = sorted(set(customer_ids))
    sights = {sighting.of_orders(actor.sight(name)) for actor in actors for name in (_SEE, right)}
    limited = [one for one in sights if not sighting.is_whole(one)]
    if not limited or not wanted:
        return Reached(right, frozenset(wanted), frozenset())
    codes = {code for one in limited for code in sighting.shop_codes(one)}
    shops = channels.load_shops(codes, epochs.read()) if codes else {}
    ids = {code: shop.id for code, shop in shops.items()}
    columns: list[str] = []
    params: list[Any] = []
    for one in limited:
        condition = sighting.buyers_within(one, ids)
        if condition is not None:
            columns.append(f"CASE WHEN {condition.sql} THEN 1 ELSE 0 END")
            params += condition.params
    where, values = bulk_sql.among("c.id", wanted)
    rows = bulk_sql.rows(
        f"SELECT c.id, {', '.join(columns)} FROM customer c WHERE {where}", (*params, *values)
    )
    seen = {
        (sight, str(row[0]))
        for row in rows
        for sight, flag in zip(limited, row[1:], strict=True)
        if flag
    }
    return Reached(right, frozenset(wanted), frozenset(seen))
