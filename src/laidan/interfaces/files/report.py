"""What an import read: counts, sums exact and rounded, refusals and flags, for each file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from laidan.interfaces.files.drafts import SALE, ZERO, DraftOrder
from laidan.interfaces.files.faults import RowError


@dataclass(slots=True)
class Sums:
    """Orders of one file in one currency and direction.

    `exact` is Σ quantity × unit price as the file has it; `rounded` the same with each line
    rounded half up once to the minor unit, which is what the orders hold.
    """

    orders: int = 0
    lines: int = 0
    exact: Decimal = ZERO
    rounded: Decimal = ZERO
    total: Decimal = ZERO
    paid: Decimal = ZERO
    refunded: Decimal = ZERO

    def add(self, draft: DraftOrder) -> None:
        """Count one order."""
        self.orders += 1
        self.lines += len(draft.lines)
        self.exact += draft.exact_amount()
        self.rounded += draft.goods_amount()
        self.total += draft.total_amount()
        self.paid += draft.paid_amount()
        self.refunded += draft.refunded_amount()

    def as_json(self) -> dict[str, Any]:
        """Return the sums as decimal texts."""
        return {
            "orders": self.orders,
            "lines": self.lines,
            "exact": _plain(self.exact),
            "rounded": _plain(self.rounded),
            "rounding": _plain(self.rounded - self.exact),
            "total": _plain(self.total),
            "paid": _plain(self.paid),
            "refunded": _plain(self.refunded),
        }


@dataclass(slots=True)
class ReadingReport:
    """The account of a reading; fed while the orders stream by."""

    files: dict[str, Sums] = field(default_factory=dict)
    sums: dict[tuple[str, str], Sums] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    flagged_orders: int = 0

    def watch(self, stream: Iterator[DraftOrder | RowError]) -> Iterator[DraftOrder | RowError]:
        """Pass a stream on and keep account of it."""
        for item in stream:
            if isinstance(item, RowError):
                (self.left_out if item.left_out else self.refused)[item.code] += 1
            else:
                self._add(item)
            yield item

    def _add(self, draft: DraftOrder) -> None:
        self.files.setdefault(draft.source.file, Sums()).add(draft)
        kind = "sales" if draft.direction == SALE else "credit notes"
        self.sums.setdefault((draft.currency, kind), Sums()).add(draft)
        self.flags.update(flag.code for flag in draft.flags)
        self.flagged_orders += bool(draft.flags)

    def as_json(self) -> dict[str, Any]:
        """Return the account as a document."""
        return {
            "files": {name: sums.as_json() for name, sums in self.files.items()},
            "sums": [
                {"currency": currency, "kind": kind, **sums.as_json()}
                for (currency, kind), sums in self.sums.items()
            ],
            "refused": dict(self.refused),
            "left_out": dict(self.left_out),
            "flags": dict(self.flags),
            "flagged_orders": self.flagged_orders,
        }


def _plain(amount: Decimal) -> str:
    return f"{amount:f}"
