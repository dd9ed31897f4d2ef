"""Acts on schedules that there are: lets one run now, removes one."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.schedules import core, store
from laidan.domain.schedules.models import Schedule
from laidan.engine import idempotency, unit
from laidan.engine.idempotency import Codec, Once
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.keep_schedules import MANAGE, ScheduleAnswer, deed
from laidan.usecases.needing import needs

Entropy = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class NamedSchedule:
    """A schedule that somebody wants run now, or gone."""

    code: str
    actor: Actor
    once: Once | None = None


_CODEC: Codec[ScheduleAnswer] = Codec(
    lambda answer: (None, answer.code),
    lambda stored: [ScheduleAnswer(one.answer or "", changed=True) for one in stored],
)


@needs(MANAGE)
def run_schedules_now(
    batch: Sequence[NamedSchedule], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[ScheduleAnswer]]:
    """Let a worker run each schedule at once, paused or not; its times stay as they are.

    Locks: the schedules named. Refuses: not-found, schedule-running, idempotency-conflict.
    """

    def attempt(part: Sequence[NamedSchedule]) -> list[Outcome[ScheduleAnswer]]:
        mint = Mint(now, entropy)
        ask = partial(_ask, now=now, mint=mint)
        return idempotency.answer_once(part, ask, _CODEC, now=now, mint=mint)

    return unit.run_batch(batch, attempt)


@needs(MANAGE)
def remove_schedules(
    batch: Sequence[NamedSchedule], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[ScheduleAnswer]]:
    """Remove each schedule with its history.

    Locks: the schedules named. Refuses: not-found, schedule-running, schedule-shipped.
    """
    return unit.run_batch(batch, partial(_remove, now=now, entropy=entropy))


def _ask(
    batch: Sequence[NamedSchedule], *, now: datetime, mint: Mint
) -> list[Outcome[ScheduleAnswer]]:
    rows = store.load_schedules({request.code for request in batch})
    asked: dict[str, Schedule] = {}
    deeds: list[Deed] = []
    outcomes: list[Outcome[ScheduleAnswer]] = []
    for request in batch:
        row = rows.get(request.code)
        if row is None:
            outcomes.append(_missing(request.code))
        elif row.state == core.RUNNING:
            outcomes.append(_running(row))
        elif row.asked_by:
            outcomes.append(Done(ScheduleAnswer(row.code), replayed=True))
        else:
            row.asked_by, row.due_at, row.updated_at = request.actor.label[:120], now, now
            asked[row.code] = row
            deeds.append(deed(request.actor, "started", row, None))
            outcomes.append(Done(ScheduleAnswer(row.code, changed=True)))
    store.write_schedules([], list(asked.values()))
    record(deeds, now=now, mint=mint)
    return outcomes


def _remove(
    batch: Sequence[NamedSchedule], *, now: datetime, entropy: Entropy
) -> list[Outcome[ScheduleAnswer]]:
    rows = store.load_schedules({request.code for request in batch})
    gone: list[str] = []
    deeds: list[Deed] = []
    outcomes: list[Outcome[ScheduleAnswer]] = []
    for request in batch:
        row = rows.get(request.code)
        if row is None:
            outcomes.append(_missing(request.code))
        elif row.is_shipped:
            detail = "This schedule comes with the program; pause it instead."
            outcomes.append(Refused("schedule-shipped", detail))
        elif row.state == core.RUNNING:
            outcomes.append(_running(row))
        else:
            gone.append(row.pk)
            deeds.append(deed(request.actor, "removed", rows.pop(request.code), None))
            outcomes.append(Done(ScheduleAnswer(row.code, changed=True)))
    store.drop_schedules(gone)
    record(deeds, now=now, mint=Mint(now, entropy))
    return outcomes


def _missing(code: str) -> Refused:
    return Refused("not-found", f"There is no schedule {code[:40]}.", 404)


def _running(row: Schedule) -> Refused:
    return Refused("schedule-running", f"The schedule {row.code} is under way.")
