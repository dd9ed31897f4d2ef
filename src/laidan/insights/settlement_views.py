"""Days of accounts, what they come to, breaks and bills, as people and programs read them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from laidan.domain.settlement import core
from laidan.engine import bulk_sql, instants
from laidan.engine.reading_sql import one_of

DAY_STATES = ("open", "breaks", "no_bill", "closed")
"""What days are filtered by; `breaks` and `no_bill` are open ones with a reason to look."""
BREAK_SORTS = ("-opened", "opened", "-amount", "amount")


class Sums(NamedTuple):
    """What a day comes to in one currency, of one shop or of all (None), in minor units."""

    account_id: str
    day: str
    currency: str
    shop_id: str | None
    ledger_count: int
    ledger_captured: int
    ledger_refunded: int
    bill_count: int
    bill_captured: int
    bill_refunded: int
    bill_fee: int
    bill_payout: int
    order_count: int
    orders_off: int

    @property
    def ledger_net(self) -> int:
        """What our ledger kept."""
        return self.ledger_captured - self.ledger_refunded

    @property
    def bill_net(self) -> int:
        """What the provider took for us, fees not taken off."""
        return self.bill_captured - self.bill_refunded

    @property
    def off(self) -> int:
        """By how much the provider has more than our ledger."""
        return self.bill_net - self.ledger_net


@dataclass(frozen=True, slots=True)
class DayLine:
    """A day of an account."""

    id: str
    account_id: str
    day: str
    state: str
    has_bill: bool
    matched_at: datetime | None
    closed_at: datetime | None
    closed_by: str
    note: str
    breaks: int
    sums: list[Sums] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DayFilter:
    """Which days are asked for; dates are ISO texts, both within."""

    account_ids: tuple[str, ...]
    state: str = ""
    since: str = ""
    until: str = ""
    is_rising: bool = False


class BreakLine(NamedTuple):
    """A break with the number of its order."""

    id: str
    account_id: str
    day: str
    type: str
    kind: str
    shop_id: str | None
    order_id: str | None
    row_id: str | None
    number: str
    reference: str
    here_minor: int | None
    there_minor: int | None
    currency: str
    other: str
    state: str
    owner: str
    reason: str
    note: str
    suspense_id: str | None
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str
    order_no: str | None

    @property
    def proposal(self) -> str:
        """What is proposed to be done about it."""
        return core.PROPOSALS[self.type]

    @property
    def is_suspendable(self) -> bool:
        """Say whether a work item can be made of it."""
        is_theirs = self.type in core.SUSPENDED and self.there_minor is not None
        return is_theirs and self.state == core.OPEN and self.suspense_id is None


@dataclass(frozen=True, slots=True)
class BreakFilter:
    """Which breaks are asked for; `shops` are ids, None is all."""

    account_ids: tuple[str, ...]
    shops: tuple[str, ...] | None = None
    day: str = ""
    type: str = ""
    state: str = ""
    owner: str | None = None
    text: str = ""


def list_days(asked: DayFilter, *, after: Sequence[str] | None = None, limit: int) -> list[DayLine]:
    """Return a page of days, the newest first unless asked otherwise; `after` is (day, account)."""
    where, values = one_of("d.account_id", asked.account_ids)
    parts, params = [where], [*values]
    if asked.state == "closed":
        parts.append("d.state = 'closed'")
    elif asked.state:
        parts.append("d.state = 'open'")
    if asked.state == "breaks":
        parts.append("EXISTS (SELECT 1 FROM settlement_break b WHERE b.account_id = d.account_id "
                     "AND b.day = d.day AND b.state = 'open')")  # fmt: skip
    elif asked.state == "no_bill":
        parts.append("d.has_bill = %s")
        params.append(False)
    for column, value in (("d.day >= %s", asked.since), ("d.day <= %s", asked.until)):
        if value:
            parts.append(column)
            params.append(value)
    direction, turn = (">", "") if asked.is_rising else ("<", " DESC")
    if after is not None:
        parts.append(f"(d.day {direction} %s OR (d.day = %s AND d.account_id {direction} %s))")
        params += [after[0], after[0], after[1]]
    found = bulk_sql.rows(
        "SELECT d.id, d.account_id, d.day, d.state, d.has_bill, d.matched_at, d.closed_at, "
        "d.closed_by, d.note, (SELECT COUNT(*) FROM settlement_break b WHERE "
        "b.account_id = d.account_id AND b.day = d.day AND b.state = 'open') "
        f"FROM settlement_day d WHERE {' AND '.join(parts)} "
        f"ORDER BY d.day{turn}, d.account_id{turn} LIMIT %s",
        [*params, limit],
    )
    lines = [DayLine(*instants.aware(row)) for row in found]
    sums = sums_of([(one.account_id, one.day) for one in lines])
    return [_with(one, sums) for one in lines]


def find_day(account_id: str, day: str) -> DayLine | None:
    """Return one day."""
    found = list_days(DayFilter((account_id,), since=day, until=day), limit=1)
    return found[0] if found else None


def _with(line: DayLine, sums: Mapping[tuple[str, str], list[Sums]]) -> DayLine:
    line.sums.extend(sums.get((line.account_id, line.day), ()))
    return line


def sums_of(
    days: Collection[tuple[str, str]], *, by_shop: bool = False
) -> dict[tuple[str, str], list[Sums]]:
    """Return what days come to by currency, of all shops together or of each."""
    if not days:
        return {}
    where, values = one_of("account_id", {one for one, _ in days})
    of_days, more = one_of("day", {one for _, one in days})
    shop = "shop_id" if by_shop else "NULL"
    names = [f"SUM({name})" for name in _SUMMED]
    group = "account_id, day, currency" + (", shop_id" if by_shop else "")
    found = bulk_sql.rows(
        f"SELECT account_id, day, currency, {shop}, {', '.join(names)} FROM settlement_statement "
        f"WHERE {where} AND {of_days} GROUP BY {group} ORDER BY currency",
        [*values, *more],
    )
    sums: dict[tuple[str, str], list[Sums]] = {}
    for row in found:
        made = Sums(*row[:4], *(int(one) for one in row[4:]))
        sums.setdefault((made.account_id, made.day), []).append(made)
    return sums


_SUMMED = (
    "ledger_count", "ledger_captured", "ledger_refunded", "bill_count", "bill_captured",
    "bill_refunded", "bill_fee", "bill_payout", "order_count", "orders_off_minor",
)  # fmt: skip


def list_breaks(
    asked: BreakFilter,
    *,
    sort: str = BREAK_SORTS[0],
    after: Sequence[str] | None = None,
    limit: int,
) -> list[BreakLine]:
    """Return a page of breaks; `after` is (id) or, by amount, (amount, id)."""
    parts, params = _break_conditions(asked)
    amount = "COALESCE(b.there_minor, b.here_minor, 0)"
    turn, direction = (" DESC", "<") if sort.startswith("-") else ("", ">")
    by_amount = sort.endswith("amount")
    if after is not None and by_amount:
        parts.append(f"({amount} {direction} %s OR ({amount} = %s AND b.id {direction} %s))")
        params += [int(after[0]), int(after[0]), after[1]]
    elif after is not None:
        parts.append(f"b.id {direction} %s")
        params.append(after[0])
    order = f"{amount}{turn}, b.id{turn}" if by_amount else f"b.id{turn}"
    return _breaks(f"{' AND '.join(parts)} ORDER BY {order} LIMIT %s", [*params, limit])


def place_of(line: BreakLine, sort: str) -> tuple[str, ...]:
    """Return the place of a break in a list sorted so."""
    if not sort.endswith("amount"):
        return (line.id,)
    amount = line.there_minor if line.there_minor is not None else line.here_minor
    return str(amount or 0), line.id


def find_break(break_id: str, account_ids: Sequence[str]) -> BreakLine | None:
    """Return one break of the accounts."""
    where, values = one_of("b.account_id", account_ids)
    found = _breaks(f"{where} AND b.id = %s", [*values, break_id])
    return found[0] if found else None


def _break_conditions(asked: BreakFilter) -> tuple[list[str], list[Any]]:
    where, values = one_of("b.account_id", asked.account_ids)
    parts, params = [where], [*values]
    if asked.shops is not None:
        of_shops, more = one_of("b.shop_id", asked.shops)
        parts.append(f"(b.shop_id IS NULL OR {of_shops})")
        params += more
    for column, value in (("day", asked.day), ("type", asked.type), ("state", asked.state)):
        if value:
            parts.append(f"b.{column} = %s")
            params.append(value)
    if asked.owner is not None:
        parts.append("b.owner = %s")
        params.append(asked.owner)
    if asked.text:
        parts.append("(b.number = %s OR b.reference = %s OR o.order_no = %s)")
        params += [asked.text] * 3
    return parts, params


def _breaks(tail: str, params: Sequence[Any]) -> list[BreakLine]:
    columns = ", ".join(f"b.{name}" for name in BreakLine._fields[:-1])
    found = bulk_sql.rows(
        f"SELECT {columns}, o.order_no FROM settlement_break b "
        f"LEFT JOIN sales_order o ON o.id = b.order_id WHERE {tail}",
        params,
    )
    return [BreakLine(*instants.aware(row)) for row in found]
