"""Signs people in: the password, slowed down after failed tries, and what comes after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import authenticate

from laidan.domain.access.models import User
from laidan.domain.access.queries import find_user
from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.security import core
from laidan.engine import unit
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases import counting_tries, needing
from laidan.usecases.needing import by_system

NOBODY = "visitor"
"""Who acts in the operation log before it is known who it is."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """What somebody types to sign in, and from where."""

    username: str
    password: str
    address: str = ""


def check_password(request: SignIn, *, now: datetime) -> Outcome[User]:
    """Return whose name and password these are.

    Locks: the tries under the name and the address. Refuses: too-many-tries (429), sign-in-refused
    (401). Both are written into the operation log; neither tells whether there is such a user.
    """
    user = find_user(request.username)
    label = user.username if user else ""
    keys = counting_tries.keys_of(core.USER, request.username, request.address, label=label)
    refused = counting_tries.claim(keys, now=now)
    if refused is None:
        found = authenticate(username=request.username, password=request.password)
        if isinstance(found, User):
            counting_tries.take_back(keys, now=now)
            return Done(found)
        refused = Refused("sign-in-refused", "Username and password do not match.", 401)
    note_refusal(user, refused.code, now=now)
    return refused


@needing.by_system("signing in")
@by_system("sign-in notes whom it did not let in")
def note_refusal(user: User | None, reason: str, *, now: datetime) -> None:
    """Write down that somebody was not let in; a name that nobody has is not kept.

    People type passwords into the field of the name.
    """
    deed = Deed(
        NOBODY, "sign-in.refused", "user", user.pk if user else "", user.username if user else "",
        reason=reason,
    )  # fmt: skip
    unit.run_once(lambda: record([deed], now=now))
