"""Where people are signed in: sessions opened, seen, listed and ended."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from laidan.domain.access.models import User
from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.security import queries, store
from laidan.domain.security.models import UserSession
from laidan.engine import origin, unit
from laidan.kernel.ids import Mint
from laidan.usecases import needing
from laidan.usecases.needing import by_system

SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is known when a session was last used."""
_CLEAN_AT_ONCE = 500
_SEEN_MAX = 10_000
_seen: dict[str, datetime] = {}


@needing.by_system("signing in")
@by_system("sign-in opens the session of whom it let in")
def open_session(user: User, session_key: str, *, now: datetime) -> str:
    """Note that somebody has signed in, and from where; return the session's id."""
    here = origin.current()

    def work() -> str:
        made = UserSession(
            id=Mint(now, os.urandom).new(),
            user_id=user.pk,
            session_key=session_key,
            address=here.address,
            agent=here.agent,
            created_at=now,
            last_seen_at=now,
        )
        store.write_session(made)
        record([Deed(f"user:{user.username}", "session.opened", "user", user.pk, user.username)],
               now=now)  # fmt: skip
        return str(made.pk)

    session_id = unit.run_once(work)
    _seen[session_id] = now
    return session_id


@needing.by_system("signing in")
@by_system("middleware notes that a session is in use")
def see_session(session_id: str, *, now: datetime) -> None:
    """Note that a session is in use: one statement a minute at most."""
    last = _seen.get(session_id)
    if last is not None and last <= now < last + SEEN_EVERY:
        return
    if len(_seen) >= _SEEN_MAX:
        _seen.clear()
    _seen[session_id] = now
    address = origin.current().address
    unit.run_once(lambda: store.write_seen(session_id, address, now=now))


@by_system("everybody ends his own sessions alone")
def end_session(user: User, session_id: str, *, now: datetime) -> int:
    """End one of somebody's sessions at once; return how many there were."""
    return _end(user, queries.find_sessions(user.pk, session_id=session_id), now=now)


@by_system("everybody ends his own sessions alone")
def end_other_sessions(user: User, current: str | None, *, now: datetime) -> int:
    """End all of somebody's sessions but the one of a key; return how many there were."""
    return _end(user, queries.find_sessions(user.pk, without=current), now=now)


@by_system("everybody ends his own sessions alone")
def close_session(user: User, session_key: str, *, now: datetime) -> None:
    """Note that somebody has signed out."""
    mine = [one for one in queries.find_sessions(user.pk) if one.session_key == session_key]
    _end(user, mine, now=now, action="session.closed")


@needing.by_system("signing in")
@by_system("a new password gives the session another key")
def rename_session(user: User, session_id: str, session_key: str) -> None:
    """Keep a session whose key was changed, as a new password does."""
    unit.run_once(lambda: store.write_session_key(user.pk, session_id, session_key))


@needing.by_system("the worker")
@by_system("the worker sweeps")
def clean_sessions(*, now: datetime) -> int:
    """Sweep sessions and tries that have run out; return how many sessions there were."""

    def work() -> int:
        store.delete_old_tries(now - timedelta(days=2))
        return store.delete_expired_sessions(now, limit=_CLEAN_AT_ONCE)

    return unit.run_once(work)


def _end(
    user: User, sessions: list[UserSession], *, now: datetime, action: str = "session.ended"
) -> int:
    if not sessions:
        return 0

    def work() -> int:
        count = store.delete_sessions(sessions)
        record(
            [Deed("", action, "user", user.pk, user.username,
                  after={"address": one.address, "agent": one.agent}) for one in sessions],
            now=now,
        )  # fmt: skip
        return count

    return unit.run_once(work)
