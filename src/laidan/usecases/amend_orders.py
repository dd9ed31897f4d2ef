"""Amends orders: customer, address, notes, tags, fields and lines, while the state allows it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from laidan.blueprints import fields
from laidan.domain.catalog import store as catalog
from laidan.domain.catalog.core import Sku
from laidan.domain.orders import core as order_core
from laidan.domain.orders import store as orders
from laidan.domain.parties import store as parties
from laidan.domain.stock import store as stock
from laidan.domain.stock.core import Shelf
from laidan.engine import epochs, idempotency, unit
from laidan.engine.sealing import Keyring, keyring, normal_phone
from laidan.kernel.actor import RULE, STAFF, forbidden
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases import amending_lines, amending_rights, needing, order_lines
from laidan.usecases.answers import CODEC, NO_CONTACT, Happening, OrderAnswer
from laidan.usecases.drafts import Entropy
from laidan.usecases.people import Contacts
from laidan.usecases.restating import Kept, not_found, restate, version_conflict
from laidan.usecases.scene import Scene
from laidan.usecases.transition_requests import Amend, AmendOrder
from laidan.usecases.working import Changes, Work, load_works, write_changes

BATCH_MAX = 200
_PARTS = {
    "customer": "contact", "ship_to": "contact", "buyer_note": "notes", "seller_note": "notes",
    "priority": "notes", "tags": "tags", "fields": "fields", "lines": "lines",
    "discount": "lines", "shipping_fee": "lines",
}  # fmt: skip
"""The part of an order, as blueprints call it, that each field of a request belongs to."""
_encode = msgspec.json.Encoder().encode


@needing.asks_inside(
    *amending_rights.PERMISSIONS, why="amending_rights.needed says which parts are touched"
)
def amend_orders(
    batch: Sequence[Amend], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[OrderAnswer]]:
    """Amend each order; one outcome per request, in the order given.

    Locks: the orders, then the balances of every SKU in them, each in key order.
    Refuses: not-found, version-conflict, forbidden, not-editable, invalid-order, unknown-sku,
    invalid-request, out-of-stock, idempotency-conflict.
    Events: order.amended, with what changed; nothing where nothing changed.
    """
    if len(batch) > BATCH_MAX:
        raise ValueError(f"a batch holds at most {BATCH_MAX} orders")
    return unit.run_batch(batch, partial(_attempt, now=now, entropy=entropy))


@needing.asks_inside(*amending_rights.PERMISSIONS, why="as amend_orders")
def preview_amendments(batch: Sequence[Amend], *, now: datetime) -> list[Outcome[OrderAnswer]]:
    """Return the outcomes that `amend_orders` would have; nothing is kept."""
    return unit.run_undone(lambda: _attempt(batch, now=now, entropy=os.urandom))


def _attempt(
    batch: Sequence[Amend], *, now: datetime, entropy: Entropy
) -> list[Outcome[OrderAnswer]]:
    mint = Mint(now, entropy)

    def once(fresh: Sequence[Amend]) -> list[Outcome[OrderAnswer]]:
        amender = _load(fresh, now, mint)
        outcomes = [amender.decide(request) for request in fresh]
        orders.delete_tags(sorted(amender.tags_off))
        write_changes(amender.changes, now, mint)
        orders.write_tags([(mint.new(), order, tag) for order, tag in sorted(amender.tags_on)])
        return outcomes

    return idempotency.answer_once(batch, once, CODEC, now=now, mint=mint)


def _load(batch: Sequence[Amend], now: datetime, mint: Mint) -> Amender:
    at = epochs.read()
    works, ids = load_works({request.order for request in batch}, at)
    keys = keyring()
    codes = {line.sku_code for work in works.values() for line in work.lines}
    relined = set()
    for request in batch:
        lines = request.changes.lines
        if lines is msgspec.UNSET or request.order not in ids:
            continue
        relined.add(ids[request.order])
        wanted = lines if isinstance(lines, list) else lines.add
        codes.update(line.sku for line in wanted if line.sku)
    skus = catalog.load_skus(codes, at)
    claimed = {one.balance_id for key in relined for one in works[key].allocations}
    stocked = {
        sku_id
        for sku in skus.values()
        for sku_id in (sku.id, *(part.sku_id for part in sku.components))
    }
    places = {location for key in relined for location in works[key].shop.locations}
    balances = stock.load_claimed_balances(claimed, stocked, places) if relined else []
    people = [r.changes.customer for r in batch if isinstance(r.changes.customer, msgspec.Struct)]
    customers = parties.load_customers(
        {one.ref for one in people if one.ref},
        {keys.index("phone", p) for one in people if (p := normal_phone(one.phone))},
        {keys.index("email", e) for one in people if (e := one.email.strip().lower())},
    )
    changes = Changes(shelf=Shelf(balances), works=works)
    contacts = Contacts(customers, changes.customers, now=now, mint=mint, keys=keys)
    return Amender(changes, ids, skus, contacts, now=now, mint=mint, keys=keys)


class Amender:
    """Decides amendments one after the other; issues no query and reads no clock."""

    def __init__(  # noqa: PLR0913 - what was loaded, one by one
        self,
        changes: Changes,
        ids: dict[str, str],
        skus: dict[str, Sku],
        contacts: Contacts,
        *,
        now: datetime,
        mint: Mint,
        keys: Keyring,
    ) -> None:
        self.changes = changes
        self.tags_on: set[tuple[str, str]] = set()
        self.tags_off: set[tuple[str, str]] = set()
        self._ids = ids
        self._skus = skus
        self._contacts = contacts
        self._now = now
        self._mint = mint
        self._keys = keys

    def decide(self, request: Amend) -> Outcome[OrderAnswer]:
        """Amend one order, or say why not; a refusal leaves no trace."""
        work = self.changes.works.get(self._ids.get(request.order, ""))
        here = work.seen_by(request.actor) if work is not None else None
        if work is None or here is None:
            return not_found(request.order)
        if here is not request.actor:
            request = msgspec.structs.replace(request, actor=here)
        if request.version is not None and request.version != work.row.version:
            return version_conflict(work.row.version, request.version)
        refused = _allowed(work, request) or _checked(work, request.changes)
        if refused is not None:
            return refused
        before, kept = work.row, Kept.of(work, self.changes.shelf)
        document = work.document()
        changes = self.changes.beginning()
        scene = Scene(changes, self._skus, set(), self._mint, self._now, request.actor, self._now)
        if _touches(request.changes, "lines"):
            refused = amending_lines.amend_lines(work, request.changes, scene)
            if refused is not None:
                kept.restore(work, changes)
                return refused
        moved = self._amend_rest(work, request.changes)
        self.changes.merge(changes)
        detail = _difference(document, work.document(), moved)
        if detail == "{}":
            kept.restore(work, changes)
            return Done(self._as_it_is(work))
        answer = restate(
            work, before, self.changes, keys=self._keys, mint=self._mint, now=self._now,
            told=Happening("order.amended", "amend", detail, request.actor.label, request.origin),
        )  # fmt: skip
        return Done(answer)

    def _as_it_is(self, work: Work) -> OrderAnswer:
        return OrderAnswer(
            work.row.id, work.row.order_no, work.row.version, None, None, work.blueprint.key, None
        )

    def _amend_rest(self, work: Work, changes: AmendOrder) -> list[str]:
        """Set contact, notes, priority, fields and tags; return what of the contact changed."""
        row = work.row
        for name in ("buyer_note", "seller_note", "priority"):
            value = getattr(changes, name)
            if value is not msgspec.UNSET:
                row = row._replace(**{name: value})
        if changes.fields is not msgspec.UNSET:
            row = row._replace(fields=_encode(changes.fields).decode())
        work.row = row
        if changes.tags is not msgspec.UNSET:
            wanted = sorted(set(changes.tags))
            before = set(work.tags)
            _turn(row.id, before - set(wanted), self.tags_off, self.tags_on)
            _turn(row.id, set(wanted) - before, self.tags_on, self.tags_off)
            work.tags = wanted
        return self._amend_contact(work, changes)

    def _amend_contact(self, work: Work, changes: AmendOrder) -> list[str]:
        row = work.row
        old = self._keys.unseal(row.contact_sealed, row.id) if row.contact_sealed else ""
        contact = msgspec.json.decode(old or NO_CONTACT)
        moved = []
        if changes.ship_to is not msgspec.UNSET:
            address = msgspec.to_builtins(changes.ship_to)
            if address != contact["ship_to"]:
                contact["ship_to"] = address
                moved.append("ship_to")
        if changes.customer is not msgspec.UNSET:
            found, person = self._contacts.resolve(changes.customer)
            if person != contact["customer"]:
                contact["customer"] = person
                moved.append("customer")
                row = row._replace(customer_id=found.id if found else None)
        if moved:
            work.row = self._contacts.sealed(row, contact)
        return moved


def _touches(changes: AmendOrder, part: str) -> bool:
    return any(
        getattr(changes, name) is not msgspec.UNSET
        for name, belongs in _PARTS.items()
        if belongs == part
    )


def _allowed(work: Work, request: Amend) -> Refused | None:
    actor = request.actor
    wanted = amending_rights.needed(work, request.changes)
    lacking = [one for one in wanted if actor.kind not in (STAFF, RULE) or not actor.may(one)]
    if lacking:
        return forbidden(lacking[0])
    editable = work.blueprint.states[work.row.state].editable
    for part in ("contact", "notes", "tags", "fields", "lines"):
        if part not in editable and _touches(request.changes, part):
            return Refused(
                "not-editable",
                f"The {part} of an order cannot be changed in state {work.row.state}.",
                409,
                extra={"part": part, "editable": sorted(editable)},
            )
    return None


def _checked(work: Work, changes: AmendOrder) -> Refused | None:
    if changes.priority is not msgspec.UNSET and changes.priority not in order_core.PRIORITIES:
        return invalid("priority", f"must be one of {', '.join(order_core.PRIORITIES)}")
    if changes.fields is not msgspec.UNSET:
        found = fields.faults(work.blueprint.fields, changes.fields, "fields")
        if found:
            return order_lines.refused(found)
    return None


def _turn(
    order_id: str,
    tags: set[str],
    this: set[tuple[str, str]],
    other: set[tuple[str, str]],
) -> None:
    """Note tags put on (or taken off), unless the same batch has just done the opposite."""
    pairs = {(order_id, tag) for tag in tags}
    this |= pairs - other
    other -= pairs


def _difference(before: dict[str, Any], after: dict[str, Any], moved: Sequence[str]) -> str:
    """Return what changed as JSON: old and new value by field, people's data by name alone."""
    names = ("buyer_note", "seller_note", "priority", "tags", "fields", "total", "lines",
             "discount", "shipping_fee")  # fmt: skip
    changed: dict[str, Any] = {
        name: {"old": before[name], "new": after[name]}
        for name in names
        if before[name] != after[name]
    }
    for name in moved:
        changed[name] = {"changed": True}
    return _encode({"changes": changed}).decode() if changed else "{}"
