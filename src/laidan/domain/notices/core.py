"""Decisions of notices: conditions, how many go out at once, when to try again; pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

EMAIL, WECOM, DINGTALK, FEISHU = "email", "wecom", "dingtalk", "feishu"
KINDS = (EMAIL, WECOM, DINGTALK, FEISHU)
WAITING, SENT, FAILED, DROPPED = "waiting", "sent", "failed", "dropped"
STATES = (WAITING, SENT, FAILED, DROPPED)
"""Dropped is what waited for a channel that was switched off."""
ROBOT_RATE = 20
"""So many messages a minute the three chats take from one robot."""
WINDOW = timedelta(seconds=60)
LEASE = timedelta(seconds=90)
AT_ONCE = 100
TRIES_MAX = 10
ALARM_AFTER = timedelta(hours=1)
"""A channel on which nothing arrived for so long while something was tried raises an alarm."""
ANSWER_BYTES = 2048
CONDITIONS_MAX = 10
_WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60, 180, 360, 720))
_CONDITION = re.compile(r"([a-z][a-z_]*)\s*(>=|<=|!=|=|>|<|~)\s*(.+)\Z")


class Condition(NamedTuple):
    """A value of a happening compared with a text or number: `~` is "contains"."""

    name: str
    sign: str
    value: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is sent now: so many of those that wait, as one message or the first alone."""

    count: int
    is_digest: bool
    again_at: datetime | None = None


class ConditionFault(ValueError):
    """A condition that cannot be read; its text says why."""


def read_conditions(text: str, names: Collection[str]) -> list[Condition]:
    """Return the conditions that a text has, one a line; raises ConditionFault.

    >>> read_conditions("total >= 1000", ("total",))
    [Condition(name='total', sign='>=', value='1000')]
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > CONDITIONS_MAX:
        raise ConditionFault(f"has at most {CONDITIONS_MAX} lines")
    found = []
    for line in lines:
        match = _CONDITION.match(line)
        if match is None:
            raise ConditionFault(f"cannot be read: {line[:60]}")
        one = Condition(match[1], match[2], match[3].strip())
        if one.name not in names:
            raise ConditionFault(f"there is no value {one.name}")
        if one.sign in (">=", "<=", ">", "<") and _number(one.value) is None:
            raise ConditionFault(f"is no number: {one.value[:60]}")
        found.append(one)
    return found


def holds(conditions: Sequence[Condition], values: Mapping[str, str]) -> bool:
    """Say whether all conditions hold of a happening's values."""
    return all(_holds(one, values.get(one.name, "")) for one in conditions)


def _holds(one: Condition, value: str) -> bool:
    if one.sign == "~":
        return one.value.casefold() in value.casefold()
    mine, theirs = _number(value), _number(one.value)
    if one.sign in ("=", "!="):
        is_same = mine == theirs if mine is not None and theirs is not None else value == one.value
        return is_same is (one.sign == "=")
    if mine is None or theirs is None:
        return False
    return {">=": mine >= theirs, "<=": mine <= theirs, ">": mine > theirs, "<": mine < theirs}[
        one.sign
    ]


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def plan(kind: str, waiting: int, sent: Sequence[datetime], now: datetime) -> Plan:
    """Return what to send of `waiting` deliveries; `sent` are the messages of the last minute.

    Mail goes one by one. A robot takes 20 messages a minute: as long as what waits fits into what
    is left each goes by itself; else all that waits is one digest, which never takes the last place twice.
    """
    if not waiting:
        return Plan(0, is_digest=False)
    if kind == EMAIL:
        return Plan(1, is_digest=False)
    recent = sorted(at for at in sent if at > now - WINDOW)
    left = ROBOT_RATE - len(recent)
    if left <= 0:
        return Plan(0, is_digest=False, again_at=recent[-ROBOT_RATE] + WINDOW)
    if waiting <= left:
        return Plan(1, is_digest=False)
    return Plan(min(waiting, AT_ONCE), is_digest=True)


def retry_at(tries: int, now: datetime, jitter: float) -> datetime | None:
    """Return when a message that failed `tries` times is tried again; None: it is given up.

    `jitter` (0 to 1) adds up to a fifth, so that what failed together does not come together.
    """
    if tries >= TRIES_MAX:
        return None
    return now + _WAITS[min(tries, len(_WAITS)) - 1] * (1 + jitter / 5)
