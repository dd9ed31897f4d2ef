"""The Olist folder: orders, and the items, payments, customers and products joined to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import cast

from laidan.interfaces.files.binding import Binding, Problem, bind
from laidan.interfaces.files.building import build_order, finish
from laidan.interfaces.files.delimited import Row, Table, raw_text
from laidan.interfaces.files.drafts import (
    ZERO,
    DraftAddress,
    DraftCustomer,
    DraftLine,
    DraftOrder,
    DraftPayment,
    Flag,
)
from laidan.interfaces.files.faults import WHOLE_FILE, BadFileError, Limits, RowError
from laidan.interfaces.files.lines import Located, build_line
from laidan.interfaces.files.mapping import Mapping
from laidan.interfaces.files.reading import row_key, spooled_row, unspooled_row
from laidan.interfaces.files.spool import Spool
from laidan.interfaces.files.tables import read_tables

_ORDERS = "orders"
_NEEDED = (_ORDERS, "items", "payments")


@dataclass(frozen=True, slots=True)
class _Part:
    """A table of the folder and the map that fits it."""

    name: str
    binding: Binding
    table: Table


def read_folder(path: Path, mapping: Mapping, limits: Limits) -> Iterator[DraftOrder | RowError]:
    """Yield the orders of a folder; a table is known by its columns, not by its file's name."""
    parts: dict[str, _Part] = {}
    with Spool() as spool:
        for found in _tables(path, mapping, limits):
            if isinstance(found, RowError):
                yield found
                continue
            parts[found.name] = found
            yield from _spool_rows(found, spool)
        lacking = [name for name in _NEEDED if name not in parts]
        if lacking:
            reason = f"the table of {' and '.join(lacking)} is not among the files"
            yield RowError(path.name, WHOLE_FILE, "missing-table", reason)
            return
        joined = _Joined(spool, parts)
        for _, rows in spool.groups(leading=_ORDERS):
            if any(part in _NEEDED for part, _ in rows):
                yield from joined.orders(rows)


def _tables(path: Path, mapping: Mapping, limits: Limits) -> Iterator[_Part | RowError]:
    maps = {_ORDERS: mapping, **mapping.tables}
    for table in read_tables(path, mapping.declared, limits):
        if isinstance(table, RowError):
            yield table
            continue
        for name, candidate in maps.items():
            try:
                yield _Part(name, bind(candidate, table), table)
                break
            except BadFileError:
                continue
        else:
            reason = "the table has none of the sets of columns that are joined to orders"
            yield RowError(table.file, WHOLE_FILE, "unknown-table", reason, left_out=True)


def _spool_rows(part: _Part, spool: Spool) -> Iterator[RowError]:
    for row in part.table.rows:
        if isinstance(row, RowError):
            yield row
        elif key := row_key(part.binding, row):
            spool.add(part.name, key, spooled_row(row))
        else:
            yield _error(part, row, Problem("missing-value", "the row has no key"), "")


def _error(part: _Part, row: Row, problem: Problem, external_no: str) -> RowError:
    return RowError(
        part.table.file, row.number, problem.code, problem.reason,
        external_no=external_no, raw=raw_text(row.cells),
    )  # fmt: skip


