"""The account of an import: what was added, what was there, what was refused and why."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol

from laidan.interfaces.files.cells import guarded
from laidan.interfaces.files.drafts import DraftOrder
from laidan.interfaces.files.faults import WHOLE_FILE, RowError
from laidan.interfaces.files.report import ReadingReport

_COLUMNS = ("file", "sheet", "row", "order", "kind", "code", "reason", "raw")
_SHOWN_MAX = 100


class Sink(Protocol):
    """Hears of everything in a file that does not come to a command."""

    def add(self, error: RowError) -> None:
        """Hear of a row that cannot be read, or is left out by rule."""

    def refuse(self, draft: DraftOrder, errors: Sequence[RowError]) -> None:
        """Hear of an order that is refused, by the rows that it has."""

    def know(self, draft: DraftOrder) -> None:
        """Hear of an order that this database exported itself."""


class ErrorsFile:
    """The CSV that names every row which was not imported; written as the rows come."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stream: IO[str] | None = None
        self._write: Any = None

    def __enter__(self) -> ErrorsFile:
        if self._path is not None:
            # The mark at the start makes Excel read the file as UTF-8.
            self._stream = self._path.open("w", encoding="utf-8-sig", newline="")
            self._write = csv.writer(self._stream).writerow
            self._write(_COLUMNS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._stream.close()

    def refuse(self, draft: DraftOrder, errors: Sequence[RowError]) -> None:
        """Write the error of every row of a refused order."""
        del draft
        for error in errors:
            self.add(error)

    def know(self, draft: DraftOrder) -> None:
        """An order that is there already is no error."""

    def add(self, error: RowError) -> None:
        """Write one row's error."""
        if self._write is None:
            return
        texts = (
            error.file, error.sheet, str(error.row or ""), error.external_no,
            "left out" if error.left_out else "refused", error.code, error.reason, error.raw,
        )  # fmt: skip
        self._write([guarded(text) for text in texts])


@dataclass(slots=True)
class Account:
    """Counts of orders, and the first errors in full."""

    reading: ReadingReport = field(default_factory=ReadingReport)
    read: int = 0
    added: int = 0
    known: int = 0
    refused: int = 0
    skus_added: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    shown: list[RowError] = field(default_factory=list)

    @property
    def has_refusals(self) -> bool:
        """Say whether anything was refused; rows left out by a stated rule are not."""
        return bool(self.refused or self.reading.refused)

    def note(self, error: RowError) -> None:
        """Keep one of the first errors to show."""
        if not error.left_out and len(self.shown) < _SHOWN_MAX:
            self.shown.append(error)

    def as_json(self) -> dict[str, Any]:
        """Return the account as a document."""
        return {
            "orders": {
                "read": self.read,
                "added": self.added,
                "known": self.known,
                "refused": self.refused,
            },
            "skus_added": self.skus_added,
            "refusals": dict(self.refusals + self.reading.refused),
            "reading": self.reading.as_json(),
            "errors": [
                {
                    "file": error.file, "sheet": error.sheet, "row": error.row,
                    "order": error.external_no, "code": error.code, "reason": error.reason,
                }
                for error in self.shown
            ],
        }  # fmt: skip

    def sentences(self, *, is_dry_run: bool) -> list[str]:
        """Return the account for a person."""
        verb = "to add" if is_dry_run else "added"
        counts = f"{self.added:,} {verb}, {self.known:,} there already, {self.refused:,} refused"
        lines = [f"{self.read:,} orders read: {counts}."]
        if self.skus_added:
            lines.append(f"{self.skus_added:,} SKUs {verb}.")
        lines += [*self._sums(), *self._counts()]
        for error in self.shown[:10]:
            row = f" row {error.row}" if error.row != WHOLE_FILE else ""
            lines.append(f"  {error.file}{row}: {error.reason} [{error.code}]")
        return lines

    def _sums(self) -> list[str]:
        return [
            f"{currency} {kind}: {sums.orders:,} orders, {sums.lines:,} lines; lines in the file "
            f"{sums.exact:,f}, each rounded once {sums.rounded:,f} "
            f"(rounding {sums.rounded - sums.exact:+,f}); totals {sums.total:,f}, "
            f"paid {sums.paid:,f}, refunded {sums.refunded:,f}."
            for (currency, kind), sums in self.reading.sums.items()
        ]

    def _counts(self) -> list[str]:
        found = []
        for title, counter in (
            ("Refused", self.refusals + self.reading.refused),
            ("Left out by rule", self.reading.left_out),
            ("Flagged", self.reading.flags),
        ):
            if counter:
                parts = ", ".join(f"{code} {count:,}" for code, count in counter.most_common())
                found.append(f"{title}: {parts}.")
        return found
