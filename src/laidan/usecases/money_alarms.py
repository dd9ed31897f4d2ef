"""Keeps an alarm open for each piece of money that waits for a person."""

from __future__ import annotations

from datetime import datetime, timedelta

from laidan.domain.payments import holds, inbox
from laidan.domain.payments.holds import Ending
from laidan.domain.payments.inbox import SuspenseRow
from laidan.usecases.needing import by_system
from laidan.usecases.raise_alarms import RaiseAlarm, keep_alarms_open

OPENED, UNKNOWN = "suspense-opened", "payment-unknown"
HOLD_ENDS = "hold-ends"
SHOWN_MAX = 200
_BEFORE_END = timedelta(hours=24)
_UNKNOWN = frozenset(("payment-unknown", "refund-unknown"))


@by_system("the worker looks what waits for people")
def keep_money_alarms(*, now: datetime) -> int:
    """Let exactly the open work items, and money held for less than a day more, have an alarm.

    Returns how many there are.
    """
    waiting = inbox.list_open_suspense(SHOWN_MAX)
    for kind in (OPENED, UNKNOWN):
        wanted = [
            _alarm(row, kind) for row in waiting if (row.reason in _UNKNOWN) == (kind == UNKNOWN)
        ]
        keep_alarms_open(kind, wanted, now=now)
    ending = holds.list_ending(now + _BEFORE_END, SHOWN_MAX)
    keep_alarms_open(HOLD_ENDS, [_ending(one) for one in ending], now=now)
    return len(waiting) + len(ending)


def _ending(one: Ending) -> RaiseAlarm:
    facts = {"provider": one.provider, "until": one.expires_at.isoformat()}
    return RaiseAlarm(HOLD_ENDS, one.id, one.number, link=f"/payments/{one.number}", facts=facts)


def _alarm(row: SuspenseRow, kind: str) -> RaiseAlarm:
    facts = {"reason": row.reason, "provider": row.provider}
    return RaiseAlarm(kind, row.id, row.number, link=f"/suspense/{row.id}", facts=facts)
