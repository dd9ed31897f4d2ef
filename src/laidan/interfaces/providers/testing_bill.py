"""The test provider's bill of a day, in the generic form of bills."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from laidan.domain.test_provider import core, store
from laidan.kernel.money import format_minor

_BILL_HEAD = (
    "kind", "number", "reference", "refund_number", "amount", "fee", "currency", "at",
)  # fmt: skip


def bill_of(account_id: str, day: date, now: datetime) -> bytes:
    """Return what an account captured and gave back on a day (UTC) as CSV."""
    begins = datetime.combine(day, time(), UTC)
    ends = begins + timedelta(days=1)
    captured = [
        one
        for one in store.load_charges_of_day(account_id, begins, ends)
        if one.state == core.CAPTURED
    ]
    refunds = store.load_refunds_of_day(account_id, begins, ends)
    charges = store.load_charges(one.charge_id for one in refunds)
    rows: list[Any] = [_BILL_HEAD]
    for one in captured:
        amount, currency = one.captured_minor or 0, one.captured_currency or one.currency
        at = one.changed_at.isoformat()
        rows.append(_bill_row(("capture", one.number, one.reference, ""), amount, currency, at))
    for refund in refunds:
        if core.refund_state(refund, now) == core.SUCCEEDED:
            of = charges[refund.charge_id]
            names = ("refund", of.number, refund.reference, refund.number)
            at = refund.settles_at.isoformat()
            rows.append(_bill_row(names, refund.amount_minor, refund.currency, at))
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()


def _bill_row(names: tuple[str, ...], amount: int, currency: str, at: str) -> tuple[str, ...]:
    return (*names, format_minor(amount, currency), "0", currency, at)
