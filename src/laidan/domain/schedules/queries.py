"""Reads of schedules for people: all of them, one with its history, the tasks of the loop."""

from __future__ import annotations

from datetime import datetime

from laidan.domain.schedules.models import Schedule, ScheduleRun, TaskNote


def list_schedules() -> list[Schedule]:
    """Return every schedule: those that are due first, those that are paused last."""
    return list(Schedule.objects.order_by("is_paused", "next_at", "code"))


def get_schedule(code: str) -> Schedule | None:
    """Return a schedule."""
    return Schedule.objects.filter(code=code).first()


def list_runs(schedule_id: str, *, before: str | None = None, limit: int) -> list[ScheduleRun]:
    """Return runs of a schedule, the newest first."""
    found = ScheduleRun.objects.filter(schedule_id=schedule_id)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[:limit])


def list_notes() -> list[TaskNote]:
    """Return how the tasks of the loop are, by name."""
    return list(TaskNote.objects.order_by("name"))


def find_late(now: datetime) -> list[Schedule]:
    """Return the schedules that have not succeeded in two intervals."""
    return list(Schedule.objects.filter(late_at__lte=now, is_paused=False).order_by("code"))
