"""The closed lists that a blueprint chooses from: conditions, effects, policies, words."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from laidan.domain.orders.core import Standing


class Guard(NamedTuple):
    """A condition on an order's standing, and what to say where it does not hold."""

    code: str
    detail: str
    holds: Callable[[Standing], bool]


GUARDS: dict[str, Guard] = {
    "paid_in_full": Guard(
        "payment-short",
        "The money received does not cover the total.",
        lambda s: s.money in ("full", "over"),
    ),
    "review_needed": Guard("no-review", "No review rule matches.", lambda s: s.review),
    "nothing_shipped": Guard(
        "already-shipped", "Something was shipped already.", lambda s: s.shipped == "none"
    ),
    "something_to_ship": Guard(
        "nothing-to-ship", "Everything was shipped already.", lambda s: s.shipped != "all"
    ),
    "everything_shipped": Guard(
        "not-fully-shipped", "Not everything was shipped yet.", lambda s: s.shipped == "all"
    ),
    "something_to_deliver": Guard(
        "nothing-to-deliver",
        "Nothing is on its way.",
        lambda s: s.shipped != "none" and s.delivered != "all",
    ),
    "everything_delivered": Guard(
        "not-delivered", "Not everything was delivered yet.", lambda s: s.delivered == "all"
    ),
    "nothing_owed": Guard("refund-open", "A refund is still open.", lambda s: not s.refund_open),
    "something_refundable": Guard(
        "nothing-to-refund", "No money was kept that could go back.", lambda s: s.refundable
    ),
    "revivable": Guard(
        "revival-expired",
        "An order can be revived for 48 hours after it was cancelled, and only while no refund "
        "was made.",
        lambda s: s.revivable,
    ),
    "payable": Guard(
        "already-paid", "The order is paid in full.", lambda s: s.money not in ("full", "over")
    ),
}
EVENTS = {
    "pay": "paid", "approve": "approved", "reject": "rejected", "ship": "shipped",
    "deliver": "delivered", "confirm_receipt": "receipt_confirmed", "close": "closed",
    "cancel": "cancelled", "revive": "revived", "refund": "refunded", "finish": "made",
    "remake": "remade",
}  # fmt: skip
"""What the events of well-known transitions are called, unless the blueprint names them."""
EFFECTS = frozenset(
    ("reserve", "release", "capture", "refund", "owe_refund", "ship", "grant", "deliver", "revive")
)
"""What a transition may do beside changing the state; usecases.advance_orders carries them out."""
PLACING_EFFECTS = frozenset(("reserve",))
"""What placing may do, before its target is chosen."""
PLACED_EFFECTS = frozenset(("grant",))
"""What one target of placing may do; what is granted at once must not have been reserved."""
NEEDS = frozenset(
    ("amount", "provider", "reference", "reason", "lines", "courier", "tracking_no", "note", "at")
)
"""Inputs that a transition may ask for."""
ANCHORS = ("state", "placed", "paid", "shipped", "delivered", "completed")
"""Instants that a deadline may count from."""
LINE_KINDS = frozenset(("goods", "virtual", "custom", "bundle", "capacity"))
RESERVE_AT = ("placing", "never")
HOLD_SCOPES = ("order", "fulfilment", "refund")
FIELD_KINDS = frozenset(("text", "integer", "decimal", "boolean", "date", "choice"))
STYLES = ("primary", "normal", "danger")
EDITABLE = frozenset(("contact", "notes", "tags", "fields", "lines"))
"""Parts of an order that may be amended in a state."""