class _Joined:
    """The orders of the folder, each built from all its rows."""

    def __init__(self, spool: Spool, parts: dict[str, _Part]) -> None:
        self._spool = spool
        self._parts = parts
        self._errors: list[RowError] = []

    def orders(self, rows: list[tuple[str, object]]) -> Iterator[DraftOrder | RowError]:
        """Yield the one order of the rows, or the errors of all of them."""
        self._errors = []
        by_part: dict[str, list[Row]] = {}
        for name, content in rows:
            by_part.setdefault(name, []).append(unspooled_row(content))
        heads = by_part.get(_ORDERS, [])
        if len(heads) != 1:
            yield from self._without_head(by_part, len(heads))
            return
        part = self._parts[_ORDERS]
        built = build_order([Located(part.binding, part.table.file, "", heads[0])])
        if isinstance(built, list):
            yield from built
            return
        draft = self._with_buyer(built)
        draft = self._with_items(draft, by_part.get("items", []))
        draft = self._with_payments(draft, by_part.get("payments", []))
        if self._errors:
            yield from self._errors
            return
        flags = (*draft.flags, *_oddities(draft))
        source = replace(draft.source, rows=len(rows))
        yield finish(replace(draft, flags=flags, source=source))

    def _without_head(self, by_part: dict[str, list[Row]], heads: int) -> Iterator[RowError]:
        reason = f"the order stands {heads} times in the table of orders"
        for name, rows in by_part.items():
            for row in rows if name in _NEEDED else []:
                yield _error(self._parts[name], row, Problem("no-such-order", reason), "")

    def _read(self, name: str, row: Row, external_no: str) -> dict[str, object]:
        part = self._parts[name]
        values, problems = part.binding.read(row, (*part.binding.order, *part.binding.line))
        self._errors += [_error(part, row, problem, external_no) for problem in problems]
        return values

    def _found(self, name: str, key: str, external_no: str) -> dict[str, object]:
        """Return the values of the row that another table refers to; empty if it is not there."""
        if name not in self._parts:
            return {}
        rows = self._spool.find(name, key)
        return self._read(name, unspooled_row(rows[0]), external_no) if rows else {}

    def _with_buyer(self, draft: DraftOrder) -> DraftOrder:
        values = self._found("customers", draft.extra.get("customer_id", ""), draft.external_no)
        if not values:
            return draft
        address = draft.ship_to or DraftAddress()
        return replace(
            draft,
            customer=DraftCustomer(ref=str(values.get("customer.ref") or "")),
            ship_to=replace(
                address,
                postcode=str(values.get("ship_to.postcode") or ""),
                city=str(values.get("ship_to.city") or ""),
                province=str(values.get("ship_to.province") or ""),
            ),
        )

    def _with_items(self, draft: DraftOrder, rows: list[Row]) -> DraftOrder:
        part = self._parts["items"]
        lines: list[DraftLine] = []
        freight = ZERO
        for row in rows:
            at = Located(part.binding, part.table.file, "", row)
            line, problems = build_line(at, draft.currency)
            self._errors += [_error(part, row, problem, draft.external_no) for problem in problems]
            values = self._read("items", row, draft.external_no)
            freight += cast("Decimal | None", values.get("shipping_fee")) or ZERO
            if line is not None:
                product = self._found("products", line.sku, draft.external_no)
                lines.append(replace(line, title=str(product.get("line.title") or line.sku)))
        return replace(draft, lines=tuple(lines), shipping_fee=freight)

    def _with_payments(self, draft: DraftOrder, rows: list[Row]) -> DraftOrder:
        """Take each payment row as money that came in, when it was approved or else on placing."""
        found, flags = [], []
        at = draft.history.paid_at or draft.placed_at
        for row in rows:
            values = self._read("payments", row, draft.external_no)
            provider = str(values.get("paid.provider") or "")
            amount = cast("Decimal | None", values.get("paid.amount")) or ZERO
            if amount == 0:
                flags.append(Flag("zero-payment", f"a payment of 0 by {provider}"))
                continue
            sequence = str(values.get("paid.reference") or "")
            reference = f"{draft.external_no}-{sequence}"
            found.append(DraftPayment(provider, reference, amount, at))
        if found and draft.history.paid_at is None:
            flags.append(Flag("payment-without-approval", "paid, with no time of approval"))
        return replace(draft, payments=tuple(found), flags=(*draft.flags, *flags))


def _oddities(draft: DraftOrder) -> list[Flag]:
    found = []
    paid, due = draft.paid_amount(), draft.total_amount()
    if not draft.lines:
        found.append(Flag("no-lines", f"the order has no lines; {paid} was paid"))
    elif paid != due:
        found.append(Flag("payment-differs", f"paid {paid}, items and freight {due}"))
    return found + _time_oddities(draft)


def _time_oddities(draft: DraftOrder) -> list[Flag]:
    history = draft.history
    steps = [
        ("placed", draft.placed_at),
        ("approved", history.paid_at),
        ("handed over", history.shipped_at),
        ("delivered", history.delivered_at),
    ]
    known = [(name, at) for name, at in steps if at is not None]
    found = [
        Flag("times-out-of-order", f"{later} before {earlier}")
        for (earlier, before), (later, after) in pairwise(known)
        if after < before
    ]
    if history.state == "closed" and history.delivered_at is None:
        found.append(Flag("missing-time", "delivered, with no time of delivery"))
    return found
