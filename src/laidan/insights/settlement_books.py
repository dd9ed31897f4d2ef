"""Bills that were brought, and the ledger as accountants take it over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from laidan.domain.orders import money
from laidan.domain.payments import settling
from laidan.domain.settlement import core
from laidan.engine import bulk_sql, instants
from laidan.engine.reading_sql import one_of

_PAGE = 2000


class BillLine(NamedTuple):
    """A bill that was brought."""

    id: str
    account_id: str
    name: str
    layout: str
    file_id: str | None
    state: str
    line_count: int
    known_count: int
    faults: list[list[Any]]
    days: list[str]
    imported_by: str
    imported_at: datetime


def list_bills(account_ids: Sequence[str], *, after: str = "", limit: int) -> list[BillLine]:
    """Return a page of bills, the newest first."""
    where, values = one_of("account_id", account_ids)
    behind = " AND id < %s" if after else ""
    found = bulk_sql.rows(
        f"SELECT {', '.join(BillLine._fields)} FROM bill WHERE {where}{behind} "
        "ORDER BY id DESC LIMIT %s",
        [*values, *([after] if after else []), limit],
    )
    lines = (BillLine(*instants.aware(row)) for row in found)
    return [one._replace(faults=_read(one.faults), days=_read(one.days)) for one in lines]


def _read(text: Any) -> Any:
    return msgspec.json.decode(text)


class BookLine(NamedTuple):
    """An entry of the ledger as accountants take it over, with the provider's fee."""

    day: str
    account_id: str
    at: datetime
    order_no: str
    shop_id: str | None
    kind: str
    number: str
    reference: str
    amount_minor: int
    fee_minor: int | None
    fee_currency: str
    currency: str


@dataclass(frozen=True, slots=True)
class Booked:
    """Days of one account whose entries are asked for; the zone is the account's."""

    account_id: str
    provider: str
    zone: ZoneInfo
    since: str
    until: str


def book_lines(
    asked: Booked,
    is_of: Mapping[str, str] | None,
    owner_of: Callable[[settling.Booked, Any], str | None],
) -> Iterator[BookLine]:
    """Yield the entries of days in the order in which they were made, page by page.

    `owner_of(entry, order)` is the id of the account that an entry is of; `is_of` has the codes of
    the shops that are shown by id, None shows all.
    """
    span = (core.span_of(asked.since, asked.zone)[0], core.span_of(asked.until, asked.zone)[1])
    after: settling.Booked | None = None
    while page := settling.page_entries([asked.provider], [span], after, _PAGE):
        after = page[-1]
        orders = money.load_money({one.order_id for one in page})
        fees = _fees([one.id for one in page])
        for one in page:
            order = orders.get(one.order_id)
            if owner_of(one, order) != asked.account_id:
                continue
            if is_of is not None and (order is None or order.shop_id not in is_of):
                continue
            fee, currency = fees.get(one.id, (None, ""))
            yield BookLine(
                core.day_of(one.at, asked.zone), asked.account_id, one.at,
                order.order_no if order else "", order.shop_id if order else None, one.kind,
                one.number, one.reference or "", one.amount_minor, fee, currency, one.currency,
            )  # fmt: skip


def _fees(entry_ids: Sequence[str]) -> dict[str, tuple[int, str]]:
    where, values = bulk_sql.among("entry_id", entry_ids)
    found = bulk_sql.rows(
        f"SELECT entry_id, fee_minor, fee_currency FROM bill_row WHERE {where}", values
    )
    return {entry: (fee, currency) for entry, fee, currency in found}
