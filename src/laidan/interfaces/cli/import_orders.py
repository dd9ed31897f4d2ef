"""`laidan import`: read orders from files of other systems, or of Laidan itself."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from django.utils import timezone
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from laidan.interfaces.cli.import_choices import choose_map, choose_shop
from laidan.interfaces.cli.output import add_json, print_json, refuse
from laidan.interfaces.files.importing.account import Account, ErrorsFile
from laidan.interfaces.files.importing.conversion import Target
from laidan.interfaces.files.importing.missing import CannotOpenShopError
from laidan.interfaces.files.importing.ordering import OrderImport, Wishes
from laidan.interfaces.files.presets import NAMES, read_preset

_MASTER = "laidan.interfaces.cli.import_master"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    orders = kinds.add_parser(
        "orders",
        help="orders, with their lines and payments",
        description=(
            "Import orders from CSV, TSV, XLSX, XLS, .csv.gz, .tar.gz, .zip or a folder. Running "
            "it again adds nothing. docs/en/import-export.md says how each oddity is treated."
        ),
    )
    orders.add_argument("file", help="the file or folder")
    chosen = orders.add_mutually_exclusive_group()
    chosen.add_argument("--preset", choices=NAMES, help="a known source (default: found out)")
    chosen.add_argument("--map", metavar="MAP.toml", help="which column is which field")
    orders.add_argument("--shop", metavar="CODE", help="default: the only shop")
    orders.add_argument(
        "--create-missing", action="store_true", help="make SKUs, and the shop, that are not there"
    )
    orders.add_argument(
        "--history",
        action="store_true",
        help="take orders with the state they are in, without touching stock",
    )
    orders.add_argument("--dry-run", action="store_true", help="decide, but keep nothing")
    orders.add_argument("--errors", metavar="OUT.csv", help="every row not imported, and why")
    add_json(orders)
    master = _master()
    if master is not None:
        master.configure(kinds)


def _master() -> ModuleType | None:
    """Return the module that imports products, stock and customers."""
    return importlib.import_module(_MASTER) if importlib.util.find_spec(_MASTER) else None


def run(args: argparse.Namespace) -> int:
    """Import, and say what became of each row."""
    if args.kind != "orders":
        master = _master()
        return int(master.run(args)) if master is not None else 2
    mapping = choose_map(args)
    choice = choose_shop(args, mapping)
    mapping = mapping.with_defaults(choice.currency, choice.time_zone)
    wishes = Wishes(
        target=Target(choice.code, args.history, choice.default),
        time_zone=choice.time_zone,
        creates_missing=args.create_missing,
        is_dry_run=args.dry_run,
    )
    errors_path = Path(args.errors) if args.errors else None
    with ErrorsFile(errors_path) as errors:
        importing = OrderImport(wishes, timezone.now, errors)
        steps = importing.run(read_preset(Path(args.file), mapping))
        with _progress(quiet=args.json) as show:
            try:
                for account in steps:
                    show(account)
            except CannotOpenShopError as error:
                refuse(str(error))
    _report(importing.account, args, choice.code)
    return 1 if importing.account.has_refusals else 0


@contextmanager
def _progress(*, quiet: bool) -> Iterator[_Show]:
    """Show the counts on a terminal while they grow."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield _Show(None)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Show(progress)


class _Show:
    """Puts an account into the progress line."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._task = progress.add_task("Reading …") if progress else None

    def __call__(self, account: Account) -> None:
        if self._progress is not None and self._task is not None:
            text = (
                f"{account.read:,} orders read, {account.added:,} added, {account.known:,} there "
                f"already, {account.refused:,} refused"
            )
            self._progress.update(self._task, description=text)


def _report(account: Account, args: argparse.Namespace, shop: str) -> None:
    if args.json:
        print_json({"file": args.file, "shop": shop, "dry_run": args.dry_run, **account.as_json()})
        return
    if args.dry_run:
        print("Nothing was kept: this was a dry run.")
    for sentence in account.sentences(is_dry_run=args.dry_run):
        print(sentence)
    if args.errors and (account.has_refusals or account.reading.left_out):
        print(f"Rows not imported are in {args.errors}.", file=sys.stderr)
