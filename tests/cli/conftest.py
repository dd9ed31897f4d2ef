"""Databases and processes of the command line's own tests."""

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

import nursery
from laidan.interfaces.cli.benchmark.server import laidan_command
from races.databases import own_database
from races.prepared import KEY, PASSWORD, prepared_database

SECONDS = 300


@dataclass(frozen=True)
class Place:
    """A database that may still be empty, and the directory beside it."""

    url: str
    directory: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables of the developer's machine with those of this place."""
        inherited = {name: value for name, value in os.environ.items() if name != "PORT"}
        # Whoever has own secrets may serve strangers; these tests have none of their own.
        inherited.pop("LAIDAN_SECRET_KEY", None)
        return inherited | {
            "LAIDAN_DATABASE_URL": self.url,
            "LAIDAN_DATA_DIR": str(self.directory),
            "LAIDAN_DEMO_KEY": KEY,
            "LAIDAN_ADMIN_PASSWORD": PASSWORD,
        }

    def start(self, *words: str, **variables: str) -> "subprocess.Popen[str]":
        """Start a command as in life: for those that are watched, driven or killed."""
        return subprocess.Popen(
            laidan_command(*words),
            env=self.environment | variables,
            cwd=self.directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, given: str = "", **variables: str) -> tuple[int, str, str]:
        """Run a command to its end, in a fork of a process that has the libraries imported."""
        environment = self.environment | variables
        return nursery.run(words, environment, self.directory, given, SECONDS)

    def must(self, *words: str, given: str = "", **variables: str) -> str:
        """Run a command that has to succeed; return what it printed."""
        code, out, err = self.run(*words, given=given, **variables)
        assert code == 0, out + err
        return out

    @contextlib.contextmanager
    def session(self) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
        """Yield a function that runs SQL in one session, committed when the block ends well."""
        with closing(self._connect()) as connection, closing(connection.cursor()) as cursor:

            def run(sql: str) -> list[tuple[Any, ...]]:
                cursor.execute(sql)
                return list(cursor.fetchall()) if cursor.description else []

            yield run
            connection.commit()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run one statement."""
        with self.session() as run:
            return run(sql)

    def _connect(self) -> Any:
        parts = urlsplit(self.url)
        if parts.scheme == "sqlite":
            import sqlite3

            return sqlite3.connect(unquote(parts.path.removeprefix("/")))
        if parts.scheme in {"postgres", "postgresql"}:
            import psycopg

            return psycopg.connect(self.url)
        import MySQLdb

        return MySQLdb.connect(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or 3306,
            user=unquote(parts.username or "root"),
            password=unquote(parts.password or ""),
            database=parts.path.removeprefix("/"),
            charset="utf8mb4",
        )


@pytest.fixture
def empty(engine_name: str, tmp_path: Path) -> Iterator[Place]:
    """An empty database."""
    with own_database(engine_name) as url:
        yield Place(url, tmp_path)


@pytest.fixture
def unprepared(tmp_path: Path) -> Place:
    """Where nobody has looked at the database yet: the cheapest place there is."""
    return Place(f"sqlite:///{tmp_path}/laidan.sqlite3", tmp_path)


@pytest.fixture
def opened(engine_name: str, tmp_path: Path) -> Iterator[Place]:
    """A database that `laidan init` has prepared."""
    with prepared_database(engine_name, tmp_path) as url:
        yield Place(url, tmp_path)
