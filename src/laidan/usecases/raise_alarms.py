"""Raises alarms, closes those whose cause is gone, notes who has seen them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from laidan.domain.notices import alarms
from laidan.domain.notices.models import Alarm
from laidan.engine import unit
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint, parse_id
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.needing import by_system, needs

Entropy = Callable[[int], bytes]
SEE = "alarms.view"
_INSIDE = "the program raises and closes alarms; no person does"


@dataclass(frozen=True, slots=True)
class RaiseAlarm:
    """Something to look at: a kind, what it is about (unique within the kind) and its name.

    `link` is the address of the page to look at; `facts` are short values that texts may name.
    """

    kind: str
    subject: str
    label: str
    shop: str = ""
    link: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CloseAlarm:
    """An alarm whose cause is gone."""

    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class SeeAlarm:
    """An alarm that somebody has seen."""

    alarm_id: str
    actor: Actor


@by_system(_INSIDE)
def raise_alarms(
    batch: Sequence[RaiseAlarm], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[str]]:
    """Raise each alarm once; answers ids, and a replay where it is open already.

    Locks nothing: the open name is unique, and whoever comes second finds it. Refuses nothing.
    """
    return unit.run_batch(batch, partial(_raise, now=now, entropy=entropy))


@by_system(_INSIDE)
def close_alarms(batch: Sequence[CloseAlarm], *, now: datetime) -> list[Outcome[bool]]:
    """Close each alarm; answers whether it was open. Locks: the alarms. Refuses nothing."""
    return unit.run_batch(batch, partial(_close, now=now))


@by_system(_INSIDE)
def keep_alarms_open(kind: str, wanted: Sequence[RaiseAlarm], *, now: datetime) -> None:
    """Let exactly these alarms of a kind be open: raise the missing, close the others."""
    there = alarms.find_open(kind)
    gone = there.keys() - {one.subject for one in wanted}
    new = [one for one in wanted if one.subject not in there]
    if new:
        raise_alarms(new, now=now)
    if gone:
        close_alarms([CloseAlarm(kind, subject) for subject in sorted(gone)], now=now)


@needs(SEE)
def see_alarms(batch: Sequence[SeeAlarm], *, now: datetime) -> list[Outcome[str]]:
    """Take note of each alarm; one outcome per request, in the order given.

    Who saw it first stays. Locks: the alarms. Refuses: unknown-alarm (also one that is closed, or
    of a shop that is out of reach).
    """
    return unit.run_batch(batch, partial(_see, now=now))


def _raise(batch: Sequence[RaiseAlarm], *, now: datetime, entropy: Entropy) -> list[Outcome[str]]:
    mint = Mint(now, entropy)
    names = [alarms.open_key(one.kind, one.subject) for one in batch]
    there = alarms.find_open_keys(set(names))
    rows = {
        name: Alarm(
            id=mint.new(), kind=one.kind, subject=one.subject, label=one.label[:200],
            shop_code=one.shop, link=one.link[:200], facts=one.facts, open_key=name,
            raised_at=now,
        )
        for name, one in zip(names, batch, strict=True)
        if name not in there
    }  # fmt: skip
    alarms.insert_new(list(rows.values()))
    found = alarms.find_open_keys(rows.keys()) if rows else {}
    outcomes: list[Outcome[str]] = []
    told: set[str] = set()
    for name in names:
        id_ = there.get(name) or found[name]
        is_new = name in rows and rows[name].pk == id_ and name not in told
        told.add(name)
        outcomes.append(Done(id_, replayed=not is_new))
    return outcomes


def _close(batch: Sequence[CloseAlarm], *, now: datetime) -> list[Outcome[bool]]:
    names = [alarms.open_key(one.kind, one.subject) for one in batch]
    there = alarms.find_open_keys(set(names))
    alarms.close(there.values(), now)
    return [Done(name in there) for name in names]


def _see(batch: Sequence[SeeAlarm], *, now: datetime) -> list[Outcome[str]]:
    named = {one.alarm_id for one in batch}
    open_ = alarms.load_open({id_ for id_ in named if parse_id(id_) == id_})
    seen: dict[str, str] = {}
    outcomes: list[Outcome[str]] = []
    for request in batch:
        alarm = open_.get(request.alarm_id)
        shops = request.actor.shops(SEE)
        if alarm is None or (shops is not None and alarm.shop_code not in {"", *shops}):
            outcomes.append(Refused("unknown-alarm", "There is no such open alarm.", 404))
            continue
        if alarm.seen_at is None:
            seen.setdefault(request.alarm_id, request.actor.label)
        outcomes.append(Done(request.alarm_id))
    alarms.write_seen(seen, now)
    return outcomes
