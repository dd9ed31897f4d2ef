"""Find, or start for a while, the RabbitMQ that the tests of events and commands run against.

In this order: the address in LAIDAN_TEST_BROKER_URL, a server that listens on the standard local
port (the tests use names of their own on it), a throw-away server from installed programs, and (on
Debian as root) one after installing the distribution's package.

Run it as a program to see what is found: `python scripts/brokers.py`.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import installing
from installing import NotCovered
from services import START_SECONDS, as_user, find_program, free_port

VARIABLE = "LAIDAN_TEST_BROKER_URL"
STANDARD_URL = "amqp://guest:guest@127.0.0.1:5672"
PROGRAM = "rabbitmq-server"
# Debian's program of this name hides what the real one says.
REAL_PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


@contextlib.contextmanager
def broker() -> Iterator[str]:
    """Yield the URL of a usable broker; stop it afterwards if it was started here."""
    given = os.environ.get(VARIABLE)
    if given:
        problem = refusal(given)
        if problem:
            raise NotCovered(f"{VARIABLE} is set, but: {problem}")
        yield given
    elif refusal(STANDARD_URL) is None:
        yield STANDARD_URL
    else:
        if find_program(PROGRAM) is None and installing.may_install():
            installing.install((PROGRAM,))
        program = find_program(PROGRAM)
        if program is None:
            raise NotCovered(f"no RabbitMQ listens on 5672, and {PROGRAM} is not installed")
        with _throw_away(REAL_PROGRAM if REAL_PROGRAM.exists() else program) as url:
            yield url


def refusal(url: str) -> str | None:
    """Why tests cannot use the broker at `url`, or None when they can."""
    from amqp.exceptions import AMQPError
    from kombu import Connection

    try:
        with Connection(url, connect_timeout=3) as connection:
            connection.connect()
    except (OSError, AMQPError) as error:
        return f"{type(error).__name__}: {error}"
    return None


@contextlib.contextmanager
def _throw_away(program: Path) -> Iterator[str]:
    """Run a private broker in a temporary directory for as long as the block lasts."""
    directory = Path(tempfile.mkdtemp(prefix="laidan-rabbitmq-"))
    directory.chmod(0o755)
    port = free_port()
    prefix = as_user("rabbitmq", directory)
    settings = {
        "HOME": directory,
        "RABBITMQ_NODENAME": f"laidan-{os.getpid()}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": port,
        "RABBITMQ_DIST_PORT": free_port(),
        "RABBITMQ_MNESIA_BASE": directory / "data",
        "RABBITMQ_LOG_BASE": directory,
        "RABBITMQ_ENABLED_PLUGINS_FILE": directory / "plugins",
        "RABBITMQ_CONFIG_FILE": directory / "none",
        "RABBITMQ_PID_FILE": directory / "pid",
    }
    words = [f"{name}={value}" for name, value in settings.items()]
    url = f"amqp://guest:guest@127.0.0.1:{port}"
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [*prefix, "env", *words, str(program)], stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True, cwd=directory,
        )  # fmt: skip
    try:
        _wait_until_usable(url, process, directory)
        yield url
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
        shutil.rmtree(directory, ignore_errors=True)


def _wait_until_usable(url: str, process: "subprocess.Popen[bytes]", directory: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while (problem := refusal(url)) is not None:
        if process.poll() is not None or time.monotonic() > deadline:
            log = (directory / "log").read_text(errors="replace")[-2000:]
            raise NotCovered(f"RabbitMQ did not start: {problem}\n{log}")
        time.sleep(0.3)


def main() -> int:
    """Print one line; exit 1 when there is none."""
    try:
        with broker() as url:
            print(f"rabbitmq: {url}")
    except NotCovered as reason:
        print(f"rabbitmq: not covered, {reason}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
