"""Asks the rules of notices about what happened, and queues what shall be told."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

import msgspec

from laidan.domain.notices import alarms, core, store, texts
from laidan.domain.notices.models import NoticeDelivery, NoticeRule
from laidan.engine import stream, unit
from laidan.engine.sealing import keyring
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome
from laidan.usecases import notice_values
from laidan.usecases.keep_notices import MANAGE, missing
from laidan.usecases.needing import by_system, needs
from laidan.usecases.notice_values import Happening, ShopFacts

Entropy = Callable[[int], bytes]
READER = "notices"
TEST = "test"
_encode = msgspec.json.Encoder().encode
_WORKER = "the worker reads the stream; the rules were kept by whoever may"
_TEST_WORDS = {
    "en": ("A test from Laidan", "If you can read this, the channel works."),
    "zh-hans": ("来单测试消息", "收到这条消息，说明通知渠道可用。"),
}


@by_system(_WORKER)
def tell_events(limit: int, *, now: datetime, entropy: Entropy = os.urandom) -> int:
    """Queue what the rules want told of the next events of the stream; return how many were read.

    A killed worker, or two at once, queue nothing twice: a rule and an event are one delivery.
    """
    position, head = stream.begin(READER), stream.head()
    if position >= head:
        return 0
    rules = store.load_active_rules()
    types = {type_ for rule in rules for type_ in rule.types if not type_.startswith("alarm.")}
    if not types:
        # Nobody asks: what nobody wants told need not be read.
        stream.advance(READER, position, head)
        return 0
    events = stream.read_events(position, limit=limit)
    wanted = [notice_values.of_event(event) for event in events if event.type in types]
    if wanted:
        rows = _deliveries(rules, wanted, now, Mint(now, entropy))
        unit.run_once(lambda: store.queue(rows, now))
    stream.advance(READER, position, events[-1].position)
    return len(events)


@by_system(_WORKER)
def tell_alarms(limit: int, *, now: datetime, entropy: Entropy = os.urandom) -> int:
    """Queue what the rules want told of new alarms; return how many there were. Locks: them."""
    if not alarms.has_untold():
        return 0

    def work() -> int:
        found = alarms.load_untold(limit)
        happened = [notice_values.of_alarm(one) for one in found]
        rows = _deliveries(store.load_active_rules(), happened, now, Mint(now, entropy))
        store.queue(rows, now)
        alarms.write_told([one.pk for one in found], now)
        return len(found)

    return unit.run_once(work)


class TestChannel(msgspec.Struct, frozen=True):
    """A channel on which a test shall be sent."""

    channel_id: str
    actor: Actor


@needs(MANAGE)
def send_tests(
    batch: Sequence[TestChannel], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[str]]:
    """Queue a test on each channel; answers the deliveries' ids. Refuses: not-found."""
    return unit.run_batch(batch, partial(_tests, now=now, entropy=entropy))


def _tests(batch: Sequence[TestChannel], *, now: datetime, entropy: Entropy) -> list[Outcome[str]]:
    mint = Mint(now, entropy)
    channels = store.load_channels({request.channel_id for request in batch})
    rows: list[NoticeDelivery] = []
    outcomes: list[Outcome[str]] = []
    for request in batch:
        channel = channels.get(request.channel_id)
        if channel is None:
            outcomes.append(missing(request.channel_id))
            continue
        row = NoticeDelivery(id=mint.new(), channel=channel, type=TEST, state=core.WAITING,
                             due_at=now, created_at=now)  # fmt: skip
        row.sealed = sealed_words(row.pk, *_TEST_WORDS[channel.language])
        rows.append(row)
        outcomes.append(Done(row.pk))
    store.queue(rows, now)
    return outcomes


@by_system("a page shows what a rule would say; whoever may keep the rule may see it")
def previewed(rule: NoticeRule, one: Happening) -> dict[str, tuple[str, str]]:
    """Return what a rule would say of a happening: title and body by language. Keeps nothing."""
    shops = notice_values.load_shops()
    return {language: _words(rule, one, language, shops) for language in texts.LANGUAGES}


def sealed_words(delivery_id: str, title: str, body: str) -> str:
    """Return a delivery's words as they are kept."""
    return keyring().seal(_encode([title, body]).decode(), delivery_id)


def _deliveries(
    rules: Sequence[NoticeRule], happened: Sequence[Happening], now: datetime, mint: Mint
) -> list[NoticeDelivery]:
    shops = notice_values.load_shops()
    rows = []
    for one in happened:
        for rule in rules:
            if not wants(rule, one, shops):
                continue
            row = NoticeDelivery(
                id=mint.new(), channel=rule.channel, rule_id=rule.pk, rule_name=rule.name,
                type=one.type, subject_id=one.subject_id, subject=one.subject[:80],
                shop_code=one.shop, once=f"{rule.pk}:{one.id}", state=core.WAITING, due_at=now,
                created_at=now,
            )  # fmt: skip
            words = _words(rule, one, rule.channel.language, shops)
            row.sealed = sealed_words(row.pk, *words)
            rows.append(row)
    return rows


def wants(rule: NoticeRule, one: Happening, shops: Mapping[str, ShopFacts]) -> bool:
    """Say whether a rule wants a happening told. Pure but for the names of states."""
    if one.type not in rule.types or (rule.shops and one.shop not in rule.shops):
        return False
    if not rule.conditions:
        return True
    names = texts.names_for(rule.types)
    values = notice_values.values_of(one, "en", shops, reveals=rule.reveals)
    return core.holds(core.read_conditions(rule.conditions, names), values)


def _words(
    rule: NoticeRule, one: Happening, language: str, shops: Mapping[str, ShopFacts]
) -> tuple[str, str]:
    values = notice_values.values_of(one, language, shops, reveals=rule.reveals)
    title, body = texts.words_of(rule.types, rule.texts, language)
    shown = " ".join(texts.filled(title, values).split())
    return shown[: texts.TITLE_CHARS], texts.filled(body, values)[: texts.BODY_CHARS].strip()
