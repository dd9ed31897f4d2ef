"""What lists of money are narrowed to, how far somebody sees them, and their pages by keyset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from laidan.engine import reading_sql
from laidan.engine.bulk_sql import instant
from laidan.insights.sight import Seen
from laidan.kernel.actor import ANYWHERE, EVERYTHING_SEEN, Actor, Sight
from laidan.kernel.currencies import EXPONENTS
from laidan.kernel.ids import parse_id
from laidan.kernel.money import MINOR_MAX
from laidan.kernel.permissions import covers

SEE = "payments.view"
SORTS = ("-created", "created", "-amount", "amount")
_USUAL_EXPONENT = 2
_TEXT = ("o.order_no = %s", "p.number = %s", "p.reference = %s")


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


def money_sight(actor: Actor, right: str = SEE) -> Sight:
    """Return how far an actor sees money: where a role hides amounts, he sees none of it."""
    if not actor.grants:
        return EVERYTHING_SEEN if actor.may(right) and "price" not in actor.masks else ()
    found = tuple(
        one.reach for one in actor.grants if covers(one.rights, right) and "price" not in one.masks
    )
    return EVERYTHING_SEEN if ANYWHERE in found else tuple(dict.fromkeys(found))


def narrowed(
    wanted: MoneyFilter, at: str, provider: str = "p.provider"
) -> tuple[list[str], list[Any]]:
    """Return the conditions that every list of money knows, and their parameters."""
    parts: list[str] = []
    params: list[Any] = []
    for column, value in (
        ("p.state", wanted.state), (provider, wanted.provider), ("s.code", wanted.shop),
    ):  # fmt: skip
        if value:
            parts.append(f"{column} = %s")
            params.append(value)
    if wanted.text:
        parts.append(f"({' OR '.join(_TEXT)})")
        params += [wanted.text.upper(), *[wanted.text] * (len(_TEXT) - 1)]
    for sign, moment in ((">=", wanted.since), ("<", wanted.until)):
        if moment is not None:
            parts.append(f"{at} {sign} %s")
            params.append(instant(moment))
    for sign, amount in ((">=", wanted.min_amount), ("<=", wanted.max_amount)):
        if amount is not None:
            sql, values = _scaled(amount, ROUND_CEILING if sign == ">=" else ROUND_FLOOR)
            parts.append(f"p.amount_minor {sign} {sql}")
            params += values
    within = Seen(wanted.sight).condition()
    if within is not None:
        parts.append(within.sql)
        params += within.params
    return parts, params


def chosen(select: str, ids: Sequence[str], sight: Sight) -> list[tuple[Any, ...]]:
    """Return those of some rows that are within sight."""
    where, params = reading_sql.one_of("p.id", [one for one in map(parse_id, ids) if one])
    within = Seen(sight).condition()
    if within is not None:
        where, params = f"{where} AND {within.sql}", (*params, *within.params)
    return reading_sql.rows(f"{select} WHERE {where} ORDER BY p.id", params)


def _scaled(amount: Decimal, rounding: str) -> tuple[str, list[Any]]:
    """Return an amount in minor units of each row's currency, rounded into the span."""

    def minor(places: int) -> int:
        whole = int(amount.scaleb(places).to_integral_value(rounding))
        # Beyond this no amount is taken, and no database can count.
        return max(-MINOR_MAX, min(whole, MINOR_MAX))

    odd = {code: places for code, places in EXPONENTS.items() if places != _USUAL_EXPONENT}
    sql, params = "CASE", []
    for places in sorted(set(odd.values())):
        codes = sorted(code for code, one in odd.items() if one == places)
        sql += f" WHEN p.currency IN ({', '.join(['%s'] * len(codes))}) THEN %s"
        params += [*codes, minor(places)]
    return f"{sql} ELSE %s END", [*params, minor(_USUAL_EXPONENT)]


def page(  # noqa: PLR0913, PLR0917 - what a page is made of
    select: str, parts: list[str], params: list[Any], sort: str, after: Sequence[str] | None,
    limit: int,
) -> list[tuple[Any, ...]]:  # fmt: skip
    """Return rows after a place, in the order of a sort."""
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
