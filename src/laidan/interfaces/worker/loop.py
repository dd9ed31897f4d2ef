"""The worker's loop: periodic tasks in bounded steps, one after the other, until told to stop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import close_old_connections
from django.utils import timezone

from laidan.engine import origin
from laidan.interfaces.worker import notes

log = logging.getLogger("laidan.worker")
_HERE = origin.Origin(origin.WORKER, who="worker")

IDLE_SECONDS = 0.5
"""How long the loop sleeps at most; so soon it notices that it shall stop."""
BACKOFF_MAX_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do again and again.

    `step` does a bounded amount of work and returns how much it did; a task that did `full` or
    more has more to do and is run again at once, after the others had their turn.
    """

    name: str
    every_seconds: float
    step: Callable[[datetime], int]
    full: int = 1_000_000_000


@dataclass(slots=True)
class _Turn:
    """When a task is due, and how often it has failed since it last went well."""

    task: Task
    due: float
    failures: int = 0


@dataclass(slots=True)
class Worker:
    """Runs tasks until `stop` is set; a task that fails waits longer each time, the others not."""

    tasks: Sequence[Task]
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Callable[[], datetime] = timezone.now

    def run(self) -> None:
        """Work until told to stop."""
        begun = time.monotonic()
        turns = [_Turn(task, begun) for task in self.tasks]
        while not self.stop.is_set():
            for turn in turns:
                if turn.due <= time.monotonic() and not self.stop.is_set():
                    self._take(turn)
            soonest = min((turn.due for turn in turns), default=float("inf"))
            self.stop.wait(min(max(soonest - time.monotonic(), 0), IDLE_SECONDS))

    def _take(self, turn: _Turn) -> None:
        task = turn.task
        try:
            # A connection that died with the database server is replaced here.
            close_old_connections()
            with origin.coming_from(_HERE):
                done = task.step(self.clock())
        except Exception as error:
            turn.failures += 1
            notes.went_wrong(task.name, task.every_seconds, error, self.clock())
            pause = min(2.0**turn.failures * task.every_seconds, BACKOFF_MAX_SECONDS)
            log.exception("task %s failed; next try in %.0f s", task.name, pause)
            turn.due = time.monotonic() + pause
            return
        turn.failures = 0
        notes.went_well(task.name, task.every_seconds, done, self.clock())
        turn.due = time.monotonic() + (0 if done >= task.full else task.every_seconds)


def start(worker: Worker) -> threading.Thread:
    """Run a worker in a thread of this process."""
    thread = threading.Thread(target=worker.run, name="laidan-worker", daemon=True)
    thread.start()
    return thread
