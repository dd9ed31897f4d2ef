"""Money that providers hold and have not taken: which orders it is for, and what ends soon."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from laidan.domain.payments.attempts import AUTHORIZED
from laidan.engine import bulk_sql, instants


class Ending(NamedTuple):
    """A hold that ends soon, and its order."""

    id: str
    number: str
    order_id: str
    provider: str
    expires_at: datetime


def held_orders(order_ids: Iterable[str]) -> set[str]:
    """Return those orders that a provider holds money for, which nobody is letting go."""
    where, values = bulk_sql.among("order_id", order_ids)
    found = bulk_sql.rows(
        f"SELECT DISTINCT order_id FROM payment WHERE {where} AND state = %s AND is_closing = %s",
        [*values, AUTHORIZED, False],
    )
    return {row[0] for row in found}


def list_ending(until: datetime, limit: int) -> list[Ending]:
    """Return the holds that end before an instant, the soonest first."""
    found = bulk_sql.rows(
        f"SELECT {', '.join(Ending._fields)} FROM payment WHERE state = %s AND is_closing = %s "
        "AND expires_at <= %s ORDER BY expires_at, id LIMIT %s",
        [AUTHORIZED, False, bulk_sql.instant(until), limit],
    )
    return [Ending(*instants.aware(row)) for row in found]
