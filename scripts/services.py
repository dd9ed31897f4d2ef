"""Find, or start for a while, the real database servers that the tests run against.

For each engine, in this order: the address in the environment, a throw-away server from installed
programs (it need not be durable, and so is quick), a server that listens on the standard local
port, and (on Debian as root) a throw-away server after installing the distribution's packages.
When none is to be had, `NotCovered` says why.

Run it as a program to see what is found: `python scripts/services.py` (RabbitMQ: `scripts/brokers.py`).
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import installing
from installing import NotCovered, run_quietly

START_SECONDS = 120

Run = Callable[[str], list[tuple[Any, ...]]]
"""Runs a statement and returns its rows."""


@dataclass(frozen=True)
class Engine:
    """How one database engine is found, installed and started."""

    name: str
    variable: str
    standard_url: str
    program: str
    debian_packages: tuple[str, ...]


POSTGRES = Engine(
    "postgres",
    "LAIDAN_TEST_POSTGRES_URL",
    "postgres://postgres@127.0.0.1:5432",
    "initdb",
    ("postgresql",),
)
MARIADB = Engine(
    "mariadb",
    "LAIDAN_TEST_MARIADB_URL",
    "mysql://root@127.0.0.1:3306",
    "mariadb-install-db",
    ("mariadb-server",),
)
ENGINES = {"postgres": POSTGRES, "mariadb": MARIADB}


@contextlib.contextmanager
def server(engine: Engine) -> Iterator[str]:
    """Yield the URL of a usable server of `engine`; stop it afterwards if it was started here."""
    if engine is MARIADB:
        installing.install_mariadb_driver()
    given = os.environ.get(engine.variable)
    if given:
        problem = refusal(engine, given)
        if problem:
            raise NotCovered(f"{engine.variable} is set, but: {problem}")
        yield given
    elif find_program(engine.program) is None and refusal(engine, engine.standard_url) is None:
        yield engine.standard_url
    else:
        with _throw_away(engine) as url:
            yield url


def refusal(engine: Engine, url: str) -> str | None:
    """Why tests cannot use the server at `url`, or None when they can."""
    check = {"postgres": _refusal_postgres, "mariadb": _refusal_mariadb}[engine.name]
    return check(url)


@contextlib.contextmanager
def session(engine: Engine, url: str) -> Iterator[Run]:
    """Yield a function that runs SQL on a server and returns the rows."""
    connect = {"postgres": _connect_postgres, "mariadb": _connect_mariadb}[engine.name]
    with contextlib.closing(connect(url)) as connection, connection.cursor() as cursor:

        def run(sql: str) -> list[tuple[Any, ...]]:
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []

        yield run


def _connect_postgres(url: str) -> Any:
    import psycopg

    return psycopg.connect(f"{url.rstrip('/')}/postgres", connect_timeout=3, autocommit=True)


def _connect_mariadb(url: str) -> Any:
    import MySQLdb

    parts = urlsplit(url)
    return MySQLdb.connect(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 3306,
        user=parts.username or "root",
        password=parts.password or "",
        connect_timeout=3,
        autocommit=True,
    )


def _refusal_postgres(url: str) -> str | None:
    import psycopg

    try:
        with session(POSTGRES, url) as run:
            [(version, may_create)] = run(
                "SELECT current_setting('server_version_num')::int / 10000,"
                " rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            )
    except psycopg.Error as error:
        return str(error).strip()
    if version < 15:
        return f"PostgreSQL {version} is older than 15"
    return None if may_create else "its user may not create databases"


def _refusal_mariadb(url: str) -> str | None:
    import MySQLdb

    try:
        with session(MARIADB, url) as run:
            [(version,)] = run("SELECT VERSION()")
    except MySQLdb.Error as error:
        return str(error)
    major, minor = (int(part) for part in version.split(".")[:2])
    if "mariadb" in version.lower():
        return None if (major, minor) >= (10, 11) else f"MariaDB {version} is older than 10.11"
    return None if major >= 8 else f"MySQL {version} is older than 8"


@contextlib.contextmanager
def _throw_away(engine: Engine) -> Iterator[str]:
    """Run a private server in a temporary directory for as long as the block lasts."""
    start = {"postgres": _start_postgres, "mariadb": _start_mariadb}[engine.name]
    directory = Path(tempfile.mkdtemp(prefix=f"laidan-{engine.name}-"))
    # The servers refuse to run as root, so they run as their own user, who must get in here.
    directory.chmod(0o755)
    process: subprocess.Popen[bytes] | None = None
    try:
        process, url = start(engine, directory)
        _wait_until_usable(engine, url, process, directory)
        yield url
    finally:
        if process is not None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(START_SECONDS)
            process.kill()
        shutil.rmtree(directory, ignore_errors=True)


def _start_postgres(engine: Engine, directory: Path) -> tuple["subprocess.Popen[bytes]", str]:
    initdb = _program(engine, "initdb")
    postgres = initdb.with_name("postgres")
    prefix = as_user("postgres", directory)
    data, port = directory / "data", free_port()
    run_quietly(
        [*prefix, initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"]
    )
    # Throw-away data needs no fsync; the tests that kill servers start their own, durable ones.
    options = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": directory,
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
        "max_connections": 300,
        "shared_buffers": "256MB",
    }
    flags = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    process = _spawn([*prefix, postgres, "-D", data, *flags], directory / "log")
    return process, f"postgres://postgres@127.0.0.1:{port}"


def _start_mariadb(engine: Engine, directory: Path) -> tuple["subprocess.Popen[bytes]", str]:
    mariadbd = _program(engine, "mariadbd")
    install = _program(engine, "mariadb-install-db")
    prefix = as_user("mysql", directory)
    data, port = directory / "data", free_port()
    run_quietly(
        [
            *prefix,
            install,
            "--no-defaults",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ]
    )
    flags = [
        "--no-defaults",
        f"--datadir={data}",
        f"--socket={directory}/mariadb.sock",
        f"--pid-file={directory}/mariadb.pid",
        "--bind-address=127.0.0.1",
        f"--port={port}",
        "--max-connections=300",
        "--skip-name-resolve",
        # As above: nothing waits for the disk.
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-flush-method=nosync",
        "--skip-innodb-doublewrite",
        "--sync-frm=0",
    ]
    process = _spawn([*prefix, mariadbd, *flags], directory / "log")
    return process, f"mysql://root@127.0.0.1:{port}"


def _wait_until_usable(
    engine: Engine, url: str, process: "subprocess.Popen[bytes]", directory: Path
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while (problem := refusal(engine, url)) is not None:
        if process.poll() is not None or time.monotonic() > deadline:
            log = (directory / "log").read_text(errors="replace")[-2000:]
            raise NotCovered(f"the {engine.name} server did not start: {problem}\n{log}")
        time.sleep(0.1)


def _program(engine: Engine, name: str) -> Path:
    """Find a server program, installing the distribution's package if we may."""
    found = find_program(name)
    if found is None and installing.may_install():
        installing.install(engine.debian_packages)
        found = find_program(name)
    if found is None:
        raise NotCovered(
            f"no server listens on the standard port, {engine.variable} is not set and the "
            f"program {name} is not installed"
        )
    return found


def find_program(name: str) -> Path | None:
    """Return where a program is."""
    on_path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if on_path:
        return Path(on_path).resolve()
    versioned = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    return max(versioned, key=lambda path: int(path.parts[4]), default=None)


def as_user(user: str, directory: Path) -> list[str]:
    """The words that start a program as `user` when we are root, owning `directory`."""
    if os.geteuid() != 0:
        return []
    shutil.chown(directory, user)
    return ["runuser", "-u", user, "--"]


def _spawn(command: Sequence[object], log_path: Path) -> "subprocess.Popen[bytes]":
    words = [str(word) for word in command]
    with log_path.open("wb") as log:
        return subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT)


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> int:
    """Print one line for each engine; exit 1 when one is missing."""
    missing = 0
    for engine in ENGINES.values():
        try:
            with server(engine) as url:
                print(f"{engine.name}: {url}")
        except NotCovered as reason:
            missing += 1
            print(f"{engine.name}: not covered, {reason}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
