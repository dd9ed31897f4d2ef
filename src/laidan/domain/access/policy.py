"""Who may do what with which data: one value from roles, scopes and masks; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from laidan.kernel.actor import ANYWHERE, STAFF, Actor, Grant, Place, Reach, common_masks
from laidan.kernel.permissions import EVERYTHING, MASKS, PERMISSIONS, common, covers

UNLIMITED_ONLY = frozenset(("audit.view", "audit.export", "schedules.manage", "notices.manage"))
"""What tells of everything, or changes what happens everywhere: nothing for those whose reach ends somewhere."""
DIMENSIONS = tuple(one.name for one in fields(Reach))
"""What a reach can be limited by: shops, categories, states, locations."""


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions, how far they reach and what stays hidden."""

    code: str
    label: Mapping[str, str]
    sentence: Mapping[str, str]
    permissions: frozenset[str]
    reach: Reach = ANYWHERE
    masks: frozenset[str] = frozenset()
    is_built_in: bool = True

    @property
    def is_everything(self) -> bool:
        """Whether the role may do everything with everything."""
        return EVERYTHING in self.permissions and self.reach == ANYWHERE and not self.masks


@dataclass(frozen=True, slots=True)
class Standing:
    """What a user was given: rights of his own, roles, and limits on all of them."""

    rights: frozenset[str]
    roles: tuple[Role, ...]
    reach: Reach = ANYWHERE
    masks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reason:
    """What one source of rights says: a role, or None for the user's own rights.

    `excluded_by` names the limits (shops, categories, states) that leave the order out.
    """

    role: Role | None
    has_permission: bool
    excluded_by: tuple[str, ...]

    @property
    def allows(self) -> bool:
        """Whether the permission comes from here."""
        return self.has_permission and not self.excluded_by


def reach_of(document: Mapping[str, Any]) -> Reach:
    """Return a reach from its document, in which what is absent or null is no limit.

    >>> reach_of({"shops": ["main"]}).shops
    frozenset({'main'})
    """
    limits = {name: document.get(name) for name in DIMENSIONS}
    return Reach(**{name: None if one is None else frozenset(one) for name, one in limits.items()})


def reach_document(reach: Reach) -> dict[str, list[str]]:
    """Return a reach as it is kept."""
    limits = {name: getattr(reach, name) for name in DIMENSIONS}
    return {name: sorted(one) for name, one in limits.items() if one is not None}


def grants_of(standing: Standing) -> list[Grant]:
    """Return each of a user's sources of rights: within its own limits the user's are narrower."""
    found = [
        _grant(role.permissions, role.reach.within(standing.reach), role.masks | standing.masks)
        for role in standing.roles
    ]
    if standing.rights:
        found.insert(0, _grant(standing.rights, standing.reach, standing.masks))
    return found


def _grant(rights: frozenset[str], reach: Reach, masks: frozenset[str]) -> Grant:
    if reach == ANYWHERE:
        return Grant(rights, reach, masks)
    fine = frozenset(name for name in PERMISSIONS if covers(rights, name))
    return Grant(fine - UNLIMITED_ONLY, reach, masks)


def actor_of(
    label: str, standing: Standing, scopes: frozenset[str] = frozenset((EVERYTHING,))
) -> Actor:
    """Return whom a user stands for, or one of his keys with its scopes."""
    grants = [replace(one, rights=common(scopes, one.rights)) for one in grants_of(standing)]
    whole = Grant(frozenset((EVERYTHING,)))
    if whole in grants:
        grants = [whole]
    rights = _union(one.rights for one in grants)
    roles = frozenset(role.code for role in standing.roles)
    if all(one.reach == ANYWHERE for one in grants):
        return Actor(STAFF, label, rights, common_masks(grants), roles=roles)
    # Where no single order says which of them counts, everything that any of them hides is hidden.
    masks = _union(one.masks for one in grants)
    return Actor(STAFF, label, rights, masks, tuple(grants), roles)


def reasons(standing: Standing, permission: str, place: Place) -> list[Reason]:
    """Return what each of a user's sources says to one permission with one order."""
    found = []
    for source, grant in zip(_sources(standing), grants_of(standing), strict=True):
        has = covers(grant.rights, permission)
        found.append(Reason(source, has, _excluding(grant.reach, place)))
    return found


def _excluding(reach: Reach, place: Place) -> tuple[str, ...]:
    limits = {"shops": place.shop, "categories": place.category, "states": place.state}
    return tuple(
        name
        for name, value in limits.items()
        if (limit := getattr(reach, name)) is not None and value not in limit
    )


def _sources(standing: Standing) -> Sequence[Role | None]:
    return (None, *standing.roles) if standing.rights else standing.roles


def unknown(names: Iterable[str]) -> list[str]:
    """Return those that are neither permissions nor `*`."""
    return sorted(set(names) - set(PERMISSIONS) - {EVERYTHING})


def unknown_masks(names: Iterable[str]) -> list[str]:
    """Return those that hide nothing."""
    return sorted(set(names) - set(MASKS))


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)
