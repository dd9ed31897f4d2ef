"""Reads of users and keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from laidan.domain.access.core import KeyFacts
from laidan.domain.access.models import ApiKey, User


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user as lists show him."""

    id: str
    username: str
    name: str
    email: str
    rights: tuple[str, ...]
    is_active: bool
    last_login: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as lists show it: never its secret."""

    id: str
    name: str
    prefix: str
    username: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


def find_key(digest: str) -> KeyFacts | None:
    """Return what decides about the key of a digest (one query)."""
    key = ApiKey.objects.select_related("user").filter(digest=digest).first()
    if key is None:
        return None
    return KeyFacts(
        key.pk,
        key.name,
        key.user.username,
        frozenset(key.scopes),
        frozenset(key.user.rights),
        key.user.is_active,
        key.expires_at,
        key.revoked_at,
    )


def find_user(username: str) -> User | None:
    """Return the user of a name."""
    return User.objects.filter(username=username).first()


def list_users() -> list[UserRow]:
    """Return all users by name."""
    return [
        UserRow(
            user.pk,
            user.username,
            user.name,
            user.email,
            tuple(user.rights),
            user.is_active,
            user.last_login,
            user.created_at,
        )
        for user in User.objects.order_by("username")
    ]


def list_keys() -> list[KeyRow]:
    """Return all keys, oldest first."""
    keys = ApiKey.objects.select_related("user").order_by("created_at", "id")
    return [
        KeyRow(
            key.pk,
            key.name,
            key.prefix,
            key.user.username,
            tuple(key.scopes),
            key.created_at,
            key.expires_at,
            key.revoked_at,
            key.last_used_at,
        )
        for key in keys
    ]


def has_living_key(name: str) -> bool:
    """Say whether a key of this name is not revoked."""
    return ApiKey.objects.filter(name=name, revoked_at=None).exists()


def find_keys(name_or_prefix: str) -> list[ApiKey]:
    """Return the keys that are not revoked and have this id, name or else prefix."""
    living = ApiKey.objects.filter(revoked_at=None)
    for column in ("id", "name", "prefix"):
        found = list(living.filter(**{column: name_or_prefix})) if name_or_prefix else []
        if found:
            return found
    return []


def count_other_administrators(user_id: str) -> int:
    """Return how many active users beside this one may do everything."""
    others = User.objects.filter(is_active=True).exclude(pk=user_id).values_list("rights")
    return sum("*" in rights for (rights,) in others)
