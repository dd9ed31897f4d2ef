"""Takes commands from RabbitMQ: in batches, once each, acknowledged after the commit."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from amqp import Message
from django.conf import settings

from laidan.engine.group_commit import GroupCommit
from laidan.interfaces.api import committing, presenting, rendering
from laidan.interfaces.api.rendering import Answer
from laidan.interfaces.messages.reading import Letter, Returned, Wish, letter_of, read
from laidan.interfaces.worker.broker import FAULTS, Confirmed
from laidan.interfaces.worker.loop import Task
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases.answers import OrderAnswer
from laidan.usecases.order_requests import Placing
from laidan.usecases.transition_requests import Advance

R = TypeVar("R")
log = logging.getLogger("laidan.commands")
PREFETCH = 256
"""So many messages are taken at once, and carried out as one batch."""
_WAIT_SECONDS = 0.2
_PAUSE_SECONDS = (0.5, 5.0)
_LATER = frozenset((429, 503))
_PERSISTENT = 2


class _Ended(NamedTuple):
    """A message that was dealt with: to be answered, returned, or left for later."""

    letter: Letter
    refused: Refused | None
    answer: Answer


class Consumer:
    """The reader of the queue in this process; others may read beside it."""

    def __init__(self, url: str, prefix: str) -> None:
        self._url = url
        self._queue = f"{prefix}.commands"
        self._inbox: list[Any] = []
        self._line: Confirmed | None = None
        self._again_at = 0.0
        self._pause = _PAUSE_SECONDS[0]
        self._is_down = False

    @property
    def dead(self) -> str:
        """The queue of what was returned."""
        return f"{self._queue}.dead"

    def step(self, now: datetime) -> int:
        """Carry out what has arrived; return how many messages those were."""
        if time.monotonic() < self._again_at:
            return 0
        try:
            return self._take(now)
        except FAULTS as error:
            self.leave()
            if not self._is_down:
                log.warning("commands are not read: %s: %s", type(error).__name__, error)
            self._is_down = True
            self._again_at = time.monotonic() + self._pause
            self._pause = min(self._pause * 2, _PAUSE_SECONDS[1])
            return 0

    def leave(self) -> None:
        """Hang up; what was not acknowledged is delivered again, to whoever reads."""
        line, self._line = self._line, None
        self._inbox.clear()
        if line is not None:
            line.close()

    def _take(self, now: datetime) -> int:
        line = self._line or self._connect()
        line.listen(_WAIT_SECONDS)
        while self._inbox and len(self._inbox) < PREFETCH and line.listen(0.001):
            pass
        messages, self._inbox[:] = list(self._inbox), []
        if not messages:
            return 0
        ended = carry_out([letter_of(one) for one in messages], now=now)
        told = [one for one in ended if one.refused is None or one.refused.status not in _LATER]
        line.publish([message for one in told for message in self._messages(one)])
        for one in told:
            line.channel.basic_ack(one.letter.tag)
        later = [one for one in ended if one not in told]
        for one in later:
            line.channel.basic_reject(one.letter.tag, requeue=True)
        if later:
            self._again_at = time.monotonic() + self._pause
        return len(messages)

    def _connect(self) -> Confirmed:
        self._line = line = Confirmed(self._url)
        channel = line.channel
        for queue in (self._queue, self.dead):
            channel.queue_declare(queue, durable=True, auto_delete=False)
        channel.basic_qos(0, PREFETCH, a_global=False)
        channel.basic_consume(self._queue, callback=self._inbox.append)
        if self._is_down:
            log.info("commands are read again")
        self._is_down, self._pause = False, _PAUSE_SECONDS[0]
        return line

    def _messages(self, one: _Ended) -> list[tuple[str, str, Message]]:
        """Return what is sent because of a message: an answer, or the message itself as returned."""
        letter = one.letter
        if letter.reply_to:
            return [("", letter.reply_to, _answer(one))]
        return [("", self.dead, _returned(letter, one.refused))] if one.refused else []


def carry_out(letters: Sequence[Letter], *, now: datetime) -> list[_Ended]:
    """Carry messages out, each once, all that place together and all that advance together."""
    found = [read(one, now=now) for one in letters]
    outcomes = _outcomes(found, Placing, committing.placing)
    outcomes |= _outcomes(found, Advance, committing.advancing)
    return [_ended(one, outcomes) for one in found]


def _outcomes(
    found: Sequence[Wish | Returned], kind: type[R], queue: GroupCommit[R, OrderAnswer]
) -> dict[int, Outcome[OrderAnswer]]:
    """Return what became of the wishes of one kind, by the tags of their messages."""
    tags, requests = [], []
    for one in found:
        if isinstance(one, Wish) and isinstance(one.request, kind):
            tags.append(one.letter.tag)
            requests.append(one.request)
    if not requests:
        return {}
    told = committing.call_all(queue, requests)
    listed = [told] * len(requests) if isinstance(told, Refused) else told
    return dict(zip(tags, listed, strict=True))


def _ended(one: Wish | Returned, outcomes: dict[int, Outcome[OrderAnswer]]) -> _Ended:
    if isinstance(one, Returned):
        return _Ended(one.letter, one.why, rendering.problem(one.why, "en"))
    outcome = outcomes[one.letter.tag]
    answer = presenting.answer_one(outcome, one.viewer, is_keyed=True)
    return _Ended(one.letter, outcome if isinstance(outcome, Refused) else None, answer)


def _answer(one: _Ended) -> Message:
    headers = {"status": one.answer.status}
    if any(name == b"idempotent-replay" for name, _ in one.answer.headers):
        headers["idempotent-replay"] = 1
    return Message(
        one.answer.body, content_type="application/json", delivery_mode=_PERSISTENT,
        correlation_id=one.letter.correlation_id or one.letter.message_id, app_id="laidan",
        application_headers=headers,
    )  # fmt: skip


def _returned(letter: Letter, why: Refused | None) -> Message:
    kept = {name: value for name, value in letter.headers.items() if name != "authorization"}
    reason = {"reason": f"{why.code}: {why.detail}"[:500]} if why else {}
    return Message(
        letter.body, delivery_mode=_PERSISTENT, type=letter.type, message_id=letter.message_id,
        application_headers=kept | reason,
    )  # fmt: skip


_consumers: list[Consumer] = []


def command_tasks() -> Sequence[Task]:
    """Return what the thread of the commands does; nothing without a broker."""
    if not settings.LAIDAN_BROKER_URL:
        return ()
    consumer = Consumer(settings.LAIDAN_BROKER_URL, settings.LAIDAN_BROKER_PREFIX)
    _consumers.append(consumer)
    return (Task("commands", 0.05, consumer.step, full=1),)


def leave() -> None:
    """Hang up, after the thread has ended."""
    while _consumers:
        _consumers.pop().leave()
