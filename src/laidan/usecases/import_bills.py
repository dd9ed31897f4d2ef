"""Keeps what providers' bills say: rows once, whatever files have them, and what a bill came to."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.settlement import bills, core, store
from laidan.domain.settlement.bills import BillEnd, BillFacts, BillRowFacts
from laidan.engine import unit
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases import matching_days
from laidan.usecases.needing import needs
from laidan.usecases.settlement_requests import (
    BillAnswer,
    EndBill,
    ImportBillRow,
    NoteEmptyDay,
    OpenBill,
)
from laidan.usecases.settling_accounts import day_fault, open_desk

Entropy = Callable[[int], bytes]
EDIT = "settlement.edit"
NEW, KNOWN = "new", "known"
_NAME_MAX = 200


@needs(EDIT)
def open_bills(
    batch: Sequence[OpenBill], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[BillAnswer]]:
    """Write each bill down before it is read; the same bytes for an account are the same bill.

    Locks nothing. Refuses: unknown-account.
    """
    return unit.run_batch(batch, partial(_open, now=now, entropy=entropy))


@needs(EDIT)
def import_bill_rows(
    batch: Sequence[ImportBillRow], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[str]]:
    """Keep each line of a bill, unless it is there: answers "new" or "known".

    Locks: the bills. Refuses: unknown-bill.
    """
    return unit.run_batch(batch, partial(_import, now=now, entropy=entropy))


@needs(EDIT)
def end_bills(
    batch: Sequence[EndBill], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[str]]:
    """Write down what reading each bill came to: the days that it is about have their bill now.

    Locks: the bills, then the days. Refuses: unknown-bill. One that ended before is a replay.
    """
    return unit.run_batch(batch, partial(_end, now=now, entropy=entropy))


@needs(EDIT)
def note_empty_days(
    batch: Sequence[NoteEmptyDay], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[str]]:
    """Take note that the provider has no bill of a day, since nothing was traded.

    Locks: the days. Refuses: unknown-account, invalid-request.
    """
    return unit.run_batch(batch, partial(_note_empty, now=now, entropy=entropy))


def _open(
    batch: Sequence[OpenBill], *, now: datetime, entropy: Entropy
) -> list[Outcome[BillAnswer]]:
    desk, mint = open_desk(), Mint(now, entropy)
    known = bills.find_bills({request.sha256 for request in batch})
    outcomes: list[Outcome[BillAnswer]] = []
    added = []
    for request in batch:
        account = desk.by_code(request.account, request.actor, EDIT)
        if isinstance(account, Refused):
            outcomes.append(account)
            continue
        key = (account.id, request.sha256)
        bill = known.get(key)
        if bill is None:
            known[key] = made = BillFacts(mint.new(), *key, core.READING, None)
            added.append((made.id, *key[:1], request.name[:_NAME_MAX], key[1], request.actor.label, now))  # fmt: skip
            outcomes.append(Done(BillAnswer(made.id, account.id, is_read=False)))
        else:
            is_read = bill.state == core.READ
            outcomes.append(Done(BillAnswer(bill.id, account.id, is_read), replayed=True))
    bills.write_bills(added)
    return outcomes


def _import(
    batch: Sequence[ImportBillRow], *, now: datetime, entropy: Entropy
) -> list[Outcome[str]]:
    mint = Mint(now, entropy)
    opened = bills.load_bills({request.bill for request in batch})
    known = bills.load_row_keys({request.key for request in batch})
    added: list[BillRowFacts] = []
    outcomes: list[Outcome[str]] = []
    for request in batch:
        bill = opened.get(request.bill)
        if bill is None:
            outcomes.append(_missing(request.bill))
            continue
        line, key = request.line, (bill.account_id, request.key)
        place = (bill.id, line.line)
        if key in known:
            # A row of this very file was written by a try before this one.
            outcomes.append(Done(NEW if known[key] == place else KNOWN, replayed=True))
            continue
        known[key] = place
        added.append(
            BillRowFacts(
                mint.new(), bill.id, bill.account_id, request.key, line.line, line.book, line.kind,
                line.number[:64], line.reference[:120], line.amount_minor, line.currency,
                line.fee_minor, line.fee_currency, line.at, request.day,
            )
        )  # fmt: skip
        outcomes.append(Done(NEW))
    bills.write_rows(added)
    return outcomes


def _end(batch: Sequence[EndBill], *, now: datetime, entropy: Entropy) -> list[Outcome[str]]:
    mint = Mint(now, entropy)
    opened = bills.load_bills({request.bill for request in batch})
    found = {
        (opened[request.bill].account_id, day)
        for request in batch
        if request.bill in opened
        for day in request.days
    }
    days = matching_days.take_days(found, mint) if found else {}
    counts = bills.count_rows(opened)
    ends, deeds, outcomes = [], [], list[Outcome[str]]()
    for request in batch:
        bill = opened.get(request.bill)
        if bill is None:
            outcomes.append(_missing(request.bill))
            continue
        outcomes.append(Done(bill.id, replayed=bill.state == core.READ))
        if bill.state == core.READ:
            continue
        faults = [list(one) for one in request.faults]
        known = request.lines - counts.get(bill.id, 0)
        ends.append(
            BillEnd(
                bill.id, request.layout, request.lines, known, faults, [*request.days],
                request.told, request.sums, request.file_id,
            )
        )  # fmt: skip
        after = {"lines": request.lines, "known": known, "faults": len(faults)}
        label = ", ".join((*request.days[:1], *request.days[1:][-1:]))
        deeds.append(Deed(request.actor.label, "bill.imported", "bill", bill.id, label, after=after))  # fmt: skip
    bills.write_bill_ends(ends)
    store.write_days([one._replace(has_bill=True) for one in days.values() if not one.has_bill])
    record(deeds, now=now, mint=mint)
    return outcomes


def _note_empty(
    batch: Sequence[NoteEmptyDay], *, now: datetime, entropy: Entropy
) -> list[Outcome[str]]:
    desk, mint = open_desk(), Mint(now, entropy)
    outcomes: list[Outcome[str]] = []
    wanted = set()
    for request in batch:
        account = desk.by_code(request.account, request.actor, EDIT)
        refused = account if isinstance(account, Refused) else day_fault(request.day)
        if refused is not None or isinstance(account, Refused):
            outcomes.append(refused or _missing(request.account))
            continue
        wanted.add((account.id, request.day))
        outcomes.append(Done(request.day))
    days = matching_days.take_days(wanted, mint) if wanted else {}
    store.write_days([one._replace(has_bill=True) for one in days.values() if not one.has_bill])
    return outcomes


def _missing(bill: str) -> Refused:
    return Refused("unknown-bill", f"There is no bill {bill[:40]}.", 404)
