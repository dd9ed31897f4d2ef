"""Reads of users and keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from laidan.domain.access.core import KeyFacts
from laidan.domain.access.models import ApiKey, OwnRole, User
from laidan.domain.access.policy import Role, Standing, reach_of
from laidan.domain.access.roles import ADMINISTRATOR, BUILT_IN
from laidan.engine import epochs
from laidan.kernel.permissions import EVERYTHING

EPOCH = "access"


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user as lists show him."""

    id: str
    username: str
    name: str
    email: str
    rights: tuple[str, ...]
    roles: tuple[str, ...]
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


def standing_of(user: User) -> Standing:
    """Return what a user was given; asks for roles of this installation alone, once an epoch."""
    codes: list[str] = user.roles
    own = [code for code in codes if code not in BUILT_IN]
    known = BUILT_IN | (_own_roles.get(own, epochs.read()) if own else {})
    return Standing(
        frozenset(user.rights),
        tuple(known[code] for code in codes if code in known),
        reach_of(user.reach),
        frozenset(user.masks),
    )


def list_roles() -> list[Role]:
    """Return all roles: the built-in ones, then those of this installation by name."""
    own = OwnRole.objects.order_by("name", "code")
    return [*BUILT_IN.values(), *(_role(one) for one in own)]


def find_role(code: str) -> Role | None:
    """Return the role of a code."""
    own = OwnRole.objects.filter(code=code).first() if code not in BUILT_IN else None
    return BUILT_IN.get(code) or (_role(own) if own is not None else None)


def _role(row: OwnRole) -> Role:
    label = {"en": row.name, "zh-hans": row.name}
    sentence = {"en": row.description, "zh-hans": row.description}
    return Role(
        row.code, label, sentence, frozenset(row.permissions), reach_of(row.reach),
        frozenset(row.masks), is_built_in=False,
    )  # fmt: skip


def _load_own(codes: list[str]) -> dict[str, Role]:
    return {row.code: _role(row) for row in OwnRole.objects.filter(code__in=codes)}


_own_roles: epochs.Cached[str, Role] = epochs.Cached(EPOCH, _load_own)


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
        standing_of(key.user),
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
            tuple(user.roles),
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


def is_administrator(user: User) -> bool:
    """Say whether a user may do everything with everything."""
    given = EVERYTHING in user.rights or ADMINISTRATOR in user.roles
    return given and not user.reach and not user.masks


def count_other_administrators(user_id: str) -> int:
    """Return how many active users beside this one may do everything."""
    others = User.objects.filter(is_active=True).exclude(pk=user_id)
    return sum(is_administrator(user) for user in others)


def count_users_of(role: str) -> int:
    """Return how many users have a role, disabled ones too."""
    return sum(role in roles for (roles,) in User.objects.values_list("roles"))
