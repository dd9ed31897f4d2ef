"""Manages the roles of this installation; the built-in ones are data of the program.

Every change bumps the epoch "access".
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from laidan.domain.access import policy, queries, store
from laidan.domain.access.models import OwnRole
from laidan.domain.access.roles import BUILT_IN
from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.engine import epochs, unit
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases import giving, grant_access
from laidan.usecases.needing import needs
from laidan.usecases.user_requests import DropRole, KeepRole

R = TypeVar("R")
MANAGE = "users.manage"
_NAME_MAX, _TEXT_MAX = 80, 300
Entropy = Callable[[int], bytes]


@needs(MANAGE)
def keep_roles(
    batch: Sequence[KeepRole], *, now: datetime, entropy: Entropy = os.urandom
) -> list[Outcome[str]]:
    """Add or change each role; one outcome per request: the role's code.

    Locks: the epoch of access. Refuses: forbidden, role-built-in, unknown-role, invalid-request.
    """
    mint = Mint(now, entropy)

    def keep(request: KeepRole) -> Outcome[str]:
        refused = _fault(request) or giving.role_refusal(request.actor, request.permissions)
        if refused is not None:
            return refused
        old = store.load_role(request.code) if request.code is not None else None
        if request.code is not None and old is None:
            return _unknown(request.code)
        before = _told(old) if old is not None else {}
        if old is not None and giving.role_refusal(request.actor, frozenset(old.permissions)):
            return giving.role_refusal(request.actor, frozenset(old.permissions)) or _unknown("")
        role = old or OwnRole(id=mint.new(), code=f"role-{mint.new()[-12:]}", created_at=now)
        role.name, role.description = request.name.strip(), request.description.strip()
        role.permissions = sorted(request.permissions)
        role.reach, role.masks = policy.reach_document(request.reach), sorted(request.masks)
        role.updated_at = now
        store.write_role(role)
        action = "role.changed" if old is not None else "role.added"
        deed = Deed(
            request.actor.label, action, "role", role.code, role.name, before=before,
            after=_told(role),
        )  # fmt: skip
        record([deed], now=now)
        return Done(role.code)

    return _each(batch, keep)


@needs(MANAGE)
def drop_roles(batch: Sequence[DropRole], *, now: datetime) -> list[Outcome[str]]:
    """Delete each role that nobody has; one outcome per request: the role's code.

    Locks: the epoch of access. Refuses: forbidden, role-built-in, unknown-role, role-in-use.
    """

    def drop(request: DropRole) -> Outcome[str]:
        if request.code in BUILT_IN:
            return _built_in(request.code)
        role = store.load_role(request.code)
        if role is None:
            return _unknown(request.code)
        count = queries.count_users_of(role.code)
        if count:
            return Refused(
                "role-in-use", f"{count} users have this role; take it from them first.",
                extra={"users": count},
            )  # fmt: skip
        store.delete_role(role)
        deed = Deed(
            request.actor.label, "role.removed", "role", role.code, role.name, before=_told(role)
        )
        record([deed], now=now)
        return Done(request.code)

    return _each(batch, drop)


def _each(batch: Sequence[R], decide: Callable[[R], Outcome[str]]) -> list[Outcome[str]]:
    def attempt(requests: Sequence[R]) -> list[Outcome[str]]:
        # First: whoever changes users or roles does so alone.
        epochs.bump(queries.EPOCH)
        return [decide(request) for request in requests]

    outcomes = unit.run_batch(batch, attempt)
    grant_access.forget_keys()
    return outcomes


def _fault(request: KeepRole) -> Refused | None:
    name = request.name.strip()
    if request.code in BUILT_IN:
        return _built_in(request.code or "")
    if not name or len(name) > _NAME_MAX or not name.isprintable():
        return invalid("name", f"1 to {_NAME_MAX} letters on one line")
    if len(request.description) > _TEXT_MAX or not request.description.isprintable():
        return invalid("description", f"at most {_TEXT_MAX} letters on one line")
    unknown = policy.unknown(request.permissions)
    if unknown or not request.permissions:
        said = f"there is no {', '.join(unknown)[:80]}" if unknown else "choose at least one"
        return invalid("permissions", said)
    if policy.unknown_masks(request.masks):
        return invalid(
            "masks", f"nothing is called {', '.join(policy.unknown_masks(request.masks))}"
        )
    return None


def _told(role: OwnRole) -> dict[str, object]:
    names = ("name", "description", "permissions", "reach", "masks")
    return {name: getattr(role, name) for name in names}


def _built_in(code: str) -> Refused:
    return Refused("role-built-in", f"{code!r} comes with the program; copy it to change it.")


def _unknown(code: str) -> Refused:
    return Refused("unknown-role", f"There is no role {code[:60]!r}.", 404)
