"""What each use case asks of whoever calls it: declared beside it, asked at its door.

A test finds every public command that declares nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

from laidan.engine import unit
from laidan.kernel.actor import Actor, forbidden
from laidan.kernel.outcome import Outcome, Refused
from laidan.kernel.permissions import PERMISSIONS

C = TypeVar("C", bound=Callable[..., Any])
LINKED = Refused("linked-order-refused", "An order linked to this one was refused.")
"""Why a request is refused of which only a linked neighbour is at fault."""


class Acting(Protocol):
    """A request that says who asks."""

    @property
    def actor(self) -> Actor:
        """Who asks."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What a command asks for; `why` says it where nobody is asked, or where inside it."""

    permissions: tuple[str, ...]
    why: str = ""


def declared(command: Callable[..., Any]) -> Declared | None:
    """Return what a command declares, None where it declares nothing."""
    found = getattr(command, "needs", None)
    return found if isinstance(found, Declared) else None


def permissions_of(command: Callable[..., Any]) -> tuple[str, ...]:
    """Return the permissions that a command may ask for."""
    found = declared(command)
    return found.permissions if found is not None else ()


def needs(
    *permissions: str,
    choose: Callable[[Any], str] | None = None,
    reaches: Callable[[Any], bool] | None = None,
) -> Callable[[C], C]:
    """Refuse those requests of a batch whose actor lacks the permission; the others go on.

    Linked requests share one fate: the neighbours of a refused one are refused with it.

    Where a command has several, `choose` says which one a request needs. `reaches` says whether
    the actor's reach extends to what the request is about. Refuses: forbidden.
    """
    _known(permissions)

    def refusal(request: Acting) -> Refused | None:
        permission = choose(request) if choose is not None else permissions[0]
        actor = request.actor
        if actor.may(permission) and (not actor.grants or reaches is None or reaches(request)):
            return None
        return forbidden(permission)

    def wrap(command: C) -> C:
        @functools.wraps(command)
        def asked(batch: Sequence[Any], *args: Any, **named: Any) -> list[Outcome[Any]]:
            refused = [refusal(request) for request in batch]
            if not any(refused):
                return cast(list[Outcome[Any]], command(batch, *args, **named))
            refused = _with_linked(batch, refused)
            sound = [one for one, no in zip(batch, refused, strict=True) if no is None]
            found = iter(command(sound, *args, **named) if sound else [])
            return [next(found) if no is None else no for no in refused]

        vars(asked)["needs"] = Declared(permissions)
        return cast(C, asked)

    return wrap


def _with_linked(batch: Sequence[Any], refused: Sequence[Refused | None]) -> list[Refused | None]:
    """Return the refusals with those of the neighbours that are linked to a refused request."""
    told: list[Refused | None] = []
    for chain in unit.chains(batch):
        own = refused[len(told) : len(told) + len(chain)]
        told += [one or LINKED for one in own] if any(own) else own
    return told


def asks_inside(*permissions: str, why: str) -> Callable[[C], C]:
    """Declare what a command asks for where it knows enough to ask: `why` says where that is."""
    _known(permissions)
    return _declaring(Declared(permissions, why))


def by_system(why: str) -> Callable[[C], C]:
    """Declare that no person calls a command; `why` says who does."""
    return _declaring(Declared((), why))


def _declaring(what: Declared) -> Callable[[C], C]:
    def wrap(command: C) -> C:
        vars(command)["needs"] = what
        return command

    return wrap


def _known(permissions: tuple[str, ...]) -> None:
    unknown = set(permissions) - set(PERMISSIONS)
    if unknown or not permissions:
        raise ValueError(f"no permissions: {', '.join(sorted(unknown)) or 'none named'}")
