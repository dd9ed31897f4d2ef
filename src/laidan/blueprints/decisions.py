"""What a blueprint says about one order: its next states, acts and deadlines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from laidan.blueprints.model import SAME, USUAL_RIGHT, Blueprint, Branch, Transition
from laidan.blueprints.rules import GUARDS
from laidan.domain.orders.core import LIVING, Standing
from laidan.kernel.actor import FORBIDDEN, Actor, forbidden
from laidan.kernel.outcome import Refused


class Action(NamedTuple):
    """An act that people expect at an order, and why it may not be done where it may not."""

    name: str
    label: dict[str, str]
    needs: tuple[str, ...]
    allowed: bool
    why_not: str | None
    style: str


class Due(NamedTuple):
    """The next thing that the clock does to an order."""

    at: datetime
    transition: str
    reason: str


HOLD = "orders.transition.hold"
"""The permission to put orders on hold and to release them."""
_BY_EFFECT = (("capture", "pay"), ("refund", "refund"), ("ship", "ship"), ("revive", "revive"))
ACTS = ("approve", "pay", "refund", "ship", "deliver", "complete", "cancel", "revive", "advance")
"""The kinds of transitions, each with a permission of its own."""
HOLD_LABEL = {"en": "Put on hold", "zh-hans": "挂起"}
RELEASE_LABEL = {"en": "Release hold", "zh-hans": "解除挂起"}


def target(branches: tuple[Branch, ...], standing: Standing) -> Branch:
    """Return the first branch whose conditions all hold."""
    for branch in branches:
        if all(GUARDS[name].holds(standing) for name in branch.when):
            return branch
    raise AssertionError("the loader proved that the last branch has no condition")


def permission(blueprint: Blueprint, transition: Transition) -> str:
    """Return the permission that a transition needs: what the blueprint names, else by its kind.

    The kind follows from what it does and where it leads, never from its name.
    """
    if transition.right != USUAL_RIGHT:
        return transition.right
    effects = {*transition.effects, *(one for each in transition.branches for one in each.effects)}
    for effect, act in _BY_EFFECT:
        if effect in effects:
            return f"orders.transition.{act}"
    states = blueprint.states
    sources = {states[one].category for one in transition.sources}
    targets = {states[one.state].category for one in transition.branches if one.state != SAME}
    act = "deliver" if "deliver" in effects else "advance"
    if sources == {"in_review"}:
        act = "approve"
    elif targets == {"cancelled"}:
        act = "cancel"
    elif targets and targets <= {"completed", "closed"}:
        act = "complete"
    return f"orders.transition.{act}"


def refusal(
    blueprint: Blueprint, name: str, standing: Standing, actor: Actor
) -> Transition | Refused:
    """Return the transition that an actor may take now, or why not.

    Refusals in order of precedence: unknown act, wrong state, actor, right, hold, guards.
    """
    transition = blueprint.find(name, standing.state)
    if transition is None:
        if name not in blueprint.transitions:
            return Refused(
                "unknown-transition",
                f"An order of type {blueprint.code} has no transition {name!r}; it has "
                f"{', '.join(sorted(blueprint.transitions))}, hold and release.",
                404,
            )
        return _refused("wrong-state", f"{name} is not possible in state {standing.state}.")
    needed = permission(blueprint, transition)
    if actor.kind not in transition.actors or not actor.may(needed):
        return forbidden(needed)
    held = standing.holds & transition.stopped_by
    if held:
        return _refused("on-hold", f"The order is on hold ({', '.join(sorted(held))}).")
    for guard_name in transition.guards:
        guard = GUARDS[guard_name]
        if not guard.holds(standing):
            return _refused(guard.code, guard.detail)
    return transition


def _refused(guard: str, detail: str) -> Refused:
    return Refused("transition-refused", detail, 409, extra={"guard": guard})


_by_key: dict[tuple[str, int], Blueprint] = {}


def actions(blueprint: Blueprint, standing: Standing, actor: Actor) -> tuple[Action, ...]:
    """Return what may be done now, allowed or not, in the blueprint's order."""
    if _by_key.get(blueprint.key) is not blueprint:
        # Another source may stand under the key after a restore.
        _by_key[blueprint.key] = blueprint
        _actions.cache_clear()
    return _actions(blueprint.key, standing, actor)


@lru_cache(maxsize=4096)
def _actions(key: tuple[str, int], standing: Standing, actor: Actor) -> tuple[Action, ...]:
    blueprint = _by_key[key]
    found = []
    for versions in blueprint.transitions.values():
        for transition in versions:
            if standing.state not in transition.sources or actor.kind not in transition.actors:
                continue
            answer = refusal(blueprint, transition.name, standing, actor)
            why_not = answer.detail if isinstance(answer, Refused) else None
            found.append(
                Action(
                    transition.name,
                    transition.label,
                    transition.needs,
                    why_not is None,
                    why_not,
                    transition.style,
                )
            )
    if standing.category in LIVING and actor.kind in "SX":
        may = actor.may(HOLD)
        why_not = None if may else FORBIDDEN
        if standing.holds:
            found.append(Action("release", RELEASE_LABEL, (), may, why_not, "normal"))
        else:
            found.append(Action("hold", HOLD_LABEL, ("reason",), may, why_not, "normal"))
    return tuple(found)


def due(blueprint: Blueprint, state: str, instants: Mapping[str, datetime | None]) -> Due | None:
    """Return the earliest deadline of a state whose anchor has happened.

    The anchor "shipped" is the instant at which everything had been shipped.
    """
    first: Due | None = None
    for deadline in blueprint.states[state].deadlines:
        anchor = instants.get(deadline.anchor)
        if anchor is not None:
            at = anchor + deadline.after
            if first is None or at < first.at:
                first = Due(at, deadline.transition, deadline.reason)
    return first


def late_at(blueprint: Blueprint, state: str, since: datetime) -> datetime | None:
    """Return when an order that stays in a state counts as late."""
    after = blueprint.states[state].late_after
    return since + after if after is not None else None
