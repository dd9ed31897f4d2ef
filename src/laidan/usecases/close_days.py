"""Closes days of accounts once everything in them is explained, and opens them again."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.payments.accounts import AccountRow
from laidan.domain.settlement import core, store
from laidan.domain.settlement.store import Day, DayRow
from laidan.engine import unit
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases import matching_days
from laidan.usecases.needing import needs
from laidan.usecases.settlement_requests import CloseDay, DayAnswer
from laidan.usecases.settling_accounts import Desk, day_fault, open_desk
from laidan.usecases.texts import note_faults

Entropy = Callable[[int], bytes]
CLOSE = "settlement.close"
REASON_MAX = 300


@needs(CLOSE)
def close_days(
    batch: Sequence[CloseDay], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[DayAnswer]]:
    """Close each day, or open it again; one outcome per request, in the order given.

    What is to be closed is matched first, so that nothing new is closed unseen. Locks: the days.
    Refuses: unknown-account, invalid-request, day-not-over, day-without-bill, day-has-breaks. A day that
    is as it shall be is a replay.
    """
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def _attempt(
    batch: Sequence[CloseDay], *, now: datetime, entropy: Entropy
) -> list[Outcome[DayAnswer]]:
    desk, mint = open_desk(), Mint(now, entropy)
    found = [_asked(request, desk, now) for request in batch]
    days = {(one.id, request.day) for one, request in zip(found, batch, strict=True)
            if not isinstance(one, Refused)}  # fmt: skip
    rows = matching_days.take_days(days, mint) if days else {}
    closing = {
        (one.id, request.day)
        for one, request in zip(found, batch, strict=True)
        if not isinstance(one, Refused) and not request.reopen
    }
    fresh = {key: rows[key] for key in closing if rows[key].state != core.CLOSED}
    if fresh:
        rows |= matching_days.match(fresh, desk, mint, now)
    counts = store.count_open(days) if days else {}
    outcomes: list[Outcome[DayAnswer]] = []
    changed: dict[Day, DayRow] = {}
    deeds = []
    for account, request in zip(found, batch, strict=True):
        if isinstance(account, Refused):
            outcomes.append(account)
            continue
        key = (account.id, request.day)
        row = rows[key]
        verdict = _decide(row, account, request, counts.get(key, 0), now)
        if isinstance(verdict, Refused):
            outcomes.append(verdict)
            continue
        answer = DayAnswer(account.code, row.day, verdict.state, counts.get(key, 0), row.has_bill)
        outcomes.append(Done(answer, replayed=verdict == row))
        if verdict != row:
            rows[key] = changed[key] = verdict
            deeds.append(_deed(request, account, row, verdict))
    store.write_days(list(changed.values()))
    record(deeds, now=now, mint=mint)
    return outcomes


def _asked(request: CloseDay, desk: Desk, now: datetime) -> AccountRow | Refused:
    account = desk.by_code(request.account, request.actor, CLOSE)
    if isinstance(account, Refused):
        return account
    refused = day_fault(request.day)
    if refused is not None:
        return refused
    if len(request.reason) > REASON_MAX or [*note_faults(request.reason, "reason")]:
        return invalid("reason", f"must be a text of at most {REASON_MAX} characters")
    if request.reopen and not request.reason.strip():
        return invalid("reason", "say why the day is opened again")
    if not core.is_over(request.day, desk.zone(account.id), now):
        return Refused("day-not-over", f"{request.day} is not over yet.")
    return account


def _decide(
    row: DayRow, account: AccountRow, request: CloseDay, breaks: int, now: datetime
) -> DayRow | Refused:
    if request.reopen:
        if row.state != core.CLOSED:
            return row
        return row._replace(state=core.OPEN, closed_at=None, closed_by="", note=request.reason)
    if row.state == core.CLOSED:
        return row
    if not row.has_bill and account.provider not in core.WITHOUT_BILLS:
        return Refused(
            "day-without-bill", f"The bill of {row.day} is missing; bring it, then close the day."
        )
    if breaks:
        return Refused(
            "day-has-breaks",
            f"{breaks} breaks of {row.day} are not explained yet.",
            extra={"breaks": breaks},
        )
    return row._replace(
        state=core.CLOSED, closed_at=now, closed_by=request.actor.label, note=request.reason
    )


def _deed(request: CloseDay, account: AccountRow, before: DayRow, after: DayRow) -> Deed:
    action = "settlement-day.reopened" if request.reopen else "settlement-day.closed"
    return Deed(
        request.actor.label, action, "settlement-day", after.id, f"{account.code} {after.day}",
        {"state": before.state}, {"state": after.state}, request.reason,
    )  # fmt: skip
