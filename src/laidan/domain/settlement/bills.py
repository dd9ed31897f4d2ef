"""How accounts are settled, bills and their rows, read and written in sets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from laidan.domain.settlement import core, models
from laidan.domain.settlement.core import Rule
from laidan.engine import bulk_sql, instants

_json = msgspec.json.Encoder().encode


# --- rules --------------------------------------------------------------------------------------


def load_rules(account_ids: Collection[str]) -> dict[str, Rule]:
    """Return how accounts are settled, the usual way where nothing is written down."""
    where, values = bulk_sql.among("id", account_ids)
    found = bulk_sql.rows(
        f"SELECT {', '.join(Rule._fields)} FROM settlement_rule WHERE {where}", values
    )
    rules = {}
    for row in found:
        made = Rule(*instants.aware(row))
        column_map: Any = made.column_map
        rules[made.id] = made._replace(
            gives_fee_back=bool(made.gives_fee_back), column_map=msgspec.json.decode(column_map)
        )
    return {one: rules.get(one) or Rule(one) for one in account_ids}


def write_rules(rows: Sequence[Rule]) -> None:
    """Set how accounts are settled."""
    where, values = bulk_sql.among("id", [one.id for one in rows])
    bulk_sql.run(f"DELETE FROM settlement_rule WHERE {where}", values)
    texts = [one._replace(column_map=_text(one.column_map)) for one in rows]
    bulk_sql.insert_rows(models.SettlementRule, Rule._fields, texts)


# --- bills --------------------------------------------------------------------------------------


class BillFacts(NamedTuple):
    """A bill as those who read it know it."""

    id: str
    account_id: str
    sha256: str
    state: str
    file_id: str | None


class BillRowFacts(NamedTuple):
    """One row of bill_row, in the order of its columns."""

    id: str
    bill_id: str
    account_id: str
    row_key: str
    line: int
    book: str
    kind: str
    number: str
    reference: str
    amount_minor: int
    currency: str
    fee_minor: int
    fee_currency: str
    at: datetime
    day: str


def find_bills(digests: Iterable[str]) -> dict[tuple[str, str], BillFacts]:
    """Return bills by account and digest of their bytes."""
    where, values = bulk_sql.among("sha256", digests, "text")
    found = bulk_sql.rows(f"SELECT {', '.join(BillFacts._fields)} FROM bill WHERE {where}", values)
    return {(one.account_id, one.sha256): one for one in (BillFacts(*row) for row in found)}


def load_bills(ids: Iterable[str]) -> dict[str, BillFacts]:
    """Return bills by id, locked in key order."""
    where, values = bulk_sql.among("id", ids)
    found = bulk_sql.rows(
        f"SELECT {', '.join(BillFacts._fields)} FROM bill WHERE {where} "
        f"ORDER BY id{bulk_sql.locking()}",
        values,
    )
    return {row[0]: BillFacts(*row) for row in found}


def write_bills(rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert bills: (id, account, name, digest, who, when)."""
    names = (
        "id", "account_id", "name", "sha256", "imported_by", "imported_at", "state", "layout",
        "line_count", "known_count", "faults", "days", "told", "sums",
    )  # fmt: skip
    bulk_sql.insert_rows(
        models.Bill, names, [(*row, core.READING, "", 0, 0, "[]", "[]", "{}", "{}") for row in rows]
    )


class BillEnd(NamedTuple):
    """What reading a bill came to."""

    id: str
    layout: str
    line_count: int
    known_count: int
    faults: list[list[Any]]
    days: list[str]
    told: Mapping[str, int | None]
    sums: Mapping[str, int | None]
    file_id: str | None


def write_bill_ends(rows: Sequence[BillEnd]) -> None:
    """Write what reading bills came to."""
    names = ("layout", "line_count", "known_count", "faults", "days", "told", "sums", "file_id")
    bulk_sql.update_rows(
        models.Bill,
        ("id",),
        (*names, "state"),
        [
            (
                one.id, one.layout, one.line_count, one.known_count, _text(one.faults),
                _text(one.days), _text(one.told), _text(one.sums), one.file_id, core.READ,
            )
            for one in rows
        ],
    )  # fmt: skip


def load_row_keys(keys: Iterable[str]) -> dict[tuple[str, str], tuple[str, int]]:
    """Return those rows of bills that are there, by account and key, with their bill and line."""
    where, values = bulk_sql.among("row_key", keys, "text")
    found = bulk_sql.rows(
        f"SELECT account_id, row_key, bill_id, line FROM bill_row WHERE {where}", values
    )
    return {(account, key): (bill, line) for account, key, bill, line in found}


def count_rows(bill_ids: Collection[str]) -> dict[str, int]:
    """Return how many rows each bill has brought."""
    where, values = bulk_sql.among("bill_id", bill_ids)
    return dict(
        bulk_sql.rows(
            f"SELECT bill_id, COUNT(*) FROM bill_row WHERE {where} GROUP BY bill_id", values
        )
    )


def write_rows(rows: Sequence[BillRowFacts]) -> None:
    """Insert rows of bills that are not there yet."""
    bulk_sql.insert_new_rows(models.BillRow, BillRowFacts._fields, rows)


def _text(value: Any) -> Any:
    return _json(value).decode()
