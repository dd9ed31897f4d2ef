"""Runs schedules: the kinds of work that come at times of day, taken under leases, one by one."""

from __future__ import annotations

import logging
import os
import socket
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from laidan.domain.notices import alarms
from laidan.domain.schedules import core
from laidan.domain.schedules.core import RunEnd, ScheduleFacts
from laidan.engine import housekeeping
from laidan.engine.unit import SupersededError
from laidan.interfaces.worker import jobs
from laidan.interfaces.worker.loop import Task
from laidan.interfaces.worker.reconciling import reconcile_daily
from laidan.usecases import keep_sessions, notice_deliveries, run_schedules
from laidan.usecases.keep_files import sweep_files
from laidan.usecases.keep_schedules import ShippedSchedule, ensure_schedules
from laidan.usecases.report_low_stock import start_low_stock_report
from laidan.usecases.seal_log import seal_days

log = logging.getLogger("laidan.schedules")

POLL_SECONDS = 1.0
WATCH_SECONDS = 60.0
KEYS_KEPT = timedelta(days=30)
_AT_ONCE = 500
_SEAL_AT_ONCE = 7


@dataclass(frozen=True, slots=True)
class Turn:
    """One step of a run: whose it is, and the instant."""

    schedule: ScheduleFacts
    now: datetime


Figures = Mapping[str, int]
Step = Callable[[Turn], int | Figures]


@dataclass(frozen=True, slots=True)
class Kind:
    """Work that schedules do: its code, when the shipped schedule is due ("" for none), one step.

    A step does a bounded amount and returns how much, or figures by name; one that did `full` or
    more (of `done`) is called again in the same run.
    """

    code: str
    cron: str
    step: Step
    full: int = 1_000_000_000


KINDS: Mapping[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("seal_log", "*/15 * * * *", lambda turn: seal_days(_SEAL_AT_ONCE, now=turn.now), _SEAL_AT_ONCE),
        Kind("low_stock", "0 8 * * *", lambda turn: start_low_stock_report(now=turn.now)),
        Kind("reconcile", "30 10,14,18 * * *", lambda turn: reconcile_daily(turn.now)),
        Kind("clean_sessions", "17 * * * *", lambda turn: keep_sessions.clean_sessions(now=turn.now)),
        Kind("clean_files", "37 * * * *", lambda turn: sweep_files(now=turn.now, limit=_AT_ONCE), _AT_ONCE),
        Kind("clean_job_files", "47 * * * *", lambda turn: jobs.drop_old_files(turn.now), jobs.FILES_AT_ONCE),
        Kind("clean_keys", "*/10 * * * *", lambda turn: housekeeping.sweep_old_keys(turn.now - KEYS_KEPT, limit=_AT_ONCE), _AT_ONCE),
        Kind("clean_notices", "27 3 * * *", lambda turn: _clean_notices(turn.now), _AT_ONCE),
    )
}  # fmt: skip
"""Every kind by its code: a new one is a line here and its name in `web/schedule_words.py`."""


def _clean_notices(now: datetime) -> int:
    dropped = notice_deliveries.drop_old_deliveries(_AT_ONCE, now=now)
    return dropped + alarms.drop_old(now, _AT_ONCE)


@dataclass(slots=True)
class _Run:
    """A schedule in hand, and what its steps came to so far."""

    taken: ScheduleFacts
    figures: Counter[str] = field(default_factory=Counter)


class Runner:
    """The schedules that this process has taken: one at a time."""

    def __init__(
        self,
        kinds: Mapping[str, Kind] = KINDS,
        clock: Callable[[], datetime] = timezone.now,
        name: str = "",
    ) -> None:
        self._kinds = kinds
        self._clock = clock
        self._name = name or f"{socket.gethostname()}:{os.getpid()}"
        self._run: _Run | None = None
        self._is_new = True

    def held(self) -> dict[str, int]:
        """Return the schedule in hand by id, with its token."""
        run = self._run
        return {run.taken.id: run.taken.token} if run else {}

    def prepare(self, now: datetime) -> None:
        """Add the shipped schedules that are missing; take up what a crash here has left."""
        shipped = [ShippedSchedule(one.code, one.cron) for one in self._kinds.values() if one.cron]
        ensure_schedules(shipped, now=now)
        host, _, own = self._name.rpartition(":")
        run_schedules.give_back_schedules_of_dead(
            host, lambda pid: jobs.is_alive(pid, own), now=now
        )
        self._is_new = False

    def step(self, now: datetime, code: str | None = None) -> int:
        """Do one step of the run in hand, or take what is due; 0: there is nothing to do."""
        if self._is_new:
            self.prepare(now)
        if self._run is None:
            taken = run_schedules.take_schedule(self._name, now=now, code=code)
            if taken is None:
                return 0
            self._run = _Run(taken)
        self._advance(self._run)
        return 1

    def run_all(self, code: str) -> None:
        """Run one schedule that is due to its end."""
        while self.step(self._clock(), code):
            if self._run is None:
                return

    def leave(self) -> None:
        """End the run in hand, so that another worker goes on with it soon."""
        run, self._run = self._run, None
        if run is not None:
            end = RunEnd(core.FAILED, dict(run.figures), "The worker was stopped.")
            run_schedules.end_run(run.taken, end, now=self._clock())

    def _advance(self, run: _Run) -> None:
        kind = self._kinds.get(run.taken.kind)
        if kind is None:
            self._end(run, core.FAILED, f"This version has no work {run.taken.kind}.")
            return
        try:
            with run_schedules.fenced(run.taken, self._clock):
                told = kind.step(Turn(run.taken, self._clock()))
        except SupersededError:
            log.info("schedule %s was taken by another worker", run.taken.code)
            self._run = None
        except Exception as error:
            log.exception("schedule %s failed", run.taken.code)
            self._end(run, core.FAILED, f"{type(error).__name__}: {error}")
        else:
            figures = {"done": told} if isinstance(told, int) else told
            run.figures.update(figures)
            if figures.get("done", 0) < kind.full:
                self._end(run, core.DONE, "")

    def _end(self, run: _Run, outcome: str, message: str) -> None:
        self._run = None
        end = RunEnd(outcome, dict(run.figures), message)
        run_schedules.end_run(run.taken, end, now=self._clock())


runner = Runner()
"""The schedules of this process."""


def schedule_tasks() -> Sequence[Task]:
    """Return what the worker's third thread does: neither clock nor jobs wait for it."""
    return (
        Task("schedules", POLL_SECONDS, runner.step, full=1),
        Task("watch-schedules", WATCH_SECONDS, lambda now: run_schedules.watch_schedules(now=now)),
    )


def extend_leases(now: datetime) -> int:
    """Say that this process still runs its schedules; by the thread that never works long."""
    held = runner.held()
    run_schedules.extend_schedules(held, now=now)
    return len(held)
