"""Keeps the rules of notices: what is told on which channel, under which conditions, in what words."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.notices import core, store, texts
from laidan.domain.notices.models import NoticeRule
from laidan.engine import unit
from laidan.engine.objects import insert_objects, update_objects
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases.keep_notices import MANAGE, NoticeAnswer, deed, missing, name_fault
from laidan.usecases.keep_schedules import shop_zones
from laidan.usecases.needing import needs

Entropy = Callable[[int], bytes]
REVEAL = "customers.reveal_phone"
_TYPE = re.compile(r"(order|payment|refund|product|alarm)\.[a-z0-9_-]{1,40}\Z")
_TYPES_MAX, _SHOPS_MAX = 60, 200


@dataclass(frozen=True, slots=True)
class KeepRule:
    """A rule as it shall be, by id; None leaves what is. A new one needs name, channel and types.

    `texts` are titles and bodies by language; what is empty is said in the program's words.
    """

    actor: Actor
    id: str | None = None
    name: str | None = None
    channel: str | None = None
    types: tuple[str, ...] | None = None
    shops: tuple[str, ...] | None = None
    conditions: str | None = None
    texts: Mapping[str, Mapping[str, str]] | None = None
    reveals: bool | None = None
    is_active: bool | None = None
    is_gone: bool = False


@needs(MANAGE)
def keep_rules(
    batch: Sequence[KeepRule], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[NoticeAnswer]]:
    """Add, change or remove each rule; one outcome per request, in the order given.

    Locks: the rules. Refuses: not-found, invalid-request, name-taken, unknown-shop, forbidden
    (revealing phones takes the right to).
    """
    return unit.run_batch(batch, partial(_rules, now=now, entropy=entropy))


def _rules(
    batch: Sequence[KeepRule], *, now: datetime, entropy: Entropy
) -> list[Outcome[NoticeAnswer]]:
    mint = Mint(now, entropy)
    rows = store.load_rules({request.id for request in batch if request.id})
    there = frozenset(rows)
    channels, taken = store.find_names()
    known = (frozenset(channels.values()), frozenset(shop_zones()), taken)
    outcomes: list[Outcome[NoticeAnswer]] = []
    kept: dict[str, NoticeRule] = {}
    gone: list[str] = []
    deeds: list[Deed] = []
    for request in batch:
        row = rows.get(request.id or "")
        is_named = bool(request.id) or request.is_gone
        refused = missing(request.id) if is_named and row is None else None
        refused = refused or (None if request.is_gone else _rule_fault(request, row, known))
        if refused is not None:
            outcomes.append(refused)
            continue
        if request.is_gone and row is not None:
            rows.pop(row.pk)
            kept.pop(row.pk, None)
            taken.pop(row.name, None)
            gone.append(row.pk)
            deeds.append(deed(request.actor, "notice.removed", (row.pk, row.name)))
            outcomes.append(Done(NoticeAnswer(row.pk, row.name)))
            continue
        before = _told_rule(row) if row is not None else None
        one = row or NoticeRule(id=mint.new(), created_at=now)
        _set_rule(one, request)
        one.updated_at = now
        rows[one.pk] = kept[one.pk] = one
        taken[one.name] = one.pk
        verb = "notice.created" if before is None else "notice.changed"
        deeds.append(deed(request.actor, verb, (one.pk, one.name), before, _told_rule(one)))
        outcomes.append(Done(NoticeAnswer(one.pk, one.name, created=before is None)))
    _write(kept, there, gone)
    record(deeds, now=now, mint=mint)
    return outcomes


def _write(kept: Mapping[str, NoticeRule], there: frozenset[str], gone: Sequence[str]) -> None:
    insert_objects(one for id_, one in kept.items() if id_ not in there)
    update_objects(
        (one for id_, one in kept.items() if id_ in there), (*_OF_RULE, "channel", "updated_at")
    )
    NoticeRule.objects.filter(pk__in=gone).delete()


_OF_RULE = ("name", "types", "shops", "conditions", "texts", "reveals", "is_active")


def _set_rule(one: NoticeRule, request: KeepRule) -> None:
    for name in _OF_RULE:
        value = getattr(request, name)
        if value is not None:
            setattr(one, name, list(value) if isinstance(value, tuple) else value)
    if request.channel is not None:
        one.channel_id = request.channel


def _rule_fault(
    request: KeepRule,
    row: NoticeRule | None,
    known: tuple[frozenset[str], frozenset[str], Mapping[str, str]],
) -> Refused | None:
    channels, shops, taken = known
    refused = name_fault(request.name, row.pk if row else None, taken)
    if refused is not None:
        return refused
    if (request.channel is not None or row is None) and request.channel not in channels:
        return invalid("channel", "there is no such channel")
    types = request.types if request.types is not None else row.types if row else ()
    if not 0 < len(types) <= _TYPES_MAX or not all(map(_TYPE.match, types)):
        return invalid("types", "choose what is told")
    if request.shops and (len(request.shops) > _SHOPS_MAX or set(request.shops) - shops):
        return invalid("shops", "there is no such shop", "unknown-shop")
    if request.reveals and not request.actor.may(REVEAL):
        return Refused(
            "forbidden", "Whoever shows phones to others must be allowed to see them.", 403
        )
    return _words_fault(request, row, texts.names_for(types))


def _words_fault(request: KeepRule, row: NoticeRule | None, names: Sequence[str]) -> Refused | None:
    conditions = (
        request.conditions if request.conditions is not None else row.conditions if row else ""
    )
    try:
        core.read_conditions(conditions, names)
    except core.ConditionFault as fault:
        return invalid("conditions", str(fault))
    own = request.texts if request.texts is not None else row.texts if row else {}
    for language, parts in own.items():
        for name, most in (("title", texts.TITLE_CHARS), ("body", texts.BODY_CHARS)):
            fault_ = texts.text_fault(parts.get(name, ""), names, most)
            if fault_ or language not in texts.LANGUAGES:
                return invalid(f"{name}_{language.partition('-')[0]}", fault_ or "unknown language")
    return None


def _told_rule(one: NoticeRule) -> dict[str, object]:
    return {name: getattr(one, name) for name in _OF_RULE} | {"channel": one.channel_id}
