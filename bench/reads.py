"""Measure the order list and the board on a filled database: `python -m bench.reads`.

The database is that of LAIDAN_DATABASE_URL (see bench.million). Every question is asked with many
different values, as a GET of the API inside this process: key, query, documents and JSON. Beside the
time stands what it took of a processor, here and in the database: that stays comparable when other
programs use the machine, too.
"""

import argparse
import gc
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import django

from bench.asking import caller
from bench.read_questions import Question, questions, read_sample

TARGET_MS = 50.0


class Figures(NamedTuple):
    """What a question took in milliseconds, and how many items it was answered with."""

    name: str
    p50: float
    p95: float
    cpu_p50: float
    cpu_p95: float
    rows: float
    slowest: Mapping[str, Any]


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bench.reads", description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=40, help="how often each question is asked")
    parser.add_argument("--passes", type=int, default=1, help="the best of so many p95 counts")
    parser.add_argument("--limit", type=int, default=50, help="orders a page")
    parser.add_argument("--only", default="", help="questions whose name holds this")
    parser.add_argument("--explain", type=int, default=1, help="plans to show of the slowest")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Ask every question, print the times; 1 when a p95 is over the target."""
    chosen = parse(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laidan.config.settings")
    django.setup()
    api = caller()

    def get(path: str, asked: Mapping[str, Any]) -> int:
        return len(api(path, asked).get("items", ()))

    sample = read_sample()
    # As the server does: what is loaded at the start is not looked at again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    meter, found = processor_meter(), []
    print(f"{'milliseconds':<34}{'p50':>9}{'p95':>9}{'CPU p50':>9}{'CPU p95':>9}   items")
    for name, (path, question) in questions(sample).items():
        if chosen.only not in name:
            continue

        def ask(asked: Mapping[str, Any], path: str = path) -> int:
            return get(path, asked)

        passes = [
            measure(f"{name}{'+' * turn}", chosen, ask, question, meter)
            for turn in range(chosen.passes)
        ]
        figures = min(passes, key=lambda one: one.p95)._replace(name=name)
        found.append((path, figures))
        print(f"{name:<34}" + "".join(f"{one:>9.1f}" for one in figures[1:5]), end="")
        print(f"{figures.rows:>8.0f}", flush=True)
    over = [one for _, one in found if one.p95 > TARGET_MS]
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{len(found) - len(over)} of {len(found)} questions have a p95 under {TARGET_MS:.0f} ms")
    print(f"{sum(one.cpu_p95 <= TARGET_MS for _, one in found)} by processor time; load {load}")
    slowest = sorted(found, key=lambda pair: -pair[1].cpu_p95)[: chosen.explain]
    for path, figures in slowest:
        explain(figures, partial(get, path, figures.slowest))
    return 1 if over else 0


def processor_meter() -> Callable[[], float]:
    """Return a function that tells the milliseconds of processor time used here and by PostgreSQL.

    What a database on another machine uses is not seen.
    """
    from django.db import connection

    schedule = None
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            schedule = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")

    def used() -> float:
        there = 0
        if schedule is not None and schedule.exists():
            there = int(schedule.read_text().split()[0])
        return (time.process_time_ns() + there) / 1e6

    return used


def measure(
    name: str,
    chosen: argparse.Namespace,
    ask: Callable[[Mapping[str, Any]], int],
    question: Question,
    used: Callable[[], float],
) -> Figures:
    """Ask one question many times."""
    chance = random.Random(name)
    times: list[tuple[float, float, int, Any]] = []
    for turn in range(chosen.rounds + 1):
        asked = {k: getattr(v, "isoformat", lambda v=v: v)() for k, v in question(chance).items()}
        if "board" not in name:
            asked["limit"] = chosen.limit
        before, begun = used(), time.perf_counter()
        rows = ask(asked)
        took = (time.perf_counter() - begun) * 1000
        if turn:  # the first one opens connections and fills caches
            times.append((took, used() - before, rows, asked))
    middle, high = len(times) // 2, int(len(times) * 0.95)
    by_time = sorted(one[0] for one in times)
    by_cpu = sorted(one[1] for one in times)
    return Figures(
        name, by_time[middle], by_time[high], by_cpu[middle], by_cpu[high],
        sum(one[2] for one in times) / len(times), max(times, key=lambda one: one[1])[3],
    )  # fmt: skip


def explain(figures: Figures, ask: Callable[[], int]) -> None:
    """Print the statements of a question, with the plan of the slowest."""
    from django.db import connection

    with statements() as ran:
        ask()
    print(f"\nThe slowest, {figures.name} {dict(figures.slowest)}:")
    for seconds, sql, _ in ran:
        print(f"  {seconds * 1000:8.2f} ms  {' '.join(sql.split())[:150]}")
    _, sql, params = max(ran, key=lambda one: one[0])
    words = {"postgresql": "EXPLAIN (ANALYZE, BUFFERS)", "sqlite": "EXPLAIN QUERY PLAN"}
    with connection.cursor() as cursor:
        cursor.execute(f"{words.get(connection.vendor, 'EXPLAIN')} {sql}", params)
        for row in cursor.fetchall():
            print("   ", *row)


@contextmanager
def statements() -> Iterator[list[tuple[float, str, Any]]]:
    """Gather the statements of a block with the seconds that each took."""
    from django.db import connection

    ran: list[tuple[float, str, Any]] = []

    def time_it(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            ran.append((time.perf_counter() - begun, sql, params))

    with connection.execute_wrapper(time_it):
        yield ran


if __name__ == "__main__":
    sys.exit(main())
