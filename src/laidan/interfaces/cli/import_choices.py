"""Which map reads a file, and which shop its orders go to."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from laidan.interfaces.cli.output import refuse
from laidan.interfaces.files.importing import plan
from laidan.interfaces.files.importing.plan import Choice, PlanError
from laidan.interfaces.files.mapping import BadMapError, Mapping, load_map
from laidan.interfaces.files.presets import NAMES, load_preset

UNUSABLE = 2
_ADVICE = {
    "unknown-shop": "; --create-missing opens it",
    "several-shops": "; name one with --shop",
    "currency-mismatch": "; use a shop of its own, for instance --shop CODE --create-missing",
}


def choose_map(args: argparse.Namespace) -> Mapping:
    """Return the map that was named, or the one preset that fits the file."""
    path = Path(args.file)
    if not path.exists():
        refuse(f"there is no file {args.file}", UNUSABLE)
    if args.map:
        try:
            mapping = load_map(Path(args.map))
        except BadMapError as error:
            for problem in error.problems:
                print(f"{args.map}: {problem}", file=sys.stderr)
            refuse(f"the map {args.map} cannot be used", UNUSABLE)
        if mapping.kind != "orders":
            refuse(f"the map {args.map} is for {mapping.kind}", UNUSABLE)
        return mapping
    if args.preset:
        return load_preset(args.preset).mapping
    fitting = [name for name in NAMES if plan.fits(load_preset(name).mapping, path)]
    if len(fitting) != 1:
        refuse(
            "no preset is made for this file; name one with --preset or give a map with --map "
            f"(presets: {', '.join(NAMES)})",
            UNUSABLE,
        )
    return load_preset(fitting[0]).mapping


def choose_shop(args: argparse.Namespace, mapping: Mapping) -> Choice:
    """Return where the orders go; ends the command where that cannot be known or cannot be."""
    code = args.shop or ""
    try:
        choice = plan.choose_shop(code, mapping, creates_missing=args.create_missing)
    except PlanError as error:
        refuse(f"{error.message}{_ADVICE.get(error.code, '')}", UNUSABLE)
    if choice.differs:
        print(
            f"The file's times are in {choice.differs}, the shop's days in {choice.time_zone}: "
            "figures by day may differ from the file's.",
            file=sys.stderr,
        )
    return choice
