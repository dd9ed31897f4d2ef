"""Pure decisions on orders: amounts, standing, derived statuses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from laidan.kernel import money

CATEGORIES = (
    "draft", "awaiting_payment", "in_review", "open", "completed", "closed", "cancelled",
)  # fmt: skip
"""The fixed vocabulary of boards, figures and deadlines."""
LIVING = frozenset(("draft", "awaiting_payment", "in_review", "open"))
"""Categories of orders that are not done."""
PRIORITIES = ("low", "normal", "high", "urgent")
LINES_MAX = 500
CANCEL_REASONS = (
    "buyer", "payment_timeout", "payment_declined", "fraud", "out_of_stock", "staff", "channel",
    "duplicate", "expired", "other",
)  # fmt: skip


class LineAmounts(NamedTuple):
    """A line's amounts in minor units; goods - discount + shipping + tax = total."""

    goods: int
    own_discount: int
    discount: int
    shipping: int
    tax: int
    total: int


class Amounts(NamedTuple):
    """An order's amounts in minor units; each is the sum of its lines'."""

    goods: int
    discount: int
    shipping: int
    tax: int
    total: int
    lines: list[LineAmounts]


class AmountError(ValueError):
    """Amounts that no order can have; `loc` names the field."""

    def __init__(self, loc: str, msg: str) -> None:
        super().__init__(msg)
        self.loc = loc
        self.msg = msg


def add_up(
    goods: Sequence[int],
    discounts: Sequence[int],
    taxes: Sequence[int],
    *,
    discount: int,
    shipping: int,
) -> Amounts:
    """Share the order's discount and shipping over its lines and add everything up.

    The shares follow what each line costs after its own discount, by largest remainder, so that
    lines always sum to the order. Raises AmountError on what cannot be.
    """
    nets = [amount - less for amount, less in zip(goods, discounts, strict=True)]
    for place, net in enumerate(nets):
        if net < 0 or discounts[place] < 0:
            raise AmountError(f"lines[{place}].discount", "must be between 0 and the line's amount")
        if taxes[place] < 0:
            raise AmountError(f"lines[{place}].tax", "must not be negative")
    if not 0 <= discount <= sum(nets):
        raise AmountError("discount", "must be between 0 and what the lines cost")
    if shipping < 0:
        raise AmountError("shipping_fee", "must not be negative")
    count = len(nets)
    shares = money.allocate(discount, nets) if discount else [0] * count
    freights = money.allocate(shipping, nets) if shipping else [0] * count
    lines = [
        LineAmounts(
            goods[i],
            discounts[i],
            discounts[i] + shares[i],
            freights[i],
            taxes[i],
            nets[i] - shares[i] + freights[i] + taxes[i],
        )
        for i in range(count)
    ]
    all_goods, all_discount, all_tax = sum(goods), sum(discounts) + discount, sum(taxes)
    total = all_goods - all_discount + shipping + all_tax
    if total > money.MINOR_MAX:
        raise AmountError("lines", "the order's total is larger than any taken here")
    return Amounts(all_goods, all_discount, shipping, all_tax, total, lines)


class Standing(NamedTuple):
    """Where an order stands, reduced to what rules may ask; small, so that answers are cached."""

    state: str
    category: str
    money: str = "none"
    shipped: str = "none"
    delivered: str = "none"
    captured: bool = False
    refundable: bool = False
    refund_open: bool = False
    review: bool = False
    holds: frozenset[str] = frozenset()
    revivable: bool = True


def money_standing(total: int, captured: int, refunded: int) -> str:
    """Return none, part, full or over: how far the money kept covers the total."""
    kept = captured - refunded
    if kept > total:
        return "over"
    if kept == total:
        return "full"
    return "part" if kept > 0 else "none"


def share_standing(whole: int, part: int) -> str:
    """Return none, part or all."""
    if part == 0:
        return "none"
    return "all" if part >= whole else "part"


REVIVAL = timedelta(hours=48)
"""How long a cancelled order can be revived (state chart of orders)."""


def is_revivable(cancelled_at: datetime | None, refunded: int, now: datetime) -> bool:
    """Say whether a cancelled order may still come back: not for long, and with all its money."""
    return cancelled_at is not None and now - cancelled_at <= REVIVAL and not refunded


def due_minor(total: int, captured: int, category: str) -> int:
    """Return what is still to be paid; money given back is not asked for again."""
    return 0 if category == "cancelled" else max(0, total - captured)


def payment_status(total: int, captured: int, refunded: int, category: str) -> str:
    """Return the derived payment status."""
    if refunded:
        return "refunded" if refunded == captured else "partially_refunded"
    if captured > total:
        return "overpaid"
    if captured == total and (captured or category != "cancelled"):
        return "paid"
    if captured:
        return "partially_paid"
    return "voided" if category == "cancelled" else "pending"


def fulfilment_status(units: int, shipped: int, delivered: int, category: str) -> str:
    """Return the derived fulfilment status."""
    if units and delivered >= units:
        return "delivered"
    if delivered:
        return "partially_delivered"
    if units and shipped >= units:
        return "shipped"
    if shipped:
        return "partially_shipped"
    return "cancelled" if category == "cancelled" else "unfulfilled"


def public_status(category: str, shipped: int) -> str:
    """Return one of the five public values: pending paid shipped completed cancelled."""
    if category in ("draft", "awaiting_payment"):
        return "pending"
    if category in ("completed", "closed"):
        return "completed"
    if category == "cancelled":
        return "cancelled"
    return "shipped" if shipped else "paid"
