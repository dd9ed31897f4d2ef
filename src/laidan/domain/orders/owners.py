"""Whose orders are: found and changed in sets, without a trace in the orders themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from laidan.domain.orders.models import Order
from laidan.engine import bulk_sql


def load_owned(customer_ids: Collection[str]) -> dict[str, list[str]]:
    """Return the orders of customers, by customer, in key order."""
    where, values = bulk_sql.among("customer_id", customer_ids)
    owned: dict[str, list[str]] = {}
    for order_id, customer_id in bulk_sql.rows(
        f"SELECT id, customer_id FROM sales_order WHERE {where} ORDER BY id", values
    ):
        owned.setdefault(str(customer_id), []).append(str(order_id))
    return owned


def load_owners(order_ids: Collection[str]) -> dict[str, str | None]:
    """Return whose orders are."""
    where, values = bulk_sql.among("id", order_ids)
    return {
        str(order_id): str(owner) if owner is not None else None
        for order_id, owner in bulk_sql.rows(
            f"SELECT id, customer_id FROM sales_order WHERE {where} ORDER BY id", values
        )
    }


def write_owners(owners: Mapping[str, str]) -> None:
    """Give orders to customers."""
    bulk_sql.update_rows(Order, ("id",), ("customer_id",), sorted(owners.items()))
