"""Starts commands of Laidan by forking a process that has its libraries imported already.

Three quarters of what a short command costs is importing Django and its like. Nothing of Laidan
and no setting is loaded before the fork: what the environment says is read by each command anew.
"""

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_LIBRARIES = (
    "argon2", "asyncio", "cryptography.hazmat.primitives.ciphers.aead", "django.contrib.auth",
    "django.core.handlers.base", "django.core.management", "django.db.backends.sqlite3.base",
    "django.db.migrations.executor", "django.db.models", "django.forms", "django.test",
    "django.template.backends.django", "django.urls", "django.views.generic", "logging.config",
    "msgspec", "pydantic", "ssl", "tomllib", "zoneinfo",
)  # fmt: skip
_LONGEST = 1 << 20


@functools.cache
def _address() -> str:
    """Start the process that forks, once; it ends with this one."""
    folder = tempfile.TemporaryDirectory(prefix="laidan-nursery-")
    path = f"{folder.name}/socket"
    child = subprocess.Popen([sys.executable, __file__, path], stdout=subprocess.PIPE)
    atexit.register(folder.cleanup)
    atexit.register(child.wait)
    atexit.register(child.kill)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    return path


def run(
    words: Sequence[str], environment: Mapping[str, str], folder: Path, given: str, seconds: float
) -> tuple[int, str, str]:
    """Run `laidan WORDS` to its end; return its exit code and what it printed."""
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
        files[0].write(given.encode())
        files[0].seek(0)
        link = stack.enter_context(socket.socket(socket.AF_UNIX))
        link.settimeout(seconds)
        link.connect(_address())
        told = json.dumps([list(words), dict(environment), str(folder)]).encode()
        socket.send_fds(link, [len(told).to_bytes(4, "big")], [file.fileno() for file in files])
        link.sendall(told)
        code = int(link.recv(16))
        for file in files[1:]:
            file.seek(0)
        out, err = (file.read().decode() for file in files[1:])
        return code, out, err


def _wait_for_commands(path: str) -> Sequence[str]:
    """Fork for every command that is asked for; returns in the child that shall run it."""
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen(16)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            link, _ = door.accept()
            if os.fork() == 0:
                # A child that waits and tells the exit code, and one that is the command.
                size, files, _, _ = socket.recv_fds(link, 4, 3)
                told = b""
                while len(told) < int.from_bytes(size, "big"):
                    told += link.recv(_LONGEST)
                command = os.fork()
                if command:
                    code = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
                    link.sendall(str(code).encode())
                    os._exit(0)
                link.close()
                return _become(told, files)
            link.close()
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def _become(told: bytes, files: Sequence[int]) -> Sequence[str]:
    words, environment, folder = json.loads(told)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["laidan", *words]
    return list(words)


if __name__ == "__main__":
    # The folder of the tests is no place that a command of Laidan imports from.
    del sys.path[0]
    for library in _LIBRARIES:
        importlib.import_module(library)
    gc.freeze()
    _wait_for_commands(sys.argv[1])
    from laidan.interfaces.cli.main import main

    sys.exit(main())
