"""Dumps of database servers, written and read by their own programs.

The programs get the password by environment or by a file that only they can read, never as an
argument, where every user of the machine could see it.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from django.db import connection, connections

_COMPLETE = b"-- Dump completed"
_GZIP_LEVEL = 3
_CHUNK = 1 << 20
_PG_OPTIONS = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}
_MYSQL_OPTIONS = {"ssl_ca": "ssl-ca", "ssl_cert": "ssl-cert", "ssl_key": "ssl-key"}


class BackupFault(Exception):
    """A backup that could not be written or read, said in one sentence."""


# --- PostgreSQL -----------------------------------------------------------------------------


def _pg_environment() -> dict[str, str]:
    settings = connection.settings_dict
    values = {
        "PGHOST": settings["HOST"],
        "PGPORT": settings["PORT"],
        "PGUSER": settings["USER"],
        "PGPASSWORD": settings["PASSWORD"],
        "PGDATABASE": settings["NAME"],
    }
    values |= {
        variable: settings["OPTIONS"].get(option, "") for option, variable in _PG_OPTIONS.items()
    }
    return {name: str(value) for name, value in values.items() if value}


def write_postgres(scratch: Path) -> None:
    """Write a dump of PostgreSQL."""
    words = ["-Fc", "--no-owner", "--no-privileges", "--file", str(scratch)]
    _run([_program("pg_dump"), *words], _pg_environment())


def read_postgres(path: Path) -> None:
    """Replace everything by a dump, in one transaction."""
    environment = _pg_environment()
    # Read through once before: a damaged file is found before anything is dropped.
    _run([_program("pg_restore"), "--file", os.devnull, str(path)], environment)
    drop = _pg_drop_all()
    connections.close_all()
    script = [_program("pg_restore"), "--no-owner", "--no-privileges", "--file", "-", str(path)]
    quiet = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", os.devnull]
    with (
        _started(script, environment, stdout=subprocess.PIPE) as source,
        _started([_program("psql"), *quiet], environment, stdin=subprocess.PIPE) as target,
    ):
        with suppress(BrokenPipeError):  # psql has stopped at an error, which it has said
            target.stdin.write(f"BEGIN;\n{drop}\n".encode())
            shutil.copyfileobj(source.stdout, target.stdin, _CHUNK)
            # Without this word the session ends and everything is as it was.
            if source.wait() == 0:
                target.stdin.write(b"COMMIT;\n")
        with suppress(BrokenPipeError):
            target.stdin.close()


def _pg_drop_all() -> str:
    """Return the statement that drops every table of the schema in use."""
    tables = connection.introspection.table_names(include_views=False)
    if not tables:
        return ""
    quoted = ", ".join(connection.ops.quote_name(name) for name in tables)
    return f"SET client_min_messages = warning; DROP TABLE {quoted} CASCADE;"


# --- MariaDB and MySQL ----------------------------------------------------------------------


@contextmanager
def _mysql_options() -> Iterator[list[str]]:
    """Yield the arguments that point to a file with the credentials, for as long as it exists."""
    settings = connection.settings_dict
    host = str(settings["HOST"])
    values = {
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "socket" if host.startswith("/") else "host": host,
        "port": settings["PORT"],
        "default-character-set": "utf8mb4",
    }
    values |= {name: settings["OPTIONS"].get(option, "") for option, name in _MYSQL_OPTIONS.items()}
    lines = [f'{name}="{_mysql_quoted(value)}"' for name, value in values.items() if value]
    with tempfile.TemporaryDirectory(prefix="laidan-") as directory:
        file = Path(directory) / "client.cnf"
        file.touch(mode=0o600)
        file.write_text("[client]\n" + "\n".join(lines) + "\n", encoding="utf-8")
        yield [f"--defaults-extra-file={file}"]


def _mysql_quoted(value: object) -> str:
    return str(value).replace("\\", "\\\\").replace('"', '\\"')


def write_mysql(scratch: Path) -> None:
    """Write a packed dump of MariaDB or MySQL."""
    words = ["--single-transaction", "--quick", "--hex-blob", "--no-tablespaces"]
    with _mysql_options() as options:
        command = [
            _program("mariadb-dump", "mysqldump"),
            *options,
            *words,
            str(connection.settings_dict["NAME"]),
        ]
        with (
            gzip.open(scratch, "wb", compresslevel=_GZIP_LEVEL) as packed,
            _started(command, {}, stdout=subprocess.PIPE) as source,
        ):
            shutil.copyfileobj(source.stdout, packed, _CHUNK)
    _mysql_must_be_whole(scratch)


def read_mysql(path: Path) -> None:
    """Replace everything by a dump that was found whole before."""
    _mysql_must_be_whole(path)
    tables = connection.introspection.table_names(include_views=False)
    quoted = ", ".join(connection.ops.quote_name(name) for name in tables)
    drop = f"SET foreign_key_checks = 0;\nDROP TABLE IF EXISTS {quoted};\n" if tables else ""
    connections.close_all()
    with _mysql_options() as options:
        name = str(connection.settings_dict["NAME"])
        command = [_program("mariadb", "mysql"), *options, name]
        with (
            _started(command, {}, stdin=subprocess.PIPE) as target,
            suppress(BrokenPipeError),  # it has stopped at an error, which it has said
        ):
            target.stdin.write(drop.encode())
            for chunk in _unpacked(path):
                target.stdin.write(chunk)
            target.stdin.close()


def _mysql_must_be_whole(path: Path) -> None:
    """Read a dump to its end; its last line says that it was finished."""
    tail = b""
    for chunk in _unpacked(path):
        tail = (tail + chunk)[-200:]
    if _COMPLETE not in tail:
        raise BackupFault(f"{path} is not a whole backup")


def _unpacked(path: Path) -> Iterator[bytes]:
    """Yield what a packed dump holds, piece by piece; damage anywhere in it is a BackupFault."""
    with path.open("rb") as file, gzip.GzipFile(fileobj=file) as packed:
        while True:
            try:
                chunk = packed.read(_CHUNK)
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise BackupFault(f"{path} is damaged: {error}") from error
            if not chunk:
                return
            yield chunk


# --- other programs -------------------------------------------------------------------------


def _program(*names: str) -> str:
    """Return the path of the first of some programs that is installed."""
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    raise BackupFault(f"the program {names[0]} is not installed")


def _run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    with _started(command, environment, stdout=subprocess.DEVNULL):
        pass


class _Child(subprocess.Popen[bytes]):
    """A started program whose pipes are there where they were asked for."""

    stdin: IO[bytes]
    stdout: IO[bytes]


@contextmanager
def _started(
    command: Sequence[str], environment: Mapping[str, str], **pipes: Any
) -> Iterator[_Child]:
    """Run a program beside the block; what it complains of when it fails is raised."""
    with tempfile.TemporaryFile() as complaints:
        child = _Child(command, env={**os.environ, **environment}, stderr=complaints, **pipes)
        try:
            yield child
        except BaseException:
            child.kill()
            child.wait()
            raise
        code = child.wait()
        if code != 0:
            complaints.seek(0)
            said = " ".join(complaints.read().decode(errors="replace").split())
            raise BackupFault(f"{Path(command[0]).name} ended with {code}: {said[:500]}")
