"""Opens locations: upserts them by code."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.channels.store import EPOCH
from laidan.domain.stock import locations as stock
from laidan.domain.stock.locations import Location
from laidan.engine import epochs, unit
from laidan.kernel.actor import SYSTEM, Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases.needing import needs
from laidan.usecases.texts import name_faults

Entropy = Callable[[int], bytes]
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}\Z")
_NAME_MAX = 120


@dataclass(frozen=True, slots=True)
class OpenLocation:
    """A location as it shall be; None leaves a known one's value as it is."""

    code: str
    name: str | None = None
    is_active: bool | None = None
    actor: Actor = SYSTEM


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of a shop or location; both flags are False where it was so already."""

    id: str
    code: str
    created: bool = False
    changed: bool = False


@needs("settings.locations")
def open_locations(
    batch: Sequence[OpenLocation], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[Opened]]:
    """Upsert each location; one outcome per request, in the order given.

    Locks: the locations named. Refuses: invalid-request.
    """
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def _attempt(
    batch: Sequence[OpenLocation], *, now: datetime, entropy: Entropy
) -> list[Outcome[Opened]]:
    mint = Mint(now, entropy)
    known = stock.load_locations({request.code for request in batch}, lock=True)
    rows = dict(known)
    outcomes: list[Outcome[Opened]] = []
    for request in batch:
        refused = name_fault(request.code, request.name)
        if refused is not None:
            outcomes.append(refused)
            continue
        old = rows.get(request.code)
        base = old or Location(mint.new(), request.code, request.code, is_active=True)
        row = base._replace(
            name=base.name if request.name is None else request.name,
            is_active=base.is_active if request.is_active is None else request.is_active,
        )
        rows[request.code] = row
        outcomes.append(Done(Opened(row.id, row.code, old is None, row != old)))
    added = [row for code, row in rows.items() if code not in known]
    changed = [row for code, row in rows.items() if code in known and row != known[code]]
    stock.write_locations(added, changed, now=now)
    if added or changed:
        epochs.bump("stock")
        # A shop's list holds its active locations only.
        epochs.bump(EPOCH)
    labels = {request.code: request.actor.label for request in batch}
    deeds = [_deed(labels[row.code], known.get(row.code), row) for row in [*added, *changed]]
    record(deeds, now=now, mint=mint)
    return outcomes


def _deed(label: str, old: Location | None, row: Location) -> Deed:
    action = "location.opened" if old is None else "location.changed"
    before = None if old is None else old._asdict()
    return Deed(label, action, "location", row.id, row.code, before=before, after=row._asdict())


def name_fault(code: str, name: str | None) -> Refused | None:
    """Refuse a code or name that cannot be one."""
    if not _CODE.match(code):
        return invalid("code", "must be 1 to 40 letters, digits, dots, dashes or underscores")
    if name is not None and not 0 < len(name.strip()) <= _NAME_MAX:
        return invalid("name", f"must have 1 to {_NAME_MAX} characters")
    fault = next(name_faults(name, "name"), None) if name is not None else None
    return invalid("name", fault.msg) if fault is not None else None
