"""Lines of bills, entries of our ledger, days, fees and breaks, as values; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from laidan.kernel.money import round_half_up

CAPTURE, REFUND, FEE, PAYOUT, OTHER = "capture", "refund", "fee", "payout", "other"
KINDS = (CAPTURE, REFUND, FEE, PAYOUT, OTHER)
MATCHED = frozenset((CAPTURE, REFUND))
"""What our ledger has, too."""
TRADE, FUNDS = "trade", "funds"
BOOKS = (TRADE, FUNDS)
"""A provider's bill of trades, and its bill of what moved the balance: a day is matched by one."""

MISSING_HERE, MISSING_THERE, DOUBLED = "missing_here", "missing_there", "doubled"
AMOUNT, FEE_OFF, WRONG_DAY, CURRENCY = "amount", "fee", "wrong_day", "currency"
TYPES = (MISSING_HERE, MISSING_THERE, DOUBLED, AMOUNT, FEE_OFF, WRONG_DAY, CURRENCY)
OPEN, EXPLAINED, FIXED = "open", "explained", "fixed"
STATES = (OPEN, EXPLAINED, FIXED)
CLOSED = "closed"
READING, READ = "reading", "read"
NOTED = "other"
REASONS = ("timing", "provider", "booked", "fees", "rounding", "not_ours", "test", NOTED)
"""Why a break may stay: a matter of midnight, the provider's mistake, booked elsewhere, an agreed
fee, rounding, none of ours, a test; and others, which need a note."""

PROVIDER_ZONES = {
    "alipay": "Asia/Shanghai",
    "wechat_pay": "Asia/Shanghai",
    "stripe": "UTC",
    "test": "UTC",
}
"""By whose clock a provider's days begin."""
WITHOUT_BILLS = frozenset(("manual", "cash", "bank_transfer"))
"""Money that no provider accounts for: the orders are what it is matched with."""
ZERO = "0" * 8 + "-0000-0000-0000-" + "0" * 12
_MILLION = 1_000_000
FAULTS_KEPT = 200


class BillLine(NamedTuple):
    """A line of a bill as a reader found it; `key` is the provider's own for it.

    Amounts are minor units and positive, except of what is neither captured nor given back; a fee
    that the provider kept is positive, one that it gave back negative.
    """

    line: int
    book: str
    kind: str
    key: str
    number: str
    reference: str
    amount_minor: int
    currency: str
    fee_minor: int
    fee_currency: str
    at: datetime


class BillFault(NamedTuple):
    """A line that cannot be read (0: the whole file), and why."""

    line: int
    code: str
    reason: str


class Summary(NamedTuple):
    """What a bill says its lines come to, in minor units; None: it does not say."""

    lines: int | None = None
    captured: int | None = None
    refunded: int | None = None
    fee: int | None = None


class Period(NamedTuple):
    """The days that a bill says it is about, both within."""

    first: date
    last: date


Found = BillLine | BillFault | Summary | Period
"""What a reader yields, in the order of the file."""


@dataclass(slots=True)
class Tally:
    """What the lines of a bill come to, as they are read."""

    lines: int = 0
    captured: int = 0
    refunded: int = 0
    fee: int = 0
    told: Summary = field(default_factory=Summary)
    faults: list[BillFault] = field(default_factory=list)
    fault_count: int = 0

    def add(self, found: Found) -> None:
        """Take note of one thing that was read."""
        if isinstance(found, BillFault):
            self.fault_count += 1
            if len(self.faults) < FAULTS_KEPT:
                self.faults.append(found)
        elif isinstance(found, Summary):
            self.told = Summary(*(b if b is not None else a for a, b in zip(self.told, found, strict=True)))  # fmt: skip
        elif isinstance(found, BillLine):
            self._count(found)

    def _count(self, line: BillLine) -> None:
        self.lines += 1
        self.captured += line.amount_minor if line.kind == CAPTURE else 0
        self.refunded += line.amount_minor if line.kind == REFUND else 0
        self.fee += line.fee_minor + (line.amount_minor if line.kind == FEE else 0)

    def sums(self) -> Summary:
        """Return the sums as the bill's own summary is written."""
        return Summary(self.lines, self.captured, self.refunded, self.fee)

    def faults_of_summary(self) -> list[BillFault]:
        """Return where the bill's own summary differs from the sum of its lines."""
        return [
            BillFault(0, f"summary-{name}", f"the bill says {said}, its lines come to {found}")
            for name, said, found in zip(Summary._fields, self.told, self.sums(), strict=True)
            if said is not None and said != found
        ]


