"""`laidan demo`: an installation with a demo shop that has been in business for 90 days."""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import datetime
from random import Random
from typing import Any

from django.utils import timezone

from laidan.insights import board
from laidan.insights.laws import checker
from laidan.interfaces.cli import init
from laidan.interfaces.cli.demonstration.play import DemoFault, Play, Played
from laidan.interfaces.cli.output import add_json, print_json, print_table, refuse, say, warn
from laidan.usecases.mark_demo import Begun, Demo, begin_demo, finish_demo

ORDERS, SEED = 5000, 2026
_REFUSALS_SHOWN = 5


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "Two shops, three locations, some 200 SKUs and orders of the last 90 days in every state, "
        "all made up. Running it again changes nothing; where there are orders of your own, no "
        "demo is made."
    )
    parser.add_argument(
        "--orders", type=_count, default=ORDERS, metavar="N", help="default: %(default)s"
    )
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help="default: %(default)s")
    add_json(parser)


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 100_000:
        raise argparse.ArgumentTypeError("from 1 to 100,000")
    return count


def run(args: argparse.Namespace) -> int:
    """Make the demo, unless it is there; then say what there is, and prove it."""
    begun_at = time.perf_counter()
    opened = init.initialise()
    if not args.json:
        init.report(opened)
    now = timezone.now().replace(microsecond=0)
    begun = begin_demo(Demo(args.seed, args.orders, now))
    if begun.demo is None:
        _say(args, "There are orders already: the demo shop is left out.")
        return 0
    if begun.demo.finished:
        _say(args, "The demo shop is there already; nothing was changed.")
        return 0
    played = _play(begun, begun.demo, quiet=args.json)
    finish_demo(begun.demo)
    broken = [verdict.name for verdict in checker.check() if not verdict.holds]
    _report(args, played, broken, begun.demo.at, time.perf_counter() - begun_at)
    return 1 if broken else 0


def _say(args: argparse.Namespace, sentence: str) -> None:
    if args.json:
        print_json({"made": False, "reason": sentence})
    else:
        say(sentence)


def _play(begun: Begun, demo: Demo, *, quiet: bool) -> Played:
    # A demo that was broken off goes on with other ids than those that it made already.
    entropy = os.urandom if begun.resumed else Random(demo.seed).randbytes  # noqa: S311 - made up
    play = Play(seed=demo.seed, orders=demo.orders, now=demo.at, entropy=entropy)
    shows = sys.stderr.isatty() and not quiet
    if not quiet:
        say(f"Placing {demo.orders:,} made-up orders of the last 90 days …")
    try:
        for played in play.run():
            if shows:
                print(f"\r{played.orders:,} orders", end="", file=sys.stderr, flush=True)
    except DemoFault as fault:
        refuse(f"{fault} The next `laidan demo` goes on from here.")
    if shows:
        print("\r", end="", file=sys.stderr)
    return play.played


def _report(
    args: argparse.Namespace, played: Played, broken: list[str], now: datetime, seconds: float
) -> None:
    columns = board.get_board(now=now)
    rows: list[dict[str, Any]] = [
        {"state": column.state, "category": column.category, "orders": column.count}
        for column in columns
    ]
    if args.json:
        print_json(
            {"made": True, "orders": played.orders, "steps": played.steps,
             "refused": [one.detail for one in played.refused], "states": rows,
             "broken_laws": broken, "seconds": round(seconds, 1)}
        )  # fmt: skip
        return
    print_table(rows, ["state", "category", "orders"])
    say(f"{played.orders:,} orders and {played.steps:,} steps in {seconds:.0f} s.")
    for refused in played.refused[:_REFUSALS_SHOWN]:
        warn(f"Left out: {refused.detail}")
    if broken:
        warn(f"Broken laws: {', '.join(broken)}")
    else:
        say("laidan check: every law holds.")
