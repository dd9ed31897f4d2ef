"""Matches days: pages of bills and of our ledger side by side, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from laidan.domain.orders import money
from laidan.domain.payments import settling
from laidan.domain.payments.settling import Booked
from laidan.domain.settlement import core, matching, store
from laidan.domain.settlement.matching import Broken, LedgerLine, OrderMoney, Pairs, Row
from laidan.domain.settlement.store import Day, DayRow, StatementRow
from laidan.kernel.ids import Mint
from laidan.usecases.settling_accounts import Desk

PAGE = 2000
"""So many lines or entries are looked at with one set of statements."""


def take_days(days: Collection[Day], mint: Mint) -> dict[Day, DayRow]:
    """Return days, made where they are missing, and lock them in key order."""
    fresh = [
        DayRow(mint.new(), account, day, core.OPEN, has_bill=False, matched_at=None)
        for account, day in sorted(days)
    ]
    store.write_new_days(fresh)
    return store.load_days(days, lock=True)


def match(days: Mapping[Day, DayRow], desk: Desk, mint: Mint, now: datetime) -> dict[Day, DayRow]:
    """Match days that the caller has locked; return them as they are then.

    Statements grow with the pages of lines and entries alone. Statements of closed days stay as
    they are; breaks that are new show there, too.
    """
    sheet = _Sheet(days, desk, store.load_books(days), mint)
    sheet.look_at_bills()
    sheet.look_at_ledger()
    changed = matching.difference(sheet.found, store.load_kept(days))
    store.write_broken([(mint.new(), one) for one in changed.added], now)
    store.write_fixed(changed.gone, "system", now)
    store.write_again(changed.again)
    open_days = {key for key, row in days.items() if row.state != core.CLOSED}
    rows = [one for one in sheet.sums.values() if (one.account_id, one.day) in open_days]
    store.write_statements(open_days, rows)
    matched = {key: row._replace(matched_at=now) for key, row in days.items()}
    store.write_days(list(matched.values()))
    return matched


@dataclass(slots=True)
class _Sheet:
    """What is found while pages are looked at."""

    days: Mapping[Day, DayRow]
    desk: Desk
    books: dict[Day, str]
    mint: Mint
    found: list[Broken] = field(default_factory=list)
    sums: dict[tuple[str, str, str | None, str], StatementRow] = field(default_factory=dict)
    _orders: set[tuple[str, Day]] = field(default_factory=set)

    @property
    def providers(self) -> set[str]:
        """The providers of the accounts whose days are matched."""
        return {self.desk.accounts[account].provider for account, _ in self.days}

    # --- the bills ------------------------------------------------------------------------------

    def look_at_bills(self) -> None:
        """Compare every line of the days' bills with our ledger."""
        after = ""
        while page := store.page_rows(self.days, after, PAGE):
            after = page[-1].id
            mine = [row for row in page if (row.account_id, row.day) in self.days]
            self._compare_rows(mine)

    def _compare_rows(self, rows: Sequence[Row]) -> None:
        leading = [row for row in rows if self._leads(row) and row.kind in core.MATCHED]
        lines = self._lines(settling.find_entries(self.providers, _names(leading)))
        pairs = matching.pair(self._rows_of(lines, leading), lines)
        told: dict[str, str | None] = {}
        for row in leading:
            self.found += matching.judge_row(row, pairs, self.desk.rules[row.account_id])
            entry = pairs.entry_of.get(row.id)
            if row.entry_id != (entry.id if entry else None):
                told[row.id] = entry.id if entry else None
        store.write_pairs(told)
        for row in rows:
            self._count_row(row, pairs)

    def _rows_of(self, lines: Iterable[LedgerLine], rows: Sequence[Row]) -> list[Row]:
        """Return rows with all others that have a name of the entries."""
        names = {name for line in lines for name in line.names}
        more = store.find_rows({account for account, _ in self.days}, names) if names else []
        known = {row.id: row for row in rows}
        self._learn_books(more)
        known |= {row.id: row for row in more if row.kind in core.MATCHED and self._leads(row)}
        return list(known.values())

    def _learn_books(self, rows: Iterable[Row]) -> None:
        unknown = {(row.account_id, row.day) for row in rows} - self.books.keys()
        if unknown:
            self.books |= store.load_books(unknown)

    def _leads(self, row: Row) -> bool:
        return self.books[row.account_id, row.day] == row.book

    def _count_row(self, row: Row, pairs: Pairs) -> None:
        entry = pairs.entry_of.get(row.id) or pairs.doubled_rows.get(row.id)
        shop, amount, fee = entry.shop_id if entry else None, row.amount_minor, row.fee_minor
        if row.kind == core.PAYOUT:
            self._add(row, shop, row.currency, bill_payout=amount)
        if not self._leads(row):
            return
        if row.kind in core.MATCHED:
            name = "bill_captured" if row.kind == core.CAPTURE else "bill_refunded"
            self._add(row, shop, row.currency, bill_count=1, **{name: amount})
        fee += amount if row.kind == core.FEE else 0
        if fee:
            self._add(row, shop, row.fee_currency or row.currency, bill_fee=fee)

    # --- our ledger -----------------------------------------------------------------------------

    def look_at_ledger(self) -> None:
        """Compare every entry of the days with the bills, and with what its order says."""
        spans = sorted({core.span_of(day, self.desk.zone(account)) for account, day in self.days})
        after: Booked | None = None
        while page := settling.page_entries(self.providers, spans, after, PAGE):
            after = page[-1]
            lines = [one for one in self._lines(page) if (one.account_id, one.day) in self.days]
            self._compare_lines(lines)

    def _compare_lines(self, lines: Sequence[LedgerLine]) -> None:
        rows = self._rows_of(lines, [])
        more = self._lines(settling.find_entries(self.providers, _names(rows)))
        pairs = matching.pair(rows, {one.id: one for one in (*more, *lines)}.values())
        for line in lines:
            if self.days[line.account_id, line.day].has_bill:
                self.found += matching.judge_entry(line, pairs)
            name = "ledger_captured" if line.kind == core.CAPTURE else "ledger_refunded"
            self._add(
                line, line.shop_id, line.currency, ledger_count=1, **{name: line.amount_minor}
            )
        self._compare_orders(lines)

    def _compare_orders(self, lines: Sequence[LedgerLine]) -> None:
        told = {(line.order_id, (line.account_id, line.day)) for line in lines} - self._orders
        self._orders |= told
        ids = {order for order, _ in told}
        if not ids:
            return
        orders, sums = money.load_money(ids), settling.sum_entries(ids)
        for order_id, (account, day) in sorted(told):
            order = OrderMoney(*orders[order_id])
            broken = matching.judge_order(order, sums, account, day)
            self.found += broken
            off = sum(abs((one.here_minor or 0) - (one.there_minor or 0)) for one in broken)
            place = _Place(account, day)
            self._add(place, order.shop_id, order.currency, order_count=1, orders_off_minor=off)

    def _lines(self, booked: Sequence[Booked]) -> list[LedgerLine]:
        orders = money.load_money({one.order_id for one in booked}) if booked else {}
        return list(self._told(booked, orders))

    def _told(
        self, booked: Iterable[Booked], orders: Mapping[str, money.OrderMoney]
    ) -> Iterator[LedgerLine]:
        for one in booked:
            order = orders.get(one.order_id)
            line = self.desk.line(one, OrderMoney(*order) if order else None)
            if line is not None:
                yield line

    def _add(
        self, where: Row | LedgerLine | _Place, shop: str | None, currency: str, **more: int
    ) -> None:
        key = (where.account_id, where.day, shop, currency)
        row = self.sums.get(key) or StatementRow(self.mint.new(), *key)
        sums = {name: getattr(row, name) + value for name, value in more.items()}
        self.sums[key] = row._replace(**sums)


@dataclass(frozen=True, slots=True)
class _Place:
    """An account and a day."""

    account_id: str
    day: str


def _names(rows: Iterable[Row]) -> set[str]:
    return {name for row in rows for name in (row.number, row.reference) if name}
