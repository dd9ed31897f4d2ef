"""Looking at a file before it is imported: what it holds, which map fits, what would become of it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from laidan.interfaces.files.delimited import Declared, Row
from laidan.interfaces.files.drafts import DraftOrder
from laidan.interfaces.files.faults import Limits, RowError
from laidan.interfaces.files.importing import missing
from laidan.interfaces.files.importing.aliases import OwnField, columns_by_name
from laidan.interfaces.files.importing.master import ProductImport, Run
from laidan.interfaces.files.importing.master_files import SourceRow, read_rows
from laidan.interfaces.files.importing.master_rows import CustomerImport, StockImport
from laidan.interfaces.files.importing.ordering import OrderImport
from laidan.interfaces.files.importing.plan import (
    ImportWish,
    binds,
    fits,
    mapping_of,
    plan_orders,
)
from laidan.interfaces.files.mapping import BadMapError, read_map
from laidan.interfaces.files.presets import FOLDERS, NAMES, load_preset, read_preset
from laidan.interfaces.files.tables import bundled, read_tables
from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Outcome, Refused

PREVIEWED = 50
"""Orders or rows that are decided before anything is kept."""
SAMPLES = 3
_HEAD_BYTES = 1 << 20
_PACKED = (b"PK", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True, slots=True)
class Looked:
    """What a file's first table looks like; `fault` where nothing can be read."""

    header: tuple[str, ...] = ()
    encoding: str = ""
    sheet: str = ""
    samples: tuple[tuple[str, ...], ...] = ()
    fault: RowError | None = None
    files: tuple[str, ...] = ()
    """The names of the texts, where it is an archive of several."""


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """What would become of an order or a row; `code` is a refusal's, else empty."""

    row: int
    name: str
    facts: tuple[str, ...] = ()
    word: str = ""
    code: str = ""
    reason: str = ""
    amount: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of the first orders or rows of a file."""

    rows: list[PreviewRow] = field(default_factory=list)
    is_whole: bool = True

    @property
    def refused(self) -> int:
        """How many of them would be refused."""
        return sum(bool(row.code) for row in self.rows)


@contextmanager
def beginning(path: Path) -> Iterator[Path]:
    """Yield a file with the first lines of a large text; whatever is packed stays whole."""
    with path.open("rb") as whole:
        head = whole.read(_HEAD_BYTES)
    if len(head) < _HEAD_BYTES or head.startswith(_PACKED):
        yield path
        return
    folder = Path(tempfile.mkdtemp())
    try:
        part = folder / path.name
        part.write_bytes(head[: head.rfind(b"\n") + 1] or head)
        yield part
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def look(path: Path, declared: Declared = Declared()) -> Looked:
    """Return what the first table of a file holds."""
    fault = None
    for table in read_tables(path, declared, Limits()):
        if isinstance(table, RowError):
            fault = fault or table
            continue
        rows = [row for row in islice(table.rows, 20) if isinstance(row, Row)]
        samples = tuple(_samples(rows, place) for place in range(len(table.header)))
        return Looked(table.header, table.encoding, table.sheet, samples, files=bundled(path))
    return Looked(fault=fault or RowError(path.name, 0, "empty-file", "the file is empty"))


def _samples(rows: Sequence[Row], place: int) -> tuple[str, ...]:
    found = (row.cells[place].strip()[:60] for row in rows)
    return tuple(list(dict.fromkeys(cell for cell in found if cell))[:SAMPLES])


def guess(
    path: Path,
    kind: str,
    maps: Mapping[str, dict[str, Any]],
    own: Mapping[str, OwnField] | None = None,
) -> dict[str, Any]:
    """Return the part of a wish that fits a file: a preset, a kept map, or columns by their names."""
    if kind == "orders":
        joined = [name for name in FOLDERS if fits(load_preset(name).mapping, path)]
        if len(joined) == 1:
            return {"preset": joined[0]}
    for table in read_tables(path, Declared(), Limits()):
        if isinstance(table, RowError):
            continue
        if kind == "orders":
            alone = (name for name in NAMES if name not in FOLDERS)
            fitting = [name for name in alone if binds(load_preset(name).mapping, table)]
            if len(fitting) == 1:
                return {"preset": fitting[0]}
        for name, document in maps.items():
            try:
                if binds(read_map(document, name), table):
                    return {"document": document, "map_name": name}
            except BadMapError:
                continue
        columns = {
            name: {"column": column.names[0], "kind": column.kind} if column.kind
            else column.names[0]
            for name, column in columns_by_name(kind, table.header, own).items()
        }  # fmt: skip
        return {"document": {"kind": kind, "columns": columns}}
    return {"document": {"kind": kind, "columns": {}}}


def may_overwrite(wish: ImportWish, seen: Preview) -> bool:
    """Say whether an import may change what is there, as far as its beginning tells."""
    if wish.kind == "orders":
        return False
    changing = {"changed", "added"} if wish.kind == "stock" else {"changed"}
    return not seen.is_whole or any(row.word in changing for row in seen.rows)


def preview(path: Path, wish: ImportWish, actor: Actor, *, now: datetime) -> Preview:
    """Return what would become of the first orders or rows; raises PlanError or BadMapError."""
    with beginning(path) as part:
        if wish.kind == "orders":
            return _preview_orders(part, wish, actor, now=now)
        return _preview_rows(part, wish, actor, now=now)


class _Heard:
    """Keeps what is told of orders that never come to be placed."""

    def __init__(self, file: str) -> None:
        self.rows: list[PreviewRow] = []
        self._given = file

    def add(self, error: RowError) -> None:
        """Note a row that cannot be read, or is left out by rule."""
        name = error.external_no or self._file(error)
        row = PreviewRow(error.row, name, reason=error.reason, code=error.code)
        if error.left_out:
            row = PreviewRow(error.row, name, word="left-out", reason=error.reason)
        self.rows.append(row)

    def _file(self, error: RowError) -> str:
        """Return which file an error is in, where more than one was brought."""
        return "" if error.file == self._given else error.file

    def refuse(self, draft: DraftOrder, errors: Sequence[RowError]) -> None:
        """Note an order that would be refused."""
        first = errors[0]
        self.rows.append(_row(draft, code=first.code, reason=first.reason))

    def know(self, draft: DraftOrder) -> None:
        """Note an order that is there already."""
        self.rows.append(_row(draft, word="known"))


def _row(draft: DraftOrder, *, word: str = "", code: str = "", reason: str = "") -> PreviewRow:
    person = draft.ship_to.name if draft.ship_to else ""
    name = draft.customer.name if draft.customer else ""
    goods = ", ".join(f"{line.sku} × {line.quantity:f}" for line in draft.lines[:2])
    facts = (draft.placed_at.isoformat(), name or person, goods, draft.history.state)
    amount = f"{draft.total_amount():f}"
    return PreviewRow(
        draft.source.row, draft.external_no, facts, word, code, reason, amount, draft.currency
    )


def _preview_orders(path: Path, wish: ImportWish, actor: Actor, *, now: datetime) -> Preview:
    mapping, wishes = plan_orders(wish, actor, is_dry_run=True)
    heard = _Heard(path.name)
    importing = OrderImport(wishes, lambda: now, heard)
    items = list(islice(read_preset(path, mapping), PREVIEWED + 1))
    drafts: list[DraftOrder] = []
    for item in items[:PREVIEWED]:
        if isinstance(item, RowError):
            heard.add(item)
        else:
            drafts.append(item)
    for draft, outcome in importing.take(drafts):
        if not isinstance(outcome, Refused):
            heard.rows.append(_row(draft, word=_word(outcome)))
    return Preview(sorted(heard.rows, key=lambda row: row.row), len(items) <= PREVIEWED)


def _word(outcome: Outcome[Any]) -> str:
    return "known" if isinstance(outcome, Refused) or not outcome.value.created else "added"


def _preview_rows(path: Path, wish: ImportWish, actor: Actor, *, now: datetime) -> Preview:
    shop = missing.find_shop(wish.shop) or missing.find_shop("")
    run = Run(
        lambda: now, is_dry_run=True, currency=shop.currency if shop else "",
        location=wish.location, actor=actor,
    )  # fmt: skip
    kinds = {"products": ProductImport, "stock": StockImport, "customers": CustomerImport}
    importing = kinds[wish.kind](run)
    items = list(islice(read_rows(path, mapping_of(wish)), PREVIEWED + 1))
    rows = [
        PreviewRow(one.row, one.external_no, code=one.code, reason=one.reason)
        for one in items[:PREVIEWED]
        if isinstance(one, RowError)
    ]
    sound = [one for one in items[:PREVIEWED] if isinstance(one, SourceRow)]
    for verdict in (*importing.take(sound), *importing.finish()):
        facts = tuple(
            f"{value:f}" if hasattr(value, "quantize") else str(value)
            for name, value in verdict.row.values.items()
            if value is not None and value != verdict.name
        )
        code, reason = verdict.refused or ("", "")
        word = "" if code else verdict.word
        rows.append(PreviewRow(verdict.row.number, verdict.name, facts[:4], word, code, reason))
    return Preview(sorted(rows, key=lambda row: row.row), len(items) <= PREVIEWED)
