"""`laidan log`: seal past days of the operation log, export a sealed day, verify an export."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from django.utils import timezone

from laidan.domain.audit import days
from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.engine import unit
from laidan.insights import seal_export
from laidan.interfaces.cli.output import add_json, print_json, print_rows, refuse
from laidan.usecases import seal_log

_SEALED_AT_ONCE = 100_000
_LISTED = 10_000


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    acts.add_parser("seal", help="seal past days", description="Seal every past day (UTC).")
    listed = acts.add_parser("seals", help="list seals", description="List seals, newest first.")
    add_json(listed)
    acts.add_parser("key", help="print the public key", description="Print the public key (PEM).")
    export = acts.add_parser(
        "export", help="write a sealed day", description="Write a sealed day for an outsider."
    )
    export.add_argument("day", metavar="DAY", help="such as 2026-11-22 (UTC)")
    export.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")
    export.add_argument("--full", action="store_true", help="with what the rows hold")
    verify = acts.add_parser(
        "verify", help="verify an export", description="Verify an export; needs no database."
    )
    verify.add_argument("file", type=Path)
    verify.add_argument("--key", type=Path, metavar="PEM", help="the public key that you trust")
    add_json(verify)


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    acts = {"seal": _seal, "seals": _list, "key": _key, "export": _export, "verify": _verify}
    return acts[args.act](args)


def _seal(args: argparse.Namespace) -> int:  # noqa: ARG001 - the shape of every act
    count = seal_log.seal_days(_SEALED_AT_ONCE, now=timezone.now())
    last = days.last_seal()
    print(f"Sealed {count} days; the last sealed day is {last.day if last else 'none'} (UTC).")
    return 0


def _list(args: argparse.Namespace) -> int:
    rows = [
        {
            "day": seal.day.isoformat(),
            "events": seal.events,
            "operations": seal.operations,
            "root": seal.root,
            "sealed_at": seal.sealed_at,
        }
        for seal in days.list_seals(_LISTED)
    ]
    print_rows(rows, ("day", "events", "operations", "root", "sealed_at"), as_json=args.json)
    return 0


def _key(args: argparse.Namespace) -> int:  # noqa: ARG001 - the shape of every act
    print(seal_log.public_key(), end="")
    return 0


def _export(args: argparse.Namespace) -> int:
    try:
        day = date.fromisoformat(args.day)
    except ValueError:
        refuse(f"{args.day!r} is no day such as 2026-11-22", 2)
    if days.find_seal(day) is None:
        refuse(f"{day} is not sealed; run: laidan log seal")
    lines = seal_export.export_lines(day, full=args.full, public_key=seal_log.public_key())
    if args.out is None:
        for line in lines:
            print(line)
    else:
        with args.out.open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
        print(f"Written {args.out}.", file=sys.stderr)
    deed = Deed("", "log.exported", "day", day.isoformat(), day.isoformat())
    unit.run_once(lambda: record([deed], now=timezone.now()))
    return 0


def _verify(args: argparse.Namespace) -> int:
    try:
        key = args.key.read_text(encoding="utf-8") if args.key else None
        found = seal_export.verify(_lines(args.file), key)
    except ValueError as error:
        refuse(f"{args.file}: {error}")
    if args.json:
        print_json({"ok": not found.faults, "day": found.statement.day, "rows": found.rows,
                    "key": found.key, "faults": list(found.faults)})  # fmt: skip
    else:
        for fault in found.faults[:20]:
            print(f"WRONG   {fault}")
        says = "is not" if found.faults else "is"
        print(f"{found.statement.day} with {found.rows} rows {says} as it was sealed.")
        print(f"Key: {found.key}" + ("" if args.key else " (the file's own; compare it, or --key)"))
    return 1 if found.faults else 0


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as file:
        yield from file
