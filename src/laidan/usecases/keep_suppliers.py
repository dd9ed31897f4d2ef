"""Keeps suppliers: upserts them by code."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import msgspec

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.parties import people
from laidan.domain.parties.people import SupplierRow
from laidan.engine import unit
from laidan.engine.sealing import Keyring, keyring
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Fault, Outcome, Refused
from laidan.usecases.needing import needs
from laidan.usecases.open_locations import name_fault
from laidan.usecases.texts import note_faults

Entropy = Callable[[int], bytes]
_encode = msgspec.json.Encoder().encode
_LENGTHS = {"person": 120, "phone": 40, "email": 200, "note": 1000}
LEAD_DAYS_MAX = 999


class SupplierContact(msgspec.Struct, frozen=True):
    """Whom to call at a supplier: sealed."""

    person: str = ""
    phone: str = ""
    email: str = ""


read_contact: Callable[[str], SupplierContact] = msgspec.json.Decoder(SupplierContact).decode


@dataclass(frozen=True, slots=True)
class KeepSupplier:
    """A supplier as he shall be; None leaves a known one's value as it is."""

    code: str
    actor: Actor
    name: str | None = None
    person: str | None = None
    phone: str | None = None
    email: str | None = None
    lead_days: int | None = None
    note: str | None = None
    is_active: bool | None = None


@dataclass(frozen=True, slots=True)
class SupplierAnswer:
    """What became of a supplier."""

    id: str
    code: str
    created: bool = False
    changed: bool = False


@needs("suppliers.edit")
def keep_suppliers(
    batch: Sequence[KeepSupplier], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[SupplierAnswer]]:
    """Upsert each supplier; one outcome per request, in the order given.

    Locks: the suppliers named. Refuses: invalid-request.
    """
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def contact_of(row: SupplierRow, keys: Keyring) -> SupplierContact:
    """Return whom to call at a supplier."""
    return read_contact(keys.unseal(row.sealed, row.id)) if row.sealed else SupplierContact()


def _attempt(
    batch: Sequence[KeepSupplier], *, now: datetime, entropy: Entropy
) -> list[Outcome[SupplierAnswer]]:
    mint, keys = Mint(now, entropy), keyring()
    before = people.load_suppliers({request.code for request in batch})
    rows = dict(before)
    outcomes: list[Outcome[SupplierAnswer]] = []
    deeds: dict[str, Deed] = {}
    for request in batch:
        refused = name_fault(request.code, request.name) or _fault(request)
        if refused is not None:
            outcomes.append(refused)
            continue
        old = rows.get(request.code)
        base = old or SupplierRow(
            mint.new(), request.code, request.code, None, None, "",
            is_active=True, created_at=now, updated_at=now,
        )  # fmt: skip
        row = _wanted(base, request, keys)
        if row != old:
            row = row._replace(updated_at=now)
            deeds[row.code] = _deed(request, before.get(row.code), row, keys)
        rows[row.code] = row
        outcomes.append(Done(SupplierAnswer(row.id, row.code, old is None, row != old)))
    people.write_suppliers(
        [row for code, row in rows.items() if code not in before],
        [row for code, row in rows.items() if row != before.get(code, row)],
    )
    record(list(deeds.values()), now=now, mint=mint)
    return outcomes


def _wanted(base: SupplierRow, request: KeepSupplier, keys: Keyring) -> SupplierRow:
    given = {
        name: value
        for name in ("name", "lead_days", "note", "is_active")
        if (value := getattr(request, name)) is not None
    }
    row = base._replace(**given)
    kept = contact_of(base, keys)
    contact = SupplierContact(
        *(
            getattr(kept, name) if getattr(request, name) is None else getattr(request, name)
            for name in SupplierContact.__struct_fields__
        )
    )
    if contact == kept:
        return row
    return row._replace(sealed=keys.seal(_encode(contact).decode(), row.id))


def _fault(request: KeepSupplier) -> Refused | None:
    found: list[Fault] = []
    for name, length in _LENGTHS.items():
        text = getattr(request, name) or ""
        found += note_faults(text, name)
        if len(text) > length:
            found.append(Fault(name, f"has at most {length} characters"))
    if request.lead_days is not None and not 0 <= request.lead_days <= LEAD_DAYS_MAX:
        found.append(Fault("lead_days", f"must be from 0 to {LEAD_DAYS_MAX}"))
    if not found:
        return None
    words = "; ".join(f"{fault.loc}: {fault.msg}" for fault in found[:3])
    return Refused("invalid-request", words, 422, tuple(found))


def _deed(request: KeepSupplier, old: SupplierRow | None, row: SupplierRow, keys: Keyring) -> Deed:
    action = "supplier.created" if old is None else "supplier.changed"
    return Deed(
        request.actor.label, action, "supplier", row.id, row.code,
        before=_told(old, keys) if old is not None else None, after=_told(row, keys),
        private=tuple(SupplierContact.__struct_fields__),
    )  # fmt: skip


def _told(row: SupplierRow, keys: Keyring) -> dict[str, object]:
    names = ("name", "lead_days", "note", "is_active")
    told: dict[str, object] = {name: getattr(row, name) for name in names}
    return told | msgspec.structs.asdict(contact_of(row, keys))
