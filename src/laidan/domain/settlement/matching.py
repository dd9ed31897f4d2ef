"""Which line of a bill tells of which entry of our ledger, and where the two differ; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from laidan.domain.settlement import core
from laidan.domain.settlement.core import Rule


class Row(NamedTuple):
    """A row of bill_row, as far as it is matched."""

    id: str
    account_id: str
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
    entry_id: str | None


class LedgerLine(NamedTuple):
    """An entry of our ledger with every name that a bill may call it by, and its account's day."""

    id: str
    order_id: str
    kind: str
    reference: str | None
    amount_minor: int
    currency: str
    at: datetime
    number: str
    """Ours: the payment's, of a refund the refund's."""
    other_reference: str
    account_id: str
    day: str
    shop_id: str | None = None
    order_no: str = ""

    @property
    def references(self) -> set[str]:
        """What the provider may call it."""
        return {one for one in (self.reference, self.other_reference) if one}

    @property
    def names(self) -> set[str]:
        """Everything that it may be called."""
        return {*self.references, *((self.number,) if self.number else ())}


class Broken(NamedTuple):
    """A break that was found: its type, what it is about, and both amounts."""

    type: str
    subject: str
    kind: str
    account_id: str
    day: str
    shop_id: str | None
    order_id: str | None
    entry_id: str | None
    row_id: str | None
    number: str
    reference: str
    here_minor: int | None
    there_minor: int | None
    currency: str
    other: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same break when it is found again."""
        return self.account_id, self.subject, self.type


@dataclass(slots=True)
class Pairs:
    """Lines and entries that tell of the same, and those of them that tell it once more."""

    entry_of: dict[str, LedgerLine] = field(default_factory=dict)
    row_of: dict[str, Row] = field(default_factory=dict)
    doubled_rows: dict[str, LedgerLine] = field(default_factory=dict)
    doubled_entries: dict[str, Row] = field(default_factory=dict)


def pair(rows: Iterable[Row], entries: Iterable[LedgerLine]) -> Pairs:
    """Pair lines with entries: by the provider's reference first, then by our number.

    What is left over of either side and has the name of something paired is there once too often.
    """
    pairs = Pairs()
    by_name: dict[tuple[str, str, str], list[LedgerLine]] = defaultdict(list)
    for entry in sorted(entries, key=lambda one: (one.at, one.id)):
        for name in entry.names:
            by_name[entry.account_id, entry.kind, name].append(entry)
    ordered = sorted(rows, key=lambda one: (one.at, one.id))
    for attribute in ("reference", "number"):
        for row in ordered:
            name = getattr(row, attribute)
            if row.id in pairs.entry_of or not name:
                continue
            free = (
                one
                for one in by_name.get((row.account_id, row.kind, name), ())
                if one.id not in pairs.row_of and _is_called(one, name, attribute)
            )
            found = next(free, None)
            if found is not None:
                pairs.entry_of[row.id], pairs.row_of[found.id] = found, row
    _leave_over(pairs, ordered, by_name)
    return pairs


def _is_called(entry: LedgerLine, name: str, attribute: str) -> bool:
    return name in entry.references if attribute == "reference" else name in entry.names


def _leave_over(
    pairs: Pairs, rows: Sequence[Row], by_name: Mapping[tuple[str, str, str], list[LedgerLine]]
) -> None:
    for row in rows:
        known = [
            one
            for name in (row.reference, row.number)
            if name
            for one in by_name.get((row.account_id, row.kind, name), ())
        ]
        if row.id not in pairs.entry_of:
            if known:
                pairs.doubled_rows[row.id] = known[0]
            continue
        for one in known:
            if one.id not in pairs.row_of:
                pairs.doubled_entries[one.id] = row


def judge_row(row: Row, pairs: Pairs, rule: Rule) -> list[Broken]:
    """Return how a line of the leading book differs from our ledger."""
    twice = pairs.doubled_rows.get(row.id)
    if twice is not None:
        return [_broken(core.DOUBLED, row, twice)]
    entry = pairs.entry_of.get(row.id)
    if entry is None:
        return [_broken(core.MISSING_HERE, row, None)]
    if entry.currency != row.currency:
        return [_broken(core.CURRENCY, row, entry)]
    found = []
    if entry.amount_minor != row.amount_minor:
        found.append(_broken(core.AMOUNT, row, entry))
    if entry.day != row.day:
        found.append(_broken(core.WRONG_DAY, row, entry)._replace(other=entry.day))
    wanted = core.expected_fee(rule, row.kind, row.amount_minor)
    fee_is_checked = wanted is not None and (row.fee_currency or row.currency) == row.currency
    if fee_is_checked and wanted is not None and abs(row.fee_minor - wanted) > rule.tolerance_minor:
        fee = _broken(core.FEE_OFF, row, entry)
        found.append(fee._replace(here_minor=wanted, there_minor=row.fee_minor))
    return found


def judge_entry(entry: LedgerLine, pairs: Pairs) -> list[Broken]:
    """Return what a day's bill has nothing of, or once only, of an entry of our ledger."""
    twice = pairs.doubled_entries.get(entry.id)
    if twice is None and entry.id in pairs.row_of:
        return []
    type_ = core.MISSING_THERE if twice is None else core.DOUBLED
    return [
        Broken(
            type_, f"entry:{entry.id}", entry.kind, entry.account_id, entry.day, entry.shop_id,
            entry.order_id, entry.id, twice.id if twice else None, entry.number,
            entry.reference or "", entry.amount_minor, None, entry.currency,
        )
    ]  # fmt: skip


