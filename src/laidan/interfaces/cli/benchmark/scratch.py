"""Databases that are made for one run and dropped after it, and an installation of Laidan in one."""

import os
import secrets
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from laidan.interfaces.cli.benchmark.server import Server, laidan_command

ENGINES = ("sqlite", "postgres", "mariadb")
STANDARD_SERVERS = {
    "postgres": "postgres://postgres@127.0.0.1:5432",
    "mariadb": "mysql://root@127.0.0.1:3306",
}
SCHEMES = {"sqlite": "sqlite", "postgresql": "postgres", "mysql": "mariadb"}
COMMAND_SECONDS = 900.0


class InstallationFault(RuntimeError):
    """A command that prepares an installation failed."""


def engine_of(url: str) -> str:
    """The engine that a database URL belongs to: sqlite, postgres or mariadb."""
    scheme = urlsplit(url).scheme
    return SCHEMES.get(scheme, scheme)


def server_of(engine: str, url: str | None) -> str:
    """The server part of a URL when it is of that engine, else the standard local server."""
    if url is None or engine_of(url) != engine:
        return STANDARD_SERVERS[engine]
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@contextmanager
def scratch_database(
    engine: str, server: str = "", *, name: str = "laidan", template: str = ""
) -> Iterator[str]:
    """Make an empty database whose name begins with `name`, yield its URL, and drop it.

    On PostgreSQL it begins as a copy of the database `template` where one is named.
    """
    if engine == "sqlite":
        with tempfile.TemporaryDirectory(prefix=f"{name}-") as directory:
            yield f"sqlite:///{directory}/laidan.sqlite3"
        return
    database = f"{name}_{secrets.token_hex(5)}"
    if engine == "postgres":
        copied = f" TEMPLATE {template}" if template else ""
        _on_postgres(server, f"CREATE DATABASE {database}{copied}")
    else:
        _on_mariadb(server, f"CREATE DATABASE {database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    try:
        yield f"{server}/{database}"
    finally:
        if engine == "postgres":
            _on_postgres(server, f"DROP DATABASE {database} WITH (FORCE)")
        else:
            _on_mariadb(server, f"DROP DATABASE {database}")


def _on_postgres(server: str, sql: str) -> None:
    import psycopg

    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(sql.encode())


def _on_mariadb(server: str, sql: str) -> None:
    import MySQLdb

    parts = urlsplit(server)
    connection = MySQLdb.connect(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 3306,
        user=unquote(parts.username or "root"),
        password=unquote(parts.password or ""),
    )
    with closing(connection), closing(connection.cursor()) as cursor:
        cursor.execute(sql)


@dataclass(frozen=True)
class Installation:
    """A database, a data directory and a key: what processes of Laidan need to work together."""

    url: str
    directory: Path
    key: str = field(repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point every process of Laidan at this installation."""
        return {
            "LAIDAN_DATABASE_URL": self.url,
            "LAIDAN_DATA_DIR": str(self.directory),
            "LAIDAN_DEMO_KEY": self.key,
        }

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of Laidan to its end, whatever that is."""
        return subprocess.run(  # noqa: S603 - our own program, no shell.
            laidan_command(*words),
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def must_run(self, *words: str) -> str:
        """Run a command that has to succeed, and return what it printed."""
        done = self.run(*words)
        if done.returncode != 0:
            said = (done.stdout + done.stderr).strip()
            raise InstallationFault(
                f"laidan {' '.join(words)} ended with {done.returncode}: {said}"
            )
        return done.stdout

    def server(self, command: Sequence[str] | None = None) -> Server:
        """A server of this installation, not yet started; `command` replaces `laidan serve`."""
        return Server(self.environment, command=command)


@contextmanager
def new_installation(url: str) -> Iterator[Installation]:
    """Prepare the empty database at a URL with `laidan init`, with a key that is known here."""
    with tempfile.TemporaryDirectory(prefix="laidan-data-") as directory:
        made = Installation(url, Path(directory), f"ld_{secrets.token_hex(20)}")
        made.must_run("init")
        yield made
