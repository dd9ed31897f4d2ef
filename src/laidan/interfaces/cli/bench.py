"""`laidan bench`: how many orders a second this machine takes, and at what cost."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from laidan.interfaces.cli.benchmark.figures import HEADINGS, row
from laidan.interfaces.cli.benchmark.load import BUYERS, CUSTOMERS, MIXES, SKUS, Pace
from laidan.interfaces.cli.benchmark.placing import Plan, Report, run_plan
from laidan.interfaces.cli.benchmark.relaying import as_text, fill, run_relay
from laidan.interfaces.cli.benchmark.scratch import (
    ENGINES,
    Installation,
    engine_of,
    new_installation,
    scratch_database,
    server_of,
)
from laidan.interfaces.cli.benchmark.seeding import seed
from laidan.interfaces.cli.output import add_json, print_json, refuse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    place = acts.add_parser(
        "place",
        help="place orders over HTTP",
        description="Place orders over HTTP at a server of its own, on a database that is made for"
        " it and dropped, and print orders a second, latency and CPU microseconds an order.",
    )
    place.add_argument("--mix", choices=MIXES, nargs="+", default=["spread"])
    place.add_argument("--engine", choices=ENGINES, help="default: that of the configured database")
    place.add_argument(
        "--here",
        action="store_true",
        help="use the configured database itself, which keeps the orders, with the API key in"
        " LAIDAN_BENCH_KEY",
    )
    place.add_argument("--connections", type=int, default=64)
    place.add_argument("--seconds", type=float, default=10.0)
    place.add_argument("--rate", type=float, help="orders a second, arriving at random")
    place.add_argument("--skus", type=int, default=SKUS)
    place.add_argument("--customers", type=int, default=CUSTOMERS)
    place.add_argument("--generator", choices=("wrk", "python"), help="default: wrk if installed")
    place.add_argument(
        "--buyers", type=int, default=BUYERS, help="of the drop (default: %(default)s)"
    )
    add_json(place)
    seeds = acts.add_parser(
        "seed",
        help="only make the benchmark's shop, SKUs and stock in the configured database",
        description="Make the shop `bench`, its SKUs and their stock, as `bench place` does first.",
    )
    seeds.add_argument("--skus", type=int, default=SKUS)
    seeds.add_argument("--drop-sku", nargs="*", default=[], help="SKUs of which there are 1,000")
    _configure_relay(acts)


def _configure_relay(acts: Any) -> None:
    relay = acts.add_parser(
        "events",
        help="relay events to RabbitMQ, without and with a webhook beside",
        description="Place orders in a database that is made for it and dropped, let a worker relay"
        " their events to the broker that LAIDAN_BROKER_URL names, and print events a second and"
        " CPU microseconds an event; then again with a webhook beside.",
    )
    relay.add_argument("--orders", type=int, default=50_000)
    relay.add_argument("--engine", choices=ENGINES, help="default: that of the configured database")
    add_json(relay)
    orders = acts.add_parser(
        "fill", help="only place orders, in batches, in the configured database"
    )
    orders.add_argument("--orders", type=int, default=10_000)
    orders.add_argument("--webhook", default="", help="an address that is told of their events")


def run(args: argparse.Namespace) -> int:
    """Do what was asked; 1 when an answer was wrong or a law is broken afterwards."""
    if args.act == "seed":
        seed(args.skus, args.drop_sku, now=timezone.now())
        return 0
    if args.act == "fill":
        fill(args.orders, args.webhook, now=timezone.now())
        return 0
    return _relay(args) if args.act == "events" else _place(args)


def _relay(args: argparse.Namespace) -> int:
    broker = settings.LAIDAN_BROKER_URL
    if not broker:
        refuse("LAIDAN_BROKER_URL names no broker", 2)
    url = os.environ.get("LAIDAN_DATABASE_URL")
    engine = args.engine or (engine_of(url) if url else "sqlite")
    server = "" if engine == "sqlite" else server_of(engine, url)
    runs = []
    for name, webhook in (("relay alone", False), ("with a webhook beside", True)):
        with (
            scratch_database(engine, server, name="laidan_bench") as made,
            new_installation(made) as place,
        ):
            runs.append((name, run_relay(place, broker, args.orders, webhook=webhook)))
    if args.json:
        print_json({"engine": engine, "runs": {name: asdict(one) for name, one in runs}})
    else:
        print(as_text(engine, runs))
    return 0


def _place(args: argparse.Namespace) -> int:
    plan = Plan(
        mixes=args.mix,
        pace=Pace(args.connections, args.seconds, rate=args.rate),
        skus=args.skus,
        customers=args.customers,
        generator=args.generator,
        buyers=args.buyers,
    )
    with _installation(args) as place:
        report = run_plan(place, plan)
        engine = engine_of(place.url)
    if args.json:
        _print_json(engine, report)
    else:
        print(_as_text(engine, plan, report))
    return 1 if report.faults else 0


@contextmanager
def _installation(args: argparse.Namespace) -> Iterator[Installation]:
    """Yield the configured installation, or one that lasts as long as the benchmark."""
    url = os.environ.get("LAIDAN_DATABASE_URL")
    configured = engine_of(url) if url else "sqlite"
    if args.here:
        directory = Path(settings.LAIDAN_DATA_DIR)
        standard = f"sqlite:///{directory / 'laidan.sqlite3'}"
        yield Installation(url or standard, directory, os.environ.get("LAIDAN_BENCH_KEY", ""))
        return
    engine = args.engine or configured
    server = "" if engine == "sqlite" else server_of(engine, url)
    with (
        scratch_database(engine, server, name="laidan_bench") as made,
        new_installation(made) as place,
    ):
        yield place


def _as_text(engine: str, plan: Plan, report: Report) -> str:
    lines = [f"{engine}, {plan.pace.connections} connections, five lines an order", HEADINGS]
    lines.append(row("one order alone", report.alone))
    for mix, run_ in report.runs.items():
        lines.append(row(mix, run_.figures))
        lines += [
            f"  status {status}: {count}" for status, count in sorted(run_.answers.statuses.items())
        ]
    peaks = ", ".join(f"{megabytes:.0f} MB" for megabytes in _peaks(report))
    lines.append(f"peak memory of each server process: {peaks or 'unknown'}")
    lines += [f"WRONG: {fault}" for fault in report.faults] or ["laidan check: every law holds"]
    return "\n".join(lines)


def _peaks(report: Report) -> list[float]:
    """The most memory that each of the server's processes has held, over all runs."""
    peaks: dict[int, float] = {}
    for run_ in report.runs.values():
        for pid, megabytes in run_.memory.items():
            peaks[pid] = max(megabytes, peaks.get(pid, 0.0))
    return list(peaks.values())


def _print_json(engine: str, report: Report) -> None:
    mixes = {
        mix: asdict(measured.figures) | {"answers": asdict(measured.answers)}
        for mix, measured in report.runs.items()
    }
    shown = {
        "engine": engine,
        "alone": asdict(report.alone),
        "mixes": mixes,
        "peak_megabytes": _peaks(report),
        "faults": report.faults,
    }
    print_json(shown)
