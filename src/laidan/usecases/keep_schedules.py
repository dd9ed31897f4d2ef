"""Keeps schedules: adds and changes them, pauses and resumes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.channels.models import Shop
from laidan.domain.schedules import core, cron, store
from laidan.domain.schedules.models import Schedule
from laidan.engine import unit
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases.needing import by_system, needs
from laidan.usecases.open_locations import name_fault

Entropy = Callable[[int], bytes]
MANAGE = "schedules.manage"


@dataclass(frozen=True, slots=True)
class KeepSchedule:
    """A schedule as it shall be; None leaves a known one's value as it is.

    A new one needs its kind and cron expression. `zone` is empty for the clocks of the shop, or of
    the installation where it has none.
    """

    code: str
    actor: Actor
    kind: str | None = None
    cron: str | None = None
    shop: str | None = None
    zone: str | None = None
    params: dict[str, Any] | None = None
    is_paused: bool | None = None


@dataclass(frozen=True, slots=True)
class ScheduleAnswer:
    """What became of a schedule."""

    code: str
    created: bool = False
    changed: bool = False


@dataclass(frozen=True, slots=True)
class ShippedSchedule:
    """A schedule that every installation has: its code is its kind."""

    code: str
    cron: str


@dataclass(slots=True)
class _Known:
    """What keeping a batch of schedules needs to know, and what is to be written of it."""

    rows: dict[str, Schedule]
    kinds: frozenset[str]
    zones: Mapping[str, str]
    new: dict[str, Schedule] = field(default_factory=dict)
    changed: dict[str, Schedule] = field(default_factory=dict)
    deeds: list[Deed] = field(default_factory=list)


@needs(MANAGE)
def keep_schedules(
    batch: Sequence[KeepSchedule], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[ScheduleAnswer]]:
    """Upsert each schedule by code; one outcome per request, in the order given.

    Locks: the schedules named. Refuses: invalid-request, unknown-kind, unknown-shop. Events: none;
    the operation log.
    """
    return unit.run_batch(batch, partial(_keep, now=now, entropy=entropy))


@by_system("the worker and laidan init call it")
def ensure_schedules(
    shipped: Sequence[ShippedSchedule], *, now: datetime, entropy: Entropy = os.urandom
) -> int:
    """Add the schedules that every installation has and this one lacks; return how many."""
    missing = [one for one in shipped if one.code not in store.find_codes()]
    if not missing:
        return 0

    def work() -> int:
        mint, there = Mint(now, entropy), store.find_codes()
        made = [_fresh(mint.new(), one.code, now) for one in missing if one.code not in there]
        for row, one in zip(made, [one for one in missing if one.code not in there], strict=True):
            row.kind, row.cron, row.is_shipped = one.code, one.cron, True
            set_times(row, zone_of(row, {}), now)
        store.write_schedules(made, [])
        return len(made)

    return unit.run_once(work)


def zone_of(row: Schedule, zones: Mapping[str, str]) -> str:
    """Return whose clocks a schedule goes by; `zones` has those of the shops, by code."""
    return row.time_zone or zones.get(row.shop_code) or settings.TIME_ZONE


def shop_zones() -> dict[str, str]:
    """Return the zones of the shops, by code."""
    return {str(code): str(zone) for code, zone in Shop.objects.values_list("code", "time_zone")}


def set_times(row: Schedule, zone: str, now: datetime) -> None:
    """Reckon from now on when a schedule comes due, and from when on it is late."""
    times = [] if row.is_paused else cron.next_times(row.cron, zone, now, 2)
    row.next_at = times[0] if times else None
    row.late_at = core.late_at(times)
    if row.state != core.RUNNING:
        row.due_at = now if row.asked_by else row.next_at


def _keep(
    batch: Sequence[KeepSchedule], *, now: datetime, entropy: Entropy
) -> list[Outcome[ScheduleAnswer]]:
    mint = Mint(now, entropy)
    known = _Known(
        store.load_schedules({request.code for request in batch}),
        store.find_kinds(), shop_zones(),
    )  # fmt: skip
    outcomes = [_kept(request, known, mint, now) for request in batch]
    changed = [row for code, row in known.changed.items() if code not in known.new]
    store.write_schedules(list(known.new.values()), changed)
    record(known.deeds, now=now, mint=mint)
    return outcomes


def _kept(
    request: KeepSchedule, known: _Known, mint: Mint, now: datetime
) -> Outcome[ScheduleAnswer]:
    old = known.rows.get(request.code)
    refused = _fault(request, known, is_new=old is None)
    if refused is not None:
        return refused
    row = old or _fresh(mint.new(), request.code, now)
    before = _told(row) if old is not None else None
    timing = _timing(row)
    for name, value in (
        ("kind", request.kind if old is None else None),
        ("cron", " ".join(request.cron.split()) if request.cron is not None else None),
        ("shop_code", request.shop), ("time_zone", request.zone), ("params", request.params),
        ("is_paused", request.is_paused),
    ):  # fmt: skip
        if value is not None:
            setattr(row, name, value)
    if old is None or _timing(row) != timing:
        set_times(row, zone_of(row, known.zones), now)
    is_changed = before != _told(row)
    if is_changed:
        row.updated_at = now
        known.rows[row.code] = row
        (known.new if old is None else known.changed)[row.code] = row
        known.deeds.append(
            deed(request.actor, "created" if old is None else "changed", row, before)
        )
    return Done(ScheduleAnswer(row.code, created=old is None, changed=is_changed))


def _fault(request: KeepSchedule, known: _Known, *, is_new: bool) -> Refused | None:
    if is_new:
        refused = name_fault(request.code, None)
        if refused is not None:
            return refused
        if request.kind not in known.kinds:
            return invalid("kind", f"there is no work {request.kind or ''!r}", "unknown-kind")
        if request.cron is None:
            return invalid("cron", "is needed")
    elif request.kind is not None and request.kind != known.rows[request.code].kind:
        return invalid("kind", "stays as it is")
    if request.cron is not None:
        try:
            cron.check_cron(request.cron)
        except cron.CronFault as fault:
            return invalid("cron", str(fault))
    if request.shop and request.shop not in known.zones:
        return invalid("shop", f"there is no shop {request.shop!r}", "unknown-shop")
    if request.zone and not _is_zone(request.zone):
        return invalid("zone", "is no time zone, such as Asia/Shanghai")
    return None


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _fresh(id_: str, code: str, now: datetime) -> Schedule:
    return Schedule(id=id_, code=code, created_at=now, updated_at=now)


def _timing(row: Schedule) -> tuple[object, ...]:
    return row.cron, row.shop_code, row.time_zone, row.is_paused


def _told(row: Schedule) -> dict[str, object]:
    names = ("kind", "cron", "shop_code", "time_zone", "params", "is_paused")
    return {name: getattr(row, name) for name in names}


def deed(actor: Actor, verb: str, row: Schedule, before: Mapping[str, object] | None) -> Deed:
    """Return what the operation log is told of a schedule."""
    after = _told(row) if verb in ("created", "changed") else None
    action = f"schedule.{verb}"
    return Deed(actor.label, action, "schedule", row.pk, row.code, before=before, after=after)
