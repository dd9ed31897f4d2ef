"""Upserts customers by their reference: sealed, set-based, silent where nothing differs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import msgspec

from laidan.domain.audit.store import record
from laidan.domain.parties import changes as parties
from laidan.domain.parties.changes import AddressRow, CustomerRow
from laidan.engine import unit
from laidan.engine.sealing import Keyring, keyring, normal_phone
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Fault, Outcome, Refused
from laidan.usecases import needing, telling_log
from laidan.usecases.customer_requests import CustomerWish, UpsertCustomer
from laidan.usecases.order_requests import AddressRequest
from laidan.usecases.reaching import Reached, reach_customers
from laidan.usecases.texts import name_faults, note_faults

BATCH_MAX = 1000
EDIT = "customers.edit"
Entropy = Callable[[int], bytes]
_encode = msgspec.json.Encoder().encode


class _Contact(msgspec.Struct, frozen=True):
    """What is sealed of a customer."""

    phone: str = ""
    email: str = ""


_contact: Callable[[str], _Contact] = msgspec.json.Decoder(_Contact).decode


@dataclass(frozen=True, slots=True)
class CustomerAnswer:
    """What became of a customer; both flags are False where it was so already."""

    id: str
    ref: str
    created: bool = False
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What upserting a batch needs to know; customers by ("ref", …) and ("phone", index)."""

    customers: Mapping[tuple[str, str], CustomerRow]
    addresses: frozenset[tuple[str, str]]
    reached: Reached


@dataclass(slots=True)
class Decision:
    """Outcomes, the customers as they shall be, and the addresses that are new."""

    outcomes: list[Outcome[CustomerAnswer]] = field(default_factory=list)
    customers: dict[str, CustomerRow] = field(default_factory=dict)
    addresses: list[AddressRow] = field(default_factory=list)


@needing.needs(EDIT)
def upsert_customers(
    batch: Sequence[UpsertCustomer], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[CustomerAnswer]]:
    """Make or change each customer; one outcome per request, in the order given.

    A customer without a reference who has the phone of a new one becomes that one.
    Locks: the customers. Refuses: invalid-customer, unknown-customer and forbidden (one outside
    the actor's limits).
    """
    if len(batch) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} customers")
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


@needing.by_system("an import looks before it writes; writing asks")
def preview_customers(
    batch: Sequence[UpsertCustomer], *, now: datetime
) -> list[Outcome[CustomerAnswer]]:
    """Return the outcomes that `upsert_customers` would have; nothing is kept."""
    return unit.run_undone(lambda: _attempt(batch, now=now, entropy=os.urandom))


def _attempt(
    batch: Sequence[UpsertCustomer], *, now: datetime, entropy: Entropy
) -> list[Outcome[CustomerAnswer]]:
    keys = keyring()
    known = _load(batch, keys)
    decision = Decider(known, now, Mint(now, entropy), keys).run(batch)
    before = {row.id: row for row in known.customers.values()}
    parties.write_customers(
        [row for id_, row in decision.customers.items() if id_ not in before],
        [row for id_, row in decision.customers.items() if row != before.get(id_, row)],
    )
    parties.write_addresses(decision.addresses)
    actors: dict[str | None, str] = {request.customer.ref: request.actor.label for request in batch}
    record(
        telling_log.customers(before, decision.customers, actors, keys),
        now=now, mint=Mint(now, entropy),
    )  # fmt: skip
    return decision.outcomes


def _load(batch: Sequence[UpsertCustomer], keys: Keyring) -> Known:
    refs = {request.customer.ref for request in batch}
    phones = {keys.phone_indexes(request.customer.phone)[0] for request in batch} - {""}
    rows = parties.load_customers(refs, phones)
    customers: dict[tuple[str, str], CustomerRow] = {}
    for row in rows:
        name = ("ref", row.ref) if row.ref is not None else ("phone", row.phone_index)
        customers.setdefault(name, row)
    sends = any(request.customer.address for request in batch)
    known = parties.load_addresses([row.id for row in rows]) if rows and sends else set()
    reached = reach_customers({one.actor for one in batch}, {row.id for row in rows}, EDIT)
    return Known(customers, frozenset(known), reached)


