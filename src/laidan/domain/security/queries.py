"""Reads of factors, tries and sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.models import Session

from laidan.domain.security.core import device_of
from laidan.domain.security.models import (
    RecoveryCode,
    RoleDemand,
    SecondFactor,
    Tries,
    UserSession,
)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as its owner sees it."""

    id: str
    device: str
    agent: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    is_current: bool


@dataclass(frozen=True, slots=True)
class TriesRow:
    """Failed tries as an administrator sees them."""

    key: str
    kind: str
    label: str
    failures: int
    last_at: datetime
    blocked_until: datetime | None


def find_factor(user_id: str) -> SecondFactor | None:
    """Return somebody's authenticator, confirmed or not."""
    return SecondFactor.objects.filter(pk=user_id).first()


def has_second_factor(user_id: str) -> bool:
    """Say whether somebody's authenticator counts."""
    return SecondFactor.objects.filter(pk=user_id, confirmed_at__isnull=False).exists()


def list_protected() -> set[str]:
    """Return the ids of those whose authenticator counts."""
    confirmed = SecondFactor.objects.filter(confirmed_at__isnull=False)
    return set(confirmed.values_list("pk", flat=True))


def count_codes(user_id: str) -> int:
    """Return how many recovery codes somebody has left."""
    return RecoveryCode.objects.filter(user_id=user_id, used_at=None).count()


def list_sessions(user_id: str, current: str | None, *, now: datetime) -> list[SessionRow]:
    """Return where somebody is signed in, last seen first."""
    living = Session.objects.filter(expire_date__gt=now).values("session_key")
    rows = UserSession.objects.filter(user_id=user_id, session_key__in=living)
    return [
        SessionRow(
            row.pk, device_of(row.agent), row.agent, row.address, row.created_at, row.last_seen_at,
            row.session_key == current,
        )
        for row in rows.order_by("-last_seen_at", "-pk")[:200]
    ]  # fmt: skip


def find_sessions(
    user_id: str, *, session_id: str | None = None, without: str | None = None
) -> list[UserSession]:
    """Return somebody's sessions: all, the one of an id, or all without the one of a key."""
    rows = UserSession.objects.filter(user_id=user_id)
    if session_id is not None:
        rows = rows.filter(pk=session_id)
    return list(rows.exclude(session_key=without) if without else rows)


def list_tries(*, now: datetime) -> list[TriesRow]:
    """Return what is blocked now, longest first."""
    rows = Tries.objects.filter(blocked_until__gt=now).order_by("-blocked_until", "key")[:200]
    return [
        TriesRow(row.key, row.kind, row.label, row.failures, row.last_at, row.blocked_until)
        for row in rows
    ]


def list_demands() -> frozenset[str]:
    """Return the roles whose people need a second factor."""
    return frozenset(RoleDemand.objects.values_list("role", flat=True))
