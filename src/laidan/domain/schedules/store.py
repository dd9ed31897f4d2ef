"""Writing schedules: kept, taken under a lease, run, ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from laidan.domain.schedules import core
from laidan.domain.schedules.core import RunEnd
from laidan.domain.schedules.models import Schedule, ScheduleRun, TaskNote
from laidan.engine import bulk_sql
from laidan.engine.objects import insert_objects, update_objects
from laidan.kernel.ids import Mint


class Note(NamedTuple):
    """How a task of the loop was when it was last written down."""

    name: str
    every_seconds: float
    ok_at: datetime | None
    done: int
    failed_at: datetime | None
    message: str
    worker: str


SET_BY_PEOPLE = (
    "cron", "shop_code", "time_zone", "params", "is_paused", "asked_by", "next_at", "due_at",
    "late_at", "updated_at",
)  # fmt: skip


def load_schedules(codes: Collection[str]) -> dict[str, Schedule]:
    """Return schedules by code, locked in key order."""
    found = Schedule.objects.select_for_update().filter(code__in=codes).order_by("pk")
    return {one.code: one for one in found}


def load_timed() -> list[Schedule]:
    """Return the schedules that wait for their time, locked in key order."""
    found = Schedule.objects.select_for_update().filter(is_paused=False, state=core.IDLE)
    return list(found.order_by("pk"))


def find_kinds() -> frozenset[str]:
    """Return the kinds of work that there are schedules of."""
    return frozenset(Schedule.objects.values_list("kind", flat=True).distinct())


def find_codes() -> frozenset[str]:
    """Return the codes of all schedules."""
    return frozenset(Schedule.objects.values_list("code", flat=True))


def write_schedules(new: Sequence[Schedule], changed: Sequence[Schedule]) -> None:
    """Insert schedules, and keep what people set of known ones."""
    insert_objects(new)
    update_objects(changed, SET_BY_PEOPLE)


def drop_schedules(ids: Collection[str]) -> None:
    """Remove schedules with their history."""
    ScheduleRun.objects.filter(schedule_id__in=ids).delete()
    Schedule.objects.filter(pk__in=ids).delete()


# --- taking and ending ----------------------------------------------------------------------


def has_due(now: datetime) -> bool:
    """Say whether any schedule waits for a worker (one query that locks nothing)."""
    return Schedule.objects.filter(due_at__lte=now).exists()


def take_due(now: datetime, code: str | None = None) -> Schedule | None:
    """Return the schedule that waits longest, or one by its code, locked; None where none waits."""
    chosen, values = ("due_at <= %s", [bulk_sql.instant(now)])
    if code is not None:
        chosen, values = f"{chosen} AND code = %s", [*values, code]
    found = bulk_sql.rows(
        f"SELECT id FROM schedule WHERE {chosen} ORDER BY due_at LIMIT 1{bulk_sql.claiming()}",
        values,
    )
    return Schedule.objects.get(pk=str(found[0][0])) if found else None


def write_taken(
    one: Schedule, worker: str, planned: datetime | None, now: datetime, mint: Mint
) -> None:
    """Write down that a worker begins a run; one that was under way before is lost."""
    if one.run_id is not None:
        ScheduleRun.objects.filter(pk=one.run_id, outcome=core.RUNNING).update(
            outcome=core.LOST, finished_at=now
        )
        one.tries += 1
        one.last_outcome, one.last_at = core.LOST, now
    one.token += 1
    one.state, one.run_id, one.worker = core.RUNNING, mint.new(), worker[:120]
    one.due_at, one.updated_at = core.lease_end(now), now
    ScheduleRun(
        id=one.run_id, schedule=one, token=one.token, planned_at=planned, started_at=now,
        outcome=core.RUNNING, worker=one.worker, actor=one.asked_by,
    ).save(force_insert=True)  # fmt: skip
    one.save()


def write_alive(id_: str, token: int, now: datetime) -> bool:
    """Say that a schedule's taker lives; False where it is its taker no more."""
    return bool(_mine(id_, token).update(due_at=core.lease_end(now)))


def extend_leases(held: Mapping[str, int], now: datetime) -> None:
    """Say that the takers of these schedules (by id, with their tokens) live."""
    for id_, token in sorted(held.items()):
        write_alive(id_, token, now)


def load_mine(id_: str, token: int) -> Schedule | None:
    """Return a schedule and lock it, if its taker still is the one; None otherwise."""
    found: Schedule | None = _mine(id_, token).select_for_update().first()
    return found


def write_end(one: Schedule, end: RunEnd, now: datetime) -> None:
    """End the run of a schedule; what it is due for was set by the caller."""
    message = end.message[: core.MESSAGE_CHARS]
    ScheduleRun.objects.filter(pk=one.run_id).update(
        outcome=end.outcome, finished_at=now, figures=end.figures, message=message
    )
    one.state, one.run_id, one.asked_by, one.worker = core.IDLE, None, "", ""
    one.last_at, one.last_outcome, one.last_message = now, end.outcome, message
    one.updated_at = now
    one.save()
    old = ScheduleRun.objects.filter(schedule=one).order_by("-pk").values_list("pk", flat=True)
    last = list(old[core.RUNS_KEPT : core.RUNS_KEPT + 1])
    if last:
        ScheduleRun.objects.filter(schedule=one, pk__lte=last[0]).delete()


def find_workers(host: str) -> set[str]:
    """Return the workers of a host that run schedules, as they call themselves."""
    found = Schedule.objects.filter(state=core.RUNNING, worker__startswith=f"{host}:")
    return set(found.values_list("worker", flat=True))


def give_back_of(workers: Collection[str], now: datetime) -> int:
    """Let others take the schedules of workers that are gone; return how many there were."""
    return Schedule.objects.filter(state=core.RUNNING, worker__in=sorted(workers)).update(
        due_at=now
    )


def _mine(id_: str, token: int) -> Any:
    return Schedule.objects.filter(pk=id_, token=token, state=core.RUNNING)


# --- the tasks of the loop ------------------------------------------------------------------


def write_notes(notes: Sequence[Note]) -> None:
    """Write down how tasks of the loop are; an older success never takes a newer one's place."""
    known = TaskNote.objects.in_bulk([note.name for note in notes])
    TaskNote.objects.bulk_create(
        [TaskNote(**note._asdict()) for note in notes if note.name not in known]
    )
    for note in notes:
        if note.name in known:
            _renew(known[note.name], note)
    if known:
        TaskNote.objects.bulk_update(known.values(), Note._fields[1:])


def _renew(kept: TaskNote, note: Note) -> None:
    if note.ok_at is not None and (kept.ok_at is None or note.ok_at >= kept.ok_at):
        kept.ok_at, kept.done, kept.worker = note.ok_at, note.done, note.worker
        kept.every_seconds = note.every_seconds
    if note.failed_at is not None and (kept.failed_at is None or note.failed_at >= kept.failed_at):
        kept.failed_at, kept.message = note.failed_at, note.message
