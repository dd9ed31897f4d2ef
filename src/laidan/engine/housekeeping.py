"""Small chores of the engine's own tables: the worker's heartbeat, answers nobody asks for."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db.models import Q

from laidan.engine import unit
from laidan.engine.models import IdempotencyKey, Setting

HEARTBEAT = "worker.heartbeat"
_SWEPT = "idempotency.swept"
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def beat(*, now: datetime) -> None:
    """Write down that a worker is alive."""
    unit.run_once(lambda: _write(HEARTBEAT, now.isoformat()))


def last_beat() -> datetime | None:
    """Return when a worker was last alive."""
    value = _read(HEARTBEAT)
    return datetime.fromisoformat(value) if value else None


def sweep_old_keys(before: datetime, *, limit: int) -> int:
    """Drop idempotency keys that answer for nothing that is kept; return how many were seen.

    The key of an order stays as long as the order does. The sweep remembers how far it came, so
    that the keys that stay are looked at once.
    """

    def work() -> int:
        text, _, last = (_read(_SWEPT) or "").partition(" ")
        since = datetime.fromisoformat(text) if text else _BEGINNING
        page = list(
            IdempotencyKey.objects.filter(created_at__gte=since, created_at__lt=before)
            .filter(Q(created_at__gt=since) | Q(pk__gt=last))
            .order_by("created_at", "pk")
            .values_list("pk", "created_at", "subject_id")[:limit]
        )
        if page:
            orphans = [pk for pk, _, subject_id in page if subject_id is None]
            IdempotencyKey.objects.filter(pk__in=orphans).delete()
            _write(_SWEPT, f"{page[-1][1].isoformat()} {page[-1][0]}")
        return len(page)

    return unit.run_once(work)


def _read(name: str) -> str | None:
    return Setting.objects.filter(name=name).values_list("value", flat=True).first()


def _write(name: str, value: str) -> None:
    Setting.objects.update_or_create(name=name, defaults={"value": value})
