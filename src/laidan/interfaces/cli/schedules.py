"""`laidan schedules`: list what is done by itself, or run one now."""

from __future__ import annotations

import argparse

from django.utils import timezone

from laidan.domain.schedules import core, queries
from laidan.interfaces.cli.output import add_json, done, print_rows, refuse
from laidan.interfaces.worker.schedules import Runner
from laidan.kernel.actor import SYSTEM
from laidan.usecases.act_on_schedules import NamedSchedule, run_schedules_now
from laidan.usecases.keep_schedules import shop_zones, zone_of

_COLUMNS = ("code", "cron", "zone", "state", "last_outcome", "last_ok_at", "next_at")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    add_json(acts.add_parser("list", help="list schedules", description="List schedules."))
    run_one = acts.add_parser(
        "run", help="run a schedule now", description="Run a schedule now, in this process."
    )
    run_one.add_argument("code")


def run(args: argparse.Namespace) -> int:
    """Do what was asked; 1 where the run failed."""
    now, runner = timezone.now(), Runner()
    runner.prepare(now)
    if args.act == "list":
        zones = shop_zones()
        rows = [
            {
                "code": one.code, "cron": one.cron, "zone": zone_of(one, zones),
                "state": "paused" if one.is_paused
                else "late" if core.is_late(one.late_at, now, is_paused=False) else one.state,
                "last_outcome": one.last_outcome, "last_ok_at": one.last_ok_at,
                "next_at": one.next_at,
            }
            for one in queries.list_schedules()
        ]  # fmt: skip
        print_rows(rows, _COLUMNS, as_json=args.json)
        return 0
    done(run_schedules_now([NamedSchedule(args.code, SYSTEM)], now=now)[0])
    runner.run_all(args.code)
    one = queries.get_schedule(args.code)
    if one is None or one.state == core.RUNNING:
        refuse("Another worker has taken it; look at laidan schedules list.")
    (last,) = queries.list_runs(one.pk, limit=1)
    figures = ", ".join(f"{name} {count}" for name, count in last.figures.items())
    print(f"{args.code}: {last.outcome}. {figures or last.message}".rstrip())
    return 0 if last.outcome == core.DONE else 1
