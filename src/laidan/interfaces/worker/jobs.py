"""Runs long jobs: takes what is due, gives each a chunk in turn, ends what is over."""

from __future__ import annotations

import logging
import os
import socket
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from laidan.domain.jobs import core
from laidan.domain.jobs.core import JobFacts
from laidan.engine.unit import BusyError, SupersededError
from laidan.interfaces.files import storage
from laidan.interfaces.worker.kinds.registry import KINDS, Kind
from laidan.interfaces.worker.loop import Task
from laidan.kernel.outcome import Refused
from laidan.usecases import work_jobs
from laidan.usecases.work_jobs import UnfitJobError, Work

log = logging.getLogger("laidan.jobs")

POLL_SECONDS = 0.5
LEASES_SECONDS = 15.0
FILES_KEPT = timedelta(days=30)
"""So long the files of a job are kept after it ended."""
FILES_AT_ONCE = 100
AT_ONCE = 4
"""So many jobs of one worker take turns: a small one does not wait for the end of a large one."""


@dataclass(slots=True)
class _Session:
    """A job in hand, and the function that does it, stopped between two chunks."""

    job: JobFacts
    steps: Iterator[None]


class Runner:
    """The jobs that this process has taken."""

    def __init__(
        self,
        kinds: Mapping[str, Kind] = KINDS,
        clock: Callable[[], datetime] = timezone.now,
        name: str = "",
    ) -> None:
        self._kinds = kinds
        self._clock = clock
        self._name = name or f"{socket.gethostname()}:{os.getpid()}"
        self._sessions: deque[_Session] = deque()
        self._is_new = True

    def held(self) -> dict[str, int]:
        """Return the jobs in hand by id, with their tokens."""
        return {session.job.id: session.job.token for session in list(self._sessions)}

    def step(self, now: datetime) -> int:
        """Do one chunk of one job, and take another job where there is room; 0: nothing to do."""
        if self._is_new:
            # Whoever starts here after a crash need not wait for the leases of the crashed.
            host, _, own = self._name.rpartition(":")
            work_jobs.give_back_of_dead(host, lambda pid: is_alive(pid, own), now=now)
            self._is_new = False
        was_taken = len(self._sessions) < AT_ONCE and self._take(now)
        if not self._sessions:
            return int(was_taken)
        session = self._sessions.popleft()
        if self._advance(session):
            self._sessions.append(session)
        return 1

    def leave(self) -> None:
        """Give back what is in hand, so that others need not wait for the leases to end."""
        held, self._sessions = self.held(), deque()
        work_jobs.give_back(held, now=self._clock())

    def _take(self, now: datetime) -> bool:
        """Take a job, or end one that cannot be done; False where none is due."""
        job = work_jobs.take_job(self._name, now=now)
        if job is None:
            return False
        # A lease that ended while its worker was busy: the fence ends the older session.
        kept = [session for session in self._sessions if session.job.id != job.id]
        self._sessions = deque(kept)
        kind = self._kinds.get(job.kind)
        actor = work_jobs.actor_of(job)
        if kind is None:
            self._fail(job, "unknown-kind", f"This version has no job of the kind {job.kind}.")
        elif isinstance(actor, Refused):
            self._fail(job, actor.code, actor.detail)
        else:
            self._sessions.append(_Session(job, kind(Work(job, actor, self._clock))))
        return True

    def _advance(self, session: _Session) -> bool:
        """Do one chunk; say whether the job goes on."""
        job = session.job
        try:
            next(session.steps)
        except StopIteration:
            work_jobs.end_job(job, core.DONE, now=self._clock())
        except SupersededError:
            log.info("job %s was cancelled or taken by another worker", job.id)
        except BusyError:
            # Where the commit went is not known: its row tells whoever takes the job next.
            work_jobs.give_back({job.id: job.token}, now=self._clock())
            raise
        except UnfitJobError as error:
            self._fail(job, error.code, error.message)
        except Exception as error:
            log.exception("job %s failed", job.id)
            self._fail(job, "internal-fault", f"The job met a fault ({type(error).__name__}).")
        else:
            return True
        return False

    def _fail(self, job: JobFacts, code: str, message: str) -> None:
        work_jobs.end_job(job, core.FAILED, code=code, message=message, now=self._clock())


def is_alive(pid: int, own: str) -> bool:
    """Say whether a process is there; one with our own number was another one before."""
    if str(pid) == own:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


runner = Runner()
"""The jobs of this process."""


def job_tasks() -> Sequence[Task]:
    """Return what the worker's second thread does: long work, which must not delay the clock's."""
    return (Task("jobs", POLL_SECONDS, runner.step, full=1),)


def drop_old_files(now: datetime) -> int:
    """Remove the files of jobs that ended long ago; what the jobs did stays told."""
    storage.drop_leftovers()
    old = work_jobs.find_old_files(now - FILES_KEPT, limit=FILES_AT_ONCE)
    for _, files in old:
        for file in files:
            storage.drop(file)
    if old:
        work_jobs.forget_files([job_id for job_id, _ in old], now=now)
    return len(old)


def extend_leases(now: datetime) -> int:
    """Say that this process still works on its jobs; run by the thread that never works long."""
    held = runner.held()
    work_jobs.extend_leases(held, now=now)
    return len(held)
