"""What happened to an order, by whom, and when."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from laidan.engine import events as log
from laidan.engine.models import Event
from laidan.engine.sealing import SealError, keyring


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One event of an order."""

    id: str
    seq: int
    type: str
    at: datetime
    actor: str
    transition: str | None
    state_from: str | None
    state_to: str | None
    detail: dict[str, Any]
    hash: str


def list_events(order_id: str, *, after: int, limit: int) -> list[TimelineEntry]:
    """Return an order's events after a sequence number, oldest first."""
    events = Event.objects.filter(subject_id=order_id, seq__gt=after).order_by("seq")
    return [_entry(event) for event in events[:limit]]


def _entry(event: Event) -> TimelineEntry:
    payload = json.loads(event.payload)
    return TimelineEntry(
        event.id,
        event.seq,
        event.type,
        event.at,
        event.actor,
        payload.get("transition"),
        payload.get("state_from"),
        payload.get("state_to"),
        payload.get("detail") or {},
        event.hash,
    )


def load_contacts(order_id: str, seqs: Iterable[int]) -> dict[int, Mapping[str, Any]]:
    """Return whom an order concerned at some of its events (one query).

    What was shredded, or was sealed under a key that is gone, is left out.
    """
    wanted = set(seqs)
    if not wanted:
        return {}
    found: dict[int, Mapping[str, Any]] = {}
    for (_, seq), (_, sealed) in log.load_events({(order_id, seq) for seq in wanted}).items():
        try:
            found[seq] = json.loads(keyring().unseal(sealed, order_id)) if sealed else {}
        except SealError:
            continue
    return found
