"""The job that brings a payment provider's bill in and matches its days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from laidan.domain.jobs.core import RowResult, Told
from laidan.interfaces.providers.bills.importing import BillImport, UnfitBillError, Wish
from laidan.interfaces.worker.kinds.import_orders import uploaded
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases import work_jobs
from laidan.usecases.import_bills import import_bill_rows
from laidan.usecases.settlement_requests import ImportBillRow
from laidan.usecases.work_jobs import Item, UnfitJobError, Work

_WORDS = {"new": "added", "known": "known"}


def work(job: Work) -> Iterator[None]:
    """Read the bill from where the cursor stands: the number of lines passed."""
    told, stored = job.job.params, job.job.file_in
    wish = Wish(
        uploaded(job), stored.name if stored else "", str(told.get("account", "")), job.actor,
        str(told.get("day", "")),
    )  # fmt: skip
    bill = BillImport(wish, job.clock, job.cursor or 0, partial(_carry, job))
    try:
        yield from bill.steps()
    except UnfitBillError as error:
        raise UnfitJobError(error.code, error.message) from None
    faults = [
        RowResult(one.line, "", Told(one.code, one.reason, is_refused=True))
        for one in bill.faults()
    ]
    if bill.is_known:
        faults = [RowResult(0, wish.name, Told("known"))]
    job.note(faults, bill.tally.lines, total=bill.tally.lines + len(faults))


def _carry(job: Work, requests: Sequence[ImportBillRow], before: int) -> Sequence[Outcome[str]]:
    items = [
        Item(one, row=one.line.line, object=one.line.number or one.line.reference, cursor=at)
        for at, one in enumerate(requests, before + 1)
    ]
    command = partial(import_bill_rows, now=job.clock())
    return job.carry_out(items, command, _tell)


def _tell(outcome: Outcome[str]) -> Told:
    if isinstance(outcome, Refused):
        return work_jobs.told(outcome)
    return Told(_WORDS[outcome.value])
