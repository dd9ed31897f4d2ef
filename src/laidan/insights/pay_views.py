"""What a buyer sees of his order on the pay page: what is due, how it can be paid, how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from laidan.domain.channels.models import Shop
from laidan.domain.orders import store as orders
from laidan.domain.orders.rows import LineRow, OrderRow
from laidan.domain.payments import accounts as account_store
from laidan.domain.payments import attempts
from laidan.domain.payments import store as payments
from laidan.domain.payments.accounts import AccountRow
from laidan.domain.payments.attempts import Payment

DUE, PAID, CANCELLED, EXPIRED, NOTHING = "due", "paid", "cancelled", "expired", "nothing"
PAYABLE = frozenset(("awaiting_payment", "in_review", "open", "completed"))
"""Categories of states in which an order takes money."""


@dataclass(frozen=True, slots=True)
class PayView:
    """An order to be paid: nothing in it says who ordered or where it goes."""

    order: OrderRow
    lines: Sequence[LineRow]
    shop_code: str
    shop_name: str
    accounts: Sequence[AccountRow]
    payments: Sequence[Payment]
    standing: str

    @property
    def due_minor(self) -> int:
        """What is still to be paid."""
        return max(0, self.order.total_minor - self.order.captured_minor)

    @property
    def deadline(self) -> datetime | None:
        """Until when the order waits for its money."""
        return self.order.deadline_at if self.order.category == "awaiting_payment" else None

    @property
    def waiting(self) -> Sequence[Payment]:
        """The payments by which money may still come."""
        return [one for one in self.payments if one.state in attempts.OPEN and not one.is_closing]


def load_pay_view(order_id: str, *, now: datetime) -> PayView | None:
    """Return what the pay page of an order shows (five queries), None where there is no such order."""
    order = orders.load_orders([order_id], lock=False).get(order_id)
    if order is None:
        return None
    shop = Shop.objects.get(pk=order.shop_id)
    standing = standing_of(order, now)
    rows = account_store.load_accounts().values() if standing == DUE else ()
    return PayView(
        order,
        orders.load_lines([order_id]).get(order_id, []),
        shop.code,
        shop.name or shop.code,
        [row for row in rows if row.serves(shop.code)],
        payments.load_payments([order_id]),
        standing,
    )


def standing_of(order: OrderRow, now: datetime) -> str:
    """Return how an order stands for whoever wants to pay it."""
    due = order.total_minor - order.captured_minor
    if order.category == "cancelled":
        is_late = order.cancel_reason in {"expired", "payment_timeout"}
        return EXPIRED if is_late else CANCELLED
    if due <= 0:
        return PAID if order.captured_minor > 0 else NOTHING
    if order.category not in PAYABLE:
        return NOTHING
    is_over = order.category == "awaiting_payment" and order.deadline_at is not None
    return EXPIRED if is_over and order.deadline_at <= now else DUE  # type: ignore[operator]  # not None
