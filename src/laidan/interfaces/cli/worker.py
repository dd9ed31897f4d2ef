"""`laidan worker`: run the worker in a process of its own."""

from __future__ import annotations

import argparse
import signal

from laidan.engine import schema
from laidan.interfaces.cli.output import refuse
from laidan.interfaces.messages import commands
from laidan.interfaces.worker import crew
from laidan.interfaces.worker.loop import start


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "`laidan serve` starts a worker of its own; several workers on one database share the "
        "work and never do anything twice. SIGTERM and Ctrl+C stop it after the step at hand."
    )


def run(args: argparse.Namespace) -> int:  # noqa: ARG001 - the shape of every command
    """Work until told to stop."""
    if schema.pending_migrations():
        refuse("the database is not up to date; run: laidan init")
    worker, *others = crew.all_workers(commands.command_tasks())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop.set())
    print("The worker is running; Ctrl+C stops it.", flush=True)
    threads = [start(other) for other in others]
    worker.run()
    for thread in threads:
        thread.join()
    crew.leave()
    commands.leave()
    return 0
