"""`laidan export`: write orders as CSV or XLSX that spreadsheets open and Laidan reads back."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from datetime import UTC, datetime, time
from datetime import date as calendar_date
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from laidan.domain.access import queries
from laidan.domain.orders.selecting import Position
from laidan.insights import masking
from laidan.insights.order_conditions import OrderFilter
from laidan.insights.order_documents import load_shown
from laidan.insights.order_list import find_page
from laidan.interfaces.cli.output import add_json, print_json, refuse
from laidan.interfaces.files.export import (
    CannotWriteError,
    Record,
    order_records,
    write_csv,
    write_xlsx,
)
from laidan.interfaces.files.importing.missing import find_shop
from laidan.kernel.actor import FORBIDDEN, SYSTEM, Actor
from laidan.usecases import grant_access
from laidan.usecases.note_exports import note_export

_PAGE = 200
_SORT = "placed_at"
_UNUSABLE = 2


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    orders = kinds.add_parser(
        "orders",
        help="orders, one row for each line",
        description=(
            "Export orders with their customers, lines and payments. The ending of OUT chooses "
            "between CSV and XLSX. No text can become a formula, and `laidan import orders` reads "
            "the file back to the same orders."
        ),
    )
    orders.add_argument("out", metavar="OUT", help="OUT.csv or OUT.xlsx; - for CSV on the output")
    orders.add_argument("--shop", action="append", default=[], metavar="CODE")
    orders.add_argument("--type", action="append", default=[], metavar="TYPE")
    orders.add_argument("--state", action="append", default=[], metavar="STATE")
    orders.add_argument("--from", dest="placed_from", metavar="DAY", help="placed on or after")
    orders.add_argument("--to", dest="placed_to", metavar="DAY", help="placed before")
    orders.add_argument(
        "--as", dest="as_user", metavar="USER",
        help="only what this user may see, masked as he sees it (default: everything)",
    )  # fmt: skip
    orders.add_argument(
        "--bom", action="store_true", help="begin CSV with a mark, so that Excel reads it as UTF-8"
    )
    add_json(orders)


def run(args: argparse.Namespace) -> int:
    """Write the file, whole or not at all."""
    for code in args.shop:
        if find_shop(code) is None:
            refuse(f"there is no shop {code}", _UNUSABLE)
    zone, actor = _zone(args), _actor(args.as_user)
    wanted = OrderFilter(
        shop=tuple(args.shop),
        type=tuple(args.type),
        state=tuple(args.state),
        placed_from=_start(args.placed_from, zone),
        placed_to=_start(args.placed_to, zone),
        sight=actor.sight("orders.export"),
    )
    counted = _Counted(actor)
    records = counted.watch(wanted, now=timezone.now())
    rows = _write(args, records)
    told = {"orders": counted.orders, "shop": args.shop, "type": args.type, "state": args.state}
    note_export("orders", told, now=timezone.now())
    if args.json:
        print_json({"file": args.out, "orders": counted.orders, "rows": rows})
    elif args.out != "-":
        print(f"{counted.orders:,} orders in {rows:,} rows written to {args.out}.")
    return 0


def _actor(username: str | None) -> Actor:
    """Return for whom the file is written: the system, or a user who may export."""
    if username is None:
        return SYSTEM
    user = queries.find_user(username)
    if user is None or not user.is_active:
        refuse(f"there is no active user {username!r}", _UNUSABLE)
    actor = grant_access.actor_of_user(user)
    if not actor.may("orders.export"):
        refuse(FORBIDDEN)
    return actor


def _zone(args: argparse.Namespace) -> ZoneInfo:
    """Return the zone of the days asked for: the shop's, where one is named."""
    shop = find_shop(args.shop[0]) if len(args.shop) == 1 else find_shop("")
    return shop.zone if shop else ZoneInfo(settings.TIME_ZONE)


def _start(day: str | None, zone: ZoneInfo) -> datetime | None:
    if day is None:
        return None
    try:
        return datetime.combine(calendar_date.fromisoformat(day), time(), zone).astimezone(UTC)
    except ValueError:
        refuse(f"{day!r} is not a day such as 2026-11-22", _UNUSABLE)


def _write(args: argparse.Namespace, records: Iterator[Record]) -> int:
    if args.out == "-":
        return write_csv(Path("/dev/stdout"), records, with_bom=args.bom)
    out = Path(args.out)
    if out.suffix.lower() not in {".csv", ".xlsx"}:
        refuse("OUT should end with .csv or .xlsx", _UNUSABLE)
    # Under another name first, so that a stopped export leaves no half of a file behind.
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        if out.suffix.lower() == ".csv":
            rows = write_csv(part, records, with_bom=args.bom)
        else:
            rows = write_xlsx(part, records)
        part.replace(out)
    except CannotWriteError as error:
        refuse(str(error))
    finally:
        part.unlink(missing_ok=True)
    return rows


class _Counted:
    """The rows of the orders, page by page, and how many orders they were."""

    def __init__(self, actor: Actor) -> None:
        self.orders = 0
        self._actor = actor

    def watch(self, wanted: OrderFilter, *, now: datetime) -> Iterator[Record]:
        """Yield the rows in the order of placing; an order is read as it stands at that moment."""
        position = None
        while True:
            page = find_page(wanted, sort=_SORT, limit=_PAGE, position=position, now=now)
            shown = load_shown(page.ids, now=now)
            for order in shown:
                self.orders += 1
                here = self._actor.at(order.place)
                yield from order_records(
                    masking.document_for(order.document, here),
                    masking.contact_for(order.contact, here),
                )
            if not page.has_more or not shown:
                return
            last = shown[-1].row
            position = Position(last.placed_at, last.id)
