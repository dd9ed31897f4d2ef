"""What orders say of their own money, for whoever compares it."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from laidan.engine import bulk_sql


class OrderMoney(NamedTuple):
    """An order's amounts and where it belongs."""

    id: str
    order_no: str
    shop_id: str
    currency: str
    captured_minor: int
    refunded_minor: int


def load_money(order_ids: Collection[str]) -> dict[str, OrderMoney]:
    """Return what orders say of their money, by order."""
    where, values = bulk_sql.among("id", order_ids)
    found = bulk_sql.rows(
        f"SELECT {', '.join(OrderMoney._fields)} FROM sales_order WHERE {where}", values
    )
    return {row[0]: OrderMoney(*row) for row in found}
