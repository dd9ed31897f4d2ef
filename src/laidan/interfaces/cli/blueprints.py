"""`laidan blueprints`: list the order types, show one, check a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from laidan.blueprints import library
from laidan.blueprints.loader import BlueprintError, load
from laidan.blueprints.model import Blueprint
from laidan.domain.order_types.models import OrderType
from laidan.interfaces.cli.output import add_json, print_json, print_rows, refuse, warn


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    listed = acts.add_parser(
        "list", help="list the order types", description="List the order types and versions."
    )
    listed.add_argument("--all", action="store_true", help="the older versions too")
    add_json(listed)
    show = acts.add_parser(
        "show", help="show an order type", description="Show an order type's source, or its parts."
    )
    show.add_argument("code")
    show.add_argument("--version", type=int, default=0, help="default: the newest")
    add_json(show)
    check = acts.add_parser(
        "check", help="check a file", description="Check a blueprint and say all that is wrong."
    )
    check.add_argument("file", type=Path)
    add_json(check)


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    return {"list": _list, "show": _show, "check": _check}[args.act](args)


def _list(args: argparse.Namespace) -> int:
    stored = list(OrderType.objects.order_by("code", "version"))
    newest = {row.code: row.version for row in stored}
    rows = []
    for row in stored:
        if args.all or row.version == newest[row.code]:
            blueprint = load(row.source, row.version)
            rows.append(
                {
                    "code": row.code,
                    "version": row.version,
                    "label": blueprint.label.get("en", ""),
                    "label_zh": blueprint.label.get("zh-hans", ""),
                    "states": list(blueprint.states),
                    "shipped": row.source == library.shipped_sources().get(row.code),
                    "created_at": row.created_at,
                }
            )
    columns = ("code", "version", "label", "label_zh", "shipped", "created_at")
    print_rows(rows, columns, as_json=args.json)
    return 0


def _show(args: argparse.Namespace) -> int:
    stored = OrderType.objects.filter(code=args.code).order_by("-version")
    row = (stored.filter(version=args.version) if args.version else stored).first()
    if row is None:
        wanted = f"{args.code} {args.version}" if args.version else args.code
        refuse(f"there is no order type {wanted}; see: laidan blueprints list")
    if args.json:
        print_json(_parts(load(row.source, row.version)))
    else:
        print(row.source, end="" if row.source.endswith("\n") else "\n")
    return 0


def _check(args: argparse.Namespace) -> int:
    try:
        source = args.file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        refuse(f"{args.file} is not UTF-8")
    except OSError as error:
        refuse(f"{args.file}: {error.strerror}", 2)
    try:
        blueprint, faults = load(source), []
    except BlueprintError as error:
        blueprint, faults = None, error.faults
    if args.json:
        print_json({"ok": not faults, "faults": faults})
    elif blueprint is None:
        for fault in faults:
            warn(fault)
        print(f"{args.file}: {len(faults)} faults.")
    else:
        print(
            f"{args.file}: {blueprint.code} is sound: {len(blueprint.states)} states, "
            f"{len(blueprint.transitions)} transitions."
        )
    return 1 if faults else 0


def _parts(blueprint: Blueprint) -> dict[str, object]:
    return {
        "code": blueprint.code,
        "version": blueprint.version,
        "label": blueprint.label,
        "states": [
            {"code": state.code, "category": state.category, "label": state.label}
            for state in blueprint.states.values()
        ],
        "transitions": [
            {
                "name": transition.name,
                "from": transition.sources,
                "to": [branch.state for branch in transition.branches],
                "actors": sorted(transition.actors),
                "right": transition.right,
                "guards": transition.guards,
                "effects": transition.effects,
                "needs": transition.needs,
            }
            for versions in blueprint.transitions.values()
            for transition in versions
        ],
        "fields": sorted(blueprint.fields),
        "line_fields": sorted(blueprint.line_fields),
    }
