"""What a caller asks when it manages users and roles."""

from __future__ import annotations

from dataclasses import dataclass

from laidan.kernel.actor import ANYWHERE, Actor, Reach


@dataclass(frozen=True, slots=True)
class AddUser:
    """A person to add: who may sign in with this password, and what he is given."""

    username: str
    password: str
    actor: Actor
    name: str = ""
    email: str = ""
    roles: tuple[str, ...] = ()
    reach: Reach = ANYWHERE
    masks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ChangeUser:
    """What a person shall have from now on: roles, limits, and his own rights or none."""

    username: str
    actor: Actor
    name: str
    email: str
    roles: tuple[str, ...]
    reach: Reach = ANYWHERE
    masks: frozenset[str] = frozenset()
    keeps_rights: bool = True


@dataclass(frozen=True, slots=True)
class SwitchUser:
    """A person to shut out, or to let in again."""

    username: str
    actor: Actor
    is_active: bool


@dataclass(frozen=True, slots=True)
class ResetPassword:
    """A new password for a person who lost his."""

    username: str
    password: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class KeepRole:
    """A role of this installation as it shall be; without a code it is a new one."""

    name: str
    permissions: frozenset[str]
    actor: Actor
    code: str | None = None
    description: str = ""
    reach: Reach = ANYWHERE
    masks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DropRole:
    """A role to delete, which nobody has."""

    code: str
    actor: Actor
