"""Writes of factors, codes, tries and sessions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.contrib.sessions.models import Session

from laidan.domain.security.core import Standing
from laidan.domain.security.models import (
    RecoveryCode,
    RoleDemand,
    SecondFactor,
    Tries,
    UserSession,
)
from laidan.kernel.ids import Mint


def load_factor(user_id: str) -> SecondFactor | None:
    """Return somebody's authenticator and lock it."""
    return SecondFactor.objects.select_for_update().filter(pk=user_id).first()


def write_factor(user_id: str, secret: str, *, now: datetime) -> None:
    """Keep a new secret that is still to be confirmed, in the place of any before it."""
    values = {"secret": secret, "created_at": now, "confirmed_at": None, "last_step": 0}
    SecondFactor.objects.update_or_create(pk=user_id, defaults=values)


def write_confirmed(user_id: str, step: int, *, now: datetime) -> None:
    """Let a second factor count from now on."""
    SecondFactor.objects.filter(pk=user_id).update(confirmed_at=now, last_step=step)


def write_step(user_id: str, step: int) -> None:
    """Remember the last code that was taken: none up to it is taken again."""
    SecondFactor.objects.filter(pk=user_id).update(last_step=step)


def delete_factor(user_id: str) -> bool:
    """Forget somebody's authenticator and codes; say whether there was one."""
    RecoveryCode.objects.filter(user_id=user_id).delete()
    return bool(SecondFactor.objects.filter(pk=user_id).delete()[0])


def write_codes(user_id: str, digests: Sequence[str], *, now: datetime, mint: Mint) -> None:
    """Replace somebody's recovery codes."""
    RecoveryCode.objects.filter(user_id=user_id).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(id=mint.new(), user_id=user_id, digest=digest, created_at=now)
        for digest in digests
    )


def write_code_used(user_id: str, digest: str, *, now: datetime) -> bool:
    """Use a recovery code up; say whether it was one that had not been used."""
    unused = RecoveryCode.objects.filter(user_id=user_id, digest=digest, used_at=None)
    return unused.update(used_at=now) == 1


def load_tries(keys: Mapping[str, tuple[str, str]], *, now: datetime) -> dict[str, Standing]:
    """Return and lock the standing of keys (with kind and label), made where they are new."""
    rows = [
        Tries(key=key, kind=kind, label=label, failures=0, last_at=now)
        for key, (kind, label) in sorted(keys.items())
    ]
    known = set(Tries.objects.filter(pk__in=keys).values_list("pk", flat=True))
    Tries.objects.bulk_create([row for row in rows if row.pk not in known], ignore_conflicts=True)
    locked = Tries.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    return {row.pk: Standing(row.failures, row.last_at, row.blocked_until) for row in locked}


def write_tries(standings: Mapping[str, Standing], *, now: datetime) -> None:
    """Write how tries stand now."""
    for key, standing in sorted(standings.items()):
        Tries.objects.filter(pk=key).update(
            failures=standing.failures,
            last_at=standing.last_at or now,
            blocked_until=standing.blocked_until,
        )


def delete_tries(keys: Collection[str]) -> int:
    """Forget failed tries; return under how many keys there were some."""
    return Tries.objects.filter(pk__in=keys).delete()[0]


def delete_old_tries(before: datetime) -> int:
    """Forget tries that nobody repeated for long."""
    return Tries.objects.filter(last_at__lt=before).delete()[0]


def write_session(session: UserSession) -> None:
    """Insert a session."""
    session.save(force_insert=True)


def write_seen(session_id: str, address: str, *, now: datetime) -> None:
    """Note when and from where a session was last used."""
    UserSession.objects.filter(pk=session_id).update(last_seen_at=now, address=address)


def write_session_key(user_id: str, session_id: str, session_key: str) -> None:
    """Give a session of somebody another key."""
    UserSession.objects.filter(pk=session_id, user_id=user_id).update(session_key=session_key)


def delete_sessions(sessions: Sequence[UserSession]) -> int:
    """End sessions at once; return how many there were."""
    Session.objects.filter(pk__in=[one.session_key for one in sessions]).delete()
    return UserSession.objects.filter(pk__in=[one.pk for one in sessions]).delete()[0]


def delete_expired_sessions(now: datetime, *, limit: int) -> int:
    """Sweep sessions that have run out, and what was known of those that are gone."""
    old = list(Session.objects.filter(expire_date__lt=now).values_list("pk", flat=True)[:limit])
    Session.objects.filter(pk__in=old).delete()
    living = Session.objects.values("session_key")
    gone = list(
        UserSession.objects.exclude(session_key__in=living).values_list("pk", flat=True)[:limit]
    )
    UserSession.objects.filter(pk__in=gone).delete()
    return len(old) + len(gone)


def write_demands(roles: Collection[str]) -> None:
    """Replace the roles whose people need a second factor."""
    RoleDemand.objects.exclude(role__in=roles).delete()
    RoleDemand.objects.bulk_create(
        [RoleDemand(role=role) for role in sorted(roles)], ignore_conflicts=True
    )
