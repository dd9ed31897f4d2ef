"""Keeps how accounts are settled: by whose clock, with which fees, how a plain bill is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.settlement import bills
from laidan.domain.settlement.core import Rule
from laidan.engine import unit
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases.needing import needs
from laidan.usecases.settlement_requests import KeepRule
from laidan.usecases.settling_accounts import open_desk
from laidan.usecases.texts import note_faults

EDIT = "settlement.edit"
PPM_MAX = 1_000_000
MINOR_MAX = 10**12
COLUMNS_MAX = 20
TEXT_MAX = 100


@needs(EDIT)
def keep_settlement_rules(batch: Sequence[KeepRule], *, now: datetime) -> list[Outcome[str]]:
    """Set how each account is settled; answers codes, one for each request, in order.

    What was matched stays as it is until its day is matched anew. Locks nothing: the last word
    counts. Refuses: unknown-account, invalid-request.
    """
    return unit.run_batch(batch, partial(_attempt, now=now))


def _attempt(batch: Sequence[KeepRule], *, now: datetime) -> list[Outcome[str]]:
    desk = open_desk()
    rows: dict[str, Rule] = {}
    deeds: dict[str, Deed] = {}
    outcomes: list[Outcome[str]] = []
    for request in batch:
        account = desk.by_code(request.account, request.actor, EDIT)
        refused = account if isinstance(account, Refused) else _fault(request)
        if refused is not None or isinstance(account, Refused):
            outcomes.append(refused or invalid("account", ""))
            continue
        old = desk.rules[account.id]
        new = Rule(
            account.id, request.time_zone, request.fee_ppm, request.fee_fixed_minor,
            request.tolerance_minor, request.gives_fee_back, dict(request.column_map), now,
        )  # fmt: skip
        outcomes.append(Done(account.code, replayed=_told(old) == _told(new)))
        if _told(old) != _told(new):
            rows[account.id] = new
            deeds[account.id] = Deed(
                request.actor.label, "settlement-rule.changed", "payment-account", account.id,
                account.code, _told(old), _told(new),
            )  # fmt: skip
    if rows:
        bills.write_rules(list(rows.values()))
    record(list(deeds.values()), now=now)
    return outcomes


def _fault(request: KeepRule) -> Refused | None:
    if request.time_zone:
        try:
            ZoneInfo(request.time_zone)
        except (KeyError, ValueError, OSError):
            return invalid("time_zone", f"there is no time zone {request.time_zone[:60]!r}")
    if request.fee_ppm is not None and not 0 <= request.fee_ppm <= PPM_MAX:
        return invalid("fee_ppm", f"must be from 0 to {PPM_MAX}")
    for name in ("fee_fixed_minor", "tolerance_minor"):
        if not 0 <= getattr(request, name) <= MINOR_MAX:
            return invalid(name, "must be 0 or more")
    texts = [*request.column_map.keys(), *request.column_map.values()]
    is_wrong = any(len(one) > TEXT_MAX or [*note_faults(one, "column_map")] for one in texts)
    if is_wrong or len(request.column_map) > COLUMNS_MAX:
        return invalid("column_map", "names of columns have at most 100 characters")
    return None


def _told(rule: Rule) -> dict[str, object]:
    return {name: getattr(rule, name) for name in Rule._fields if name not in ("id", "updated_at")}
