"""Decisions of the operation log: what is written of a deed, its hash, a day's root; pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

NO_HASH = "0" * 64
STRANDS = 16
"""Chains side by side: so many writers can add to the log without waiting for each other."""
_TEXT_MAX = 2000
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LEAF, _NODE = b"\x00", b"\x01"
_LIMITS = {"actor": 120, "action": 60, "kind": 30, "object_id": 60, "label": 120, "reason": 300}

Changes = dict[str, list[object]]
"""What changed: field name to [before, after]."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that somebody did, as a use case tells it.

    An empty `actor` is whoever is known to call (see engine.origin). `before` and `after` may hold everything known of the object: only what differs is kept. Of the
    fields named in `private` the log shows a mask; their values are sealed.
    """

    actor: str
    action: str
    kind: str = ""
    object_id: str = ""
    label: str = ""
    before: Mapping[str, object] | None = None
    after: Mapping[str, object] | None = None
    reason: str = ""
    private: Collection[str] = ()


class Entry(NamedTuple):
    """A row of the log; `hash` covers every field before `sealed`, and the hash before it."""

    id: str
    at: datetime
    actor: str
    door: str
    address: str
    agent: str
    request: str
    action: str
    kind: str
    object_id: str
    label: str
    changes: str
    reason: str


def plain(text: str, most: int) -> str:
    """Return a text that every database takes: no halves of characters, no zeros, cut to fit."""
    return text[: most * 2].encode("utf-8", "replace").decode().replace("\x00", "")[:most]


def fitted(deed: Deed, caller: str) -> dict[str, str]:
    """Return a deed's texts by name, cut to their columns; without an actor it is the caller's."""
    texts = {name: plain(getattr(deed, name), most) for name, most in _LIMITS.items()}
    return texts if texts["actor"] else texts | {"actor": caller}


def changed(before: Mapping[str, object] | None, after: Mapping[str, object] | None) -> Changes:
    """Return the fields that differ, by name; what is missing on one side is null there.

    >>> changed({"name": "A", "price": 1}, {"name": "A", "price": 2})
    {'price': [1, 2]}
    """
    old, new = before or {}, after or {}
    return {
        name: [_kept(old.get(name)), _kept(new.get(name))]
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    }


def parted(changes: Changes, private: Collection[str]) -> tuple[Changes, Changes]:
    """Return what may be shown, private values masked, and the private values themselves."""
    hidden = {name: values for name, values in changes.items() if name in private}
    shown = changes | {name: [masked(one) for one in values] for name, values in hidden.items()}
    return shown, hidden


def masked(value: object) -> object:
    """Return a private value as the log shows it.

    >>> masked("13800138000"), masked("王小明"), masked("")
    ('138****8000', '王**', '')
    """
    if value is None or value == "":
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    if len(text) >= 11:
        return f"{text[:3]}****{text[-4:]}"
    return text[:1] + "*" * (len(text) - 1)


def as_json(changes: Changes) -> str:
    """Return changes as the text that is stored and hashed."""
    return json.dumps(changes, ensure_ascii=False, separators=(",", ":"), default=str)


def entry_hash(previous: str, entry: Entry) -> str:
    """Return SHA-256 over the previous hash and the entry: both as one JSON array, UTF-8.

    The instant is written in microseconds since 1970, UTC. Sealed values are left out: they
    authenticate themselves, and may have to be shredded by law.
    """
    micros = (entry.at - _BEGINNING) // _MICROSECOND
    parts = [previous, entry.id, micros, *entry[2:]]
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


# --- days -----------------------------------------------------------------------------------


def first_id(moment: datetime) -> str:
    """Return the least id of an instant: ids of the log sort by time, so days are ranges of them.

    >>> first_id(datetime(2026, 11, 22, tzinfo=UTC))
    '019aa8fb-8800-0000-0000-000000000000'
    """
    stamp = f"{(moment - _BEGINNING) // timedelta(milliseconds=1):012x}"
    return f"{stamp[:8]}-{stamp[8:]}-0000-0000-000000000000"


def bounds(day: date) -> tuple[str, str]:
    """Return the ids between which a day (UTC) lies: from the first, to before the second."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return first_id(start), first_id(start + timedelta(days=1))


def root_of(hashes: Iterable[str]) -> tuple[str, int]:
    """Return the Merkle root over hex hashes, as RFC 6962 makes it, and how many there were.

    Memory grows with the logarithm of their number; of none it is the hash of nothing.
    """
    stack: list[tuple[int, bytes]] = []
    count = 0
    for text in hashes:
        count += 1
        node, height = hashlib.sha256(_LEAF + bytes.fromhex(text)).digest(), 0
        while stack and stack[-1][0] == height:
            node = hashlib.sha256(_NODE + stack.pop()[1] + node).digest()
            height += 1
        stack.append((height, node))
    if not stack:
        return hashlib.sha256(b"").hexdigest(), 0
    root = stack.pop()[1]
    while stack:
        root = hashlib.sha256(_NODE + stack.pop()[1] + root).digest()
    return root.hex(), count


def _kept(value: object) -> object:
    if isinstance(value, str):
        return plain(value, _TEXT_MAX)
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    return value
