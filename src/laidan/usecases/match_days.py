"""Matches days of accounts: bills, our ledger and the orders."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from laidan.domain.settlement import core, store
from laidan.domain.settlement.store import Day
from laidan.engine import unit
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases import matching_days
from laidan.usecases.needing import needs
from laidan.usecases.settlement_requests import DayAnswer, MatchDay
from laidan.usecases.settling_accounts import day_fault, open_desk

Entropy = Callable[[int], bytes]
EDIT = "settlement.edit"


@needs(EDIT)
def match_days(
    batch: Sequence[MatchDay], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[DayAnswer]]:
    """Match each day, anew where it was before; one outcome per request, in the order given.

    Breaks that are there no more are fixed, new ones are opened; what was explained stays. Locks:
    the days. Refuses: unknown-account, invalid-request, day-not-over.
    """
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def _attempt(
    batch: Sequence[MatchDay], *, now: datetime, entropy: Entropy
) -> list[Outcome[DayAnswer]]:
    desk, mint = open_desk(), Mint(now, entropy)
    wanted: list[Day | Refused] = []
    for request in batch:
        account = desk.by_code(request.account, request.actor, EDIT)
        refused = account if isinstance(account, Refused) else day_fault(request.day)
        if refused is not None or isinstance(account, Refused):
            wanted.append(refused or Refused("unknown-account", "", 404))
        elif not core.is_over(request.day, desk.zone(account.id), now):
            detail = f"{request.day} is not over yet."
            wanted.append(Refused("day-not-over", detail))
        else:
            wanted.append((account.id, request.day))
    days = {one for one in wanted if not isinstance(one, Refused)}
    if not days:
        return [one for one in wanted if isinstance(one, Refused)]
    matched = matching_days.match(matching_days.take_days(days, mint), desk, mint, now)
    counts = store.count_open(days)
    return [
        one if isinstance(one, Refused)
        else Done(
            DayAnswer(
                desk.accounts[one[0]].code, one[1], matched[one].state, counts.get(one, 0),
                matched[one].has_bill,
            )
        )
        for one in wanted
    ]  # fmt: skip
