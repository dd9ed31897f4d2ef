"""A throw-away PostgreSQL cluster, fully durable, that its owner may also kill."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from laidan.interfaces.cli.benchmark.server import free_port

# Room to work in, and nothing that trades durability for speed.
SETTINGS: Mapping[str, str] = {
    "shared_buffers": "2GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
}
DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
USER = "postgres"
PATIENCE_SECONDS = 60.0
STILL_THERE = "pre-existing shared memory block"


class ClusterFault(RuntimeError):
    """The cluster cannot be made, or does not come up."""


def find_binary(name: str) -> str:
    """Find a PostgreSQL program: on the path, else the newest that Debian has installed."""
    if (found := shutil.which(name)) is not None:
        return found
    installed = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3])
    )
    if not installed:
        raise ClusterFault(f"PostgreSQL's {name} is not installed")
    return str(installed[-1])


def _server_account() -> str | None:
    """The account that runs the server: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise ClusterFault("started as root, and there is no account postgres or nobody to run as")


class Cluster:
    """Owns one cluster in a temporary directory; the postmaster is a child of this process."""

    def __init__(
        self, settings: Mapping[str, str] = SETTINGS, *, under: Path | None = None
    ) -> None:
        """Choose settings, and the directory (on a real disk) under which the cluster is put."""
        self._settings = dict(settings)
        self._account = _server_account()
        self.directory = Path(tempfile.mkdtemp(prefix="laidan-pg-", dir=under))
        self.port = free_port()
        self._postmaster: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Cluster":
        """Make the cluster and start it."""
        try:
            self._initialise()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it and delete everything."""
        self.close()

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.directory / "data"

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        if self._postmaster is None:
            raise ClusterFault("the cluster is not running")
        return self._postmaster.pid

    def url(self, database: str = "postgres") -> str:
        """The address of a database of this cluster, by TCP on the loopback address."""
        return f"postgres://{USER}@127.0.0.1:{self.port}/{database}"

    def client_arguments(self, database: str = "postgres") -> list[str]:
        """Arguments by which psql and pgbench connect over the Unix socket."""
        return ["-h", str(self.directory), "-p", str(self.port), "-U", USER, database]

    def _initialise(self) -> None:
        self.directory.chmod(0o755)
        if self._account is not None:
            shutil.chown(self.directory, self._account)
        command = [find_binary("initdb"), "-D", str(self.data), "-U", USER]
        command += ["-A", "trust", "-E", "UTF8", "--no-locale"]
        done = subprocess.run(
            command,
            user=self._account,
            cwd=self.directory,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ClusterFault(f"initdb failed: {done.stderr.strip()}")

    def start(self) -> None:
        """Start the postmaster and wait until it takes connections, crash recovery included.

        After a kill the old server processes need a moment to notice: until then PostgreSQL does
        not start over their shared memory, so it is asked again.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        self._launch()
        probe = [find_binary("pg_isready"), "-q", "-h", str(self.directory), "-p", str(self.port)]
        while subprocess.run(probe, check=False).returncode != 0:
            if time.monotonic() > deadline:
                raise ClusterFault(f"PostgreSQL does not answer:\n{self.log_tail()}")
            if self._postmaster is None or self._postmaster.poll() is not None:
                if STILL_THERE not in self.log_tail(4):
                    raise ClusterFault(f"PostgreSQL ended at once:\n{self.log_tail()}")
                self._launch()
            time.sleep(0.05)

    def _launch(self) -> None:
        command = [find_binary("postgres"), "-D", str(self.data), "-p", str(self.port)]
        command += ["-k", str(self.directory), "-c", "listen_addresses=127.0.0.1"]
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        with (self.directory / "server.log").open("ab") as log:
            self._postmaster = subprocess.Popen(
                command,
                user=self._account,
                cwd=self.directory,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def log_tail(self, lines: int = 15) -> str:
        """The last lines of the server's log."""
        text = (self.directory / "server.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def kill(self) -> None:
        """Kill the postmaster outright and reap it, so that no zombie blocks the next start."""
        if self._postmaster is not None:
            self._postmaster.kill()
            self._postmaster.wait()
            self._postmaster = None

    def close(self) -> None:
        """Stop the server quickly, and delete the directory."""
        if self._postmaster is not None and self._postmaster.poll() is None:
            self._postmaster.send_signal(signal.SIGINT)
            try:
                self._postmaster.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()
        self._postmaster = None
        shutil.rmtree(self.directory, ignore_errors=True)

    def sql(self, text: str, *, database: str = "postgres") -> str:
        """Run SQL through psql and return its bare output; any error raises."""
        command = [find_binary("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-"]
        done = subprocess.run(
            command + self.client_arguments(database),
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ClusterFault(f"psql failed: {done.stderr.strip()}")
        return done.stdout.strip()

    def is_durable(self) -> bool:
        """Tell whether every setting that makes a commit survive a power cut is on."""
        return all(self.sql(f"SHOW {name}") == "on" for name in DURABLE)