class Decider:
    """Folds a batch into a decision; each request sees what the earlier ones made."""

    def __init__(self, known: Known, now: datetime, mint: Mint, keys: Keyring) -> None:
        self._customers = dict(known.customers)
        self._addresses = set(known.addresses)
        self._reached = known.reached
        self._now = now
        self._mint = mint
        self._keys = keys
        self._decision = Decision()

    def run(self, batch: Sequence[UpsertCustomer]) -> Decision:
        """Return the decision on the batch."""
        for request in batch:
            self._decision.outcomes.append(self._decide(request.customer, request.actor))
        return self._decision

    def _decide(self, wish: CustomerWish, actor: Actor) -> Outcome[CustomerAnswer]:
        found = [*name_faults(wish.ref, "ref")]
        for name in ("name", "phone", "email"):
            found += note_faults(getattr(wish, name), name)
        if wish.address is not None:
            for name in wish.address.__struct_fields__:
                found += note_faults(getattr(wish.address, name), f"address.{name}")
        if wish.phone and not normal_phone(wish.phone):
            found.append(Fault("phone", "has no digits"))
        if found:
            words = "; ".join(f"{fault.loc}: {fault.msg}" for fault in found[:3])
            return Refused("invalid-customer", words, 422, tuple(found))
        old = self._find(wish)
        outside = self._reached.refusal(actor, (old.id,)) if old else None
        if outside is not None:
            return outside
        if old is not None and old.ref is None:
            # Whoever comes later with this phone must not become the same customer.
            self._customers.pop(("phone", old.phone_index), None)
        row = self._wanted(wish, old)
        changed = row != old
        if changed:
            row = row._replace(updated_at=self._now)
        self._customers["ref", wish.ref] = row
        self._decision.customers[row.id] = row
        if wish.address is not None:
            changed = self._add_address(row.id, wish.address) or changed
        return Done(CustomerAnswer(row.id, wish.ref, old is None, changed))

    def _find(self, wish: CustomerWish) -> CustomerRow | None:
        found = self._customers.get(("ref", wish.ref))
        if found is not None or not wish.phone:
            return found
        # Whoever ordered with this phone before anybody gave him a reference.
        return self._customers.get(("phone", self._keys.phone_indexes(wish.phone)[0]))

    def _wanted(self, wish: CustomerWish, old: CustomerRow | None) -> CustomerRow:
        row = old or CustomerRow(
            self._mint.new(), wish.ref, wish.ref, None, "", "", "", self._now, self._now
        )
        row = row._replace(ref=wish.ref, name=wish.name or row.name)
        kept = _contact(self._keys.unseal(row.sealed, row.id)) if row.sealed else _Contact()
        contact = _Contact(wish.phone or kept.phone, wish.email or kept.email)
        if contact == kept:
            return row
        phone_index, last4_index = self._keys.phone_indexes(contact.phone)
        email = contact.email.strip().lower()
        return row._replace(
            sealed=self._keys.seal(_encode(contact).decode(), row.id),
            phone_index=phone_index,
            last4_index=last4_index,
            email_index=self._keys.index("email", email) if email else "",
        )

    def _add_address(self, customer_id: str, address: AddressRequest) -> bool:
        """Add an address, unless the customer has the same one; say whether it is new."""
        text = _encode(address).decode()
        digest = self._keys.index("address", text)
        if (customer_id, digest) in self._addresses:
            return False
        self._addresses.add((customer_id, digest))
        address_id = self._mint.new()
        sealed = self._keys.seal(text, address_id)
        self._decision.addresses.append(
            AddressRow(address_id, customer_id, sealed, digest, self._now)
        )
        return True
