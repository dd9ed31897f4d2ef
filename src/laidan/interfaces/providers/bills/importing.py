"""Brings a bill in: reads it as a stream, keeps its lines, and matches the days that it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings

from laidan.domain.channels.models import Shop
from laidan.domain.payments.accounts import AccountRow, load_accounts
from laidan.domain.settlement import bills, core, store
from laidan.domain.settlement.core import BillFault, BillLine, Period, Tally
from laidan.engine import blobs
from laidan.interfaces.files.faults import BadFileError
from laidan.interfaces.files.storage import UPLOAD_BYTES_MAX
from laidan.interfaces.providers.bills.lines import Reading
from laidan.interfaces.providers.bills.opening import OpenedBill, opened
from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases.file_requests import KeepFile
from laidan.usecases.import_bills import end_bills, import_bill_rows, open_bills
from laidan.usecases.keep_files import keep_files
from laidan.usecases.match_days import match_days
from laidan.usecases.settlement_requests import EndBill, ImportBillRow, MatchDay, OpenBill

BATCH = 500
MATCHED_AT_ONCE = 4
"""So many days are matched in one transaction."""
FOLDER = "Bills"
_CHUNK = 1 << 20
Carry = Callable[[Sequence[ImportBillRow], int], Sequence[Outcome[str]]]
"""Runs the command on lines; the number is how many there were before them."""


class UnfitBillError(Exception):
    """A bill that cannot be brought in; its code and message are what people read."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Wish:
    """A bill to bring: the file, what people call it, and whose account it is of.

    `day` is what the file is about where it does not say so itself, as a bill of no trade does not.
    """

    path: Path
    name: str
    account: str
    actor: Actor
    day: str = ""


