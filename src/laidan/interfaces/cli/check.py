"""`laidan check`: prove the data laws on the live database."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

from laidan.insights.laws import checker
from laidan.insights.laws.law import Verdict
from laidan.interfaces.cli.output import add_json, print_json, print_table


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.epilog = (
        "Each law is one query; nothing is written and nobody is kept waiting. Exits 1 when a "
        "row offends a law."
    )
    parser.add_argument(
        "--fast", action="store_true", help="leave out the laws that read every event and operation"
    )
    parser.add_argument("--quiet", action="store_true", help="name only the laws that are broken")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Look at every law and say what was found."""
    verdicts = []
    progress = _count if sys.stderr.isatty() and not args.json else lambda _: None
    for verdict in checker.check(fast=args.fast, progress=progress):
        verdicts.append(verdict)
        if not args.json and not (args.quiet and verdict.holds):
            _print(verdict)
    broken = [verdict for verdict in verdicts if not verdict.holds]
    if args.json:
        laws = [{**asdict(verdict), "holds": verdict.holds} for verdict in verdicts]
        print_json({"ok": not broken, "laws": laws})
    elif broken:
        print(f"{len(broken)} of {len(verdicts)} laws are broken.")
    else:
        print(f"All {len(verdicts)} laws hold.")
    return 1 if broken else 0


def _count(events: int) -> None:
    print(f"\r{events:,} events read", end="", file=sys.stderr, flush=True)


def _print(verdict: Verdict) -> None:
    if verdict.holds:
        print(f"ok      {verdict.name} ({verdict.seconds:.1f} s)")
        return
    print(f"BROKEN  {verdict.name}: {verdict.sentence}")
    print_table(verdict.rows, list(verdict.rows[0]))
    if verdict.count > len(verdict.rows):
        print(f"… and {verdict.count - len(verdict.rows)} more.")
