"""Place orders over HTTP at a running server: `python -m bench.load.run --port 8000`.

The key is read from LAIDAN_BENCH_KEY. The server needs a shop `bench` with SKUs B00001 and
following.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence

from laidan.interfaces.cli.benchmark.generator import run_python
from laidan.interfaces.cli.benchmark.load import (
    CUSTOMERS,
    MIXES,
    SKUS,
    Answers,
    Load,
    Pace,
    has_wrk,
    run_wrk,
)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bench.load.run", description=__doc__.split("\n")[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--mix", choices=MIXES, default="spread")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--count", type=int, default=0, help="stop after so many answers")
    parser.add_argument(
        "--rate", type=float, help="orders a second, arriving at random (open loop)"
    )
    parser.add_argument("--skus", type=int, default=SKUS)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--sku", default="DROP", help="the one SKU of the drop mix")
    parser.add_argument("--generator", choices=("wrk", "python"), help="default: wrk if installed")
    return parser.parse_args(argv)


def show(answers: Answers) -> None:
    """Print what came back."""
    print(f"{answers.requests / answers.seconds:,.0f} answers/s in {answers.seconds:.1f} s")
    print(
        f"p50 {answers.p50:.2f}  p99 {answers.p99:.2f}  p99.9 {answers.p999:.2f}"
        f"  longest {answers.longest:.1f} ms"
    )
    print(f"{answers.failures} of status 400 and above, {answers.socket_errors} broken connections")
    for status, count in sorted(answers.statuses.items()):
        print(f"  {status}: {count}")


def main(argv: Sequence[str] | None = None) -> int:
    """Send the load and print the answers; 1 when something failed that the mix does not expect."""
    chosen = parse(argv)
    load = Load(
        host=chosen.host,
        port=chosen.port,
        key=os.environ.get("LAIDAN_BENCH_KEY", ""),
        run=f"r{time.time_ns():x}",
        mix=chosen.mix,
        skus=chosen.skus,
        customers=chosen.customers,
        drop_sku=chosen.sku,
    )
    pace = Pace(chosen.connections, chosen.seconds, chosen.count, chosen.rate)
    by_wrk = chosen.rate is None and (chosen.generator or "wrk") == "wrk" and has_wrk()
    answers = run_wrk(load, pace) if by_wrk else run_python(load, pace)
    show(answers)
    return int(answers.socket_errors > 0 or (answers.failures > 0 and chosen.mix != "drop"))


if __name__ == "__main__":
    sys.exit(main())
