"""Tells people outside: asks the rules, sends mail and messages to chats, in a thread of its own."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from laidan.domain.notices import core, robots
from laidan.domain.notices.robots import LATER, NEVER, Verdict
from laidan.interfaces.outgoing import mailing, posting
from laidan.interfaces.outgoing.mailing import Mail
from laidan.interfaces.worker.loop import Task
from laidan.usecases import keep_mail_server, notice_deliveries, tell_notices
from laidan.usecases.notice_deliveries import Sending, Tried

EVERY_SECONDS = 1.0
WATCH_SECONDS = 60.0
_EVENTS_AT_ONCE = 500
_ALARMS_AT_ONCE = 100


def notice_tasks() -> Sequence[Task]:
    """Return what the thread of the notices does: a slow server delays nothing else."""
    return (
        Task("tell-notices", EVERY_SECONDS, tell, full=_EVENTS_AT_ONCE),
        Task("send-notices", EVERY_SECONDS, send_next, full=1),
        Task(
            "watch-channels", WATCH_SECONDS, lambda now: notice_deliveries.watch_channels(now=now)
        ),
    )


def tell(now: datetime) -> int:
    """Ask the rules about new alarms and the next events."""
    told = tell_notices.tell_alarms(_ALARMS_AT_ONCE, now=now)
    return told + tell_notices.tell_events(_EVENTS_AT_ONCE, now=now)


def send_next(now: datetime) -> int:
    """Send one message, outside of every transaction, and note what came of it; 0: none is due."""
    worker = f"{socket.gethostname()}:{os.getpid()}"
    sending = notice_deliveries.take_sending(worker, now=now)
    if sending is None:
        return 0
    tried = _send(sending, now)
    notice_deliveries.note_tried(sending, tried, now=timezone.now())
    return 1


def _send(sending: Sending, now: datetime) -> Tried:
    if not sending.config:
        return Tried(Verdict(NEVER, "the channel's key is gone; enter its addresses anew"), "", 0)
    if sending.kind == core.EMAIL:
        return _mail(sending)
    allow = bool(settings.LAIDAN_WEBHOOK_ALLOW_PRIVATE)
    fault = robots.address_fault(sending.kind, str(sending.config.get("url")), any_host=allow)
    if fault:
        return Tried(Verdict(NEVER, f"the address {fault}"), "", 0)
    made = robots.message(sending.kind, sending.config, (sending.title, sending.body), now)
    found = posting.post(made.url, made.body, {}, allow_private=allow)
    verdict = robots.verdict(sending.kind, found.status, found.answer, found.error)
    return Tried(verdict, found.answer, found.took_ms)


def _mail(sending: Sending) -> Tried:
    server = keep_mail_server.mail_server()
    if server is None:
        return Tried(Verdict(LATER, "there is no mail server yet"), "", 0)
    # The first delivery names the message: sent again after a crash, it is the same one.
    to = tuple(str(one) for one in sending.config.get("to") or ())
    one = Mail(to, sending.title, sending.body, sending.deliveries[0])
    verdict, took = mailing.send(server, one)
    return Tried(verdict, verdict.words, took)
