"""Stripe's balance transactions, as its CSV reports have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from laidan.domain.settlement import core
from laidan.domain.settlement.core import BillFault, BillLine, Found
from laidan.interfaces.providers.bills.lines import (
    Cells,
    Reading,
    Told,
    column,
    currency_of,
    guarded,
    instant,
    minor,
)

_UTC = ZoneInfo("UTC")
_NUMBER, _REFUND = "laidan_number", "laidan_refund"
_KINDS = {
    "charge": core.CAPTURE, "payment": core.CAPTURE,
    "refund": core.REFUND, "payment_refund": core.REFUND, "partial_capture_reversal": core.REFUND,
    "dispute": core.REFUND,
    "fee": core.FEE, "stripe_fee": core.FEE, "network_cost": core.FEE,
    "payout": core.PAYOUT, "transfer": core.PAYOUT,
}  # fmt: skip


def read_rows(rows: Iterable[Told], reading: Reading) -> Iterator[Found]:
    """Yield what is in a CSV report of balance transactions, by the names of its columns."""
    for row in rows:
        if isinstance(row, BillFault):
            yield row
            continue
        number, cells = row
        yield from guarded(number, _row, number, cells, reading)


def _row(number: int, cells: Cells, reading: Reading) -> BillLine:
    id_ = column(cells, "balance_transaction_id", "id")
    word = column(cells, "reporting_category", "Type", "type").lower()
    kind = _KINDS.get(word, core.OTHER)
    currency = currency_of(column(cells, "currency", "Currency"), reading.currency)
    gross = minor(column(cells, "gross", "Amount", "amount"), currency)
    fee = minor(column(cells, "fee", "Fee"), currency)
    amount, told = gross, currency
    faced = column(cells, "customer_facing_currency")
    if faced and kind in core.MATCHED:
        told = currency_of(faced, currency)
        amount = minor(column(cells, "customer_facing_amount"), told) or gross
    text = column(cells, "created_utc", "Created (UTC)")
    at = instant(text, _UTC) if text else instant(column(cells, "created", "Created"), reading.zone)  # fmt: skip
    ours = column(cells, f"payment_metadata[{_NUMBER}]", f"{_NUMBER} (metadata)")
    source = column(cells, "source_id", "Source")
    reference = column(cells, "payment_intent_id", "charge_id") or source
    if kind == core.REFUND:
        ours = _refund_number(word, ours, column(cells, f"refund_metadata[{_REFUND}]"))
        reference = column(cells, "refund_id") or source
    return BillLine(
        number, core.TRADE, kind, f"{core.TRADE}:{kind}:{id_}", ours, reference,
        _signed(kind, amount), told, fee, currency, at,
    )  # fmt: skip


def _refund_number(word: str, ours: str, refund: str) -> str:
    """Return our number of a refund; money that a dispute took is entered as the payment's."""
    return f"{ours}-dispute" if word == "dispute" and ours else refund


def _signed(kind: str, amount: int) -> int:
    if kind in core.MATCHED:
        return abs(amount)
    return -amount if kind in (core.FEE, core.PAYOUT) else amount
