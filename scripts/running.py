"""Run commands side by side, a few at a time, and tell what each of them took."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 30


@dataclass(frozen=True)
class Job:
    """A command of one part of the tests, with the variables it runs under."""

    part: str
    name: str
    command: Sequence[str]
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Ended:
    """How a job ended, and the seconds that it took: on the clock, and of the processors."""

    job: Job
    code: int
    seconds: float
    processor_seconds: float


class _Running:
    """A started job; its output is kept until it has ended, so that no two are mixed."""

    def __init__(self, job: Job, *, alone: bool) -> None:
        self.job = job
        self._begun = time.monotonic()
        # Closed with the process: it is read after the job has ended.
        self._output: IO[bytes] | None = None if alone else tempfile.TemporaryFile()  # noqa: SIM115 - see above
        # A group of its own: whatever it has started can be ended with it.
        self._child = subprocess.Popen(
            job.command,
            cwd=ROOT,
            env={**os.environ, **job.variables},
            stdout=self._output,
            stderr=subprocess.STDOUT if self._output else None,
            start_new_session=True,
        )

    def ended(self) -> Ended | None:
        """Return how it ended, or None while it runs."""
        pid, status, usage = os.wait4(self._child.pid, os.WNOHANG)
        if pid == 0:
            return None
        self._child.returncode = os.waitstatus_to_exitcode(status)
        used = usage.ru_utime + usage.ru_stime
        return Ended(self.job, self._child.returncode, time.monotonic() - self._begun, used)

    def show(self) -> None:
        """Print what it has written."""
        if self._output is None:
            return
        self._output.seek(0)
        sys.stdout.buffer.write(self._output.read())
        sys.stdout.flush()

    def stop(self) -> None:
        """Ask it to end, so that it drops what it has made; kill it when it does not."""
        self._child.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()


def run_all(jobs: Sequence[Job], *, slots: int) -> list[Ended]:
    """Run every job, `slots` of them at a time, in their order; each is shown when it has ended."""
    waiting, running, done = list(jobs), list[_Running](), list[Ended]()
    alone = min(slots, len(jobs)) == 1
    # Whoever ends this program ends the jobs too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        while waiting or running:
            while waiting and len(running) < slots:
                running.append(_Running(waiting.pop(0), alone=alone))
                print(f"--- {running[-1].job.name} begins", flush=True)
            for one in list(running):
                end = one.ended()
                if end is not None:
                    running.remove(one)
                    done.append(end)
                    print(f"\n--- {end.job.name} has ended after {end.seconds:.0f} s", flush=True)
                    one.show()
            time.sleep(0.2)
    finally:
        for one in running:
            one.stop()
            print(f"\n--- {one.job.name} was broken off", flush=True)
            one.show()
    return done
