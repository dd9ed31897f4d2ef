"""Runs `laidan serve` as a child, waits until it is ready, and stops or kills it."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

HOST = "127.0.0.1"
READY_SECONDS = 180.0
STOP_SECONDS = 60.0
LOG_TAIL_BYTES = 4000


class ServerFault(RuntimeError):
    """The server does not start, or ends by itself."""


def laidan_command(*words: str) -> list[str]:
    """The command line of Laidan in this very installation."""
    return [str(Path(sys.executable).with_name("laidan")), *words]


def free_port() -> int:
    """A TCP port of the loopback address on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class Server:
    """One server process (and what it starts) on a port of its own."""

    def __init__(
        self, environment: Mapping[str, str], *, command: Sequence[str] | None = None
    ) -> None:
        """Choose the variables to add to the environment, and a port; nothing starts yet."""
        self.port = free_port()
        self.environment = {**environment, "PORT": str(self.port)}
        self._command = list(command or laidan_command("serve"))
        self._log = tempfile.TemporaryFile(prefix="laidan-serve-")  # noqa: SIM115 - lives as long.
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Server":
        """Start, and wait until the server is ready."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server."""
        self.stop()
        self._log.close()

    @property
    def pid(self) -> int:
        """The process id of the server."""
        if self._child is None:
            raise ServerFault("the server is not running")
        return self._child.pid

    def start(self, *, patience: float = READY_SECONDS) -> None:
        """Start the server and wait until /readyz says yes."""
        # A session of its own makes it a process group, which can be killed as a whole.
        self._child = subprocess.Popen(  # noqa: S603 - our own program, no shell.
            self._command,
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            self._await_ready(self._child, time.monotonic() + patience)
        except BaseException:
            self.kill()
            raise

    def _await_ready(self, child: "subprocess.Popen[bytes]", deadline: float) -> None:
        while not self.is_ready():
            if child.poll() is not None:
                raise ServerFault(f"the server ended with {child.returncode}:\n{self.log()}")
            if time.monotonic() > deadline:
                raise ServerFault(f"the server does not become ready:\n{self.log()}")
            time.sleep(0.05)

    def is_ready(self) -> bool:
        """Tell whether /readyz answers 200."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self) -> int | None:
        """Ask the server to end as an operator would, and return its exit code."""
        if self._child is None:
            return None
        self._child.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(timeout=STOP_SECONDS)
        return self.kill()

    def kill(self) -> int | None:
        """Kill the server and everything it started, at once, and reap it."""
        if self._child is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        code = self._child.wait()
        self._child = None
        return code

    def log(self) -> str:
        """The end of what the server has printed so far."""
        size = os.fstat(self._log.fileno()).st_size
        start = max(0, size - LOG_TAIL_BYTES)
        return os.pread(self._log.fileno(), LOG_TAIL_BYTES, start).decode(errors="replace")
