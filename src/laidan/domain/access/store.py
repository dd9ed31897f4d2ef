"""Writes of users, keys and their sessions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.contrib.sessions.models import Session

from laidan.domain.access.models import ApiKey, OwnRole, User


def write_user(user: User) -> None:
    """Insert a user; a taken name raises IntegrityError."""
    user.save(force_insert=True)


def write_key(key: ApiKey) -> None:
    """Insert a key."""
    key.save(force_insert=True)


def load_user(username: str) -> User | None:
    """Return a user and lock the row."""
    return User.objects.select_for_update().filter(username=username).first()


def write_password(user: User, encoded: str) -> None:
    """Replace a password; the sessions that were opened with the old one end by it."""
    User.objects.filter(pk=user.pk).update(password=encoded)


def write_disabled(user: User, *, now: datetime) -> None:
    """Shut a user out: no sign-in, no key, no session that is still open."""
    User.objects.filter(pk=user.pk).update(is_active=False)
    ApiKey.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
    mine = [
        session.pk
        for session in Session.objects.filter(expire_date__gt=now).iterator()
        if session.get_decoded().get("_auth_user_id") == user.pk
    ]
    Session.objects.filter(pk__in=mine).delete()


def write_enabled(user: User) -> None:
    """Let a user in again; the keys that ended stay ended."""
    User.objects.filter(pk=user.pk).update(is_active=True)


def write_given(user: User, given: Mapping[str, object]) -> None:
    """Replace what a user was given: roles, reach, masks, rights, name, e-mail."""
    User.objects.filter(pk=user.pk).update(**given)


def load_role(code: str) -> OwnRole | None:
    """Return a role of this installation and lock the row."""
    return OwnRole.objects.select_for_update().filter(code=code).first()


def write_role(role: OwnRole) -> None:
    """Insert a role, or replace it."""
    role.save()


def delete_role(role: OwnRole) -> None:
    """Delete a role."""
    OwnRole.objects.filter(pk=role.pk).delete()


def write_revoked(key_ids: list[str], *, now: datetime) -> int:
    """Revoke keys; return how many were not revoked before."""
    return ApiKey.objects.filter(pk__in=key_ids, revoked_at=None).update(revoked_at=now)


def write_key_use(used: Mapping[str, datetime]) -> None:
    """Note when keys were last used."""
    for key_id, at in sorted(used.items()):
        ApiKey.objects.filter(pk=key_id).update(last_used_at=at)
