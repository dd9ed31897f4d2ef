"""Alarms: raised once, kept while their cause lasts, seen, closed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from laidan.domain.notices.models import Alarm
from laidan.engine import bulk_sql

KEPT = timedelta(days=180)
_COLUMNS = (
    "id", "kind", "subject", "label", "shop_code", "link", "facts", "open_key", "raised_at",
    "seen_by",
)  # fmt: skip


def open_key(kind: str, subject: str) -> str:
    """Return the name that an alarm has while it is open."""
    return f"{kind}:{subject}"


def insert_new(rows: Sequence[Alarm]) -> None:
    """Insert those alarms of which none is open with the same kind and subject."""
    facts: Any = Alarm._meta.get_field("facts")
    values = [
        tuple(
            facts.get_prep_value(row.facts) if name == "facts" else getattr(row, name)
            for name in _COLUMNS
        )
        for row in rows
    ]
    bulk_sql.insert_new_rows(Alarm, _COLUMNS, values)


def find_open(kind: str) -> dict[str, str]:
    """Return the open alarms of a kind: their ids by subject."""
    found = Alarm.objects.filter(kind=kind, closed_at=None)
    return dict(found.values_list("subject", "pk"))


def find_open_keys(keys: Collection[str]) -> dict[str, str]:
    """Return the ids of open alarms by their names."""
    return {
        str(key): id_
        for key, id_ in Alarm.objects.filter(open_key__in=keys).values_list("open_key", "pk")
    }


def close(ids: Collection[str], now: datetime) -> int:
    """Close alarms whose cause is gone; return how many were open."""
    found = Alarm.objects.filter(pk__in=sorted(ids), closed_at=None)
    return found.update(closed_at=now, open_key=None)


def load_open(ids: Collection[str]) -> dict[str, Alarm]:
    """Return alarms that are open, by id, locked in key order."""
    found = Alarm.objects.select_for_update().filter(pk__in=ids, closed_at=None)
    return {alarm.pk: alarm for alarm in found.order_by("pk")}


def write_seen(seen: Mapping[str, str], now: datetime) -> None:
    """Write down who saw alarms first."""
    rows = [(id_, now, label[:120]) for id_, label in sorted(seen.items())]
    bulk_sql.update_rows(Alarm, ("id",), ("seen_at", "seen_by"), rows)


def load_untold(limit: int) -> list[Alarm]:
    """Return alarms that no rule was asked about, the oldest first, and lock them."""
    found = Alarm.objects.select_for_update().filter(told_at=None)
    return list(found.order_by("pk")[:limit])


def write_told(ids: Collection[str], now: datetime) -> None:
    """Write down that the rules were asked about alarms."""
    Alarm.objects.filter(pk__in=sorted(ids)).update(told_at=now)


def has_untold() -> bool:
    """Say whether there is an alarm that no rule was asked about."""
    return Alarm.objects.filter(told_at=None).exists()


def drop_old(now: datetime, limit: int) -> int:
    """Drop alarms that were closed long ago; return how many."""
    old = Alarm.objects.filter(closed_at__lt=now - KEPT).values_list("pk", flat=True)[:limit]
    return Alarm.objects.filter(pk__in=list(old)).delete()[0]


def count_unseen(shops: frozenset[str] | None) -> dict[str, int]:
    """Return how many open alarms nobody has seen, by kind, in shops (None: everywhere)."""
    found = _within(shops).filter(closed_at=None, seen_at=None).values_list("kind", flat=True)
    counted: dict[str, int] = {}
    for kind in found[:1000]:
        counted[kind] = counted.get(kind, 0) + 1
    return counted


def list_alarms(
    shops: frozenset[str] | None, *, only_open: bool, kind: str, before: str | None, limit: int
) -> list[Alarm]:
    """Return alarms in shops (None: everywhere), the newest first."""
    found = _within(shops)
    if only_open:
        found = found.filter(closed_at=None)
    if kind:
        found = found.filter(kind=kind)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[:limit])


def _within(shops: frozenset[str] | None) -> Any:
    """Return the alarms of shops and those of none."""
    if shops is None:
        return Alarm.objects.all()
    return Alarm.objects.filter(Q(shop_code="") | Q(shop_code__in=sorted(shops)))
