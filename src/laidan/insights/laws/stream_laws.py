"""Laws of the stream: positions without a gap, in each subject's order, and nobody far behind."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from laidan.engine import housekeeping, instants, reading_sql, stream
from laidan.insights.laws.law import Law, Offence, by_python, by_sql

LATE = timedelta(hours=1)
_SILENT = timedelta(seconds=60)
_PATIENCE_SECONDS = 3.0

LAWS: tuple[Law, ...] = (
    by_sql(
        "stream-without-gap",
        "The events that have a place in the stream are numbered from 1 without a gap.",
        "events places first last",
        """
        SELECT s.events, s.places, s.begun, s.ended FROM (
            SELECT COUNT(position) AS events, COUNT(DISTINCT position) AS places,
                MIN(position) AS begun, MAX(position) AS ended
            FROM event WHERE position IS NOT NULL
        ) s WHERE s.events <> s.places OR s.begun <> 1 OR s.ended <> s.events
        """,
    ),
    by_python(
        "events-are-relayed",
        "While a worker runs, no event waits over an hour for its place, nor for the broker.",
        lambda: _late(timezone.now()),
    ),
)


def reading_laws() -> tuple[Law, ...]:
    """Return the law that reads every event."""
    law = by_sql(
        "stream-in-order",
        "No event has a place in the stream before the one that precedes it in its subject.",
        "subject_id seq position before",
        """
        SELECT e.subject_id, e.seq, e.position, p.position
        FROM event e JOIN event p ON p.subject_id = e.subject_id AND p.seq = e.seq - 1
        WHERE e.position IS NOT NULL AND (p.position IS NULL OR p.position > e.position)
        """,
    )
    return (replace(law, slow=True),)


def _late(now: datetime) -> Iterator[Offence]:
    beat = housekeeping.last_beat()
    if beat is None or now - beat > _SILENT:
        return
    since = _waits_on(now)
    if since is not None:
        yield {"reader": "stream", "since": since.isoformat()}
    cursor = stream.cursor_of(stream.BROKER) if settings.LAIDAN_BROKER_URL else None
    if cursor is None:
        return
    found = reading_sql.rows("SELECT relayed_at FROM event WHERE position = %s", (cursor + 1,))
    since = instants.aware(found[0])[0] if found else None
    if since is not None and now - since > LATE:
        yield {"reader": stream.BROKER, "since": since.isoformat(), "position": cursor + 1}


def _waits_on(now: datetime) -> datetime | None:
    """Return since when an event waits for its place though there was time to give it.

    What was imported a moment ago may be of last year: a second look tells it apart.
    """
    first, begun = stream.oldest_waiting(), time.monotonic()
    while first is not None and now - first > LATE:
        if time.monotonic() - begun > _PATIENCE_SECONDS:
            return first
        time.sleep(0.2)
        if stream.oldest_waiting() != first:
            return None
    return None
