"""Relays events: gives them their places in the stream, and publishes the stream to RabbitMQ."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import datetime

from amqp import Message
from django.conf import settings

from laidan.engine import stream
from laidan.engine.stream import Streamed
from laidan.insights.event_documents import event_body
from laidan.interfaces.worker.broker import FAULTS, Confirmed, HeldElsewhereError, publisher
from laidan.interfaces.worker.loop import Task

log = logging.getLogger("laidan.relay")
READER = stream.BROKER
EVERY_SECONDS = 0.2
BATCH = 1000
_PAUSE_SECONDS = (0.5, 5.0)
_PERSISTENT = 2


class Relay:
    """The publisher of this process; another process's takes over when this one's connection ends."""

    def __init__(self, url: str, prefix: str) -> None:
        self._url = url
        self._prefix = prefix
        self._line: Confirmed | None = None
        self._again_at = 0.0
        self._pause = _PAUSE_SECONDS[0]
        self._trouble = ""

    def step(self, now: datetime) -> int:
        """Publish what follows the cursor; return how many events those were."""
        stream.begin(READER)
        if time.monotonic() < self._again_at:
            return 0
        try:
            return self._publish()
        except HeldElsewhereError:
            self._wait("another worker publishes")
        except FAULTS as error:
            self._wait(f"{type(error).__name__}: {error}")
        return 0

    def leave(self) -> None:
        """Hang up, so that another worker can go on at once."""
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _publish(self) -> int:
        exchange = f"{self._prefix}.events"
        if self._line is None:
            self._line = publisher(self._url, exchange, lock=f"{self._prefix}.relay")
            self._told_well()
        # Read once the place is held: whoever held it before moves the cursor no more.
        cursor = stream.begin(READER)
        events = stream.read_events(cursor, limit=BATCH)
        if not events:
            self._line.listen(0.001)
            return 0
        self._line.publish([(exchange, one.type, message_of(one)) for one in events])
        if not stream.advance(READER, cursor, events[-1].position):
            log.warning("the cursor of the broker was moved by somebody else")
        return len(events)

    def _told_well(self) -> None:
        if self._trouble:
            log.info("events are published again")
        self._trouble, self._pause = "", _PAUSE_SECONDS[0]

    def _wait(self, trouble: str) -> None:
        """Hang up and try again later; the same trouble is told once."""
        self.leave()
        if trouble.partition(":")[0] != self._trouble.partition(":")[0]:
            log.warning("events are not published here: %s", trouble)
        self._trouble = trouble
        self._again_at = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, _PAUSE_SECONDS[1])


def message_of(event: Streamed) -> Message:
    """Return an event as the broker carries it."""
    return Message(
        event_body(event), content_type="application/json", content_encoding="utf-8",
        delivery_mode=_PERSISTENT, message_id=event.id, type=event.type, app_id="laidan",
        timestamp=int(event.at.timestamp()),
        application_headers={
            "subject": event.subject_id, "seq": event.seq, "position": event.position,
        },
    )  # fmt: skip


def number(now: datetime) -> int:
    """Give events their places in the stream."""
    return stream.number_events(BATCH, now=now)


_relay: list[Relay] = []


def relay_tasks() -> Sequence[Task]:
    """Return what the thread of the relay does: with a broker, it also publishes."""
    numbering = Task("number-events", EVERY_SECONDS, number, full=BATCH)
    if not settings.LAIDAN_BROKER_URL:
        return (numbering,)
    relay = Relay(settings.LAIDAN_BROKER_URL, settings.LAIDAN_BROKER_PREFIX)
    _relay.append(relay)
    # The relay first: its cursor is there before anything gets a place.
    return (Task("relay", EVERY_SECONDS, relay.step, full=BATCH), numbering)


def leave() -> None:
    """Hang up, after the thread has ended."""
    while _relay:
        _relay.pop().leave()
