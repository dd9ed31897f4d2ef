"""Runs pgbench over the limit scripts and reads its figures."""

import re
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.cluster import Cluster, ClusterFault, find_binary
from laidan.interfaces.cli.benchmark.figures import Figures, figures_of, percentile
from laidan.interfaces.cli.benchmark.meters import Meter

HERE = Path(__file__).parent
DATABASE = "laidan_limit"
SKUS = 10_000
LINES = 5
TABLES = ("limit_request", "limit_order", "limit_line", "limit_event")


@dataclass(frozen=True)
class Limit:
    """One way of placing orders: its script, and how many orders a transaction takes."""

    name: str
    script: str
    pipe: int = 0
    batch: int = 1


L_ROWS = Limit("L_rows", "rows.sql")
L_PIPE = Limit("L_pipe", "rows.sql", pipe=1)
L_BATCH = Limit("L_batch", "batch.sql", batch=128)


def prepare(cluster: Cluster, *, skus: int = SKUS) -> None:
    """Make the database of the limit benchmark with its SKUs and a stock that never runs out."""
    cluster.sql(f"CREATE DATABASE {DATABASE}")
    schema = (HERE / "schema.sql").read_text()
    cluster.sql(f"\\set skus {skus}\n{schema}", database=DATABASE)


def measure(cluster: Cluster, limit: Limit, *, hot: bool, clients: int, seconds: int) -> Figures:
    """Run one limit for a while on emptied tables, and prove that it wrote what it says."""
    cluster.sql(f"TRUNCATE {', '.join(TABLES)}; VACUUM limit_balance", database=DATABASE)
    before = _reserved(cluster)
    with tempfile.TemporaryDirectory(prefix="laidan-pgbench-") as logs:
        command = [find_binary("pgbench"), "-n", "-M", "prepared", "--log", "-j", "2"]
        command += [f"--log-prefix={logs}/log", "-f", str(HERE / limit.script)]
        command += ["-c", str(clients), "-T", str(seconds)]
        for name, value in _variables(limit, hot=hot).items():
            command += ["-D", f"{name}={value}"]
        with Meter({"database": cluster.pid}) as meter:
            done = subprocess.run(
                command + cluster.client_arguments(DATABASE),
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode != 0:
            raise ClusterFault(f"pgbench failed: {done.stderr.strip()}")
        latencies = _latencies(Path(logs))
    orders = len(latencies) * limit.batch
    _prove(cluster, orders, before)
    shown = percentile(latencies, 0.5), percentile(latencies, 0.99)
    return figures_of(orders, orders / (_rate(done.stdout) * limit.batch), shown, meter.spent)


def _variables(limit: Limit, *, hot: bool) -> dict[str, int]:
    # Ids of later runs lie above those of earlier ones, as they would in life.
    base = int(time.time()) % 1_000_000 * 10_000_000_000
    chosen = {"skus": SKUS, "turn": 0, "hot": int(hot), "base": base}
    return chosen | ({"batch": limit.batch} if limit.batch > 1 else {"pipe": limit.pipe})


def _latencies(logs: Path) -> list[float]:
    """Milliseconds of every transaction, ascending: the third column of pgbench's logs."""
    found = [
        int(line.split(maxsplit=3)[2]) / 1000
        for log in logs.iterdir()
        for line in log.read_text().splitlines()
    ]
    return sorted(found)


def _rate(report: str) -> float:
    """Transactions a second, connection time left out."""
    found = re.search(r"^tps = ([0-9.]+) ", report, re.MULTILINE)
    if found is None:
        raise ClusterFault(f"pgbench printed no rate:\n{report}")
    return float(found[1])


def _reserved(cluster: Cluster) -> int:
    return int(cluster.sql("SELECT sum(reserved) FROM limit_balance", database=DATABASE))


def _prove(cluster: Cluster, orders: int, before: int) -> None:
    """Raise unless the rows written are exactly those of so many orders."""
    counts = [
        int(cluster.sql(f"SELECT count(*) FROM {table}", database=DATABASE)) for table in TABLES
    ]
    expected = [orders, orders, orders * LINES, orders]
    if counts != expected or _reserved(cluster) - before != orders * LINES:
        raise ClusterFault(f"{orders} orders were counted, but the tables hold {counts}")
