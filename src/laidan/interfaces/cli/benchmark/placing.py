"""The placing benchmark: one installation, one server, one run for each mix."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from laidan.interfaces.cli.benchmark.figures import Figures
from laidan.interfaces.cli.benchmark.load import (
    BUYERS,
    CUSTOMERS,
    DROP_STOCK,
    SKUS,
    Answers,
    Load,
    Pace,
)
from laidan.interfaces.cli.benchmark.measure import Measured, database_pid, measure, send
from laidan.interfaces.cli.benchmark.scratch import Installation
from laidan.interfaces.cli.benchmark.server import HOST, Server

DROP_SECONDS = 60.0
ALONE = Pace(connections=1, seconds=2)
WARM_UP = Pace(connections=8, seconds=2)


@dataclass(frozen=True)
class Plan:
    """Which mixes to run, how hard and how long each."""

    mixes: Sequence[str] = ("spread",)
    pace: Pace = field(default_factory=Pace)
    skus: int = SKUS
    customers: int = CUSTOMERS
    generator: str | None = None
    buyers: int = BUYERS


@dataclass(frozen=True)
class Report:
    """What a plan showed: one order alone, each mix, and every sentence about what went wrong."""

    alone: Figures
    runs: dict[str, Measured]
    faults: list[str]


def run_plan(place: Installation, plan: Plan) -> Report:
    """Seed an installation, start its server, and measure each mix of the plan."""
    base = f"r{time.time_ns():x}"
    drop_skus = {mix: f"DROP-{base}" for mix in plan.mixes if mix == "drop"}
    place.must_run("bench", "seed", "--skus", str(plan.skus), "--drop-sku", *drop_skus.values())
    database = database_pid(place.url)
    with place.server() as server:
        load = first_load(server, plan, base)
        send(load, WARM_UP, generator=plan.generator)
        single = replace(load, run=f"{base}-alone")
        alone = measure(server, single, ALONE, database=database, generator=plan.generator)
        runs, faults = {}, faults_of("alone", single, alone.answers)
        for mix in plan.mixes:
            mixed = replace(
                load, run=f"{base}-{mix}", mix=mix, drop_sku=drop_skus.get(mix, load.drop_sku)
            )
            pace = replace(plan.pace, seconds=DROP_SECONDS, count=plan.buyers)
            runs[mix] = measure(
                server,
                mixed,
                pace if mix == "drop" else plan.pace,
                database=database,
                generator=plan.generator,
            )
            faults += faults_of(mix, mixed, runs[mix].answers)
    return Report(alone.figures, runs, faults + broken_laws(place))


def first_load(server: Server, plan: Plan, base: str) -> Load:
    """The load that warms the server up; the others are made from it."""
    return Load(
        host=HOST,
        port=server.port,
        key=server.environment["LAIDAN_DEMO_KEY"],
        run=f"{base}-warm",
        skus=plan.skus,
        customers=plan.customers,
    )


def faults_of(name: str, load: Load, answers: Answers) -> list[str]:
    """Say what is wrong with the answers to a load; nothing when all is well."""
    faults = []
    if answers.socket_errors:
        faults.append(f"{name}: {answers.socket_errors} broken connections or time-outs")
    if load.mix == "drop":
        expected = {"201": DROP_STOCK, "409": sum(answers.statuses.values()) - DROP_STOCK}
        if dict(answers.statuses) != expected:
            faults.append(f"{name}: {dict(answers.statuses)} where {expected} is right")
    elif answers.failures:
        faults.append(f"{name}: {answers.failures} answers of status 400 and above")
    return faults


def broken_laws(place: Installation) -> list[str]:
    """Run `laidan check`, and return what it says when it does not end well."""
    done = place.run("check")
    return [] if done.returncode == 0 else [f"laidan check: {done.stdout}{done.stderr}".strip()]
