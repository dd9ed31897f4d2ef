"""Explains breaks, gives them to somebody, and makes work items of money that only a bill knows."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

from laidan.domain.access.models import User
from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.payments import inbox
from laidan.domain.payments.inbox import SuspenseRow
from laidan.domain.settlement import core, store
from laidan.domain.settlement.store import BreakRow, Day, DayRow
from laidan.engine import unit
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint, parse_id
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases.needing import needs
from laidan.usecases.settlement_requests import AssignBreak, ExplainBreak, SuspendBreak
from laidan.usecases.settling_accounts import Desk, open_desk, reaches
from laidan.usecases.texts import note_faults

Entropy = Callable[[int], bytes]
EDIT = "settlement.edit"
NOTE_MAX = 300


class _Asked(Protocol):
    """A request about a break."""

    @property
    def id(self) -> str:
        """Which break."""

    @property
    def actor(self) -> Actor:
        """Who asks."""


R = TypeVar("R", bound=_Asked)


@needs(EDIT)
def explain_breaks(
    batch: Sequence[ExplainBreak], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[str]]:
    """Say why each break may stay, or take that back; one outcome per request, in order.

    Locks: the days, then the breaks. Refuses: unknown-break, invalid-request, day-closed (nothing is
    taken back there), break-fixed.
    """
    return unit.run_batch(batch, partial(_explain, now=now, entropy=entropy))


@needs(EDIT)
def assign_breaks(
    batch: Sequence[AssignBreak], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[str]]:
    """Give each break to somebody; one outcome per request, in order.

    Locks: the days, then the breaks. Refuses: unknown-break, invalid-request.
    """
    return unit.run_batch(batch, partial(_assign, now=now, entropy=entropy))


@needs(EDIT)
def suspend_breaks(
    batch: Sequence[SuspendBreak], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[str]]:
    """Lay money that only a bill knows before a person, to be booked on its order; answers items.

    The break stays open until the money is booked and matched. Locks: the days, then the breaks.
    Refuses: unknown-break, break-not-suspendable.
    """
    return unit.run_batch(batch, partial(_suspend, now=now, entropy=entropy))


@dataclass(slots=True)
class _Folder:
    """The breaks of a batch, as they are and as they shall be."""

    desk: Desk
    days: dict[Day, DayRow]
    rows: dict[str, BreakRow]
    changed: dict[str, BreakRow] = field(default_factory=dict)
    deeds: list[Deed] = field(default_factory=list)

    def find(self, request: _Asked) -> BreakRow | Refused:
        """Return a break that somebody may deal with, or that there is none for him."""
        row = self.rows.get(request.id)
        account = self.desk.accounts.get(row.account_id) if row else None
        if row is None or account is None or not reaches(account, request.actor, EDIT):
            return Refused("unknown-break", f"There is no break {request.id[:40]}.", 404)
        return row

    def change(self, row: BreakRow, new: BreakRow, who: Actor, action: str, why: str = "") -> None:
        """Take note of a change of a break."""
        self.rows[row.id] = self.changed[row.id] = new
        names = ("state", "owner", "reason", "note")
        label = f"{self.desk.accounts[row.account_id].code} {row.day} {row.type}"
        self.deeds.append(
            Deed(
                who.label, action, "break", row.id, label,
                {name: getattr(row, name) for name in names},
                {name: getattr(new, name) for name in names}, why,
            )
        )  # fmt: skip

    def write(self, now: datetime, mint: Mint) -> None:
        """Write what was changed."""
        store.write_breaks(list(self.changed.values()))
        record(self.deeds, now=now, mint=mint)


def _open(batch: Sequence[_Asked]) -> _Folder:
    ids = {one.id for one in batch if parse_id(one.id) == one.id}
    seen = store.load_breaks(ids)
    days = {(one.account_id, one.day) for one in seen.values()}
    # The day before its breaks, as whoever closes it does.
    locked = store.load_days(days, lock=True) if days else {}
    return _Folder(open_desk(), locked, store.load_breaks(ids, lock=True))


def _explain(
    batch: Sequence[ExplainBreak], *, now: datetime, entropy: Entropy
) -> list[Outcome[str]]:
    folder = _open(batch)
    outcomes: list[Outcome[str]] = []
    for request in batch:
        row = folder.find(request)
        refused = row if isinstance(row, Refused) else _explain_fault(folder, row, request)
        if refused is not None or isinstance(row, Refused):
            outcomes.append(refused or invalid("id", ""))
            continue
        new = row._replace(state=core.OPEN, reason="", note="", closed_at=None, closed_by="")
        if request.reason:
            new = row._replace(
                state=core.EXPLAINED, reason=request.reason, note=request.note.strip(),
                closed_at=now, closed_by=request.actor.label,
            )  # fmt: skip
        same = (new.state, new.reason, new.note) == (row.state, row.reason, row.note)
        outcomes.append(Done(row.id, replayed=same))
        if not same:
            action = "break.explained" if request.reason else "break.reopened"
            folder.change(row, new, request.actor, action, request.note.strip())
    folder.write(now, Mint(now, entropy))
    return outcomes


def _explain_fault(folder: _Folder, row: BreakRow, request: ExplainBreak) -> Refused | None:
    if request.reason and request.reason not in core.REASONS:
        return invalid("reason", f"must be one of {', '.join(core.REASONS)}")
    if len(request.note) > NOTE_MAX or [*note_faults(request.note, "note")]:
        return invalid("note", f"must be a text of at most {NOTE_MAX} characters")
    if request.reason == core.NOTED and not request.note.strip():
        return invalid("note", "say what the reason is")
    if row.state == core.FIXED:
        return Refused("break-fixed", "Both sides agree by now; there is nothing to explain.")
    day = folder.days[row.account_id, row.day]
    if day.state == core.CLOSED and row.state == core.EXPLAINED:
        return Refused("day-closed", f"{row.day} is closed; open it again to change this.")
    return None


def _assign(batch: Sequence[AssignBreak], *, now: datetime, entropy: Entropy) -> list[Outcome[str]]:
    folder = _open(batch)
    names = {one.owner for one in batch if one.owner}
    known = set(
        User.objects.filter(username__in=names, is_active=True).values_list("username", flat=True)
    )
    outcomes: list[Outcome[str]] = []
    for request in batch:
        row = folder.find(request)
        if isinstance(row, Refused):
            outcomes.append(row)
        elif request.owner and request.owner not in known:
            outcomes.append(invalid("owner", "there is no such user"))
        else:
            outcomes.append(Done(row.id, replayed=row.owner == request.owner))
            if row.owner != request.owner:
                new = row._replace(owner=request.owner)
                folder.change(row, new, request.actor, "break.assigned")
    folder.write(now, Mint(now, entropy))
    return outcomes


def _suspend(
    batch: Sequence[SuspendBreak], *, now: datetime, entropy: Entropy
) -> list[Outcome[str]]:
    folder, mint = _open(batch), Mint(now, entropy)
    items: list[SuspenseRow] = []
    outcomes: list[Outcome[str]] = []
    for request in batch:
        row = folder.find(request)
        if isinstance(row, Refused):
            outcomes.append(row)
        elif row.suspense_id is not None:
            outcomes.append(Done(row.suspense_id, replayed=True))
        elif not _is_suspendable(row):
            outcomes.append(
                Refused("break-not-suspendable", "Our ledger has this money; explain the break.")
            )
        else:
            items.append(_item(row, folder.desk, mint.new(), now))
            outcomes.append(Done(items[-1].id))
            new = row._replace(suspense_id=items[-1].id)
            folder.change(row, new, request.actor, "break.suspended")
    inbox.write_suspense(items)
    folder.write(now, mint)
    return outcomes


def _is_suspendable(row: BreakRow) -> bool:
    is_theirs = row.type in core.SUSPENDED and row.there_minor is not None
    return is_theirs and row.state == core.OPEN


def _item(row: BreakRow, desk: Desk, id_: str, now: datetime) -> SuspenseRow:
    account = desk.accounts[row.account_id]
    reason = "unknown-payment" if row.kind == core.CAPTURE else "unknown-refund"
    return SuspenseRow(
        id_, reason, inbox.OPEN, account.provider, row.account_id, row.order_id, None, None,
        row.number, row.reference, row.there_minor, row.currency,
        f"bill of {row.day}: {row.type}", now,
    )  # fmt: skip