class OrderMoney(NamedTuple):
    """What an order says of its money."""

    id: str
    order_no: str
    shop_id: str
    currency: str
    captured_minor: int
    refunded_minor: int


def judge_order(
    order: OrderMoney, sums: Mapping[tuple[str, str], int], account_id: str, day: str
) -> list[Broken]:
    """Return where an order's own amounts are not the sums of its entries."""
    found = []
    for kind, said in (
        (core.CAPTURE, order.captured_minor),
        (core.REFUND, order.refunded_minor),
    ):
        booked = sums.get((order.id, kind), 0)
        if said != booked:
            subject = f"order:{order.id}:{kind[:1]}{day}"
            found.append(
                Broken(
                    core.AMOUNT, subject, kind, account_id, day, order.shop_id, order.id, None,
                    None, order.order_no, "", booked, said, order.currency, "order",
                )
            )  # fmt: skip
    return found


def _broken(type_: str, row: Row, entry: LedgerLine | None) -> Broken:
    return Broken(
        type_, f"row:{row.id}", row.kind, row.account_id, row.day,
        entry.shop_id if entry else None, entry.order_id if entry else None,
        entry.id if entry else None, row.id, row.number, row.reference,
        None if entry is None or type_ == core.DOUBLED else entry.amount_minor, row.amount_minor,
        row.currency,
    )  # fmt: skip


class Kept(NamedTuple):
    """A break that is written down already."""

    id: str
    account_id: str
    day: str
    type: str
    subject: str
    state: str
    here_minor: int | None
    there_minor: int | None

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same break when it is found again."""
        return self.account_id, self.subject, self.type


@dataclass(frozen=True, slots=True)
class Difference:
    """What is new, what is gone, and what is there again or has other amounts."""

    added: list[Broken]
    gone: list[str]
    again: list[tuple[str, Broken]]


def difference(found: Collection[Broken], kept: Collection[Kept]) -> Difference:
    """Compare what was found with what is written down; what a person explained stays explained.

    An explained break whose amounts have changed is open again.
    """
    now = {one.key: one for one in found}
    known = {one.key: one for one in kept}
    again = []
    for key, one in now.items():
        old = known.get(key)
        if old is None:
            continue
        amounts = (one.here_minor, one.there_minor)
        if old.state == core.FIXED or amounts != (old.here_minor, old.there_minor):
            again.append((old.id, one))
    return Difference(
        [one for key, one in now.items() if key not in known],
        [one.id for one in kept if one.key not in now and one.state == core.OPEN],
        again,
    )
