"""Install what the tests need and the machine lacks: Debian packages, the MariaDB driver."""

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class NotCovered(Exception):
    """A part cannot be tested here; the message says what is missing."""


def may_install() -> bool:
    """Whether this machine lets us install Debian packages."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: Sequence[str]) -> None:
    """Install Debian packages without questions and without starting their services."""
    print(f"Installing {', '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    for command in (["apt-get", "update", "-q"], install):
        result = subprocess.run(command, env=environment, capture_output=True, check=False)
        if result.returncode != 0:
            raise NotCovered(f"{' '.join(command)} failed: {result.stderr.decode()[-500:]}")


def install_mariadb_driver() -> None:
    """Install mysqlclient into this environment where its C library is there or may be had."""
    with contextlib.suppress(ImportError):
        import MySQLdb  # noqa: F401 - its presence is the question

        return
    if not _has_mariadb_headers():
        if not may_install():
            raise NotCovered("mysqlclient needs the MariaDB client headers (libmariadb-dev)")
        install(("libmariadb-dev", "pkg-config", "gcc", *_python_headers()))
    lock = ROOT / "requirements" / "mysql.lock"
    run_quietly([sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock])


def _has_mariadb_headers() -> bool:
    if shutil.which("pkg-config") is None:
        return False
    return any(
        subprocess.run(["pkg-config", "--exists", name], check=False).returncode == 0
        for name in ("libmariadb", "mysqlclient", "mariadb")
    )


def _python_headers() -> tuple[str, ...]:
    header = Path(sysconfig.get_paths()["include"]) / "Python.h"
    return () if header.exists() else ("python3-dev",)


def run_quietly(command: Sequence[object]) -> None:
    """Run a command to its end; its output is shown only when it fails."""
    words = [str(word) for word in command]
    result = subprocess.run(words, capture_output=True, check=False, cwd=tempfile.gettempdir())
    if result.returncode != 0:
        output = (result.stdout + result.stderr).decode(errors="replace")[-2000:]
        raise NotCovered(f"{words[0]} failed: {output}")
