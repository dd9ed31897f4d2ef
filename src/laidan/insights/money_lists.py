"""Payments, refunds and money without a home as people look through them: pages by keyset."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from laidan.engine import reading_sql
from laidan.insights.money_conditions import MoneyFilter, chosen, narrowed, page
from laidan.insights.sight import Seen
from laidan.kernel.actor import Sight


class PaymentLine(NamedTuple):
    """A payment in a list."""

    id: str
    number: str
    reference: str | None
    order_no: str
    shop: str
    account: str
    account_title: str
    provider: str
    method: str
    state: str
    dispute: str
    amount_minor: int
    captured_minor: int
    refunding_minor: int
    refunded_minor: int
    currency: str
    detail: str
    created_at: datetime
    captured_at: datetime | None


class RefundLine(NamedTuple):
    """A refund in a list."""

    id: str
    state: str
    order_no: str
    shop: str
    amount_minor: int
    currency: str
    reason: str
    payment: str | None
    provider: str | None
    requested_by: str
    approved_by: str
    detail: str
    proof: str
    requested_at: datetime
    closed_at: datetime | None


class SuspenseLine(NamedTuple):
    """A work item in a list."""

    id: str
    reason: str
    state: str
    provider: str
    account: str | None
    order_no: str | None
    payment: str | None
    number: str
    reference: str
    amount_minor: int | None
    currency: str
    detail: str
    owner: str
    resolution: str
    note: str
    closed_by: str
    opened_at: datetime
    closed_at: datetime | None


_PAYMENTS = (
    "SELECT p.id, p.number, p.reference, o.order_no, s.code, a.code, a.title, p.provider, p.method, "
    "p.state, p.dispute, p.amount_minor, p.captured_minor, p.refunding_minor, p.refunded_minor, "
    "p.currency, p.detail, p.created_at, p.captured_at FROM payment p "
    "JOIN sales_order o ON o.id = p.order_id JOIN shop s ON s.id = o.shop_id "
    "JOIN payment_account a ON a.id = p.account_id"
)
_REFUNDS = (
    "SELECT p.id, p.state, o.order_no, s.code, p.amount_minor, p.currency, p.reason, t.number, "
    "t.provider, p.requested_by, p.approved_by, p.detail, p.proof, p.requested_at, p.closed_at "
    "FROM refund p JOIN sales_order o ON o.id = p.order_id JOIN shop s ON s.id = o.shop_id "
    "LEFT JOIN payment t ON t.id = p.payment_id"
)
_SUSPENSE = (
    "SELECT p.id, p.reason, p.state, p.provider, a.code, o.order_no, t.number, p.number, "
    "p.reference, p.amount_minor, p.currency, p.detail, p.owner, p.resolution, p.note, "
    "p.closed_by, p.opened_at, p.closed_at FROM suspense p "
    "LEFT JOIN sales_order o ON o.id = p.order_id LEFT JOIN shop s ON s.id = o.shop_id "
    "LEFT JOIN payment t ON t.id = p.payment_id LEFT JOIN payment_account a ON a.id = p.account_id"
)


def list_payments(
    wanted: MoneyFilter, *, after: Sequence[str] | None = None, limit: int
) -> list[PaymentLine]:
    """Return payments after a place (at most two queries)."""
    parts, params = narrowed(wanted, "p.created_at")
    for column, value in (("a.code", wanted.account), ("p.dispute", wanted.dispute)):
        if value:
            parts.append(f"{column} = %s")
            params.append(value)
    found = page(_PAYMENTS, parts, params, wanted.sort, after, limit)
    return [
        PaymentLine._make([str(r[0]), *r[1:17], *map(reading_sql.instant_of, r[17:])])
        for r in found
    ]


def list_refunds(
    wanted: MoneyFilter, *, after: Sequence[str] | None = None, limit: int
) -> list[RefundLine]:
    """Return refunds after a place (at most two queries)."""
    parts, params = narrowed(wanted, "p.requested_at", provider="t.provider")
    return _refunds(page(_REFUNDS, parts, params, wanted.sort, after, limit))


def find_refunds(ids: Sequence[str], sight: Sight) -> list[RefundLine]:
    """Return those of some refunds that are within sight (at most two queries)."""
    return _refunds(chosen(_REFUNDS, ids, sight))


def _refunds(found: Sequence[tuple[Any, ...]]) -> list[RefundLine]:
    return [
        RefundLine._make([str(r[0]), *r[1:13], *map(reading_sql.instant_of, r[13:])]) for r in found
    ]


def list_suspense(
    wanted: MoneyFilter, *, after: Sequence[str] | None = None, limit: int
) -> list[SuspenseLine]:
    """Return work items after a place (at most two queries).

    Those of no order are there for whoever sees every shop.
    """
    parts, params = narrowed(wanted, "p.opened_at")
    for column, value in (("p.reason", wanted.reason), ("p.owner", wanted.owner)):
        if value:
            parts.append(f"{column} = %s")
            params.append(value)
    return _suspense(page(_SUSPENSE, parts, params, wanted.sort, after, limit))


def find_suspense(id_: str, sight: Sight) -> SuspenseLine | None:
    """Return a work item that is within sight (at most two queries)."""
    found = _suspense(chosen(_SUSPENSE, [id_], sight))
    return found[0] if found else None


def _suspense(found: Sequence[tuple[Any, ...]]) -> list[SuspenseLine]:
    return [
        SuspenseLine._make([str(r[0]), *r[1:16], *map(reading_sql.instant_of, r[16:])])
        for r in found
    ]


def count_waiting(sight: Sight) -> dict[str, int]:
    """Return how many refunds wait for approval and how many work items are open (two queries)."""
    counts = {}
    for name, table, state in (
        ("refunds", "refund", "requested"), ("suspense", "suspense", "open"),
    ):  # fmt: skip
        within = Seen(sight).condition()
        more = f" AND {within.sql}" if within else ""
        join = " LEFT JOIN sales_order o ON o.id = p.order_id" if within else ""
        found = reading_sql.rows(
            f"SELECT COUNT(*) FROM {table} p{join} WHERE p.state = %s{more}",
            (state, *(within.params if within else ())),
        )
        counts[name] = int(found[0][0])
    return counts


def place_of(row: PaymentLine | RefundLine | SuspenseLine, sort: str) -> tuple[object, ...]:
    """Return a row's place in a list of this order."""
    return (row.amount_minor or 0, row.id) if "amount" in sort else (row.id,)
