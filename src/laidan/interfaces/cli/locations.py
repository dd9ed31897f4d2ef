"""`laidan locations`: list locations, open and change them."""

from __future__ import annotations

import argparse

from django.utils import timezone

from laidan.insights import place_views
from laidan.interfaces.cli.output import add_json, done, print_rows, refuse
from laidan.usecases.open_locations import OpenLocation, open_locations


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    add_json(acts.add_parser("list", help="list locations", description="List locations."))
    for act, summary in (("add", "open a location"), ("edit", "change a location")):
        one = acts.add_parser(act, help=summary, description=f"{summary.capitalize()}.")
        one.add_argument("code")
        one.add_argument("--name", help="what people read")
        one.add_argument(
            "--active", action=argparse.BooleanOptionalAction, help="whether it takes goods in"
        )


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    cards = {card.code: card for card in place_views.list_locations()}
    if args.act == "list":
        rows = [card._asdict() | {"shops": list(card.shops)} for card in cards.values()]
        print_rows(rows, ("code", "name", "shops", "is_active"), as_json=args.json)
        return 0
    if (args.code in cards) is (args.act == "add"):
        refuse(
            f"There is a location {args.code!r} already." if args.act == "add"
            else f"There is no location {args.code!r}."
        )  # fmt: skip
    wish = OpenLocation(args.code, args.name, args.active)
    (outcome,) = open_locations([wish], now=timezone.now())
    opened = done(outcome)
    print(f"{'Opened' if opened.created else 'Saved'} the location {opened.code}.")
    return 0
