"""Days, statements and breaks, and rows of bills as they are matched; in sets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from laidan.domain.settlement import core, models
from laidan.domain.settlement.matching import Broken, Kept, Row
from laidan.engine import bulk_sql, instants

_ROW = ", ".join(Row._fields)
Day = tuple[str, str]
"""An account and a day of it."""


# --- days ---------------------------------------------------------------------------------------


class DayRow(NamedTuple):
    """One row of settlement_day, in the order of its columns."""

    id: str
    account_id: str
    day: str
    state: str
    has_bill: bool
    matched_at: datetime | None
    closed_at: datetime | None = None
    closed_by: str = ""
    note: str = ""


def write_new_days(rows: Sequence[DayRow]) -> None:
    """Insert days that are not there yet."""
    bulk_sql.insert_new_rows(models.SettlementDay, DayRow._fields, rows)


def load_days(days: Collection[Day], *, lock: bool = False) -> dict[Day, DayRow]:
    """Return days by account and day, locked in key order."""
    where, values = bulk_sql.among("account_id", {one for one, _ in days})
    of_days, more = bulk_sql.among("day", {one for _, one in days}, "text")
    found = bulk_sql.rows(
        f"SELECT {', '.join(DayRow._fields)} FROM settlement_day WHERE {where} AND {of_days} "
        f"ORDER BY id{bulk_sql.locking() if lock else ''}",
        [*values, *more],
    )
    wanted = set(days)
    rows = (DayRow(*instants.aware(row)) for row in found)
    return {
        (one.account_id, one.day): one._replace(has_bill=bool(one.has_bill))
        for one in rows
        if (one.account_id, one.day) in wanted
    }


def write_days(rows: Sequence[DayRow]) -> None:
    """Write how days stand."""
    names = ("state", "has_bill", "matched_at", "closed_at", "closed_by", "note")
    bulk_sql.update_rows(
        models.SettlementDay,
        ("id",),
        names,
        [(one.id, *(getattr(one, name) for name in names)) for one in rows],
    )


def _of(days: Collection[Day], prefix: str = "") -> tuple[str, list[Any]]:
    """Return the condition that a row is of one of the days; pairs are looked at by the caller."""
    where, values = bulk_sql.among(f"{prefix}account_id", {one for one, _ in days})
    of_days, more = bulk_sql.among(f"{prefix}day", {one for _, one in days}, "text")
    return f"{where} AND {of_days}", [*values, *more]


def load_books(days: Collection[Day]) -> dict[Day, str]:
    """Return the book by which each day is matched."""
    where, values = _of(days)
    books: dict[Day, set[str]] = {}
    for account, day, book in bulk_sql.rows(
        f"SELECT DISTINCT account_id, day, book FROM bill_row WHERE {where}", values
    ):
        books.setdefault((account, day), set()).add(book)
    return {one: core.leading(books.get(one, ())) for one in days}


def page_rows(days: Collection[Day], after: str, limit: int) -> list[Row]:
    """Return a page of the rows of days, by id; those of other pairs are among them."""
    where, values = _of(days)
    found = bulk_sql.rows(
        f"SELECT {_ROW} FROM bill_row WHERE {where} AND id > %s ORDER BY id LIMIT %s",
        [*values, after or core.ZERO, limit],
    )
    return [Row(*instants.aware(row)) for row in found]


def find_rows(account_ids: Collection[str], names: Collection[str]) -> list[Row]:
    """Return the rows of accounts that have one of the names as number or reference."""
    where, values = bulk_sql.among("account_id", account_ids)
    numbers, more = bulk_sql.among("number", names, "text")
    references, others = bulk_sql.among("reference", names, "text")
    found = bulk_sql.rows(
        f"SELECT {_ROW} FROM bill_row WHERE {where} AND {numbers} "
        f"UNION SELECT {_ROW} FROM bill_row WHERE {where} AND {references}",
        [*values, *more, *values, *others],
    )
    return [Row(*instants.aware(row)) for row in found]


def write_pairs(pairs: Mapping[str, str | None]) -> None:
    """Note which entry each row tells of."""
    listed = sorted(pairs.items())
    bulk_sql.update_rows(models.BillRow, ("id",), ("entry_id",), listed)


class StatementRow(NamedTuple):
    """One row of settlement_statement, in the order of its columns."""

    id: str
    account_id: str
    day: str
    shop_id: str | None
    currency: str
    ledger_count: int = 0
    ledger_captured: int = 0
    ledger_refunded: int = 0
    bill_count: int = 0
    bill_captured: int = 0
    bill_refunded: int = 0
    bill_fee: int = 0
    bill_payout: int = 0
    order_count: int = 0
    orders_off_minor: int = 0


def write_statements(days: Collection[Day], rows: Sequence[StatementRow]) -> None:
    """Put statements in the place of those that days have."""
    if not days:
        return
    pairs = " OR ".join(["(account_id = %s AND day = %s)"] * len(days))
    listed = [part for one in sorted(days) for part in one]
    bulk_sql.run(f"DELETE FROM settlement_statement WHERE {pairs}", listed)
    bulk_sql.insert_rows(models.Statement, StatementRow._fields, rows)


# --- breaks -------------------------------------------------------------------------------------


class BreakRow(NamedTuple):
    """A break as those who explain it know it."""

    id: str
    account_id: str
    day: str
    type: str
    kind: str
    shop_id: str | None
    order_id: str | None
    number: str
    reference: str
    here_minor: int | None
    there_minor: int | None
    currency: str
    state: str
    owner: str
    reason: str
    note: str
    suspense_id: str | None
    closed_at: datetime | None
    closed_by: str


def load_kept(days: Collection[Day]) -> list[Kept]:
    """Return the breaks of days."""
    where, values = _of(days)
    found = bulk_sql.rows(
        f"SELECT {', '.join(Kept._fields)} FROM settlement_break WHERE {where}", values
    )
    wanted = set(days)
    return [one for one in (Kept(*row) for row in found) if (one.account_id, one.day) in wanted]


def write_broken(rows: Sequence[tuple[str, Broken]], now: datetime) -> None:
    """Insert breaks under their ids, open."""
    names = ("id", *Broken._fields, "state", "opened_at", "owner", "reason", "note", "closed_by")
    bulk_sql.insert_rows(
        models.Break, names, [(id_, *one, core.OPEN, now, "", "", "", "") for id_, one in rows]
    )


def write_fixed(ids: Sequence[str], who: str, now: datetime) -> None:
    """Note that breaks are there no more."""
    bulk_sql.update_rows(
        models.Break,
        ("id",),
        ("state", "closed_at", "closed_by"),
        [(one, core.FIXED, now, who) for one in ids],
    )


def write_again(rows: Sequence[tuple[str, Broken]]) -> None:
    """Open breaks again that are back, or whose amounts have changed."""
    bulk_sql.update_rows(
        models.Break,
        ("id",),
        ("state", "here_minor", "there_minor", "reason", "closed_at", "closed_by"),
        [(id_, core.OPEN, one.here_minor, one.there_minor, "", None, "") for id_, one in rows],
    )


def load_breaks(ids: Iterable[str], *, lock: bool = False) -> dict[str, BreakRow]:
    """Return breaks by id, locked in key order."""
    where, values = bulk_sql.among("id", ids)
    found = bulk_sql.rows(
        f"SELECT {', '.join(BreakRow._fields)} FROM settlement_break WHERE {where} ORDER BY id"
        f"{bulk_sql.locking() if lock else ''}",
        values,
    )
    return {row[0]: BreakRow(*instants.aware(row)) for row in found}


def write_breaks(rows: Sequence[BreakRow]) -> None:
    """Write who looks after breaks, and how they were explained."""
    names = ("state", "owner", "reason", "note", "suspense_id", "closed_at", "closed_by")
    bulk_sql.update_rows(
        models.Break,
        ("id",),
        names,
        [(one.id, *(getattr(one, name) for name in names)) for one in rows],
    )


def count_open(days: Collection[Day]) -> dict[Day, int]:
    """Return how many breaks of each day are open."""
    where, values = _of(days)
    found = bulk_sql.rows(
        "SELECT account_id, day, COUNT(*) FROM settlement_break "
        f"WHERE {where} AND state = %s GROUP BY account_id, day",
        [*values, core.OPEN],
    )
    return {(account, day): count for account, day, count in found}
