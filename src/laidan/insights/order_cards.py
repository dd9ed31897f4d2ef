"""Orders in brief, for lists and boards: a fixed number of queries for any number of orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from laidan.domain.channels import store as channels
from laidan.domain.orders import core
from laidan.domain.orders import store as orders
from laidan.domain.orders.rows import OrderRow
from laidan.engine import bulk_sql, epochs
from laidan.insights.order_conditions import LATE_CATEGORIES
from laidan.kernel.money import format_minor
from laidan.kernel.quantity import format_quantity


@dataclass(frozen=True, slots=True)
class FirstLine:
    """What an order's first line is about."""

    title: str
    sku: str
    quantity: int | str


@dataclass(frozen=True, slots=True)
class OrderCard:
    """An order in brief; nothing of it is sealed."""

    row: OrderRow
    shop: str
    tags: Sequence[str]
    first_line: FirstLine | None
    is_late: bool

    @property
    def number(self) -> str:
        """The order number."""
        return self.row.order_no

    @property
    def customer(self) -> str:
        """The customer's name."""
        return self.row.customer_name

    @property
    def total(self) -> str:
        """The total as decimal text."""
        return format_minor(self.row.total_minor, self.row.currency)

    @property
    def is_held(self) -> bool:
        """Whether something holds the order."""
        return self.row.open_holds > 0

    @property
    def is_under_way(self) -> bool:
        """Whether something of an open order was shipped already."""
        return self.row.category == "open" and self.row.units_shipped > 0

    @property
    def more_lines(self) -> int:
        """How many lines there are beside the first."""
        return max(0, self.row.line_count - 1)

    @property
    def payment_status(self) -> str:
        """The derived payment status."""
        row = self.row
        return core.payment_status(
            row.total_minor, row.captured_minor, row.refunded_minor, row.category
        )

    @property
    def fulfilment_status(self) -> str:
        """The derived fulfilment status."""
        row = self.row
        return core.fulfilment_status(
            row.units, row.units_shipped, row.units_delivered, row.category
        )


def load_cards(order_ids: Sequence[str], *, now: datetime) -> list[OrderCard]:
    """Return those of the orders that exist, in the order asked for."""
    if not order_ids:
        return []
    rows = orders.load_orders(order_ids, lock=False)
    shops = channels.load_shops({row.shop_id for row in rows.values()}, epochs.read())
    tags, lines = orders.load_tags(order_ids), _first_lines(order_ids)
    return [
        OrderCard(
            row=row,
            shop=shops[row.shop_id].code,
            tags=tags.get(order_id, []),
            first_line=lines.get(order_id),
            is_late=is_late(row, now),
        )
        for order_id in order_ids
        if (row := rows.get(order_id)) is not None
    ]


def is_late(row: OrderRow, now: datetime) -> bool:
    """Say whether an order waits longer than its state allows."""
    return row.late_at is not None and row.late_at < now and row.category in LATE_CATEGORIES


def _first_lines(order_ids: Sequence[str]) -> dict[str, FirstLine]:
    where, values = bulk_sql.among("order_id", order_ids)
    # Lines may have been removed: the first is the one with the least number.
    found = bulk_sql.rows(
        "SELECT l.order_id, l.title, l.sku_code, l.quantity, l.decimals FROM order_line l JOIN ("
        f"SELECT order_id, MIN(line_no) AS first FROM order_line WHERE {where} GROUP BY order_id"
        ") f ON f.order_id = l.order_id AND f.first = l.line_no",
        values,
    )
    return {
        order_id: FirstLine(title or sku, sku, format_quantity(quantity, decimals))
        for order_id, title, sku, quantity, decimals in found
    }
