"""Nobody gives more than he has: what somebody may hand on, and whom he may touch."""

from __future__ import annotations

from laidan.domain.access import policy
from laidan.domain.access.policy import Role, Standing
from laidan.kernel.actor import Actor, forbidden
from laidan.kernel.outcome import Refused
from laidan.kernel.permissions import EVERYTHING, PERMISSIONS, SCOPES

MANAGE = "users.manage"


def refusal(actor: Actor, standing: Standing) -> Refused | None:
    """Return the refusal of an actor who lacks something of what a user has or shall have.

    Whose own rights end somewhere, or who sees some fields masked, gives nothing.
    """
    rights = frozenset().union(standing.rights, *(role.permissions for role in standing.roles))
    return None if _has_all(actor, rights) else forbidden(MANAGE)


def may_give(actor: Actor, role: Role) -> bool:
    """Say whether an actor may give a role."""
    return refusal(actor, policy.Standing(frozenset(), (role,))) is None


def role_refusal(actor: Actor, permissions: frozenset[str]) -> Refused | None:
    """Return the refusal of an actor who would make a role that may more than he."""
    return None if _has_all(actor, permissions) else forbidden(MANAGE)


def _has_all(actor: Actor, rights: frozenset[str]) -> bool:
    if EVERYTHING in actor.rights and not actor.grants and not actor.masks:
        return True
    if actor.grants or actor.masks or EVERYTHING in rights:
        return False
    fine = {name for name, one in PERMISSIONS.items() if name in rights or one.scope in rights}
    unknown = rights - fine - set(SCOPES)
    return not unknown and all(actor.may(name) for name in fine)
