"""The command `laidan`: finds the subcommand, prepares the program, runs it, speaks plainly.

A subcommand is a module with `configure(parser)` and `run(args) -> int`; it is imported only when
it is called, so that `laidan --help` stays quick.
"""

from __future__ import annotations

import argparse
import getpass
import importlib
import os
import socket
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

from laidan import __version__

DONE, FAILED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: done; refused or a check failed; unusable arguments; stopped by the keyboard."""


class Command(NamedTuple):
    """Where a subcommand lives and what the list of commands says of it."""

    module: str
    summary: str


_HERE = "laidan.interfaces.cli"
COMMANDS = {
    "init": Command(f"{_HERE}.init", "prepare an empty installation: tables, shop, administrator"),
    "demo": Command(f"{_HERE}.demo", "init, and a demo shop with orders in every state"),
    "serve": Command("laidan.config.serving", "serve the pages and the API, with the worker"),
    "worker": Command(f"{_HERE}.worker", "run the worker alone: deadlines and cleaning"),
    "import": Command(f"{_HERE}.import_orders", "read orders, products, stock or customers"),
    "export": Command(f"{_HERE}.export_orders", "write orders as CSV or XLSX"),
    "check": Command(f"{_HERE}.check", "prove the data laws and name the rows that offend"),
    "backup": Command(f"{_HERE}.backup", "write the database to a file while it is in use"),
    "restore": Command(f"{_HERE}.restore", "replace the database by a backup, then check it"),
    "blueprints": Command(f"{_HERE}.blueprints", "list, show or check order types"),
    "shops": Command(f"{_HERE}.shops", "list, add or edit shops"),
    "locations": Command(f"{_HERE}.locations", "list, add or edit locations"),
    "schedules": Command(f"{_HERE}.schedules", "list what is done by itself, or run one now"),
    "user": Command(f"{_HERE}.user", "add, list or disable users, set passwords"),
    "key": Command(f"{_HERE}.key", "add, list or revoke API keys"),
    "settle": Command(f"{_HERE}.settle", "bring bills of payment providers, list days"),
    "log": Command(f"{_HERE}.log", "seal days of the operation log, export and verify seals"),
    "bench": Command(f"{_HERE}.bench", "measure how fast orders are taken"),
}


class _Module:
    """The shape of a subcommand's module."""

    @staticmethod
    def configure(parser: argparse.ArgumentParser) -> None:
        """Add the command's arguments."""

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        """Do the work and return the exit code."""
        raise NotImplementedError


def main(words: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit code."""
    words = list(sys.argv[1:] if words is None else words)
    parser, subparsers = _parsers()
    chosen = next((word for word in words if not word.startswith("-")), "")
    if chosen not in COMMANDS:
        parser.parse_args(words)
        parser.print_help(sys.stderr)
        return UNUSABLE
    try:
        module = _prepare(COMMANDS[chosen])
        with _coming_from(chosen):
            module.configure(subparsers[chosen])
            return int(module.run(parser.parse_args(words)))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python must not complain when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as fault:
        sentence, code = _sentence(fault)
        if sentence is None:
            raise
        print(f"laidan {chosen}: {sentence}", file=sys.stderr)
        return code


def _parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """Return the parser of all commands, and the still empty one of each."""
    parser = argparse.ArgumentParser(
        prog="laidan",
        description="Laidan 来单, an order management system.",
        epilog="`laidan COMMAND --help` explains a command.",
    )
    parser.add_argument("--version", action="version", version=f"laidan {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    return parser, {
        name: commands.add_parser(
            name, help=command.summary, description=_capitalised(command.summary)
        )
        for name, command in COMMANDS.items()
    }


def _capitalised(summary: str) -> str:
    return f"{summary[0].upper()}{summary[1:]}."


def _prepare(command: Command) -> _Module:
    """Set Django up and import the command's module."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laidan.config.settings")
    import django

    django.setup()
    module: _Module = importlib.import_module(command.module)  # type: ignore[assignment]  # the two functions are what makes a module a command
    return module


def _coming_from(command: str) -> AbstractContextManager[None]:
    """Tell the operation log who runs which command on which machine."""
    from laidan.engine import origin

    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A container's user may have no name.
        user = str(os.getuid()) if hasattr(os, "getuid") else "unknown"
    agent = f"laidan {command} @ {socket.gethostname()}"
    return origin.coming_from(origin.origin_of(origin.CLI, agent=agent, who=f"shell:{user}"))


def _sentence(fault: Exception) -> tuple[str | None, int]:
    """Return what a person can do something with, or None for a fault of the program."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import Error

    from laidan.interfaces.cli.output import CommandFault

    text = " ".join(str(fault).split())
    if isinstance(fault, CommandFault):
        return text, fault.code
    if isinstance(fault, ImproperlyConfigured):
        return text, UNUSABLE
    if isinstance(fault, Error):
        return _database_sentence(fault, text), FAILED
    return (text if isinstance(fault, OSError) else None), FAILED


def _database_sentence(fault: Exception, text: str) -> str | None:
    from django.db import InterfaceError, OperationalError, ProgrammingError

    # A database that is not there says nearly the same, as an OperationalError.
    is_wrong = isinstance(fault, ProgrammingError) and "exist" in text
    if is_wrong or "no such table" in text:
        return f"the database is not prepared; run: laidan init ({text})"
    if isinstance(fault, OperationalError | InterfaceError):
        return f"the database cannot be used: {text}"
    return None


if __name__ == "__main__":
    sys.exit(main())
