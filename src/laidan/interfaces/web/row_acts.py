"""The acts of many orders: the first that each allows, what a selection may do, where a card may go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils.translation import gettext

from laidan.blueprints.model import SAME, Blueprint
from laidan.domain.orders.core import Standing
from laidan.insights import order_standings
from laidan.insights.order_cards import OrderCard
from laidan.interfaces.web import acts
from laidan.interfaces.web.acts import Act, Acts
from laidan.kernel.actor import Actor, Place

CAPTURE = "capture"
"""The effect of receiving money: what is due on an order is the amount where none is asked."""


@dataclass(frozen=True, slots=True)
class Standpoint:
    """What decides about the acts of one order."""

    standing: Standing


@dataclass(frozen=True, slots=True)
class RowActs:
    """The acts of one order in a list or on a board."""

    acts: Acts
    moves: dict[str, str] = field(default_factory=dict)
    """The states that an allowed act may lead to, and the act."""

    @property
    def lead(self) -> Act | None:
        """The act that comes next, where it may be taken."""
        last = self.acts.shown[-1] if self.acts.shown else None
        return last if last is not None and last.allowed else None

    @property
    def names(self) -> str:
        """The names of the acts that may be taken for many orders at once."""
        every = (*self.acts.shown, *self.acts.more)
        return " ".join(one.name for one in every if one.allowed and is_for_many(one))

    @property
    def targets(self) -> str:
        """The states that a card may be moved to."""
        return " ".join(self.moves)


def hides_amount(card: OrderCard, actor: Actor) -> bool:
    """Say whether somebody must not see what an order comes to."""
    here = Place(card.shop, card.row.category, card.row.state)
    return "price" in actor.at(here).masks


def is_for_many(act: Act) -> bool:
    """Say whether one form can answer for many orders: an amount only where it is what is due."""
    return "amount" not in act.needs or CAPTURE in act.effects


def for_many(act: Act) -> Act:
    """Return an act as many orders take it; of each what is due is received."""
    if "amount" not in act.needs:
        return act
    return replace(act, label=gettext("%(act)s in full") % {"act": act.label})


def load_acts(
    cards: Sequence[OrderCard], actor: Actor, language: str, *, now: datetime
) -> dict[str, RowActs]:
    """Return the acts of orders by id: a fixed number of queries for any number of them."""
    rows = [card.row for card in cards]
    standings = order_standings.load_standings(rows, now=now)
    blueprints = order_standings.load_kept_blueprints(rows)
    known: dict[tuple[object, ...], RowActs] = {}
    found = {}
    for card in cards:
        row, standing = card.row, standings[card.row.id]
        who = actor.at(Place(card.shop, row.category, row.state))
        key = (row.type, row.type_version, standing, who)
        if key not in known:
            blueprint = blueprints[row.type, row.type_version]
            listed = acts.acts_of(Standpoint(standing), blueprint, who, language)
            known[key] = RowActs(listed, moves_of(listed, blueprint, row.state))
        found[row.id] = known[key]
    return found


def moves_of(listed: Acts, blueprint: Blueprint, state: str) -> dict[str, str]:
    """Return where allowed acts may lead, by state, and the act that does."""
    moves: dict[str, str] = {}
    for act in reversed((*listed.more, *listed.shown)):
        if act.allowed:
            for target in targets_of(blueprint, act.name, state):
                moves.setdefault(target, act.name)
    return moves


def targets_of(blueprint: Blueprint, name: str, state: str) -> list[str]:
    """Return the other states that an act may lead to from a state."""
    transition = blueprint.find(name, state)
    if transition is None:
        return []
    return [one.state for one in transition.branches if one.state not in (SAME, state)]


def of_selection(rows: Sequence[RowActs]) -> list[Act]:
    """Return the acts that any of some orders allows and that many can take at once."""
    found: dict[str, Act] = {}
    for row in rows:
        for act in (*reversed(row.acts.shown), *row.acts.more):
            if act.allowed and is_for_many(act):
                found.setdefault(act.name, for_many(act))
    return sorted(found.values(), key=lambda act: (act.style == "danger", act.style != "primary"))
