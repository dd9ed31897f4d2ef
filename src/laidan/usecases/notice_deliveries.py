"""Takes what waits on channels, notes what became of it, sends again, forgets."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.notices import core, robots, store, texts
from laidan.domain.notices.models import NoticeChannel
from laidan.domain.notices.robots import Verdict
from laidan.engine import unit
from laidan.engine.sealing import SealError, keyring
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint, parse_id
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.keep_notices import MANAGE, config_of, missing
from laidan.usecases.needing import by_system, needs
from laidan.usecases.raise_alarms import RaiseAlarm, keep_alarms_open

Entropy = Callable[[int], bytes]
KEPT = timedelta(days=90)
FAILED_ALARM = "notice-failed"
_WORKER = "the worker alone sends; the rules were kept by whoever may"


@dataclass(frozen=True, slots=True)
class Sending:
    """One message to be sent: where, under which lease, for which deliveries, in what words."""

    channel_id: str
    kind: str
    token: int
    config: dict[str, Any] = field(repr=False)
    message_id: str
    deliveries: tuple[str, ...]
    tries: int
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What sending a message came to."""

    verdict: Verdict
    answer: str
    took_ms: int


@by_system(_WORKER)
def take_sending(worker: str, *, now: datetime, entropy: Entropy = os.urandom) -> Sending | None:
    """Take the next message of the channel that waits longest; None where there is none to send.

    Locks: the channel, which belongs to the taker for a while. A robot that has had its twenty
    messages of a minute is due again when there is room; what waits meanwhile becomes a digest.
    """
    if not store.has_due(now):
        return None
    return unit.run_once(lambda: _take(worker, now, Mint(now, entropy)))


def _take(worker: str, now: datetime, mint: Mint) -> Sending | None:
    one = store.take_due(now, worker)
    if one is None:
        return None
    waiting = store.load_waiting(one.pk, now)
    plan = core.plan(one.kind, len(waiting), store.sent_lately(one.pk, now), now)
    if not plan.count:
        store.release(one, plan.again_at)
        return None
    chosen = waiting[: plan.count]
    said = [words_of(row.pk, row.sealed) for row in chosen]
    if plan.is_digest:
        title, body = texts.digest_of([title for title, _ in said], one.language)
    else:
        title, body = said[0]
    return Sending(
        one.pk, one.kind, one.token, config_of(one, keyring()), mint.new(),
        tuple(row.pk for row in chosen), max(row.tries for row in chosen), title, body,
    )  # fmt: skip


@by_system(_WORKER)
def note_tried(
    sending: Sending, tried: Tried, *, now: datetime, entropy: Entropy = os.urandom
) -> bool:
    """Write down what a message came to, and let the channel go on; False where it was taken over.

    Locks: the channel. What failed for now is tried again later, and the channel rests so long.
    """
    return unit.run_once(lambda: _note(sending, tried, now, entropy(1)[0] / 255))


def _note(sending: Sending, tried: Tried, now: datetime, jitter: float) -> bool:
    one = store.load_mine(sending.channel_id, sending.token)
    if one is None:
        return False
    again, state = None, core.SENT
    if tried.verdict.means == robots.LATER:
        again = core.retry_at(sending.tries + 1, now, jitter)
    if tried.verdict.means != robots.OK:
        state = core.WAITING if again is not None else core.FAILED
    store.write_tried(
        sending.deliveries,
        {
            "state": state, "due_at": again, "message_id": sending.message_id, "tried_at": now,
            "sent_at": now if state == core.SENT else None, "status": tried.verdict.means,
            "answer": (tried.answer or tried.verdict.words)[: core.ANSWER_BYTES],
            "took_ms": tried.took_ms,
        },
    )  # fmt: skip
    if state == core.SENT:
        one.last_ok_at, one.failing_since, one.last_fault = now, None, ""
    else:
        one.failing_since = one.failing_since or now
        one.last_fault = tried.verdict.words[:300]
    store.release(one, again)
    return True


def words_of(delivery_id: str, sealed: str) -> tuple[str, str]:
    """Return a delivery's title and body; dashes where its key is gone."""
    try:
        title, body = msgspec.json.decode(keyring().unseal(sealed, delivery_id))
    except SealError:
        return "–", "–"
    return str(title), str(body)


@by_system("the worker looks after the channels once a minute")
def watch_channels(*, now: datetime) -> int:
    """Let there be an alarm for each channel on which nothing arrives for an hour; how many are."""
    failing = store.find_failing(now, core.ALARM_AFTER)
    wanted = [
        RaiseAlarm(FAILED_ALARM, one.pk, one.name, link="/settings/notices/log",
                   facts={"fault": one.last_fault})
        for one in failing
    ]  # fmt: skip
    keep_alarms_open(FAILED_ALARM, wanted, now=now)
    return len(failing)


@dataclass(frozen=True, slots=True)
class SendAgain:
    """A delivery that somebody wants sent once more."""

    delivery_id: str
    actor: Actor


@needs(MANAGE)
def send_again(
    batch: Sequence[SendAgain], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[str]]:
    """Let each delivery be sent once more, as it was; one outcome per request.

    Locks: the deliveries. Refuses: not-found, channel-off.
    """
    return unit.run_batch(batch, partial(_again, now=now, entropy=entropy))


def _again(batch: Sequence[SendAgain], *, now: datetime, entropy: Entropy) -> list[Outcome[str]]:
    ids = {request.delivery_id for request in batch}
    rows = store.load_deliveries({id_ for id_ in ids if parse_id(id_) == id_})
    chosen: set[str] = set()
    channels: dict[str, NoticeChannel] = {}
    deeds: list[Deed] = []
    outcomes: list[Outcome[str]] = []
    for request in batch:
        row = rows.get(request.delivery_id)
        if row is None:
            outcomes.append(missing(request.delivery_id))
        elif not row.channel.is_active:
            outcomes.append(Refused("channel-off", "The channel is switched off."))
        elif row.state == core.WAITING or row.pk in chosen:
            outcomes.append(Done(row.pk, replayed=True))
        else:
            chosen.add(row.pk)
            channels[row.channel_id] = row.channel
            outcomes.append(Done(row.pk))
            deeds.append(
                Deed(request.actor.label, "notice.repeated", "notice", row.pk, row.rule_name)
            )
    if chosen:
        store.send_again(chosen, channels, now)
    record(deeds, now=now, mint=Mint(now, entropy))
    return outcomes


@by_system("a schedule forgets what is old")
def drop_old_deliveries(limit: int, *, now: datetime) -> int:
    """Drop deliveries that were over long ago; return how many."""
    return unit.run_once(lambda: store.drop_old(now - KEPT, limit))
