"""Measure what PostgreSQL itself can do here: `python -m bench.limit.run`.

L_rows places an order in one transaction row by row, L_pipe sends the same statements in one go,
and L_batch places many orders with statements that each work on a whole set.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.cluster import Cluster, ClusterFault
from bench.limit.measure import L_BATCH, L_PIPE, L_ROWS, Limit, measure, prepare
from laidan.interfaces.cli.benchmark.figures import HEADINGS, median_of, row

MIXES = ("spread", "hot")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bench.limit.run", description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=int, default=4, help="length of each run")
    parser.add_argument("--rounds", type=int, default=1, help="runs of each kind; medians shown")
    parser.add_argument("--clients", type=int, nargs="+", default=[8, 32, 64])
    parser.add_argument("--batch", type=int, nargs="+", default=[128], help="orders in L_batch")
    parser.add_argument("--dir", type=Path, help="put the cluster under this directory")
    return parser.parse_args(argv)


def plan(clients: Sequence[int], batches: Sequence[int]) -> list[tuple[Limit, str, int]]:
    """List the runs of one round: limit, mix, clients."""
    by_rows = [
        (limit, mix, count) for limit in (L_ROWS, L_PIPE) for mix in MIXES for count in clients
    ]
    by_batch = [
        (Limit(f"{L_BATCH.name} {size}", L_BATCH.script, batch=size), mix, 1)
        for size in batches
        for mix in MIXES
    ]
    return by_rows + by_batch


def warn_of_memory_disk(directory: Path) -> None:
    """Say so when the cluster lies in memory, where flushing costs nothing."""
    kind = subprocess.run(
        ["stat", "-f", "-c", "%T", directory], capture_output=True, text=True, check=False
    )
    if kind.stdout.strip() in {"tmpfs", "ramfs"}:
        print(f"Beware: {directory} is in memory, so commits are too cheap. Use --dir.")


def main(argv: Sequence[str] | None = None) -> int:
    """Make a cluster, run every limit, print one line each, and throw the cluster away."""
    chosen = parse(argv)
    runs = plan(chosen.clients, chosen.batch)
    with Cluster(under=chosen.dir) as cluster:
        warn_of_memory_disk(cluster.directory)
        if not cluster.is_durable():
            raise ClusterFault("durability is switched off; the figures would mean nothing")
        prepare(cluster)
        print(cluster.sql("SELECT version()"))
        seen = [
            [
                measure(cluster, limit, hot=mix == "hot", clients=clients, seconds=chosen.seconds)
                for limit, mix, clients in runs
            ]
            for _ in range(chosen.rounds)
        ]
    print(HEADINGS)
    for position, (limit, mix, clients) in enumerate(runs):
        figures = median_of([round_[position] for round_ in seen])
        print(row(f"{limit.name} {mix}, {clients} clients", figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
