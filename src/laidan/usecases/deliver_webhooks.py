"""Delivers webhooks: queues what the stream has, takes what is due, tells what became of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.webhooks import core, queries, store
from laidan.domain.webhooks.models import WebhookEndpoint
from laidan.domain.webhooks.store import NewDelivery, Taken, Told
from laidan.engine import stream, unit
from laidan.engine.sealing import keyring
from laidan.engine.stream import Streamed
from laidan.kernel.ids import Mint
from laidan.usecases.keep_webhooks import mend, secrets_of
from laidan.usecases.needing import by_system

WAITING_MAX = 2000
"""So many deliveries wait for an endpoint; what follows stays in the stream until some are done."""
_SYSTEM = "system"
ShopOf = Callable[[Streamed], str | None]


@dataclass(frozen=True, slots=True)
class Posting:
    """A delivery to be made: the event, and where it goes under which secrets."""

    taken: Taken
    event: Streamed
    url: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """What one try came to; `status` is None where nothing was answered."""

    taken: Taken
    sent_at: datetime
    took_ms: int
    status: int | None
    error: str = ""
    request: str = ""
    answer: str = ""

    @property
    def is_done(self) -> bool:
        """Whether the receiver has taken it."""
        return self.status is not None and 200 <= self.status < 300 and not self.error


@by_system("the worker looks through the stream")
def queue_deliveries(limit: int, *, shop_of: ShopOf, now: datetime) -> int:
    """Queue what the stream has for each active endpoint; return how many events were looked at.

    Endpoints for which much waits are left where they are. Locks: the active endpoints.
    """
    active = WebhookEndpoint.objects.filter(state=core.ACTIVE)
    # Looked at without a lock: mostly there is nothing.
    if not active.filter(position__lt=stream.head()).exists():
        return 0
    return unit.run_once(lambda: _queue(limit, shop_of, now))


def _queue(limit: int, shop_of: ShopOf, now: datetime) -> int:
    end = stream.head()
    behind = [one for one in store.locked_endpoints() if one.position < end]
    waiting = store.count_waiting([one.pk for one in behind], limit=WAITING_MAX)
    ready = [one for one in behind if waiting.get(one.pk, 0) < WAITING_MAX]
    if not ready:
        return 0
    events = stream.read_events(min(one.position for one in ready), limit=limit)
    mint = Mint(now, os.urandom)
    found = []
    for event in events:
        shop = shop_of(event)
        found += [
            NewDelivery(
                mint.new(), one.pk, event.id, event.subject_id, event.type, event.position,
                core.WAITING, now, now,
            )
            for one in ready
            if one.position < event.position
            and core.is_wanted(one.types, one.shops, event.type, shop)
        ]  # fmt: skip
    store.queue(found)
    last = events[-1].position if events else end
    moved = [one for one in ready if one.position < last]
    for one in moved:
        one.position = last
    store.move_cursors(moved)
    return len(events)


@by_system("the worker takes what is due")
def take_deliveries(room: Mapping[str, int], *, now: datetime) -> list[Posting]:
    """Take deliveries that are due, for each endpoint as many as there is room for by its id.

    Each is somebody else's again after a while: a worker that died holds nothing up.
    """
    endpoints = {one.pk: one for one in _due_endpoints(now) if room.get(one.pk, 0) > 0}
    if not endpoints or not queries.is_due(list(endpoints), now=now):
        return []
    found = unit.run_once(
        lambda: [
            one
            for id_ in sorted(endpoints)
            for one in store.take_due(id_, limit=room[id_], now=now)
        ]
    )
    events = stream.load_events([one.event_id for one in found])
    keys = keyring()
    secrets = {id_: tuple(secrets_of(one, keys, now=now)) for id_, one in endpoints.items()}
    return [
        Posting(one, events[one.event_id], endpoints[one.endpoint_id].url, secrets[one.endpoint_id])
        for one in found
        if one.event_id in events
    ]


def _due_endpoints(now: datetime) -> list[WebhookEndpoint]:
    active = WebhookEndpoint.objects.filter(state=core.ACTIVE)
    return [one for one in active if one.rest_until is None or one.rest_until <= now]


def active_endpoints() -> list[str]:
    """Return the ids of the endpoints that are told of events."""
    return list(WebhookEndpoint.objects.filter(state=core.ACTIVE).values_list("pk", flat=True))


@by_system("the worker tells what became of its tries")
def note_deliveries(tried: Sequence[Tried], *, now: datetime, chance: Callable[[], float]) -> None:
    """Write down what tries came to: done, to be tried again, or given up after three days.

    `chance` returns random numbers from 0 to 1, by which waits differ.
    An endpoint that only fails is left alone for a while, and paused after a day; one that is
    gone (410) is ended. Locks: the deliveries and their endpoints.
    """
    if tried:
        unit.run_once(lambda: _note(tried, now, chance))


def _note(tried: Sequence[Tried], now: datetime, chance: Callable[[], float]) -> None:
    endpoints = {
        one.pk: one for one in store.locked_endpoints({one.taken.endpoint_id for one in tried})
    }
    own = store.tell([_told(one, now, chance()) for one in tried])
    deeds: list[Deed] = []
    for one in tried:
        endpoint = endpoints.get(one.taken.endpoint_id)
        if endpoint is not None and one.taken.id in own:
            deeds += _blame(endpoint, one, now)
    changed = ("state", "paused_why", "failing_since", "failures", "rest_until", "last_done_at")
    WebhookEndpoint.objects.bulk_update(endpoints.values(), changed)
    record(deeds, now=now)


def _told(one: Tried, now: datetime, chance: float) -> Told:
    again = None if one.is_done else core.next_try(one.taken.tries, now=now, chance=chance)
    state = core.DONE if one.is_done else core.WAITING if again else core.FAILED
    return Told(
        one.taken.id, one.taken.tries, state, again, one.sent_at, one.took_ms, one.status,
        one.error[:200], one.request, one.answer, None if again else now,
    )  # fmt: skip


def _blame(endpoint: WebhookEndpoint, one: Tried, now: datetime) -> list[Deed]:
    """Change how an endpoint stands by one try; return what the operation log is told."""
    if one.is_done:
        endpoint.failing_since, endpoint.failures, endpoint.rest_until = None, 0, None
        endpoint.last_done_at = now
        return []
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    if one.status is None or one.status >= 500 or one.status == 429:
        endpoint.rest_until = now + core.rest_after(endpoint.failures - 1)
    if endpoint.state != core.ACTIVE:
        return []
    if one.status == core.GONE:
        endpoint.state, endpoint.paused_why = core.ENDED, "410"
    elif now - endpoint.failing_since >= core.PAUSE_AFTER:
        endpoint.state, endpoint.paused_why = core.PAUSED, (one.error or str(one.status))[:200]
    else:
        return []
    verb = "ended" if endpoint.state == core.ENDED else "paused"
    after = {"state": endpoint.state, "failures": endpoint.failures, "why": endpoint.paused_why}
    return [Deed(_SYSTEM, f"webhook.{verb}", "webhook", endpoint.pk, endpoint.name, after=after)]


@by_system("a door that sent a test tells what it came to")
def note_test(endpoint_id: str, tried_ok: bool, *, actor: str, now: datetime) -> None:  # noqa: FBT001 - what it came to
    """Write down that somebody sent a test; one that succeeded lets a paused endpoint go on."""

    def work() -> None:
        for endpoint in store.locked_endpoints({endpoint_id}):
            before = endpoint.state
            if tried_ok:
                mend(endpoint)
                endpoint.save()
            told = {"state": endpoint.state, "answered": tried_ok}
            record(
                [Deed(actor, "webhook.tested", "webhook", endpoint.pk, endpoint.name,
                      before={"state": before}, after=told)],
                now=now,
            )  # fmt: skip

    unit.run_once(work)


@by_system("the worker removes what is long done")
def drop_old_deliveries(*, now: datetime, kept: timedelta, limit: int) -> int:
    """Remove deliveries that ended long ago."""
    return unit.run_once(lambda: store.drop_old(now - kept, limit=limit))
