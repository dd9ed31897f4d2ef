"""Edits customers one by one: whoever has no reference is named by id."""

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
from laidan.domain.parties.people import KeptCustomer
from laidan.engine import unit
from laidan.engine.sealing import Keyring, keyring, normal_phone
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint, parse_id
from laidan.kernel.outcome import Done, Fault, Outcome, Refused
from laidan.usecases.needing import needs
from laidan.usecases.reaching import reach_customers
from laidan.usecases.texts import name_faults, note_faults

EDIT = "customers.edit"
Entropy = Callable[[int], bytes]
_encode = msgspec.json.Encoder().encode
_LENGTHS = {"name": 120, "ref": 80, "phone": 40, "email": 200, "note": 1000}


@dataclass(frozen=True, slots=True)
class EditCustomer:
    """A customer as he shall be; `customer_id` None is a new one, a field of None stays."""

    actor: Actor
    customer_id: str | None = None
    name: str | None = None
    ref: str | None = None
    phone: str | None = None
    email: str | None = None
    note: str | None = None
    is_blocked: bool | None = None


@dataclass(frozen=True, slots=True)
class EditAnswer:
    """What became of a customer."""

    id: str
    name: str
    created: bool = False
    changed: bool = False


class Contact(msgspec.Struct, frozen=True):
    """What is sealed of a customer."""

    phone: str = ""
    email: str = ""


read_contact: Callable[[str], Contact] = msgspec.json.Decoder(Contact).decode


@needs(EDIT)
def edit_customers(
    batch: Sequence[EditCustomer], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[EditAnswer]]:
    """Make or change each customer; one outcome per request, in the order given.

    Locks: the customers, and those who have the references wished for. Refuses: invalid-customer,
    unknown-customer, reference-taken, forbidden (a customer outside the actor's limits).
    """
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


def _attempt(
    batch: Sequence[EditCustomer], *, now: datetime, entropy: Entropy
) -> list[Outcome[EditAnswer]]:
    mint, keys = Mint(now, entropy), keyring()
    ids = {request.customer_id for request in batch if request.customer_id}
    known = people.load_customers_by_id(
        {one for one in ids if parse_id(one) == one},
        {request.ref for request in batch if request.ref},
    )
    before = {row.id: row for row in known}
    reached = reach_customers({one.actor for one in batch}, ids & {*before}, EDIT)
    rows, owners = dict(before), {row.ref: row.id for row in known if row.ref}
    outcomes: list[Outcome[EditAnswer]] = []
    deeds: dict[str, Deed] = {}
    for request in batch:
        old = rows.get(request.customer_id or "")
        row = reached.refusal(request.actor, (request.customer_id or "",)) or decide(
            old, request, owners, keys, now=now, mint=mint
        )
        if isinstance(row, Refused):
            outcomes.append(row)
            continue
        rows[row.id] = row
        if row.ref:
            owners[row.ref] = row.id
        outcomes.append(Done(EditAnswer(row.id, row.name, old is None, row != old)))
        if row != old:
            deeds[row.id] = _deed(request, before.get(row.id), row, keys)
    people.write_kept_customers(
        [row for id_, row in rows.items() if id_ not in before],
        [row for id_, row in rows.items() if row != before.get(id_, row)],
    )
    record(list(deeds.values()), now=now, mint=mint)
    return outcomes


def decide(  # noqa: PLR0913 - the six are what an edit depends on
    old: KeptCustomer | None,
    request: EditCustomer,
    owners: dict[str, str],
    keys: Keyring,
    *,
    now: datetime,
    mint: Mint,
) -> KeptCustomer | Refused:
    """Return a customer as a request leaves him."""
    if request.customer_id and old is None:
        return Refused("unknown-customer", "There is no such customer.", 404)
    found = list(_faults(request, is_new=old is None))
    if found:
        words = "; ".join(f"{fault.loc}: {fault.msg}" for fault in found[:3])
        return Refused("invalid-customer", words, 422, tuple(found))
    base = old or KeptCustomer(
        mint.new(), None, "", None, "", "", "", now, now, "", is_blocked=False, merged_into_id=None
    )
    if request.ref and owners.get(request.ref, base.id) != base.id:
        hint = "another customer has this number; merge the two if they are one"
        return Refused("reference-taken", hint, 409, (Fault("ref", hint),))
    row = base._replace(
        name=base.name if request.name is None else request.name,
        ref=base.ref if request.ref is None else request.ref or None,
        note=base.note if request.note is None else request.note,
        is_blocked=base.is_blocked if request.is_blocked is None else request.is_blocked,
    )
    row = _sealed(row, request, keys)
    return row if row == old else row._replace(updated_at=now)


def contact_of(row: KeptCustomer, keys: Keyring) -> Contact:
    """Return phone and e-mail of a customer."""
    return read_contact(keys.unseal(row.sealed, row.id)) if row.sealed else Contact()


def _sealed(row: KeptCustomer, request: EditCustomer, keys: Keyring) -> KeptCustomer:
    kept = contact_of(row, keys)
    contact = Contact(
        kept.phone if request.phone is None else request.phone,
        kept.email if request.email is None else request.email,
    )
    if contact == kept:
        return row
    phone_index, last4_index = keys.phone_indexes(contact.phone)
    email = contact.email.strip().lower()
    return row._replace(
        sealed=keys.seal(_encode(contact).decode(), row.id) if contact != Contact() else None,
        phone_index=phone_index,
        last4_index=last4_index,
        email_index=keys.index("email", email) if email else "",
    )


def _faults(request: EditCustomer, *, is_new: bool) -> list[Fault]:
    found: list[Fault] = []
    for name, length in _LENGTHS.items():
        text = getattr(request, name)
        if text is None:
            continue
        if len(text) > length:
            found.append(Fault(name, f"has at most {length} characters"))
        if name == "name" or (name == "ref" and text):
            found += name_faults(text, name)
        else:
            found += note_faults(text, name)
    if is_new and request.name is None:
        found.append(Fault("name", "must not be empty, nor begin or end with a blank"))
    if request.phone and not normal_phone(request.phone):
        found.append(Fault("phone", "has no digits"))
    return found


def _deed(
    request: EditCustomer, old: KeptCustomer | None, row: KeptCustomer, keys: Keyring
) -> Deed:
    action = "customer.created" if old is None else "customer.changed"
    private = ("phone", "email", "name")
    before = _told(old, keys) if old is not None else None
    return Deed(
        request.actor.label, action, "customer", row.id, row.ref or row.id,
        before=before, after=_told(row, keys), private=private,
    )  # fmt: skip


def _told(row: KeptCustomer, keys: Keyring) -> dict[str, object]:
    contact = contact_of(row, keys)
    names = ("name", "ref", "note", "is_blocked")
    return {name: getattr(row, name) for name in names} | {
        "phone": contact.phone,
        "email": contact.email,
    }
