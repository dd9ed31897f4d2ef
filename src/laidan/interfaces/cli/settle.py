"""`laidan settle`: bring a provider's bill, match days, say how days stand."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from laidan.domain.payments.accounts import load_accounts
from laidan.insights import settlement_views
from laidan.insights.settlement_views import DayFilter
from laidan.interfaces.cli.output import add_json, done, print_json, print_rows, refuse, say, warn
from laidan.interfaces.providers.bills.importing import BillImport, UnfitBillError, Wish
from laidan.kernel.actor import SYSTEM
from laidan.kernel.money import format_minor
from laidan.usecases.match_days import match_days
from laidan.usecases.settlement_requests import MatchDay

_SHOWN = 10
_LISTED = 400


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    bring = acts.add_parser(
        "import", help="bring a bill", description="Read a provider's bill and match its days."
    )
    bring.add_argument("file", type=Path, help="as the provider hands it out, packed or not")
    bring.add_argument("--account", required=True, metavar="CODE", help="whose bill it is")
    bring.add_argument("--day", default="", help="what it is about, where it does not say so")
    add_json(bring)
    match = acts.add_parser("match", help="match a day anew", description="Match a day anew.")
    match.add_argument("day", metavar="DAY", help="such as 2026-11-22")
    match.add_argument("--account", required=True, metavar="CODE")
    status = acts.add_parser(
        "status", help="list days", description="List days of accounts, the newest first."
    )
    status.add_argument("--account", default="", metavar="CODE")
    status.add_argument("--state", default="", choices=("", *settlement_views.DAY_STATES))
    add_json(status)


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    return {"import": _import, "match": _match, "status": _status}[args.act](args)


def _import(args: argparse.Namespace) -> int:
    if not args.file.is_file():
        refuse(f"{args.file}: there is no such file", 2)
    wish = Wish(args.file, args.file.name, args.account, SYSTEM, args.day)
    bill = BillImport(wish, lambda: datetime.now(UTC))
    try:
        for _ in bill.steps():
            pass
    except UnfitBillError as error:
        refuse(f"{args.file.name}: {error.message}", 2 if error.code == "unknown-account" else 1)
    faults = bill.faults()
    if args.json:
        print_json({
            "layout": bill.layout, "lines": bill.tally.lines, "new": bill.new,
            "known_bill": bill.is_known, "days": sorted(bill.days), "breaks": bill.breaks,
            "faults": [one._asdict() for one in faults],
        })  # fmt: skip
        return 1 if faults else 0
    if bill.is_known:
        say("This bill was brought before; nothing was changed.")
        return 0
    for fault in faults[:_SHOWN]:
        warn(f"line {fault.line}: {fault.reason}" if fault.line else fault.reason)
    span = " – ".join(dict.fromkeys((min(bill.days), max(bill.days)))) if bill.days else "no day"
    say(f"{bill.tally.lines} lines of {span}, {bill.new} new; {bill.breaks} differences are open.")
    return 1 if faults else 0


def _match(args: argparse.Namespace) -> int:
    wish = MatchDay(args.account, args.day, SYSTEM)
    (outcome,) = match_days([wish], now=datetime.now(UTC))
    answer = done(outcome)
    say(f"{answer.day} of {answer.account}: {answer.breaks} differences are open.")
    return 0


def _status(args: argparse.Namespace) -> int:
    accounts = {one.id: one for one in load_accounts().values()}
    wanted = [i for i, one in accounts.items() if not args.account or one.code == args.account]
    if args.account and not wanted:
        refuse(f"there is no payment account {args.account}", 2)
    found = settlement_views.list_days(DayFilter(tuple(wanted), args.state), limit=_LISTED)
    rows = [
        {
            "day": line.day,
            "account": accounts[line.account_id].code,
            "state": line.state,
            "bill": line.has_bill,
            "ledger": [f"{format_minor(s.ledger_net, s.currency)} {s.currency}" for s in line.sums],
            "billed": [f"{format_minor(s.bill_net, s.currency)} {s.currency}" for s in line.sums],
            "breaks": line.breaks,
        }
        for line in found
    ]
    columns = ("day", "account", "state", "bill", "ledger", "billed", "breaks")
    print_rows(rows, columns, as_json=args.json)
    return 0
