"""Installations that are copied from one that `laidan init` has prepared, once for each run."""

import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from laidan.interfaces.cli.benchmark.scratch import Installation
from laidan.interfaces.cli.benchmark.server import laidan_command
from races.databases import own_database

KEY = "ldk_tests_" + "k" * 43
PASSWORD = "only-for-tests-9"
SECRETS = "secrets.json"
# Held until the end of the run: the database of each template, dropped by `drop_templates`.
_held = ExitStack()


@dataclass(frozen=True)
class Template:
    """A prepared database that nobody works in, with what belongs to it."""

    url: str
    directory: Path
    dump: bytes


@contextmanager
def prepared_database(engine: str, directory: Path) -> Iterator[str]:
    """Make a database that `laidan init` has prepared, its secrets beside it; drop it after."""
    template = _template(engine)
    shutil.copy(template.directory / SECRETS, directory)
    source = urlsplit(template.url).path.removeprefix("/")
    with own_database(engine, template=source if engine == "postgres" else "") as url:
        if engine == "sqlite":
            shutil.copy(unquote(source), unquote(urlsplit(url).path.removeprefix("/")))
        elif engine == "mariadb":
            _on_mariadb("mariadb", url, template.dump)
        yield url


@contextmanager
def own_installation(engine: str) -> Iterator[Installation]:
    """Make a prepared installation on an engine, and drop it afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="laidan-data-") as directory,
        prepared_database(engine, Path(directory)) as url,
    ):
        yield Installation(url, Path(directory), KEY)


def drop_templates() -> None:
    """Drop what the run's copies were made from."""
    _held.close()
    _template.cache_clear()


@functools.cache
def _template(engine: str) -> Template:
    directory = Path(_held.enter_context(tempfile.TemporaryDirectory(prefix="laidan-template-")))
    url = _held.enter_context(own_database(engine))
    # Without secrets in the environment, as most installations are: then they are in a file.
    own = {"LAIDAN_SECRET_KEY": "", "LAIDAN_ADMIN_PASSWORD": PASSWORD}
    environment = os.environ | Installation(url, directory, KEY).environment | own
    _run(laidan_command("init"), environment)
    return Template(url, directory, _mariadb_dump(url) if engine == "mariadb" else b"")


def _mariadb_dump(url: str) -> bytes:
    """Return the statements that make a copy, its collation first: new tables inherit it."""
    [collation] = _on_mariadb("mariadb", url, b"SELECT @@collation_database").split()
    tables = _on_mariadb("mariadb-dump", url, options=["--hex-blob"])
    return b"ALTER DATABASE COLLATE %s;\n%s" % (collation, tables)


def _on_mariadb(
    program: str, url: str, given: bytes = b"", options: Sequence[str] = ("-N",)
) -> bytes:
    parts = urlsplit(url)
    address = [f"--host={parts.hostname}", f"--port={parts.port or 3306}"]
    user = f"--user={unquote(parts.username or 'root')}"
    environment = os.environ | {"MYSQL_PWD": unquote(parts.password or "")}
    name = parts.path.removeprefix("/")
    return _run([program, *address, user, *options, name], environment, given)


def _run(command: Sequence[str], environment: Mapping[str, str], given: bytes = b"") -> bytes:
    done = subprocess.run(command, env=environment, input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout
