"""Several serving processes: forked, watched, restarted, and never left behind."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

from django.db import connections

log = logging.getLogger("laidan.serve")

_PR_SET_PDEATHSIG = 1
_POLL_SECONDS = 0.1
_PARENT_POLL_SECONDS = 1.0
_RESTART_PAUSE_SECONDS = 1.0
_STOP_SECONDS = 30.0
_STILLBORN_SECONDS = 3.0
_STILLBORN_MAX = 5
_parent: int | None = None


def is_child() -> bool:
    """Say whether this process was forked by `supervise`."""
    return _parent is not None


async def watch_parent(stop: Callable[[], None]) -> None:
    """Call `stop` when the supervisor is gone; the kernel's signal is the first to tell, if any."""
    while os.getppid() == _parent:
        await asyncio.sleep(_PARENT_POLL_SECONDS)
    stop()


def supervise(count: int, work: Callable[[], int], announced: Callable[[], bool]) -> int:
    """Run `work` in so many processes; replace those that die, stop all on SIGTERM or SIGINT.

    `announced` is asked again and again until it has told the user that the children answer.
    """
    supervisor = _Supervisor(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, supervisor.ask_to_stop)
    # A connection must not be shared by processes; each opens its own.
    connections.close_all()
    for _ in range(count):
        supervisor.fork()
    return supervisor.watch(announced)


class _Supervisor:
    """The children that live, and whether they should."""

    def __init__(self, work: Callable[[], int]) -> None:
        self._work = work
        self._born: dict[int, float] = {}
        self._stopping = False
        self._stillborn = 0

    def ask_to_stop(self, number: int = signal.SIGTERM, frame: FrameType | None = None) -> None:
        """Stop all children; signal handlers end here."""
        del number, frame
        self._stopping = True
        self._signal(signal.SIGTERM)

    def fork(self) -> None:
        """Start one child."""
        sys.stdout.flush()
        sys.stderr.flush()
        supervisor = os.getpid()
        pid = os.fork()
        if pid:
            self._born[pid] = time.monotonic()
            if self._stopping:
                self._signal(signal.SIGTERM)
            return
        code = 1
        try:
            _become_child(supervisor)
            code = self._work()
        except BaseException:
            log.exception("a serving process failed")
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            # Not sys.exit: the supervisor's clean-up is not the child's.
            os._exit(code)

    def watch(self, announced: Callable[[], bool]) -> int:
        """Wait for the end of all children, replacing those that were not told to end."""
        told_at: float | None = None
        is_announced = False
        while self._born:
            ended = self._reap()
            is_announced = is_announced or self._stopping or announced()
            if self._stopping:
                told_at = told_at or time.monotonic()
                if time.monotonic() - told_at > _STOP_SECONDS:
                    self._signal(signal.SIGKILL)
            else:
                for lived in ended:
                    self._replace(lived)
            time.sleep(_POLL_SECONDS)
        return 1 if self._stillborn >= _STILLBORN_MAX else 0

    def _reap(self) -> list[float]:
        """Collect the children that have ended; return how long each had lived."""
        lived = []
        for pid in list(self._born):
            reaped, status = os.waitpid(pid, os.WNOHANG)
            if reaped:
                lived.append(time.monotonic() - self._born.pop(pid))
                if not self._stopping:
                    code = os.waitstatus_to_exitcode(status)
                    log.error("serving process %d ended with %d; starting another", pid, code)
        return lived

    def _replace(self, lived: float) -> None:
        self._stillborn = self._stillborn + 1 if lived < _STILLBORN_SECONDS else 0
        if self._stillborn >= _STILLBORN_MAX:
            log.error("serving processes keep failing at once; giving up")
            self.ask_to_stop()
            return
        time.sleep(_RESTART_PAUSE_SECONDS)
        self.fork()

    def _signal(self, number: int) -> None:
        for pid in self._born:
            os.kill(pid, number)


def _become_child(supervisor: int) -> None:
    """Die when the supervisor does, even when it is killed."""
    global _parent  # noqa: PLW0603 - a process has one parent
    _parent = supervisor
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    # It may have died between the fork and the request above.
    if os.getppid() != supervisor:
        os._exit(1)
