"""Drop the databases that killed runs of the tests have left on a server of this machine.

A run's databases carry the number of its process; where that process lives no more and nobody is
connected, they are nobody's.
"""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import services

# Django's test database, and those of `scratch_database`: a name that a person may have given to
# a database of his own, as laidan_2026, is neither.
NAME = re.compile(r"test_laidan_(?P<run>\d+)(_gw\d+)?|laidan_(?P<own>\d+)_[0-9a-f]{10}")
MEMORY = Path("/dev/shm")
"""Files that are kept in memory, where the kernel has such a place (Linux)."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def drop(engine: services.Engine, url: str) -> None:
    """Drop what belongs to no living process; only where processes can be told: on this machine."""
    if urlsplit(url).hostname not in LOOPBACK or services.refusal(engine, url):
        return
    with services.session(engine, url) as run:
        strays = [name for name in _unused(engine, run) if _is_stray(name)]
        for name in strays:
            run(f"DROP DATABASE IF EXISTS {name}")
    if strays:
        print(f"Dropped {len(strays)} databases of killed runs from {engine.name}", flush=True)


def _unused(engine: services.Engine, run: services.Run) -> Iterable[str]:
    """Return the databases that nobody is connected to."""
    if engine is services.POSTGRES:
        rows = run(
            "SELECT datname FROM pg_database WHERE datname NOT IN"
            " (SELECT datname FROM pg_stat_activity WHERE datname IS NOT NULL)"
        )
    else:
        rows = run(
            "SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN"
            " (SELECT db FROM information_schema.processlist WHERE db IS NOT NULL)"
        )
    return [str(row[0]) for row in rows]


def _is_stray(name: str) -> bool:
    found = NAME.fullmatch(name)
    return found is not None and not _is_alive(int(found["run"] or found["own"]))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def remove_directories() -> None:
    """Remove the directories of such runs, too."""
    for path in (*Path(tempfile.gettempdir()).glob("laidan-tests-*"), *MEMORY.glob("laidan_*")):
        pid = re.search(r"laidan_(\d+)", path.name)
        if pid is not None and not _is_alive(int(pid[1])):
            with contextlib.suppress(OSError):
                shutil.rmtree(path)
