"""Keeps the channels of notices: mailboxes, robots of chats."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from django.conf import settings

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.notices import core, mail, robots, store, texts
from laidan.domain.notices.models import NoticeChannel
from laidan.engine import unit
from laidan.engine.objects import insert_objects, update_objects
from laidan.engine.sealing import Keyring, SealError, keyring
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases.needing import needs
from laidan.usecases.texts import name_faults

Entropy = Callable[[int], bytes]
MANAGE = "notices.manage"
NAME_MAX = 120
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class KeepChannel:
    """A channel as it shall be, by id; None leaves what is. A new one needs name and kind.

    `to` are the recipients of mail; `url` and `secret` those of a robot. `is_gone` removes it with
    its rules and deliveries.
    """

    actor: Actor
    id: str | None = None
    name: str | None = None
    kind: str | None = None
    language: str | None = None
    to: tuple[str, ...] | None = None
    url: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    is_active: bool | None = None
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class NoticeAnswer:
    """What became of a channel or rule."""

    id: str
    name: str
    created: bool = False


@needs(MANAGE)
def keep_channels(
    batch: Sequence[KeepChannel], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[NoticeAnswer]]:
    """Add, change or remove each channel; one outcome per request, in the order given.

    Locks: the channels. Refuses: not-found, invalid-request, name-taken, unknown-kind.
    """
    return unit.run_batch(batch, partial(_channels, now=now, entropy=entropy))


def config_of(channel: NoticeChannel, keys: Keyring) -> dict[str, Any]:
    """Return a channel's addresses and secret; empty where its key is gone."""
    try:
        found: dict[str, Any] = msgspec.json.decode(keys.unseal(channel.sealed, channel.pk))
    except SealError:
        return {}
    return found


# --- channels -------------------------------------------------------------------------------


def _channels(
    batch: Sequence[KeepChannel], *, now: datetime, entropy: Entropy
) -> list[Outcome[NoticeAnswer]]:
    mint, keys = Mint(now, entropy), keyring()
    rows = store.load_channels({request.id for request in batch if request.id})
    there = frozenset(rows)
    taken, _ = store.find_names()
    outcomes: list[Outcome[NoticeAnswer]] = []
    kept: dict[str, NoticeChannel] = {}
    gone: list[str] = []
    deeds: list[Deed] = []
    for request in batch:
        row = rows.get(request.id or "")
        is_named = bool(request.id) or request.is_gone
        refused = missing(request.id) if is_named and row is None else None
        refused = refused or (None if request.is_gone else _channel_fault(request, row, taken))
        if refused is not None:
            outcomes.append(refused)
            continue
        if request.is_gone and row is not None:
            rows.pop(row.pk)
            kept.pop(row.pk, None)
            taken.pop(row.name, None)
            gone.append(row.pk)
            deeds.append(deed(request.actor, "channel.removed", (row.pk, row.name)))
            outcomes.append(Done(NoticeAnswer(row.pk, row.name)))
            continue
        before = _told_channel(row, keys) if row is not None else None
        one = _wanted_channel(request, row, mint, keys, now)
        rows[one.pk] = kept[one.pk] = one
        taken[one.name] = one.pk
        verb = "channel.created" if before is None else "channel.changed"
        deeds.append(
            deed(request.actor, verb, (one.pk, one.name), before, _told_channel(one, keys))
        )
        outcomes.append(Done(NoticeAnswer(one.pk, one.name, created=before is None)))
    _write_channels(kept, there, gone)
    record(deeds, now=now, mint=mint)
    return outcomes


def _write_channels(
    kept: Mapping[str, NoticeChannel], there: frozenset[str], gone: Sequence[str]
) -> None:
    insert_objects(one for id_, one in kept.items() if id_ not in there)
    update_objects(
        (one for id_, one in kept.items() if id_ in there),
        ("name", "language", "sealed", "is_active", "updated_at", "failing_since"),
    )
    store.drop_waiting([one.pk for one in kept.values() if not one.is_active])
    NoticeChannel.objects.filter(pk__in=gone).delete()


