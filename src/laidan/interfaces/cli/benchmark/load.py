"""What a load is, what came back from it, and the wrk program as its cheapest generator."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

SCRIPT = Path(__file__).with_name("place.lua")
PATH = "/api/v1/orders"
MIXES = ("spread", "hot", "drop", "replay")
CUSTOMERS = 1_000_000
SKUS = 10_000
BUYERS = 50_000
DROP_STOCK = 1_000


class LoadFault(RuntimeError):
    """The generator itself failed, so there are no figures."""


@dataclass(frozen=True)
class Load:
    """Which orders are sent: to which server, with which key, and in which mix.

    `run` begins every external number, so it must be new for each run against one database.
    """

    host: str
    port: int
    key: str = field(repr=False)
    run: str
    mix: str = "spread"
    skus: int = SKUS
    customers: int = CUSTOMERS
    drop_sku: str = "DROP"


@dataclass(frozen=True)
class Pace:
    """How hard and how long: connections, seconds, and at most `count` answers (0: no end).

    `rate` makes the load open: so many orders a second arrive, whether or not the earlier ones have
    been answered.
    """

    connections: int = 64
    seconds: float = 10.0
    count: int = 0
    rate: float | None = None


@dataclass(frozen=True)
class Answers:
    """What came back; latencies in milliseconds; `statuses` is empty when nobody counted them."""

    requests: int
    seconds: float
    failures: int
    socket_errors: int
    statuses: Mapping[str, int]
    p50: float
    p99: float
    p999: float
    longest: float


def has_wrk() -> bool:
    """Tell whether the wrk program is installed."""
    return shutil.which("wrk") is not None


def run_wrk(load: Load, pace: Pace) -> Answers:
    """Drive a closed loop with wrk: each connection sends its next order when it has its answer."""
    if pace.rate is not None:
        raise LoadFault("wrk cannot keep a rate; use the generator in Python")
    options = {"mix": load.mix, "run": load.run, "skus": load.skus, "customers": load.customers}
    options |= {"sku": load.drop_sku, "count": pace.count}
    command = ["wrk", "-t", "1", "-c", str(pace.connections), "-d", f"{ceil(pace.seconds)}s"]
    command += ["--timeout", "30s", "-s", str(SCRIPT), f"http://{load.host}:{load.port}", "--"]
    command += [f"{name}={value}" for name, value in options.items()]
    # The key goes by the environment, since everybody on the machine can read a command line.
    environment = os.environ | {"LAIDAN_BENCH_KEY": load.key}
    done = subprocess.run(  # noqa: S603 -- an argument list without a shell, from our own values.
        command, env=environment, capture_output=True, text=True, check=False
    )
    last = done.stdout.strip().rpartition("\n")[2]
    if done.returncode != 0 or not last.startswith("{"):
        raise LoadFault(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}")
    return Answers(**json.loads(last))
