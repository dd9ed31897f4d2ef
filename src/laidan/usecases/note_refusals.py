"""Writes down who asked for what he may not do: once a minute for the same asking."""

from __future__ import annotations

from datetime import datetime, timedelta

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.engine import origin, unit
from laidan.usecases import needing
from laidan.usecases.needing import by_system

SAME_FOR = timedelta(minutes=1)
"""A program that asks again and again shall not fill the log."""
_KNOWN_MAX = 10_000
_known: dict[tuple[str, str], datetime] = {}


@needing.by_system("doors write down whom they refused")
@by_system("the doors note whom they refused")
def note_refusal(asked: str, *, now: datetime) -> bool:
    """Write down that whoever calls was refused; say whether it was written.

    Nothing is written of strangers: they are asked to sign in, which is no refusal.
    """
    who = origin.current().who
    if not who:
        return False
    last = _known.get((who, asked))
    if last is not None and last <= now < last + SAME_FOR:
        return False
    if len(_known) >= _KNOWN_MAX:
        _known.clear()
    _known[who, asked] = now
    deed = Deed(who, "access.refused", "address", "", asked)
    unit.run_once(lambda: record([deed], now=now))
    return True


def forget() -> None:
    """Write every refusal down anew (tests)."""
    _known.clear()
