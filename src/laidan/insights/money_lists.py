"""Payments, refunds and money without a home as people look through them: pages by keyset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from laidan.engine import reading_sql
from laidan.engine.bulk_sql import instant
from laidan.insights.sight import Seen
from laidan.kernel.actor import ANYWHERE, EVERYTHING_SEEN, Actor, Sight
from laidan.kernel.currencies import EXPONENTS
from laidan.kernel.ids import parse_id
from laidan.kernel.permissions import covers

SEE = "payments.view"
SORTS = ("-created", "created", "-amount", "amount")
_USUAL_EXPONENT = 2


@dataclass(frozen=True, slots=True)
class MoneyFilter:
    """What a list is narrowed to; all that is given must hold."""

    state: str = ""
    provider: str = ""
    shop: str = ""
    account: str = ""
    dispute: str = ""
    reason: str = ""
    owner: str = ""
    text: str = ""
    """An order's number, our number or the provider's."""
    since: datetime | None = None
    until: datetime | None = None
    min_amount: Decimal | None = None
    max_amount: Decimal | None = None
    sort: str = SORTS[0]
    sight: Sight = EVERYTHING_SEEN


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


def money_sight(actor: Actor, right: str = SEE) -> Sight:
    """Return how far an actor sees money: where a role hides amounts, he sees none of it."""
    if not actor.grants:
        return EVERYTHING_SEEN if actor.may(right) and "price" not in actor.masks else ()
    found = tuple(
        one.reach for one in actor.grants if covers(one.rights, right) and "price" not in one.masks
    )
    return EVERYTHING_SEEN if ANYWHERE in found else tuple(dict.fromkeys(found))


def list_payments(
    wanted: MoneyFilter, *, after: Sequence[str] | None = None, limit: int
) -> list[PaymentLine]:
    """Return payments after a place (at most two queries)."""
    text = ("o.order_no = %s", "p.number = %s", "p.reference = %s")
    parts, params = _narrowed(wanted, text, "p.created_at")
    for column, value in (("a.code", wanted.account), ("p.dispute", wanted.dispute)):
        if value:
            parts.append(f"{column} = %s")
            params.append(value)
    found = _page(_PAYMENTS, parts, params, wanted.sort, after, limit)
    return [
        PaymentLine(
            str(r[0]), *r[1:17], reading_sql.instant_of(r[17]), reading_sql.instant_of(r[18])
        )  # type: ignore[arg-type]  # created_at is never null
        for r in found
    ]


def list_refunds(
    wanted: MoneyFilter, *, after: Sequence[str] | None = None, limit: int
) -> list[RefundLine]:
    """Return refunds after a place (at most two queries)."""
    text = ("o.order_no = %s", "p.number = %s", "p.reference = %s")
    parts, params = _narrowed(wanted, text, "p.requested_at", provider="t.provider")
    return _refunds(_page(_REFUNDS, parts, params, wanted.sort, after, limit))


def find_refunds(ids: Sequence[str], sight: Sight) -> list[RefundLine]:
    """Return those of some refunds that are within sight (at most two queries)."""
    return _refunds(_chosen(_REFUNDS, ids, sight))


def _refunds(found: Sequence[tuple[Any, ...]]) -> list[RefundLine]:
    return [
        RefundLine(
            str(r[0]), *r[1:13], reading_sql.instant_of(r[13]), reading_sql.instant_of(r[14])
        )  # type: ignore[arg-type]  # requested_at is never null
        for r in found
    ]


def list_suspense(
    wanted: MoneyFilter, *, after: Sequence[str] | None = None, limit: int
) -> list[SuspenseLine]:
    """Return work items after a place (at most two queries).

    Those of no order are there for whoever sees every shop.
    """
    text = ("o.order_no = %s", "p.number = %s", "p.reference = %s")
    parts, params = _narrowed(wanted, text, "p.opened_at")
    for column, value in (("p.reason", wanted.reason), ("p.owner", wanted.owner)):
        if value:
            parts.append(f"{column} = %s")
            params.append(value)
    return _suspense(_page(_SUSPENSE, parts, params, wanted.sort, after, limit))


def find_suspense(id_: str, sight: Sight) -> SuspenseLine | None:
    """Return a work item that is within sight (at most two queries)."""
    found = _suspense(_chosen(_SUSPENSE, [id_], sight))
    return found[0] if found else None


def _suspense(found: Sequence[tuple[Any, ...]]) -> list[SuspenseLine]:
    return [
        SuspenseLine(
            str(r[0]), *r[1:16], reading_sql.instant_of(r[16]), reading_sql.instant_of(r[17])
        )  # type: ignore[arg-type]  # opened_at is never null
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


# --- conditions -----------------------------------------------------------------------------


def _narrowed(
    wanted: MoneyFilter, text: Sequence[str], at: str, provider: str = "p.provider"
) -> tuple[list[str], list[Any]]:
    parts: list[str] = []
    params: list[Any] = []
    for column, value in (
        ("p.state", wanted.state), (provider, wanted.provider), ("s.code", wanted.shop),
    ):  # fmt: skip
        if value:
            parts.append(f"{column} = %s")
            params.append(value)
    if wanted.text:
        parts.append(f"({' OR '.join(text)})")
        params += [wanted.text.upper(), *[wanted.text] * (len(text) - 1)]
    for sign, moment in ((">=", wanted.since), ("<", wanted.until)):
        if moment is not None:
            parts.append(f"{at} {sign} %s")
            params.append(instant(moment))
    for sign, amount in ((">=", wanted.min_amount), ("<=", wanted.max_amount)):
        if amount is not None:
            sql, values = _scaled(amount)
            parts.append(f"p.amount_minor {sign} {sql}")
            params += values
    within = Seen(wanted.sight).condition()
    if within is not None:
        parts.append(within.sql)
        params += within.params
    return parts, params


def _chosen(select: str, ids: Sequence[str], sight: Sight) -> list[tuple[Any, ...]]:
    where, params = reading_sql.one_of("p.id", [one for one in map(parse_id, ids) if one])
    within = Seen(sight).condition()
    if within is not None:
        where, params = f"{where} AND {within.sql}", (*params, *within.params)
    return reading_sql.rows(f"{select} WHERE {where} ORDER BY p.id", params)


def _scaled(amount: Decimal) -> tuple[str, list[Any]]:
    """Return an amount in minor units of each row's currency."""
    odd = {code: places for code, places in EXPONENTS.items() if places != _USUAL_EXPONENT}
    sql, params = "CASE", []
    for places in sorted(set(odd.values())):
        codes = sorted(code for code, one in odd.items() if one == places)
        sql += f" WHEN p.currency IN ({', '.join(['%s'] * len(codes))}) THEN %s"
        params += [*codes, int(amount.scaleb(places))]
    return f"{sql} ELSE %s END", [*params, int(amount.scaleb(_USUAL_EXPONENT))]


def _page(  # noqa: PLR0913, PLR0917 - what a page is made of
    select: str, parts: list[str], params: list[Any], sort: str, after: Sequence[str] | None,
    limit: int,
) -> list[tuple[Any, ...]]:  # fmt: skip
    order = "DESC" if sort.startswith("-") else "ASC"
    sign = "<" if order == "DESC" else ">"
    if "amount" in sort:
        if after:
            parts = [
                *parts,
                f"(p.amount_minor {sign} %s OR (p.amount_minor = %s AND p.id {sign} %s))",
            ]
            params = [*params, int(after[0]), int(after[0]), after[1]]
        by = f"p.amount_minor {order}, p.id {order}"
    else:
        if after:
            parts = [*parts, f"p.id {sign} %s"]
            params = [*params, after[0]]
        by = f"p.id {order}"
    where = f" WHERE {' AND '.join(parts)}" if parts else ""
    return reading_sql.rows(f"{select}{where} ORDER BY {by} LIMIT {int(limit)}", params)
