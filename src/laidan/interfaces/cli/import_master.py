"""`laidan import products | stock | customers`: read what orders refer to."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.utils import timezone

from laidan.interfaces.cli.output import add_json, print_json, refuse
from laidan.interfaces.files.faults import WHOLE_FILE, RowError
from laidan.interfaces.files.importing import missing
from laidan.interfaces.files.importing.account import ErrorsFile
from laidan.interfaces.files.importing.master import (
    ADDED,
    CHANGED,
    KNOWN,
    MasterImport,
    ProductImport,
    Run,
    Verdict,
)
from laidan.interfaces.files.importing.master_files import SourceRow, read_rows
from laidan.interfaces.files.importing.master_rows import CustomerImport, StockImport
from laidan.interfaces.files.mapping import BadMapError, Mapping, load_map

BATCH = 500
UNUSABLE = 2
_SHOWN = 10
_ERRORS_KEPT = 100
_PRODUCTS = (
    "Import products: a row for each SKU, found again by its code. What a row leaves empty stays "
    "as it is."
)
_STOCK = (
    "Import stock: a row without `kind` is a count, after which so much is on hand; others "
    "receive, adjust, transfer or scrap, each row once however often the file is imported."
)
_CUSTOMERS = (
    "Import customers, found again by their reference. What a row leaves empty stays as it is."
)
_KINDS = {
    "products": ("SKUs with their products, prices and barcodes", _PRODUCTS),
    "stock": ("what is on hand, or movements", _STOCK),
    "customers": ("customers and their addresses", _CUSTOMERS),
}


def configure(kinds: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the kinds to those of `laidan import`."""
    for kind, (summary, description) in _KINDS.items():
        parser = kinds.add_parser(
            kind,
            help=summary,
            description=f"{description} Columns are known by their names, English or Chinese, or "
            "by a map; docs/en/import-export.md lists them.",
        )
        parser.add_argument("file", help="a CSV, TSV, XLSX or XLS file, or a folder of them")
        parser.add_argument("--map", metavar="MAP.toml", help="which column is which field")
        if kind == "products":
            parser.add_argument("--currency", help="of prices without one (default: the shop's)")
        if kind == "stock":
            parser.add_argument("--location", help="of rows without one (default: main)")
        parser.add_argument("--dry-run", action="store_true", help="decide, but keep nothing")
        parser.add_argument("--errors", metavar="OUT.csv", help="every row not imported, and why")
        add_json(parser)


@dataclass(slots=True)
class MasterAccount:
    """Counts of rows, and the first errors in full."""

    read: int = 0
    words: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    shown: list[RowError] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the account as a document."""
        counts = {word: self.words[word] for word in (ADDED, CHANGED, KNOWN)}
        return {
            "rows": {"read": self.read, **counts, "refused": self.refused},
            "refusals": dict(self.refusals),
            "errors": [
                {"file": one.file, "sheet": one.sheet, "row": one.row, "code": one.code,
                 "name": one.external_no, "reason": one.reason}
                for one in self.shown
            ],
        }  # fmt: skip

    def sentences(self, *, is_dry_run: bool) -> Iterator[str]:
        """Yield the account for a person."""
        be = "would be " if is_dry_run else ""
        yield (
            f"{self.read:,} rows read: {self.words[ADDED]:,} {be}added, "
            f"{self.words[CHANGED]:,} {be}changed, {self.words[KNOWN]:,} as they were, "
            f"{self.refused:,} refused."
        )
        for one in self.shown[:_SHOWN]:
            row = f" row {one.row}" if one.row != WHOLE_FILE else ""
            yield f"  {one.file}{row}: {one.reason} [{one.code}]"


def run(args: argparse.Namespace) -> int:
    """Import, and say what became of the rows."""
    path = Path(args.file)
    if not path.exists():
        refuse(f"there is no file {args.file}", UNUSABLE)
    mapping = _mapping(args)
    importing = _importing(args)
    account = MasterAccount()
    with ErrorsFile(Path(args.errors) if args.errors else None) as errors:
        rows = _sound(read_rows(path, mapping), account, errors)
        while batch := list(islice(rows, BATCH)):
            account.read += len(batch)
            _keep(importing.take(batch), account, errors)
            _show(account, quiet=args.json)
        _keep(importing.finish(), account, errors)
    if args.json:
        head = {"file": args.file, "kind": args.kind, "dry_run": args.dry_run}
        print_json({**head, **account.as_json()})
    else:
        if args.dry_run:
            print("Nothing was kept: this was a dry run.")
        for sentence in account.sentences(is_dry_run=args.dry_run):
            print(sentence)
    return 1 if account.refused else 0


def _mapping(args: argparse.Namespace) -> Mapping:
    if not args.map:
        return Mapping("by name", kind=args.kind)
    try:
        mapping = load_map(Path(args.map))
    except BadMapError as error:
        for problem in error.problems:
            print(f"{args.map}: {problem}", file=sys.stderr)
        refuse(f"the map {args.map} cannot be used", UNUSABLE)
    if mapping.kind != args.kind:
        refuse(f"the map {args.map} is for {mapping.kind}", UNUSABLE)
    return mapping


def _importing(args: argparse.Namespace) -> MasterImport:
    if args.kind == "products":
        shop = missing.find_shop("")
        currency = args.currency or (shop.currency if shop else "")
        return ProductImport(Run(timezone.now, args.dry_run, currency=currency))
    if args.kind == "stock":
        return StockImport(Run(timezone.now, args.dry_run, location=args.location or "main"))
    return CustomerImport(Run(timezone.now, args.dry_run))


def _sound(
    items: Iterator[SourceRow | RowError], account: MasterAccount, errors: ErrorsFile
) -> Iterator[SourceRow]:
    """Yield what could be read; note the rest."""
    for item in items:
        if isinstance(item, SourceRow):
            yield item
        else:
            account.read += item.row != WHOLE_FILE
            _refuse(item, account, errors)


def _keep(verdicts: Sequence[Verdict], account: MasterAccount, errors: ErrorsFile) -> None:
    for verdict in verdicts:
        if verdict.refused is None:
            account.words[verdict.word] += 1
        else:
            _refuse(verdict.row.error(*verdict.refused, verdict.name), account, errors)


def _refuse(error: RowError, account: MasterAccount, errors: ErrorsFile) -> None:
    account.refused += 1
    account.refusals[error.code] += 1
    if len(account.shown) < _ERRORS_KEPT:
        account.shown.append(error)
    errors.add(error)


def _show(account: MasterAccount, *, quiet: bool) -> None:
    if not quiet and sys.stderr.isatty():
        print(f"\r{account.read:,} rows", end="", file=sys.stderr, flush=True)
