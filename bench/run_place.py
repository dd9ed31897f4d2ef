"""Measure the limits and the service in turns on one cluster: `python -m bench.run_place`.

Each round runs L_rows, L_pipe, L_batch and the service, spread and hot; medians of the rounds and
their quotients are printed, so that what else the machine does weighs on all of them alike.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.cluster import Cluster, ClusterFault
from bench.limit import measure as limits
from laidan.interfaces.cli.benchmark.figures import HEADINGS, Figures, median_of, row
from laidan.interfaces.cli.benchmark.load import Load, Pace
from laidan.interfaces.cli.benchmark.measure import measure, send
from laidan.interfaces.cli.benchmark.placing import (
    ALONE,
    WARM_UP,
    Plan,
    broken_laws,
    faults_of,
    first_load,
)
from laidan.interfaces.cli.benchmark.scratch import Installation, new_installation
from laidan.interfaces.cli.benchmark.server import Server

HOT = {"spread": False, "hot": True}
LIMITS = (limits.L_ROWS, limits.L_PIPE, limits.L_BATCH)
# wrk hangs up on requests in flight, whose orders are still being committed.
SETTLE_SECONDS = 0.7
Runs = dict[str, list[Figures]]


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bench.run_place", description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="length of each run")
    parser.add_argument("--connections", type=int, nargs="+", default=[64])
    parser.add_argument(
        "--clients", type=int, default=8, help="pgbench clients of L_rows and L_pipe; 8 suits best"
    )
    parser.add_argument("--customers", type=int, default=Plan.customers)
    parser.add_argument("--dir", type=Path, help="put the cluster under this directory")
    parser.add_argument("--gate", action="store_true", help="exit 1 when a mark is missed")
    return parser.parse_args(argv)


class Bench:
    """Holds a cluster and a server, and gathers the figures of every round."""

    def __init__(self, cluster: Cluster, server: Server, chosen: argparse.Namespace) -> None:
        """Take what is running already."""
        self.runs: Runs = {}
        self.faults: list[str] = []
        self._cluster = cluster
        self._server = server
        self._chosen = chosen
        self._turn = 0
        plan = Plan(customers=chosen.customers)
        self._load = first_load(server, plan, f"r{time.time_ns():x}")

    def warm_up(self) -> None:
        """Let the service see its first orders before anything is measured."""
        send(self._load, WARM_UP)

    def run_round(self) -> None:
        """Run every limit and the service once, in turns."""
        for mix, hot in HOT.items():
            for limit in LIMITS:
                clients = 1 if limit.batch > 1 else self._chosen.clients
                seconds = self._chosen.seconds
                figures = limits.measure(
                    self._cluster, limit, hot=hot, clients=clients, seconds=seconds
                )
                self._note(f"{limit.name} {mix}", figures)
            for connections in self._chosen.connections:
                pace = Pace(connections, self._chosen.seconds)
                self._note(f"service {connections} {mix}", self._serve(mix, pace))
        self._note("service alone", self._serve("spread", ALONE))

    def _serve(self, mix: str, pace: Pace) -> Figures:
        self._turn += 1
        load: Load = replace(self._load, run=f"{self._load.run}-{self._turn}", mix=mix)
        measured = measure(self._server, load, pace, database=self._cluster.pid)
        self.faults += faults_of(mix, load, measured.answers)
        time.sleep(SETTLE_SECONDS)
        return measured.figures

    def _note(self, name: str, figures: Figures) -> None:
        self.runs.setdefault(name, []).append(figures)


def quotients(medians: dict[str, Figures], connections: int) -> list[tuple[str, float, float]]:
    """Compare the service with the limits: what, how much, and the mark it has to reach."""

    def rate(name: str) -> float:
        return medians[name].orders_per_second

    spread, hot = rate(f"service {connections} spread"), rate(f"service {connections} hot")
    return [
        ("spread / L_rows spread", spread / rate("L_rows spread"), 1.0),
        ("hot / L_rows hot", hot / rate("L_rows hot"), 3.0),
        ("hot / spread", hot / spread, 0.9),
        ("spread / L_pipe spread", spread / rate("L_pipe spread"), 0.0),
        ("hot / L_pipe hot", hot / rate("L_pipe hot"), 0.0),
        ("spread / L_batch spread", spread / rate("L_batch spread"), 0.0),
        ("hot / L_batch hot", hot / rate("L_batch hot"), 0.0),
    ]


def show(medians: dict[str, Figures], connections: Sequence[int]) -> bool:
    """Print the medians and the quotients; True when every mark is reached."""
    print(HEADINGS)
    for name, figures in medians.items():
        print(row(name, figures))
    alone = medians["service alone"].p50
    reached = alone < 10
    print(f"\none order alone: p50 {alone:.2f} ms (mark: under 10)")
    for count in connections:
        print(f"\nservice at {count} connections")
        for name, quotient, mark in quotients(medians, count):
            print(f"  {name:26}{quotient:6.2f}{f'   (mark: {mark})' if mark else ''}")
            reached = reached and quotient >= mark
    return reached


def measure_all(place: Installation, cluster: Cluster, chosen: argparse.Namespace) -> Bench:
    """Seed the service, start it, and run the rounds."""
    place.must_run("bench", "seed")
    with place.server() as server:
        bench = Bench(cluster, server, chosen)
        bench.warm_up()
        for number in range(chosen.rounds):
            bench.run_round()
            print(f"round {number + 1} of {chosen.rounds} done", file=sys.stderr)
    bench.faults += broken_laws(place)
    return bench


def main(argv: Sequence[str] | None = None) -> int:
    """Make a cluster, measure, print, and throw the cluster away."""
    chosen = parse(argv)
    with Cluster(under=chosen.dir) as cluster:
        if not cluster.is_durable():
            raise ClusterFault("durability is switched off; the figures would mean nothing")
        limits.prepare(cluster)
        cluster.sql("CREATE DATABASE laidan")
        with new_installation(cluster.url("laidan")) as place:
            bench = measure_all(place, cluster, chosen)
    medians = {name: median_of(runs) for name, runs in bench.runs.items()}
    reached = show(medians, chosen.connections)
    for fault in bench.faults:
        print(f"WRONG: {fault}")
    return int(bool(bench.faults) or (chosen.gate and not reached))


if __name__ == "__main__":
    sys.exit(main())
