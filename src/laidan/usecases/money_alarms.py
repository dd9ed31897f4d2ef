"""Keeps an alarm open for each piece of money that waits for a person."""

from __future__ import annotations

from datetime import datetime

from laidan.domain.payments import inbox
from laidan.domain.payments.inbox import SuspenseRow
from laidan.usecases.needing import by_system
from laidan.usecases.raise_alarms import RaiseAlarm, keep_alarms_open

OPENED, UNKNOWN = "suspense-opened", "payment-unknown"
SHOWN_MAX = 200
_UNKNOWN = frozenset(("payment-unknown", "refund-unknown"))


@by_system("the worker looks what waits for people")
def keep_money_alarms(*, now: datetime) -> int:
    """Let exactly the open work items have an alarm; return how many there are."""
    waiting = inbox.list_open_suspense(SHOWN_MAX)
    for kind in (OPENED, UNKNOWN):
        wanted = [
            _alarm(row, kind) for row in waiting if (row.reason in _UNKNOWN) == (kind == UNKNOWN)
        ]
        keep_alarms_open(kind, wanted, now=now)
    return len(waiting)


def _alarm(row: SuspenseRow, kind: str) -> RaiseAlarm:
    facts = {"reason": row.reason, "provider": row.provider}
    return RaiseAlarm(kind, row.id, row.number, link=f"/suspense/{row.id}", facts=facts)
