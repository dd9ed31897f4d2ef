"""Sends webhooks: a few at once, in a thread of its own that delays neither clock nor broker."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ALL_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

import msgspec
from django.conf import settings
from django.utils import timezone

from laidan.domain.webhooks import core, queries
from laidan.insights.event_documents import event_body, shop_of
from laidan.interfaces.outgoing import posting
from laidan.interfaces.outgoing.posting import Posted
from laidan.interfaces.worker.loop import Task
from laidan.usecases import deliver_webhooks, raise_alarms
from laidan.usecases.deliver_webhooks import Posting, Tried
from laidan.usecases.raise_alarms import RaiseAlarm

log = logging.getLogger("laidan.webhooks")
EVERY_SECONDS = 0.25
AT_ONCE = 16
"""So many calls are under way at once."""
AHEAD_QUICK, AHEAD_SLOW, AHEAD_FAILING = 64, 4, 1
"""So many deliveries are taken for one endpoint: it answers quickly, slowly, or not at all."""
QUICK_MS = 500
QUEUED_AT_ONCE = 500
ALARM = "webhook-paused"
_ALARMS_SECONDS = 30.0
_WAIT_SECONDS = 0.05
_KEPT = timedelta(days=30)
_DROPPED_AT_ONCE = 500
_encode = msgspec.json.Encoder().encode
Post = Callable[..., Posted]


class Dispatcher:
    """The calls of this process that are under way."""

    def __init__(self, post: Post = posting.post) -> None:
        self._post = post
        self._pool: ThreadPoolExecutor | None = None
        self._under_way: dict[Future[Tried], Posting] = {}
        self._last: dict[str, Tried] = {}

    def step(self, now: datetime) -> int:
        """Tell what was answered, queue what happened, send what is due; 0: nothing to do."""
        told = self._tell(now)
        queued = deliver_webhooks.queue_deliveries(QUEUED_AT_ONCE, shop_of=shop_of, now=now)
        sent = self._send(now)
        return told + queued + sent + len(self._under_way)

    def leave(self) -> None:
        """Wait for what is under way and tell it."""
        while self._under_way:
            self._tell(timezone.now())
        if self._pool is not None:
            self._pool.shutdown()

    def _tell(self, now: datetime) -> int:
        if not self._under_way:
            return 0
        done, _ = wait(self._under_way, timeout=_WAIT_SECONDS, return_when=ALL_COMPLETED)
        tried = [one.result() for one in done]
        for one in done:
            del self._under_way[one]
        deliver_webhooks.note_deliveries(tried, now=now, chance=random.random)
        self._last |= {one.taken.endpoint_id: one for one in tried}
        return len(tried)

    def _send(self, now: datetime) -> int:
        busy = Counter(one.taken.endpoint_id for one in self._under_way.values())
        room = {id_: self._ahead(id_) - busy[id_] for id_ in deliver_webhooks.active_endpoints()}
        found = deliver_webhooks.take_deliveries(room, now=now)
        if found and self._pool is None:
            self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="laidan-webhook")
        for one in found:
            assert self._pool is not None  # noqa: S101 - made above
            self._under_way[self._pool.submit(self._call, one)] = one
        return len(found)

    def _ahead(self, endpoint_id: str) -> int:
        last = self._last.get(endpoint_id)
        if last is None:
            return AHEAD_SLOW
        if not last.is_done:
            return AHEAD_FAILING
        return AHEAD_QUICK if last.took_ms < QUICK_MS else AHEAD_SLOW

    def _call(self, one: Posting) -> Tried:
        return call(one, self._post)


def call(one: Posting, post: Post) -> Tried:
    """Send one delivery; never raises."""
    now = timezone.now()
    try:
        body = event_body(one.event)
        headers = core.headers(one.secrets, one.event.id, body, now=now)
        found = post(one.url, body, headers, allow_private=settings.LAIDAN_WEBHOOK_ALLOW_PRIVATE)
    except Exception as error:
        log.exception("a webhook could not be sent")
        return Tried(one.taken, now, 0, None, f"{type(error).__name__}")
    request = _encode({"url": one.url, "headers": headers}).decode()
    return Tried(one.taken, now, found.took_ms, found.status, found.error, request, found.answer)


dispatcher = Dispatcher()
"""The calls of this process."""


def webhook_tasks() -> Sequence[Task]:
    """Return what the thread of the webhooks does."""
    return (
        Task("webhooks", EVERY_SECONDS, dispatcher.step, full=1),
        Task("webhook-alarms", _ALARMS_SECONDS, keep_alarms),
        Task("clean-webhooks", 3600.0, _drop_old, full=_DROPPED_AT_ONCE),
    )


def keep_alarms(now: datetime) -> int:
    """Let an alarm be open for each endpoint that failed until nothing was sent any more."""
    stopped = [one for one in queries.list_endpoints() if one.state != core.ACTIVE]
    wanted = [
        RaiseAlarm(ALARM, one.pk, one.name, link=f"/settings/webhooks/{one.pk}")
        for one in stopped
        if one.paused_why
    ]
    raise_alarms.keep_alarms_open(ALARM, wanted, now=now)
    return len(wanted)


def _drop_old(now: datetime) -> int:
    return deliver_webhooks.drop_old_deliveries(now=now, kept=_KEPT, limit=_DROPPED_AT_ONCE)
