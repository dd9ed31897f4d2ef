"""What moved a balance of Stripe's, as the CSV of its own report (itemized changes of the balance)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from laidan.interfaces.providers.reading import minor, text, unix_time
from laidan.interfaces.providers.stripe import saying
from laidan.interfaces.providers.stripe.amounts import from_stripe
from laidan.kernel.money import format_minor

COLUMNS = (
    "balance_transaction_id", "created_utc", "currency", "gross", "fee", "net",
    "reporting_category", "source_id", "description", "charge_id", "payment_intent_id", "refund_id",
    f"payment_metadata[{saying.NUMBER}]", f"refund_metadata[{saying.REFUND}]",
)  # fmt: skip


def itemized(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return balance transactions, with their sources, as CSV; raises UnreadableError."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    writer.writerows(_row(one) for one in rows)
    return written.getvalue().encode()


def _row(said: Mapping[str, Any]) -> tuple[str, ...]:
    currency = text(said, "currency")
    source = said.get("source")
    of: Mapping[str, Any] = source if isinstance(source, dict) else {}
    is_refund = of.get("object") == "refund"
    return (
        text(said, "id"),
        unix_time(said.get("created")).strftime("%Y-%m-%d %H:%M:%S"),
        currency,
        *(_major(said, name, currency.upper()) for name in ("amount", "fee", "net")),
        str(said.get("reporting_category") or said.get("type") or ""),
        saying.id_of(source) or "",
        str(said.get("description") or ""),
        (saying.id_of(of.get("charge")) if is_refund else saying.id_of(of)) or "",
        saying.id_of(of.get("payment_intent")) or "",
        (saying.id_of(of) if is_refund else None) or "",
        saying.marks(of).get(saying.NUMBER, ""),
        saying.marks(of).get(saying.REFUND, ""),
    )


def _major(said: Mapping[str, Any], name: str, currency: str) -> str:
    return format_minor(from_stripe(minor(said, name), currency), currency)
