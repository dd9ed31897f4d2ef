"""What people change of their own account: name, e-mail, language, password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_noop

from laidan.domain.access import store as access
from laidan.domain.access.models import User
from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.security import core
from laidan.engine import epochs, unit
from laidan.kernel.outcome import Done, Fault, Outcome, Refused, invalid
from laidan.usecases import counting_tries, needing
from laidan.usecases.grant_access import EPOCH
from laidan.usecases.needing import by_system
from laidan.usecases.texts import name_faults

LANGUAGES = ("", "en", "zh-hans")
THEMES = ("", "auto", "light", "dark")
_NAME_MAX, _PASSWORD_MAX = 120, 4096


@dataclass(frozen=True, slots=True)
class Profile:
    """What somebody is called and written to, and the language that he reads."""

    name: str
    email: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """The language that somebody reads and the theme that he sees; None stays as it is."""

    language: str | None = None
    theme: str | None = None


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password and the one before it."""

    current: str
    new: str
    again: str
    address: str = ""


@needing.by_system("everybody changes his own account")
@by_system("everybody does this to his own account")
def change_profile(user: User, wish: Profile, *, now: datetime) -> Outcome[bool]:
    """Change somebody's own name, e-mail and language; say whether anything differs.

    Locks: the user. Refuses: invalid-request.
    """
    faults = _profile_faults(wish)
    if faults:
        words = "; ".join(f"{fault.loc}: {fault.msg}" for fault in faults)
        return Refused("invalid-request", words, 422, tuple(faults))
    after = {"name": wish.name, "email": wish.email, "language": wish.language}
    return _changed(user, after, now)


@needing.by_system("everybody changes his own account")
def choose_look(user: User, wish: Look, *, now: datetime) -> Outcome[bool]:
    """Keep the language or the theme that somebody chose; say whether anything differs.

    Locks: the user. Refuses: invalid-request.
    """
    chosen = {"language": wish.language, "theme": wish.theme}
    for name, known in (("language", LANGUAGES), ("theme", THEMES)):
        value = chosen[name]
        if value is None:
            del chosen[name]
        elif value not in known:
            return invalid(name, gettext_noop("choose one of the list"))
    return _changed(user, chosen, now)


def _changed(user: User, after: Mapping[str, str | None], now: datetime) -> Outcome[bool]:
    def work() -> Outcome[bool]:
        row = access.load_user(user.username)
        if row is None:
            return Refused("unknown-user", "The user is not there any more.", 404)
        before = {name: getattr(row, name) for name in after}
        if before == after:
            return Done(value=False)
        User.objects.filter(pk=row.pk).update(**after)
        for name, value in after.items():
            setattr(user, name, value)
        record([Deed("", "user.changed", "user", row.pk, row.username, before=before, after=after)],
               now=now)  # fmt: skip
        epochs.bump(EPOCH)
        return Done(value=True)

    return unit.run_once(work)


@needing.by_system("everybody changes his own account")
@by_system("everybody does this to his own account")
def change_password(user: User, wish: NewPassword, *, now: datetime) -> Outcome[None]:
    """Replace somebody's own password, after the current one; all sessions end by it.

    The caller keeps its own session alive. Locks: tries, the user. Refuses: too-many-tries,
    wrong-password, weak-password.
    """
    keys = counting_tries.keys_of(core.USER, user.username, wish.address, label=user.username)
    refused = counting_tries.claim(keys, now=now)
    if refused is not None:
        return refused
    if not check_password(wish.current[:_PASSWORD_MAX], user.password):
        return invalid(
            "current", gettext_noop("This is not your present password."), "wrong-password"
        )
    counting_tries.take_back(keys, now=now)
    faults = _password_faults(user, wish)
    if faults:
        words = "; ".join(fault.msg for fault in faults)
        return Refused("weak-password", words, 422, tuple(faults))
    encoded = make_password(wish.new)

    def work() -> Outcome[None]:
        access.write_password(user, encoded)
        record([Deed("", "password.changed", "user", user.pk, user.username)], now=now)
        epochs.bump(EPOCH)
        return Done(None)

    outcome = unit.run_once(work)
    user.password = encoded
    return outcome


def _profile_faults(wish: Profile) -> list[Fault]:
    faults = list(name_faults(wish.name, "name")) if wish.name else []
    if len(wish.name) > _NAME_MAX:
        faults.append(Fault("name", gettext_noop("at most 120 characters")))
    if wish.language not in LANGUAGES:
        faults.append(Fault("language", gettext_noop("choose one of the list")))
    if wish.email:
        # The column's length is the longest that an address may have.
        try:
            validate_email(wish.email)
        except ValidationError:
            faults.append(Fault("email", gettext_noop("must look like name@example.com")))
    return faults


def _password_faults(user: User, wish: NewPassword) -> list[Fault]:
    if wish.new != wish.again:
        return [Fault("again", gettext_noop("The two new passwords differ."))]
    if wish.new == wish.current:
        return [Fault("new", gettext_noop("The new password is the present one."))]
    if len(wish.new) > _PASSWORD_MAX or "\x00" in wish.new:
        return [Fault("new", gettext_noop("At most 4096 characters, and none that is no text."))]
    try:
        validate_password(wish.new, user)
    except ValidationError as error:
        return [Fault("new", " ".join(error.messages))]
    return []
