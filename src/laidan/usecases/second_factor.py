"""The second factor: an authenticator app (TOTP, RFC 6238), and recovery codes for its loss."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from laidan.domain.access.models import User
from laidan.domain.access.queries import standing_of
from laidan.domain.access.roles import ADMINISTRATOR
from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.security import core, queries, store
from laidan.domain.security.models import SecondFactor
from laidan.engine import unit
from laidan.engine.sealing import keyring
from laidan.kernel.actor import Actor, forbidden
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.kernel.permissions import EVERYTHING
from laidan.usecases import counting_tries, giving, needing
from laidan.usecases.needing import asks_inside, by_system

SECRET_BYTES = 20
ISSUER = "Laidan"
_KEPT = timedelta(hours=1)
_DIGITS = re.compile(r"\d{6}\Z")
_STEPS = (-1, 0, 1)
"""Clocks may differ by one step."""
Entropy = Callable[[int], bytes]
T = TypeVar("T")


@needing.by_system("everybody has his own second factor")
@by_system("everybody does this to his own account")
def begin_enrolment(user: User, *, now: datetime, entropy: Entropy = os.urandom) -> Outcome[str]:
    """Return the secret (base32) that somebody's app is to be given; asked again, the same one.

    Locks: the factor. Refuses: second-factor-exists.
    """

    def work() -> Outcome[str]:
        factor = store.load_factor(user.pk)
        if factor is not None and factor.confirmed_at is not None:
            return Refused("second-factor-exists", "Two-factor sign-in is on already.")
        if factor is not None and factor.created_at + _KEPT > now:
            return Done(_secret(factor))
        made = base64.b32encode(entropy(SECRET_BYTES)).decode()
        store.write_factor(user.pk, keyring().seal(made, _owner(user.pk)), now=now)
        return Done(made)

    return unit.run_once(work)


def provisioning_uri(user: User, secret: str) -> str:
    """Return what the QR code of an enrolment says (otpauth://…)."""
    return _totp(secret).get_provisioning_uri(user.username, ISSUER)


@by_system("everybody does this to his own account")
def confirm_enrolment(
    user: User, code: str, *, address: str, now: datetime, entropy: Entropy = os.urandom
) -> Outcome[list[str]]:
    """Turn the second factor on, once the app's code is right; return ten recovery codes.

    Locks: the tries, the factor. Refuses: too-many-tries, second-factor-exists, invalid-code.
    """
    keys = counting_tries.keys_of(core.CODE, user.pk, address, label=user.username)

    def work() -> Outcome[list[str]]:
        factor = store.load_factor(user.pk)
        if factor is None or factor.confirmed_at is not None:
            return Refused("second-factor-exists", "Begin the set-up again.")
        step = _step(factor, code, now)
        if step is None:
            return _wrong()
        store.write_confirmed(user.pk, step, now=now)
        codes = _give_codes(user, now=now, entropy=entropy)
        record([_deed(user, "second-factor.enabled")], now=now)
        return Done(codes)

    return _counted(keys, work, now=now)


@by_system("whoever signs in shows who he is")
def check_code(user: User, code: str, *, address: str, now: datetime) -> Outcome[bool]:
    """Take a code of the app, or a recovery code, once; say whether it was one for recovery.

    Locks: the tries, the factor. Refuses: too-many-tries, invalid-code.
    """
    keys = counting_tries.keys_of(core.CODE, user.pk, address, label=user.username)

    def work() -> Outcome[bool]:
        factor = store.load_factor(user.pk)
        if factor is None or factor.confirmed_at is None:
            return _wrong()
        step = _step(factor, code, now)
        if step is not None:
            store.write_step(user.pk, step)
            return Done(value=False)
        digest = core.code_digest(user.pk, code, keyring().index_key)
        if not store.write_code_used(user.pk, digest, now=now):
            return _wrong()
        record([_deed(user, "recovery-code.used")], now=now)
        return Done(value=True)

    return _counted(keys, work, now=now)


@needing.by_system("everybody has his own second factor")
@by_system("everybody does this to his own account")
def renew_codes(
    user: User, code: str, *, address: str, now: datetime, entropy: Entropy = os.urandom
) -> Outcome[list[str]]:
    """Replace the recovery codes, after a right code; return the new ones.

    Refuses: too-many-tries, invalid-code.
    """
    checked = check_code(user, code, address=address, now=now)
    if isinstance(checked, Refused):
        return checked

    def work() -> list[str]:
        codes = _give_codes(user, now=now, entropy=entropy)
        record([_deed(user, "recovery-code.renewed")], now=now)
        return codes

    return Done(unit.run_once(work))


@by_system("everybody does this to his own account")
def turn_off(user: User, code: str, *, address: str, now: datetime) -> Outcome[None]:
    """Turn somebody's own second factor off, after a right code.

    Refuses: second-factor-required (by a role), too-many-tries, invalid-code.
    """
    if is_required(user):
        return Refused(
            "second-factor-required", "Your role needs two-factor sign-in; it cannot be turned off."
        )
    checked = check_code(user, code, address=address, now=now)
    return checked if isinstance(checked, Refused) else _forget(user, now=now)


@asks_inside("users.manage", why="asked of who resets whom")
def reset(user: User, *, actor: Actor, now: datetime) -> Outcome[None]:
    """Forget somebody's second factor, as an administrator does for who lost app and codes.

    Locks: the factor. Refuses: forbidden, also where the user may do more than the actor.
    """
    if not actor.may("users.manage") or giving.refusal(actor, standing_of(user)) is not None:
        return forbidden("users.manage")
    return _forget(user, now=now)


def _forget(user: User, *, now: datetime) -> Outcome[None]:
    def work() -> Outcome[None]:
        if store.delete_factor(user.pk):
            record([_deed(user, "second-factor.disabled")], now=now)
        return Done(None)

    return unit.run_once(work)


def is_required(user: User) -> bool:
    """Say whether one of somebody's roles needs a second factor."""
    demanded = queries.list_demands()
    return bool(demanded) and bool(demanded & roles_of(user))


def roles_of(user: User) -> frozenset[str]:
    """Return the codes of somebody's roles; who may do everything is an administrator."""
    return frozenset((*user.roles, *((ADMINISTRATOR,) if EVERYTHING in user.rights else ())))


@needing.by_system("the page of sign-in rules asks for users.manage")
@asks_inside("users.manage", why="asked at the page of the sign-in rules")
def set_demands(roles: frozenset[str], *, now: datetime) -> None:
    """Say of which roles people need a second factor; it is asked for at their next sign-in."""

    def work() -> None:
        before = queries.list_demands()
        if before == roles:
            return
        store.write_demands(roles)
        record(
            [Deed("", "sign-in-rules.changed", "setting", "second-factor",
                  before={"roles": sorted(before)}, after={"roles": sorted(roles)})],
            now=now,
        )  # fmt: skip

    unit.run_once(work)


def _counted(
    keys: counting_tries.Keys, work: Callable[[], Outcome[T]], *, now: datetime
) -> Outcome[T]:
    refused = counting_tries.claim(keys, now=now)
    if refused is not None:
        return refused
    outcome = unit.run_once(work)
    if isinstance(outcome, Done):
        counting_tries.take_back(keys, now=now)
    return outcome


def _give_codes(user: User, *, now: datetime, entropy: Entropy) -> list[str]:
    codes = core.recovery_codes(entropy)
    key = keyring().index_key
    digests = [core.code_digest(user.pk, code, key) for code in codes]
    store.write_codes(user.pk, digests, now=now, mint=Mint(now, entropy))
    return codes


def _step(factor: SecondFactor, code: str, now: datetime) -> int | None:
    """Return the step whose code this is, None where it is none or was taken before."""
    given = core.normal_code(code)
    if not (given.isascii() and _DIGITS.match(given)):
        return None
    totp, here = _totp(_secret(factor)), core.step_of(now)
    for step in (here + ahead for ahead in _STEPS):
        expected = totp.generate(step * core.STEP_SECONDS)
        if bytes_eq(expected, given.encode()) and step > factor.last_step:
            return step
    return None


def _totp(secret: str) -> TOTP:
    # SHA-1 is what every authenticator app takes; as HMAC it is sound.
    return TOTP(base64.b32decode(secret), 6, SHA1(), core.STEP_SECONDS)  # noqa: S303 - see above


def _secret(factor: SecondFactor) -> str:
    return keyring().unseal(factor.secret, _owner(factor.pk))


def _owner(user_id: str) -> str:
    return f"second-factor:{user_id}"


def _deed(user: User, action: str) -> Deed:
    return Deed("", action, "user", user.pk, user.username)


def _wrong() -> Refused:
    return invalid("code", "The code is not right, or was used already.", "invalid-code")
