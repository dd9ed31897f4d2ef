"""What is asked of the commands that settle accounts with their providers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from laidan.domain.settlement.core import BillLine
from laidan.kernel.actor import Actor

READ_BILL = "read_bill"
"""The kind of job that brings a bill in."""


@dataclass(frozen=True, slots=True)
class OpenBill:
    """A file of a provider that is about to be read for an account (its code)."""

    account: str
    name: str
    sha256: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class ImportBillRow:
    """A line of a bill that was opened; `key` is the provider's for it, made unique in the file."""

    bill: str
    line: BillLine
    key: str
    day: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class EndBill:
    """What reading a bill to its end came to; `days` are those that it is about."""

    bill: str
    actor: Actor
    layout: str
    lines: int
    days: tuple[str, ...]
    faults: tuple[tuple[int, str, str], ...] = ()
    told: Mapping[str, int | None] = field(default_factory=dict)
    sums: Mapping[str, int | None] = field(default_factory=dict)
    file_id: str | None = None


@dataclass(frozen=True, slots=True)
class NoteEmptyDay:
    """A day of an account of which the provider says that there was no trade: it has no bill."""

    account: str
    day: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class MatchDay:
    """A day of an account (its code) that shall be matched, anew where it was before."""

    account: str
    day: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class CloseDay:
    """A day of an account that shall be closed, or opened again for a reason."""

    account: str
    day: str
    actor: Actor
    reopen: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ExplainBreak:
    """A person's word on why a break may stay; without a reason what was said is taken back."""

    id: str
    actor: Actor
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class AssignBreak:
    """Who looks after a break: a user's name, "" for nobody."""

    id: str
    owner: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class SuspendBreak:
    """Money that the provider has and our ledger has not: a work item for whoever finds its order."""

    id: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class KeepRule:
    """How an account (its code) is settled from now on; see `domain.settlement.core.Rule`."""

    account: str
    actor: Actor
    time_zone: str = ""
    fee_ppm: int | None = None
    fee_fixed_minor: int = 0
    tolerance_minor: int = 1
    gives_fee_back: bool = False
    column_map: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DayAnswer:
    """How a day stands; `breaks` are those that are open."""

    account: str
    day: str
    state: str
    breaks: int
    has_bill: bool


@dataclass(frozen=True, slots=True)
class BillAnswer:
    """A bill that was opened; `is_read` where the same bytes were read to their end before."""

    id: str
    account_id: str
    is_read: bool