@dataclass(slots=True)
class BillImport:
    """A bill on its way in; `steps` commits a chunk of it each time."""

    wish: Wish
    clock: Callable[[], datetime]
    done: int = 0
    """Lines that an earlier try has passed."""
    carry: Carry | None = None
    tally: Tally = field(default_factory=Tally)
    new: int = 0
    layout: str = ""
    days: set[str] = field(default_factory=set)
    breaks: int = 0
    is_known: bool = False
    _declared: set[str] = field(default_factory=set)
    _seen: dict[int, int] = field(default_factory=dict)

    def steps(self) -> Iterator[None]:
        """Bring the bill in, a chunk at a time; raises UnfitBillError where it cannot be read."""
        account, blob = self._account(), self._keep()
        bill = _done(
            open_bills(
                [OpenBill(self.wish.account, self.wish.name, blob.sha256, self.wish.actor)],
                now=self.clock(),
            )
        )
        yield
        # Who takes the work up again goes on to its end.
        if bill.is_read and not self.done:
            self.is_known = True
            return
        for _ in self._lines(bill.id, reading_of(account)):
            yield
        self._end(bill.id, blob)
        yield
        yield from self._match(account)

    def _account(self) -> AccountRow:
        account = load_accounts().get(self.wish.account)
        if account is None:
            raise UnfitBillError(
                "unknown-account", f"There is no payment account {self.wish.account}."
            )
        return account

    def _keep(self) -> blobs.Blob:
        with self.wish.path.open("rb") as file:
            try:
                return blobs.keep(iter(lambda: file.read(_CHUNK), b""), limit=UPLOAD_BYTES_MAX)
            except blobs.BlobTooLargeError:
                raise UnfitBillError("file-too-large", "The bill is too large.") from None

    def _lines(self, bill: str, reading: Reading) -> Iterator[None]:
        try:
            with opened(self.wish.path, reading) as texts:
                for text in texts:
                    self.layout = self.layout or text.layout
                    yield from self._text(text, bill, reading)
        except BadFileError as error:
            raise UnfitBillError(error.code, error.reason) from None
        if self.tally.lines == 0 and self.tally.fault_count and not self._declared:
            fault = self.tally.faults[0]
            raise UnfitBillError(fault.code, fault.reason)

    def _text(self, text: OpenedBill, bill: str, reading: Reading) -> Iterator[None]:
        lines = self._counted(text)
        while batch := list(islice(lines, BATCH)):
            before = self.tally.lines - len(batch)
            requests = [self._request(line, bill, reading) for line in batch]
            if self.tally.lines > self.done:
                outcomes = self._carry(requests, before)
                refused = next((one for one in outcomes if isinstance(one, Refused)), None)
                if refused is not None:
                    raise UnfitBillError(refused.code, refused.detail)
                self.new += sum(not isinstance(o, Refused) and o.value == "new" for o in outcomes)
                yield

    def _carry(self, requests: list[ImportBillRow], before: int) -> Sequence[Outcome[str]]:
        if self.carry is not None:
            return self.carry(requests, before)
        return import_bill_rows(requests, now=self.clock())

    def _counted(self, text: OpenedBill) -> Iterator[BillLine]:
        for found in text.found:
            self.tally.add(found)
            if isinstance(found, Period):
                self._declared.update(core.days_between(found))
            elif isinstance(found, BillLine):
                yield found

    def _request(self, line: BillLine, bill: str, reading: Reading) -> ImportBillRow:
        day = core.day_of(line.at, reading.zone)
        self.days.add(day)
        mark = hash(line.key)
        count = self._seen[mark] = self._seen.get(mark, 0) + 1
        key = line.key[:150] if count == 1 else f"{line.key[:150]}#{count}"
        return ImportBillRow(bill, line, key, day, self.wish.actor)

    def _end(self, bill: str, blob: blobs.Blob) -> None:
        """Keep the file for those who see bills, and write down what it came to."""
        faults = [*self.tally.faults, *self.tally.faults_of_summary()]
        declared = self._declared | ({self.wish.day} if self.wish.day else set())
        self.days |= declared
        keep = KeepFile(
            blob, self.wish.name, self.wish.actor, visibility="roles",
            roles=("administrator", "finance"), folder=FOLDER,
        )  # fmt: skip
        kept = _done(keep_files([keep], now=self.clock()))
        end = EndBill(
            bill, self.wish.actor, self.layout, self.tally.lines,
            tuple(sorted(declared or self.days)), tuple((one.line, one.code, one.reason) for one in faults),
            self.tally.told._asdict(), self.tally.sums()._asdict(), kept.id,
        )  # fmt: skip
        _done(end_bills([end], now=self.clock()))

    def _match(self, account: AccountRow) -> Iterator[None]:
        """Match the days of the bill, and those beside them that have theirs."""
        near = {one for day in self.days for one in core.neighbours(day)} - self.days
        known = store.load_days([(account.id, day) for day in near]) if near else {}
        wanted = sorted(self.days | {row.day for row in known.values() if row.has_bill})
        for start in range(0, len(wanted), MATCHED_AT_ONCE):
            part = wanted[start : start + MATCHED_AT_ONCE]
            outcomes = match_days(
                [MatchDay(account.code, day, self.wish.actor) for day in part], now=self.clock()
            )
            self.breaks += sum(o.value.breaks for o in outcomes if not isinstance(o, Refused))
            yield

    def faults(self) -> list[BillFault]:
        """Return what is wrong with the bill: lines, and its own sums."""
        return [*self.tally.faults, *self.tally.faults_of_summary()]


def reading_of(account: AccountRow) -> Reading:
    """Return how an account's bills are read: by its rules, and its own shop's currency."""
    rule = bills.load_rules([account.id])[account.id]
    zone = core.zone_of(rule, account.provider, settings.TIME_ZONE)
    shops = Shop.objects.filter(code__in=account.shops) if account.shops else Shop.objects
    currency = shops.order_by("created_at").values_list("currency", flat=True).first() or "CNY"
    merchant = account.settings.get("mchid") or account.settings.get("seller_id") or ""
    return Reading(zone, currency, {k: str(v) for k, v in rule.column_map.items()}, merchant)


def _done(outcomes: Sequence[Outcome[Any]]) -> Any:
    (outcome,) = outcomes
    if isinstance(outcome, Refused):
        raise UnfitBillError(outcome.code, outcome.detail)
    return outcome.value
