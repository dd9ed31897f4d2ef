"""Databases of a test's own, which servers in other processes share with it."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from laidan.interfaces.cli.benchmark.scratch import scratch_database, server_of

VARIABLES = {"postgres": "LAIDAN_TEST_POSTGRES_URL", "mariadb": "LAIDAN_TEST_MARIADB_URL"}


@contextmanager
def own_database(engine: str, *, template: str = "") -> Iterator[str]:
    """Make an empty database on the engine under test, yield its URL, and drop it.

    On PostgreSQL it may begin as the copy of another.
    """
    server = ""
    if engine in VARIABLES:
        server = server_of(engine, os.environ.get(VARIABLES[engine]))
    name = os.environ["LAIDAN_TEST_NAME"]
    with scratch_database(engine, server, name=name, template=template) as url:
        if engine == "postgres":
            _relax(server, url)
        yield url


def _relax(server: str, url: str) -> None:
    """Let commits of a throw-away database not wait for the disk; nobody kills this PostgreSQL."""
    import psycopg

    name = urlsplit(url).path.removeprefix("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as session:
        session.execute(f"ALTER DATABASE {name} SET synchronous_commit = off".encode())


def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Read rows from any database, without the program that wrote them."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        import sqlite3

        path = Path(unquote(parts.path.removeprefix("/")))
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as connection:
            return connection.execute(sql).fetchall()
    if parts.scheme in {"postgres", "postgresql"}:
        import psycopg

        with psycopg.connect(url) as session:
            return session.execute(sql.encode()).fetchall()
    import MySQLdb

    connection = MySQLdb.connect(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 3306,
        user=unquote(parts.username or "root"),
        password=unquote(parts.password or ""),
        database=parts.path.removeprefix("/"),
        charset="utf8mb4",
    )
    with closing(connection), closing(connection.cursor()) as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
