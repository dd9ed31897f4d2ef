"""`laidan shops`: list shops, open and change them."""

from __future__ import annotations

import argparse

from django.utils import timezone

from laidan.insights import place_views
from laidan.interfaces.cli.output import add_json, done, print_rows, refuse
from laidan.usecases.open_shops import OpenShop, open_shops

_TEXTS = {
    "name": "what people read", "channel": "the platform, in small letters, such as tmall",
    "currency": "such as CNY; fixed once there are orders", "time_zone": "such as Asia/Shanghai",
    "default_type": "the usual order type", "order_prefix": "how order numbers begin",
    "price_list": "code of the price list; '' for none",
    "review_from": "amount from which orders are reviewed; '' for none",
}  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    add_json(acts.add_parser("list", help="list shops", description="List shops."))
    for act, summary in (("add", "open a shop"), ("edit", "change a shop")):
        one = acts.add_parser(act, help=summary, description=f"{summary.capitalize()}.")
        one.add_argument("code")
        for name, says in _TEXTS.items():
            one.add_argument(f"--{name.replace('_', '-')}", help=says)
        one.add_argument(
            "--locations", nargs="*", metavar="CODE", help="locations in order of preference"
        )
        one.add_argument(
            "--open", action=argparse.BooleanOptionalAction, help="whether it takes orders"
        )


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    cards = {card.code: card for card in place_views.list_shops()}
    if args.act == "list":
        columns = (
            "code", "name", "channel", "currency", "time_zone", "default_type", "price_list",
            "locations", "is_open",
        )  # fmt: skip
        rows = [card._asdict() | {"locations": list(card.locations)} for card in cards.values()]
        print_rows(rows, columns, as_json=args.json)
        return 0
    if (args.code in cards) is (args.act == "add"):
        refuse(
            f"There is a shop {args.code!r} already." if args.act == "add"
            else f"There is no shop {args.code!r}."
        )  # fmt: skip
    wish = OpenShop(
        args.code, **{name: getattr(args, name) for name in _TEXTS}, is_open=args.open,
        locations=None if args.locations is None else tuple(args.locations),
    )  # fmt: skip
    (outcome,) = open_shops([wish], now=timezone.now())
    opened = done(outcome)
    print(f"{'Opened' if opened.created else 'Saved'} the shop {opened.code}.")
    return 0
