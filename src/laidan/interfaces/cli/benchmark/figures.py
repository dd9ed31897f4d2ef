"""Figures of one benchmark run, their medians, and how they are printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from laidan.interfaces.cli.benchmark.meters import GENERATOR, Spent


@dataclass(frozen=True)
class Figures:
    """What one run showed; latencies in milliseconds, CPU in microseconds an order."""

    orders: int
    orders_per_second: float
    p50: float
    p99: float
    database_cpu: float | None = None
    server_cpu: float | None = None
    generator_cpu: float | None = None
    cores_elsewhere: float = 0.0


def figures_of(
    orders: int, seconds: float, latencies: tuple[float, float], spent: Spent
) -> Figures:
    """Put together the figures of a run from its count, its time, (p50, p99) and its cost."""
    return Figures(
        orders=orders,
        orders_per_second=orders / seconds if seconds > 0 else 0.0,
        p50=latencies[0],
        p99=latencies[1],
        database_cpu=spent.micros_each("database", orders),
        server_cpu=spent.micros_each("server", orders),
        generator_cpu=spent.micros_each(GENERATOR, orders),
        cores_elsewhere=spent.cores_elsewhere,
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of an ascending sequence lies; 0 for an empty one."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def median_of(runs: Sequence[Figures]) -> Figures:
    """The median of each figure, taken one by one, over several runs."""

    def middle(name: str) -> float | None:
        values = [value for run in runs if (value := getattr(run, name)) is not None]
        return median(values) if values else None

    return Figures(
        orders=sum(run.orders for run in runs),
        orders_per_second=middle("orders_per_second") or 0.0,
        p50=middle("p50") or 0.0,
        p99=middle("p99") or 0.0,
        database_cpu=middle("database_cpu"),
        server_cpu=middle("server_cpu"),
        generator_cpu=middle("generator_cpu"),
        cores_elsewhere=middle("cores_elsewhere") or 0.0,
    )


HEADINGS = (
    f"{'':28}{'orders/s':>10}{'p50 ms':>9}{'p99 ms':>9}"
    f"{'db us':>8}{'server us':>11}{'load us':>9}{'other cores':>13}"
)


def row(name: str, run: Figures) -> str:
    """One line of the table that stands under `HEADINGS`."""

    def micros(value: float | None, width: int) -> str:
        return f"{'-' if value is None else format(value, '.0f'):>{width}}"

    return (
        f"{name:28}{run.orders_per_second:>10,.0f}{run.p50:>9.2f}{run.p99:>9.2f}"
        f"{micros(run.database_cpu, 8)}{micros(run.server_cpu, 11)}"
        f"{micros(run.generator_cpu, 9)}{run.cores_elsewhere:>13.2f}"
    )