def _wanted_channel(
    request: KeepChannel, row: NoticeChannel | None, mint: Mint, keys: Keyring, now: datetime
) -> NoticeChannel:
    if row is None:
        id_ = mint.new()
        one = NoticeChannel(
            id=id_, name=request.name or "", kind=request.kind or "", created_at=now,
            language=request.language or "zh-hans", sealed=keys.seal("{}", id_),
        )  # fmt: skip
    else:
        one = row
    for name in ("name", "language", "is_active"):
        value = getattr(request, name)
        if value is not None:
            setattr(one, name, value)
    config = config_of(one, keys)
    for name in ("to", "url", "secret"):
        value = getattr(request, name)
        if value is not None:
            config[name] = list(value) if name == "to" else value
    one.sealed = keys.seal(_encode(config).decode(), one.pk)
    one.updated_at = now
    # Whoever has changed it wants to know anew.
    one.failing_since = None
    return one


def _channel_fault(
    request: KeepChannel, row: NoticeChannel | None, taken: Mapping[str, str]
) -> Refused | None:
    kind = row.kind if row is not None else request.kind or ""
    if kind not in core.KINDS:
        return invalid("kind", f"there is no channel {kind!r}", "unknown-kind")
    refused = name_fault(request.name, row.pk if row else None, taken)
    if refused is not None:
        return refused
    if request.language is not None and request.language not in texts.LANGUAGES:
        return invalid("language", f"is one of {', '.join(texts.LANGUAGES)}")
    if kind == core.EMAIL:
        return _recipients_fault(request.to, is_new=row is None)
    if request.url is None and row is None:
        return invalid("url", "is needed")
    if request.url is not None:
        any_host = bool(settings.LAIDAN_WEBHOOK_ALLOW_PRIVATE)
        fault = robots.address_fault(kind, request.url, any_host=any_host)
        if fault:
            return invalid("url", fault)
    if request.secret and not robots.is_signed(kind):
        return invalid("secret", "this chat has none")
    return None


def _recipients_fault(to: tuple[str, ...] | None, *, is_new: bool) -> Refused | None:
    if to is None:
        return invalid("to", "is needed") if is_new else None
    if not 0 < len(to) <= mail.RECIPIENTS_MAX:
        return invalid("to", f"has 1 to {mail.RECIPIENTS_MAX} addresses")
    wrong = next((one for one in to if not mail.is_address(one)), None)
    return invalid("to", f"is no address: {wrong[:80]}") if wrong is not None else None


def _told_channel(one: NoticeChannel, keys: Keyring) -> dict[str, object]:
    config = config_of(one, keys)
    shown = {name: getattr(one, name) for name in ("name", "kind", "language", "is_active")}
    return shown | {name: config.get(name) for name in ("to", "url", "secret")}


# --- what channels and rules share ----------------------------------------------------


def name_fault(name: str | None, id_: str | None, taken: Mapping[str, str]) -> Refused | None:
    """Refuse a name that cannot be one, or that another has; a new thing needs one."""
    if name is None:
        return invalid("name", "is needed") if id_ is None else None
    if not 0 < len(name.strip()) <= NAME_MAX:
        return invalid("name", f"must have 1 to {NAME_MAX} characters")
    fault = next(name_faults(name, "name"), None)
    if fault is not None:
        return invalid("name", fault.msg)
    if name in taken and taken[name] != id_:
        return invalid("name", "is taken already", "name-taken")
    return None


def missing(id_: str | None) -> Refused:
    """Return the refusal of what is not there."""
    return Refused("not-found", f"There is nothing {str(id_)[:40]}.", 404)


def deed(
    actor: Actor,
    action: str,
    named: tuple[str, str],
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> Deed:
    """Return what the operation log is told; addresses and secrets are masked there."""
    return Deed(
        actor.label, action, action.partition(".")[0], *named, before=before, after=after,
        private=("to", "url", "secret"),
    )  # fmt: skip
