"""Who may do what: users, API keys, and whom a presented key stands for.

Every change bumps the epoch "access" in its transaction.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from laidan.domain.access import core, policy, queries, store
from laidan.domain.access.models import ApiKey, User
from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.engine import epochs, unit
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases import needing

EPOCH = queries.EPOCH
KEY_LIFE = timedelta(seconds=1)
"""How long a verified key is believed without asking the database again."""
_CACHE_MAX = 10_000
_USERNAME = re.compile(r"[\w.@+-]{1,60}\Z")
_known: dict[str, tuple[datetime, str, Actor]] = {}
_used: dict[str, datetime] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to add; without a password he cannot sign in, only own keys."""

    username: str
    password: str | None = None
    rights: tuple[str, ...] = (core.EVERYTHING,)
    name: str = ""
    email: str = ""
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to add for a user."""

    username: str
    name: str
    scopes: tuple[str, ...] = (core.EVERYTHING,)
    expires_at: datetime | None = None


def known_actor(token: str, *, now: datetime) -> Actor | None:
    """Return whom a key stands for where that was asked within KEY_LIFE; never a query."""
    known = _known.get(core.digest(token))
    if known is None or not known[0] <= now < known[0] + KEY_LIFE:
        return None
    _used[known[1]] = now
    return known[2]


def actor_of_key(token: str, *, now: datetime) -> Actor | Refused:
    """Return whom a key stands for; at most one query a second for each key.

    Refuses with `unauthorized` (401). A key that was revoked elsewhere ends within KEY_LIFE.
    """
    known = known_actor(token, now=now)
    if known is not None:
        return known
    digest = core.digest(token)
    facts = queries.find_key(digest)
    reason = core.refusal_of(facts, now=now)
    if facts is None or reason is not None:
        _known.pop(digest, None)
        return Refused("unauthorized", reason or "", 401)
    actor = policy.actor_of(f"key:{facts.name}", facts.owner, facts.scopes)
    if len(_known) >= _CACHE_MAX:
        _known.clear()
    _known[digest] = (now, facts.key_id, actor)
    _used[facts.key_id] = now
    return actor


def actor_of_user(user: User) -> Actor:
    """Return whom a signed-in user stands for."""
    return policy.actor_of(f"user:{user.username}", queries.standing_of(user))


def forget_keys() -> None:
    """Believe no key without asking the database."""
    _known.clear()


@needing.by_system("the worker writes down what doors noticed")
def note_key_use() -> int:
    """Write down when the keys presented to this process were last used."""
    with _lock:
        used = dict(_used)
        _used.clear()
    if used:
        unit.run_once(lambda: store.write_key_use(used))
    return len(used)


@needing.by_system("the command line; people use manage_users")
def add_user(request: NewUser, *, now: datetime, mint: Mint) -> Outcome[str]:
    """Add a user and return his id.

    Refuses: invalid-username, unknown-scope, weak-password, username-taken.
    """

    def work() -> Outcome[str]:
        outcome = insert_user(request, now=now, mint=mint)
        if isinstance(outcome, Done):
            after = {"name": request.name, "email": request.email, "rights": list(request.rights)}
            _note("user.created", outcome.value, request.username, now, after=after)
        return outcome

    return new_user_fault(request) or unit.run_once(work)


def new_user_fault(request: NewUser) -> Refused | None:
    """Return what is wrong with the wish for a user before the database is asked."""
    if not _USERNAME.match(request.username):
        return invalid(
            "username", "1 to 60 letters, digits and . @ + - _ are allowed", "invalid-username"
        )
    return _unknown_scopes("rights", request.rights) or weak_password(request.password)


def insert_user(request: NewUser, *, now: datetime, mint: Mint) -> Outcome[str]:
    """Insert a user in the caller's transaction, whatever the strength of the password."""
    unknown = [code for code in request.roles if queries.find_role(code) is None]
    if unknown:
        return invalid("roles", f"there is no role {', '.join(unknown)[:80]}", "unknown-role")
    if queries.find_user(request.username) is not None:
        return Refused("username-taken", f"There is a user {request.username!r} already.")
    user = User(
        id=mint.new(), username=request.username, name=request.name, email=request.email,
        rights=list(request.rights), roles=list(request.roles),
        password=make_password(request.password), created_at=now,
    )  # fmt: skip
    store.write_user(user)
    epochs.bump(EPOCH)
    return Done(user.pk)


@needing.by_system("the command line; people use manage_users")
def set_password(username: str, password: str, *, now: datetime) -> Outcome[str]:
    """Replace a user's password; the sessions that were opened with the old one end at once.

    Refuses: weak-password, unknown-user.
    """
    encoded = make_password(password)

    def work() -> Outcome[str]:
        user = store.load_user(username)
        if user is None:
            return _unknown_user(username)
        store.write_password(user, encoded)
        epochs.bump(EPOCH)
        _note("password.reset", user.pk, user.username, now)
        return Done(user.pk)

    return weak_password(password) or unit.run_once(work)


