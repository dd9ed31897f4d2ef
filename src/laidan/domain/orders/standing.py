"""Where an order stands by its row: what guards and actions look at."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from laidan.domain.orders import core
from laidan.domain.orders.core import Standing
from laidan.domain.orders.rows import HoldRow, OrderRow


def standing_of(
    row: OrderRow,
    holds: Iterable[HoldRow] = (),
    *,
    refund_open: bool = False,
    review_from: int | None = None,
    now: datetime | None = None,
) -> Standing:
    """Return where an order stands; `review_from` is the total from which its shop reviews orders.

    Without `now` it is as it was at its last change.
    """
    return Standing(
        state=row.state,
        category=row.category,
        money=core.money_standing(row.total_minor, row.captured_minor, row.refunded_minor),
        shipped=core.share_standing(row.units, row.units_shipped),
        delivered=core.share_standing(row.units, row.units_delivered),
        captured=row.captured_minor > 0,
        refundable=row.captured_minor > row.refunded_minor,
        refund_open=refund_open,
        review=review_from is not None and row.total_minor >= review_from,
        holds=frozenset([hold.scope for hold in holds]),
        revivable=core.is_revivable(row.cancelled_at, row.refunded_minor, now or row.updated_at),
    )
