"""Who acts: the same value at every door."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from laidan.kernel.outcome import Refused
from laidan.kernel.permissions import covers, scope_of

STAFF, BUYER, WAREHOUSE, PROVIDER, TIMER, RULE = "S", "B", "W", "P", "T", "X"
"""The kinds of actors that a blueprint names beside each transition."""
KINDS = frozenset((STAFF, BUYER, WAREHOUSE, PROVIDER, TIMER, RULE))
SEE_ORDERS = "orders.view"
FORBIDDEN = "You do not have permission; ask your administrator"
_DIMENSIONS = ("shops", "categories", "states", "locations")


class Place(NamedTuple):
    """Where an order stands, as far as that decides who may see it; shops go by their codes."""

    shop: str
    category: str
    state: str


@dataclass(frozen=True, slots=True)
class Reach:
    """Data that a right extends to: all of its conditions hold; None is no condition."""

    shops: frozenset[str] | None = None
    categories: frozenset[str] | None = None
    states: frozenset[str] | None = None
    locations: frozenset[str] | None = None

    def admits(self, place: Place) -> bool:
        """Say whether an order is within reach."""
        return (
            (self.shops is None or place.shop in self.shops)
            and (self.categories is None or place.category in self.categories)
            and (self.states is None or place.state in self.states)
        )

    def within(self, other: Reach) -> Reach:
        """Return what is within both: the narrower wins.

        >>> Reach(shops=frozenset({"a", "b"})).within(Reach(shops=frozenset({"b"}))).shops
        frozenset({'b'})
        """
        both = {}
        for name in _DIMENSIONS:
            mine, yours = getattr(self, name), getattr(other, name)
            both[name] = yours if mine is None else mine if yours is None else mine & yours
        return Reach(**both)


Sight = tuple[Reach, ...]
"""What somebody sees: whatever is within one of the reaches."""
ANYWHERE = Reach()
EVERYTHING_SEEN: Sight = (ANYWHERE,)


@dataclass(frozen=True, slots=True)
class Grant:
    """Rights within a reach, and the fields that are hidden there."""

    rights: frozenset[str]
    reach: Reach = ANYWHERE
    masks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that acts, and what it may do ("*" is everything).

    `grants` are there where rights end somewhere: then `rights` is what is allowed anywhere at
    all, and `at` says what is allowed with one order. `masks` name the fields that are hidden, `roles` whom files
    are shared with.
    """

    kind: str
    label: str
    rights: frozenset[str] = frozenset()
    masks: frozenset[str] = frozenset()
    grants: tuple[Grant, ...] = ()
    roles: frozenset[str] = frozenset()

    def may(self, right: str) -> bool:
        """Say whether the actor has a right, at least somewhere."""
        return covers(self.rights, right)

    def at(self, place: Place) -> Actor:
        """Return the actor as he is before one order: its rights and masks there, no grants."""
        return _narrowed(self, place) if self.grants else self

    def sees(self, place: Place) -> bool:
        """Say whether an order is there for the actor."""
        return self.at(place).may(SEE_ORDERS)

    def sight(self, right: str = SEE_ORDERS) -> Sight:
        """Return how far a right reaches."""
        if not self.grants:
            return EVERYTHING_SEEN if self.may(right) else ()
        found = tuple(one.reach for one in self.grants if covers(one.rights, right))
        return EVERYTHING_SEEN if ANYWHERE in found else tuple(dict.fromkeys(found))

    def shops(self, right: str = SEE_ORDERS) -> frozenset[str] | None:
        """Return the codes of the shops that a right extends to; None is all."""
        return _union(tuple(one.shops for one in self.sight(right)))

    def locations(self, right: str = "stock.view") -> frozenset[str] | None:
        """Return the codes of the locations that a right extends to; None is all."""
        return _union(tuple(one.locations for one in self.sight(right)))

    def veiled(self, *names: str) -> Actor:
        """Return the actor with more fields hidden."""
        more = frozenset(names)
        grants = tuple(replace(one, masks=one.masks | more) for one in self.grants)
        return replace(self, masks=self.masks | more, grants=grants)


def _union(sets: tuple[frozenset[str] | None, ...]) -> frozenset[str] | None:
    found: frozenset[str] = frozenset()
    for one in sets:
        if one is None:
            return None
        found |= one
    return found


@lru_cache(maxsize=4096)
def _narrowed(actor: Actor, place: Place) -> Actor:
    here = [one for one in actor.grants if one.reach.admits(place)]
    rights = frozenset().union(*(one.rights for one in here)) if here else frozenset()
    return Actor(actor.kind, actor.label, rights, common_masks(here), roles=actor.roles)


def common_masks(grants: list[Grant]) -> frozenset[str]:
    """Return what every grant that shows orders hides: what one of them shows is seen."""
    showing = [one.masks for one in grants if covers(one.rights, SEE_ORDERS)]
    return frozenset.intersection(*showing) if showing else frozenset()


def forbidden(permission: str) -> Refused:
    """Return the refusal of somebody who lacks a permission; its words are the same everywhere."""
    extra: dict[str, object] = {"permission": permission, "scope": scope_of(permission)}
    return Refused("forbidden", FORBIDDEN, 403, extra=extra)


SYSTEM = Actor(RULE, "system", frozenset("*"))
CLOCK = Actor(TIMER, "timer", frozenset("*"))