@needing.by_system("the command line; people use manage_users")
def disable_user(username: str, *, now: datetime) -> Outcome[str]:
    """Shut a user out; his sessions and keys end at once.

    Refuses: unknown-user, last-administrator.
    """

    def work() -> Outcome[str]:
        user = store.load_user(username)
        if user is None:
            return _unknown_user(username)
        alone = queries.is_administrator(user) and not queries.count_other_administrators(user.pk)
        if user.is_active and alone:
            return Refused(
                "last-administrator",
                f"{username!r} is the last user who may do everything; add another one before.",
            )
        store.write_disabled(user, now=now)
        epochs.bump(EPOCH)
        _note("user.disabled", user.pk, user.username, now)
        return Done(user.pk)

    outcome = unit.run_once(work)
    forget_keys()
    return outcome


@needing.by_system("whose key it is asks the page of his own keys; a key may no more than he")
def add_key(
    request: NewKey, token: core.Token, *, now: datetime, mint: Mint
) -> Outcome[core.Token]:
    """Add a key for a user and return its token, which is not kept.

    Refuses: unknown-scope, invalid-request (no name), unknown-user, key-taken.
    """
    if not request.name.strip():
        return invalid("name", "a key needs a name to be known by")

    def work() -> Outcome[core.Token]:
        outcome = insert_key(request, token, now=now, mint=mint)
        if isinstance(outcome, Done):
            told = {"owner": request.username, "scopes": list(request.scopes)}
            _note("key.created", token.prefix, request.name, now, after=told)
        return outcome

    return _unknown_scopes("scopes", request.scopes) or unit.run_once(work)


def insert_key(
    request: NewKey, token: core.Token, *, now: datetime, mint: Mint
) -> Outcome[core.Token]:
    """Insert a key in the caller's transaction."""
    user = queries.find_user(request.username)
    if user is None or not user.is_active:
        return _unknown_user(request.username)
    if queries.find_key(token.digest) is not None:
        return Refused("key-taken", "This very key exists already.")
    if queries.has_living_key(request.name):
        # Events and idempotency keys know a key by its name.
        return Refused("key-taken", f"There is a key {request.name!r}; revoke it or name another.")
    key = ApiKey(
        id=mint.new(), user=user, name=request.name, prefix=token.prefix, digest=token.digest,
        scopes=list(request.scopes), created_at=now, expires_at=request.expires_at,
    )  # fmt: skip
    store.write_key(key)
    epochs.bump(EPOCH)
    return Done(token)


@needing.by_system("whose key it is asks the page of his own keys")
def revoke_key(name_or_prefix: str, *, now: datetime) -> Outcome[str]:
    """Revoke the key of an id, prefix or name; it opens nothing from now on.

    Refuses: unknown-key, ambiguous-key (two keys of one name).
    """

    def work() -> Outcome[str]:
        found = queries.find_keys(name_or_prefix)
        if not found:
            return Refused("unknown-key", f"There is no living key {name_or_prefix!r}.", 404)
        if len(found) > 1:
            listed = ", ".join(key.pk for key in found)
            return Refused("ambiguous-key", f"Several keys are named so; give an id of {listed}.")
        store.write_revoked([found[0].pk], now=now)
        epochs.bump(EPOCH)
        _note("key.revoked", found[0].prefix, found[0].name, now)
        return Done(found[0].pk)

    outcome = unit.run_once(work)
    forget_keys()
    return outcome


def _note(
    action: str,
    object_id: str,
    label: str,
    now: datetime,
    after: Mapping[str, object] | None = None,
) -> None:
    """Tell the operation log what whoever calls did to a user or key."""
    kind = action.partition(".")[0].replace("password", "user")
    record([Deed("", action, kind, object_id, label, after=after)], now=now)


def _unknown_user(username: str) -> Refused:
    return Refused("unknown-user", f"There is no active user {username!r}.", 404)


def _unknown_scopes(loc: str, scopes: Collection[str]) -> Refused | None:
    unknown = core.unknown_scopes(scopes)
    if not unknown:
        return None
    listed = ", ".join(core.SCOPES)
    return invalid(loc, f"{', '.join(unknown)}: choose from {listed}", "unknown-scope")


def weak_password(password: str | None) -> Refused | None:
    """Return why a password is too weak, None where it is not."""
    if password is None:
        return None
    try:
        validate_password(password)
    except ValidationError as error:
        return invalid("password", " ".join(error.messages), "weak-password")
    return None