class Rule(NamedTuple):
    """One row of settlement_rule, in the order of its columns; JSON is read."""

    id: str
    time_zone: str = ""
    fee_ppm: int | None = None
    fee_fixed_minor: int = 0
    tolerance_minor: int = 1
    gives_fee_back: bool = False
    column_map: Mapping[str, Any] = {}
    updated_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)


def expected_fee(rule: Rule, kind: str, amount_minor: int) -> int | None:
    """Return the fee that a line should have, None where it is not checked.

    >>> expected_fee(Rule("", fee_ppm=6000), "capture", 10_050)
    60
    """
    if rule.fee_ppm is None:
        return None
    share = round_half_up(amount_minor * rule.fee_ppm, _MILLION)
    if kind == REFUND:
        return -share if rule.gives_fee_back else 0
    return share + rule.fee_fixed_minor


def zone_of(rule: Rule, provider: str, usual: str) -> ZoneInfo:
    """Return by whose clock an account's days are told."""
    return ZoneInfo(rule.time_zone or PROVIDER_ZONES.get(provider, usual))


def day_of(at: datetime, zone: ZoneInfo) -> str:
    """Return the day of an instant.

    >>> day_of(datetime(2026, 11, 22, 16, 0, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))
    '2026-11-23'
    """
    return at.astimezone(zone).date().isoformat()


def span_of(day: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the instants between which a day lies: from the first, to before the second."""
    first = date.fromisoformat(day)
    begin = datetime.combine(first, time.min, zone)
    return begin.astimezone(UTC), datetime.combine(first + timedelta(days=1), time.min, zone).astimezone(UTC)  # fmt: skip


def neighbours(day: str) -> tuple[str, str]:
    """Return the day before and the day after.

    >>> neighbours("2026-11-30")
    ('2026-11-29', '2026-12-01')
    """
    here = date.fromisoformat(day)
    return tuple((here + timedelta(days=step)).isoformat() for step in (-1, 1))  # type: ignore[return-value]  # two of them


def days_between(period: Period) -> list[str]:
    """Return the days of a period, of a year at most."""
    count = min((period.last - period.first).days + 1, 366)
    return [(period.first + timedelta(days=step)).isoformat() for step in range(count)]


def is_over(day: str, zone: ZoneInfo, now: datetime) -> bool:
    """Say whether a day has ended."""
    return span_of(day, zone)[1] <= now


def leading(books: Iterable[str]) -> str:
    """Return the book that a day is matched by: the trades where it has them.

    >>> leading(["funds", "trade"]), leading([])
    ('trade', 'trade')
    """
    known = set(books)
    return FUNDS if known == {FUNDS} else TRADE


PROPOSALS = {
    MISSING_HERE: "suspense",
    MISSING_THERE: "next_bill",
    DOUBLED: "suspense",
    AMOUNT: "ask_provider",
    FEE_OFF: "fee_rule",
    WRONG_DAY: "explain",
    CURRENCY: "ask_provider",
}
"""What is proposed for each type of break: lay it before a person as money without a home, wait for
the next bill, ask the provider, mend the fee of the account, or explain it."""
SUSPENDED = frozenset((MISSING_HERE, DOUBLED))
"""Breaks of which a work item can be made: money that the provider has and our ledger has not."""
