"""Merges customers who are one person, and takes a merge back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.orders import owners
from laidan.domain.parties import merging
from laidan.domain.parties.merging import MergeRow, Person
from laidan.engine import unit
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint, parse_id
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.needing import needs
from laidan.usecases.reaching import Reached, reach_customers

Entropy = Callable[[int], bytes]
EDIT = "customers.edit"
DOUBLES_MAX = 20


@dataclass(frozen=True, slots=True)
class MergeCustomers:
    """Customers who are the one that is kept."""

    kept_id: str
    merged_ids: tuple[str, ...]
    actor: Actor


@dataclass(frozen=True, slots=True)
class UndoMerge:
    """A merge that was a mistake."""

    merge_id: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class MergeAnswer:
    """What was merged, or taken apart: the merges, and how many orders changed hands."""

    kept_id: str
    merge_ids: tuple[str, ...]
    orders: int


@dataclass(slots=True)
class Decision:
    """Outcomes, and what makes them true."""

    outcomes: list[Outcome[MergeAnswer]] = field(default_factory=list)
    pointers: dict[str, str | None] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    merges: list[MergeRow] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)


@needs(EDIT)
def merge_customers(
    batch: Sequence[MergeCustomers], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[MergeAnswer]]:
    """Merge each group; one outcome per request, in the order given.

    Whoever is merged stays as a pointer to the one that is kept, so that orders of his number or
    phone find that one. A customer of two groups is refused in the second.
    Locks: the customers and those merged into them. Refuses: invalid-merge, unknown-customer,
    already-merged, forbidden (a customer outside the actor's limits).
    """
    return unit.run_batch(batch, partial(_merge, now=now, entropy=entropy))


@needs(EDIT)
def undo_merges(
    batch: Sequence[UndoMerge], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[MergeAnswer]]:
    """Take each merge back; one outcome per request, in the order given.

    Orders that came since stay with the one that was kept. Locks: the merges, the customers.
    Refuses: unknown-merge, already-undone, unknown-customer, forbidden (outside the limits).
    """
    return unit.run_batch(batch, partial(_undo, now=now, entropy=entropy))


def decide(  # noqa: PLR0913 - the six are what a merge depends on
    people: dict[str, Person],
    owned: dict[str, list[str]],
    reached: Reached,
    batch: Sequence[MergeCustomers],
    *,
    now: datetime,
    mint: Mint,
) -> Decision:
    """Decide each request in turn; a customer is named once in a batch."""
    decision = Decision()
    doubles: dict[str, list[str]] = {}
    for person in people.values():
        if person.merged_into_id is not None:
            doubles.setdefault(person.merged_into_id, []).append(person.id)
    named: set[str] = set()
    for request in batch:
        ends = (request.kept_id, *request.merged_ids)
        refused = reached.refusal(request.actor, ends) or _refusal(people, request, named)
        if refused is not None:
            decision.outcomes.append(refused)
            continue
        named |= {request.kept_id, *request.merged_ids}
        made = []
        for merged_id in dict.fromkeys(request.merged_ids):
            orders, behind = owned.get(merged_id, []), doubles.get(merged_id, [])
            made.append(
                MergeRow(
                    mint.new(), request.kept_id, merged_id, json.dumps(orders), json.dumps(behind),
                    request.actor.label, now, None,
                )
            )  # fmt: skip
            decision.pointers |= dict.fromkeys([merged_id, *behind], request.kept_id)
            decision.owners |= dict.fromkeys(orders, request.kept_id)
            decision.deeds.append(_deed(request.actor, "customer.merged", people, made[-1]))
        decision.merges += made
        moved = sum(len(row.orders) for row in made)
        ids = tuple(row.id for row in made)
        decision.outcomes.append(Done(MergeAnswer(request.kept_id, ids, moved)))
    return decision


def _refusal(people: dict[str, Person], request: MergeCustomers, named: set[str]) -> Refused | None:
    merged = set(request.merged_ids)
    if not merged or request.kept_id in merged or len(merged) > DOUBLES_MAX:
        hint = f"Name the customer to keep and 1 to {DOUBLES_MAX} others."
        return Refused("invalid-merge", hint, 422)
    for customer_id in (request.kept_id, *request.merged_ids):
        if customer_id not in people:
            return Refused("unknown-customer", "There is no such customer.", 404)
        if people[customer_id].merged_into_id is not None or customer_id in named:
            return Refused("already-merged", "One of them was merged already; open them anew.")
    return None


def _deed(actor: Actor, action: str, people: dict[str, Person], row: MergeRow) -> Deed:
    kept, merged = people[row.kept_id], people[row.merged_id]
    moved = {"kept": kept.ref or kept.id, "orders": len(row.orders)}
    return Deed(actor.label, action, "customer", merged.id, merged.ref or merged.id, after=moved)


def _merge(
    batch: Sequence[MergeCustomers], *, now: datetime, entropy: Entropy
) -> list[Outcome[MergeAnswer]]:
    mint = Mint(now, entropy)
    named = {one for request in batch for one in (request.kept_id, *request.merged_ids)}
    people = merging.load_people({one for one in named if parse_id(one) == one})
    owned = owners.load_owned({one for request in batch for one in request.merged_ids} & {*people})
    reached = reach_customers({one.actor for one in batch}, named & {*people}, EDIT)
    decision = decide(people, owned, reached, batch, now=now, mint=mint)
    _write(decision, now=now, mint=mint)
    return decision.outcomes


def _undo(
    batch: Sequence[UndoMerge], *, now: datetime, entropy: Entropy
) -> list[Outcome[MergeAnswer]]:
    mint = Mint(now, entropy)
    ids = {request.merge_id for request in batch}
    merges = merging.load_merges({one for one in ids if parse_id(one) == one})
    ends = {one for row in merges.values() for one in (row.kept_id, row.merged_id)}
    people = merging.load_people(ends)
    present = owners.load_owners({one for row in merges.values() for one in row.orders})
    reached = reach_customers({one.actor for one in batch}, ends & {*people}, EDIT)
    decision, done = Decision(), set()
    for request in batch:
        row = merges.get(request.merge_id)
        if row is None:
            decision.outcomes.append(Refused("unknown-merge", "There is no such merge.", 404))
            continue
        if row.undone_at is not None or row.id in done:
            decision.outcomes.append(Refused("already-undone", "This was taken back already."))
            continue
        outside = reached.refusal(request.actor, (row.kept_id, row.merged_id))
        if outside is not None:
            decision.outcomes.append(outside)
            continue
        done.add(row.id)
        _take_back(decision, row, people, present)
        decision.deeds.append(_deed(request.actor, "customer.merge-undone", people, row))
    _write(decision, now=now, mint=mint)
    return decision.outcomes


def _take_back(
    decision: Decision,
    row: MergeRow,
    people: dict[str, Person],
    present: dict[str, str | None],
) -> None:
    """Give back what is still where the merge put it; the kept one may have been merged since."""
    there = people[row.merged_id].merged_into_id or row.kept_id
    back = [one for one in row.orders if present.get(one) == there]
    doubles = [one for one in row.doubles if one in people and people[one].merged_into_id == there]
    decision.pointers |= {row.merged_id: None} | dict.fromkeys(doubles, row.merged_id)
    decision.owners |= dict.fromkeys(back, row.merged_id)
    decision.undone.append(row.id)
    decision.outcomes.append(Done(MergeAnswer(row.merged_id, (row.id,), len(back))))


def _write(decision: Decision, *, now: datetime, mint: Mint) -> None:
    merging.write_pointers(decision.pointers)
    owners.write_owners(decision.owners)
    merging.write_merges(decision.merges, decision.undone, now=now)
    record(decision.deeds, now=now, mint=mint)
