"""Sends a load to a server under a meter."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from laidan.interfaces.cli.benchmark.figures import Figures, figures_of
from laidan.interfaces.cli.benchmark.generator import run_python
from laidan.interfaces.cli.benchmark.load import Answers, Load, Pace, has_wrk, run_wrk
from laidan.interfaces.cli.benchmark.meters import (
    Meter,
    can_measure,
    list_processes,
    listening_pid,
    peak_megabytes,
    tree_of,
)
from laidan.interfaces.cli.benchmark.scratch import engine_of
from laidan.interfaces.cli.benchmark.server import HOST, Server

STANDARD_PORTS = {"postgres": 5432, "mariadb": 3306}


@dataclass(frozen=True)
class Measured:
    """One measured run: its figures, what came back, and the peak memory of each process in MB."""

    figures: Figures
    answers: Answers
    memory: dict[int, float]


def database_pid(url: str) -> int | None:
    """The process of the database server behind a URL, if it runs on this machine."""
    engine = engine_of(url)
    parts = urlsplit(url)
    if not can_measure() or engine not in STANDARD_PORTS:
        return None
    if parts.hostname not in {None, "localhost", HOST, "::1"}:
        return None
    return listening_pid(parts.port or STANDARD_PORTS[engine])


def send(load: Load, pace: Pace, *, generator: str | None = None) -> Answers:
    """Send a load with wrk when it is installed and fits, else with the generator in Python."""
    if generator == "wrk" or (generator is None and pace.rate is None and has_wrk()):
        return run_wrk(load, pace)
    return run_python(load, pace)


def measure(
    server: Server, load: Load, pace: Pace, *, database: int | None, generator: str | None = None
) -> Measured:
    """Send a load under a meter, and take the server's memory afterwards."""
    roots = {"server": server.pid} | ({"database": database} if database else {})
    with Meter(roots) as meter:
        answers = send(load, pace, generator=generator)
    # In the drop mix a refusal is a right answer, so every answer counts as one order.
    orders = answers.requests - (0 if load.mix == "drop" else answers.failures)
    figures = figures_of(orders, answers.seconds, (answers.p50, answers.p99), meter.spent)
    memory = {
        usage.pid: peak
        for usage in tree_of(server.pid, list_processes() if can_measure() else [])
        if (peak := peak_megabytes(usage.pid)) is not None
    }
    return Measured(figures, answers, memory)
