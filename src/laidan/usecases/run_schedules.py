"""Takes schedules up, fences off takers of before, and writes down how each run went."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from laidan.domain.schedules import core, cron, queries, store
from laidan.domain.schedules.core import RunEnd, ScheduleFacts
from laidan.domain.schedules.models import Schedule
from laidan.domain.schedules.store import Note
from laidan.engine import unit
from laidan.engine.unit import SupersededError
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Outcome
from laidan.usecases.keep_schedules import set_times, shop_zones, zone_of
from laidan.usecases.needing import by_system
from laidan.usecases.raise_alarms import RaiseAlarm, keep_alarms_open

Entropy = Callable[[int], bytes]
LATE = "schedule-late"
_WORKER = "the worker alone runs schedules; who asks for a run is asked by run_schedules_now"


class _Fence:
    """Asks in every transaction of a run whether it still is its worker's."""

    def __init__(self, taken: ScheduleFacts, clock: Callable[[], datetime]) -> None:
        self._taken = taken
        self._clock = clock

    def ride(self, batch: Sequence[Any], outcomes: Sequence[Outcome[Any]]) -> None:
        """Say that the worker lives; a transaction of one that was replaced is rolled back."""
        del batch, outcomes
        if not store.write_alive(self._taken.id, self._taken.token, self._clock()):
            raise SupersededError(f"schedule {self._taken.code} was taken by another worker")

    def arrived(self) -> None:
        """Nothing is kept of it here."""


@by_system(_WORKER)
def fenced(taken: ScheduleFacts, clock: Callable[[], datetime]) -> AbstractContextManager[None]:
    """Let every transaction in the block be committed by the schedule's present taker alone."""
    return unit.riding(_Fence(taken, clock))


@by_system(_WORKER)
def take_schedule(
    worker: str, *, now: datetime, code: str | None = None, entropy: Entropy = os.urandom
) -> ScheduleFacts | None:
    """Take the schedule that waits longest (or the one named) under a lease; None where none waits.

    Locks: the schedule. A run whose worker was not heard of any more is written down as lost.
    """
    if not store.has_due(now):
        return None

    def work() -> ScheduleFacts | None:
        one = store.take_due(now, code)
        if one is None:
            return None
        planned = one.next_at if one.next_at is not None and one.next_at <= now else None
        store.write_taken(one, worker, planned, now, Mint(now, entropy))
        return _facts(one, planned)

    return unit.run_once(work)


@by_system(_WORKER)
def end_run(taken: ScheduleFacts, end: RunEnd, *, now: datetime) -> bool:
    """End a run and reckon the next one; says whether its worker still was the one.

    Locks: the schedule. What failed is tried again soon, what was done is due at its next time.
    """

    def work() -> bool:
        one = store.load_mine(taken.id, taken.token)
        if one is None:
            return False
        _reckon(one, taken.planned_at, end, now)
        store.write_end(one, end, now)
        return True

    return unit.run_once(work)


def _reckon(one: Schedule, planned: datetime | None, end: RunEnd, now: datetime) -> None:
    """Set when a schedule is due next: never a time that was due before, whatever the clock did."""
    zone = zone_of(one, shop_zones())
    is_over = one.next_at is not None and (one.next_at == planned or one.next_at <= now)
    if is_over and not one.is_paused:
        times = cron.next_times(one.cron, zone, max(now, planned or now), 1)
        one.next_at = times[0] if times else None
    retry = None
    if end.outcome == core.DONE:
        one.tries, one.last_ok_at = 0, now
        one.late_at = None
        if not one.is_paused:
            one.late_at = core.late_at(cron.next_times(one.cron, zone, now, 2))
    else:
        one.tries += 1
        retry = None if one.is_paused else core.retry_at(one.tries, now)
    one.due_at = core.due_at(one.next_at, retry)


@by_system(_WORKER)
def extend_schedules(held: Mapping[str, int], *, now: datetime) -> None:
    """Say that the taker of these schedules (by id, with their tokens) lives."""
    if held:
        unit.run_once(lambda: store.extend_leases(held, now))


@by_system(_WORKER)
def give_back_schedules_of_dead(
    host: str, is_alive: Callable[[int], bool], *, now: datetime
) -> int:
    """Leave the schedules of this host's dead processes to whoever comes; return how many."""
    workers = store.find_workers(host)
    dead = {one for one in workers if not is_alive(int(one.rpartition(":")[2] or 0))}
    return unit.run_once(lambda: store.give_back_of(dead, now)) if dead else 0


@by_system("the worker's loop writes down how its tasks are")
def note_tasks(notes: Sequence[Note]) -> int:
    """Write down how tasks of the loop are; return how many were told."""
    if notes:
        unit.run_once(lambda: store.write_notes(notes))
    return len(notes)


@by_system("the worker looks after the schedules once a minute")
def watch_schedules(*, now: datetime) -> int:
    """Raise an alarm for each schedule that is late, close those of others; return how many are.

    A next time that lies further away than the expression can say (a clock that was wrong) is
    reckoned anew.
    """
    unit.run_once(lambda: _mend(now))
    late = [
        RaiseAlarm(
            LATE, one.code, one.code, shop=one.shop_code, link=f"/settings/schedules/{one.code}",
            facts={"kind": one.kind, "message": one.last_message,
                   "last_ok_at": one.last_ok_at.isoformat() if one.last_ok_at else None},
        )
        for one in queries.find_late(now)
    ]  # fmt: skip
    keep_alarms_open(LATE, late, now=now)
    return len(late)


def _mend(now: datetime) -> None:
    zones = shop_zones()
    wrong = []
    for one in store.load_timed():
        times = cron.next_times(one.cron, zone_of(one, zones), now, 3)
        if one.next_at is not None and times and one.next_at > times[-1]:
            set_times(one, zone_of(one, zones), now)
            one.updated_at = now
            wrong.append(one)
    store.write_schedules([], wrong)


def _facts(one: Schedule, planned: datetime | None) -> ScheduleFacts:
    return ScheduleFacts(
        id=one.pk, code=one.code, kind=one.kind, cron=one.cron, shop=one.shop_code,
        zone=zone_of(one, shop_zones()), params=one.params, is_paused=one.is_paused,
        token=one.token, tries=one.tries, run_id=str(one.run_id), planned_at=planned,
        last_ok_at=one.last_ok_at, asked_by=one.asked_by,
    )  # fmt: skip
