"""Manages users: adds and changes them, shuts them out and lets them in, resets passwords.

Nobody gives, or takes from, more than he has himself. Every change bumps the epoch "access".
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from laidan.domain.access import policy, queries, store
from laidan.domain.access.models import User
from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.engine import epochs, unit
from laidan.kernel.actor import Actor, Reach, forbidden
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.kernel.permissions import EVERYTHING
from laidan.usecases import giving, grant_access
from laidan.usecases.needing import needs
from laidan.usecases.user_requests import AddUser, ChangeUser, ResetPassword, SwitchUser

R = TypeVar("R")
MANAGE = "users.manage"
ROLES_MAX = 20
_NAME_MAX, _EMAIL_MAX = 120, 254
Entropy = Callable[[int], bytes]


@needs(MANAGE)
def add_users(
    batch: Sequence[AddUser], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[str]]:
    """Add each user; one outcome per request: the username.

    Refuses: forbidden, invalid-username, username-taken, weak-password, unknown-role,
    invalid-request.
    """
    mint = Mint(now, entropy)

    def add(request: AddUser) -> Outcome[str]:
        wish = grant_access.NewUser(
            request.username, request.password, (), request.name, request.email
        )
        refused = (
            grant_access.new_user_fault(wish)
            or _given_fault(request.name, request.email, request.roles, request.masks)
            or giving.refusal(request.actor, _standing(request.roles, request.reach))
        )
        if refused is not None:
            return refused
        outcome = grant_access.insert_user(wish, now=now, mint=mint)
        if isinstance(outcome, Refused):
            return outcome
        user = store.load_user(request.username)
        if user is not None:
            store.write_given(user, _given(request.roles, request.reach, request.masks))
            _note(request.actor, "user.added", user, {}, now)
        return Done(request.username)

    return _each(batch, add)


@needs(MANAGE)
def change_users(batch: Sequence[ChangeUser], *, now: datetime) -> list[Outcome[str]]:
    """Give each user these roles and limits; one outcome per request: the username.

    Locks: the users. Refuses: forbidden, unknown-user, unknown-role, last-administrator,
    invalid-request.
    """

    def change(request: ChangeUser) -> Outcome[str]:
        user = _may_touch(request.actor, request.username)
        if isinstance(user, Refused):
            return user
        refused = _given_fault(
            request.name, request.email, request.roles, request.masks
        ) or giving.refusal(request.actor, _standing(request.roles, request.reach))
        if refused is not None:
            return refused
        before, was_administrator = _told(user), queries.is_administrator(user)
        given = _given(request.roles, request.reach, request.masks)
        given |= {"name": request.name, "email": request.email}
        # Everything is a role here: a right to all would outlive the role's taking away.
        kept = [one for one in user.rights if one != EVERYTHING]
        given["rights"] = kept if request.keeps_rights else []
        for name, value in given.items():
            setattr(user, name, value)
        if was_administrator and not queries.is_administrator(user) and _is_last(user):
            return _last_administrator(request.username)
        store.write_given(user, given)
        _note(request.actor, "user.changed", user, before, now)
        return Done(request.username)

    return _each(batch, change)


@needs(MANAGE)
def switch_users(batch: Sequence[SwitchUser], *, now: datetime) -> list[Outcome[str]]:
    """Shut each user out (sessions and keys end at once), or let him in; returns the username.

    Locks: the users. Refuses: forbidden, unknown-user, last-administrator.
    """

    def switch(request: SwitchUser) -> Outcome[str]:
        user = _may_touch(request.actor, request.username)
        if isinstance(user, Refused):
            return user
        if user.is_active is request.is_active:
            return Done(request.username, replayed=True)
        if not request.is_active and queries.is_administrator(user) and _is_last(user):
            return _last_administrator(request.username)
        if request.is_active:
            store.write_enabled(user)
        else:
            store.write_disabled(user, now=now)
        action = "user.enabled" if request.is_active else "user.disabled"
        record([Deed(request.actor.label, action, "user", user.pk, user.username)], now=now)
        return Done(request.username)

    return _each(batch, switch)


@needs(MANAGE)
def reset_passwords(batch: Sequence[ResetPassword], *, now: datetime) -> list[Outcome[str]]:
    """Replace each user's password; the sessions opened with the old one end at once.

    Locks: the users. Refuses: forbidden, unknown-user, weak-password.
    """

    def reset(request: ResetPassword) -> Outcome[str]:
        user = _may_touch(request.actor, request.username)
        if isinstance(user, Refused):
            return user
        refused = grant_access.weak_password(request.password)
        if refused is not None:
            return refused
        store.write_password(user, make_password(request.password))
        record(
            [Deed(request.actor.label, "password.reset", "user", user.pk, user.username)], now=now
        )
        return Done(request.username)

    return _each(batch, reset)


# --- parts ----------------------------------------------------------------------------------


def _each(batch: Sequence[R], decide: Callable[[R], Outcome[str]]) -> list[Outcome[str]]:
    """Decide each request in one transaction; keys are believed no longer than that."""

    def attempt(requests: Sequence[R]) -> list[Outcome[str]]:
        # First: whoever changes users or roles does so alone.
        epochs.bump(queries.EPOCH)
        return [decide(request) for request in requests]

    outcomes = unit.run_batch(batch, attempt)
    grant_access.forget_keys()
    return outcomes


def _may_touch(actor: Actor, username: str) -> User | Refused:
    user = store.load_user(username)
    if user is None:
        return Refused("unknown-user", f"There is no user {username[:60]!r}.", 404)
    # Who resets the password of somebody who may more has all that he may.
    return forbidden(MANAGE) if giving.refusal(actor, queries.standing_of(user)) else user


def _standing(roles: Sequence[str], reach: Reach) -> policy.Standing:
    found = [role for code in roles if (role := queries.find_role(code)) is not None]
    return policy.Standing(frozenset(), tuple(found), reach)


def _given(roles: Sequence[str], reach: Reach, masks: frozenset[str]) -> dict[str, object]:
    return {
        "roles": list(dict.fromkeys(roles)),
        "reach": policy.reach_document(reach),
        "masks": sorted(masks),
    }


def _given_fault(
    name: str, email: str, roles: Sequence[str], masks: frozenset[str]
) -> Refused | None:
    if len(name) > _NAME_MAX or not name.isprintable():
        return invalid("name", f"at most {_NAME_MAX} letters on one line")
    if email and (len(email) > _EMAIL_MAX or not _is_email(email)):
        return invalid("email", "is no e-mail address")
    unknown = [code for code in roles if queries.find_role(code) is None]
    if unknown or len(roles) > ROLES_MAX:
        return invalid("roles", f"there is no role {', '.join(unknown)[:80]}", "unknown-role")
    if policy.unknown_masks(masks):
        return invalid("masks", f"nothing is called {', '.join(policy.unknown_masks(masks))}")
    return None


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _is_last(user: User) -> bool:
    return user.is_active and not queries.count_other_administrators(user.pk)


def _last_administrator(username: str) -> Refused:
    return Refused(
        "last-administrator",
        f"{username!r} is the last user who may do everything; add another one before.",
    )


def _told(user: User) -> dict[str, object]:
    names = ("name", "email", "rights", "roles", "reach", "masks")
    return {name: getattr(user, name) for name in names}


def _note(actor: Actor, action: str, user: User, before: dict[str, object], now: datetime) -> None:
    after = _told(store.load_user(user.username) or user)
    deed = Deed(
        actor.label, action, "user", user.pk, user.username, before=before, after=after,
        private=("email",),
    )  # fmt: skip
    record([deed], now=now)
