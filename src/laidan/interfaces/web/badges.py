"""A state in words, colour and icon: always the three."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext

from laidan.domain.orders.rows import OrderRow
from laidan.insights.vocabulary import Vocabulary
from laidan.interfaces.web import words

ICONS = {
    "draft": "pencil",
    "awaiting_payment": "clock-dollar",
    "in_review": "eye-check",
    "open": "package",
    "shipped": "truck-delivery",
    "completed": "circle-check",
    "closed": "archive",
    "cancelled": "circle-x",
}


class Badge(NamedTuple):
    """What a state looks like; `hue` names its colour."""

    hue: str
    icon: str
    label: str


def of_state(state: str, category: str, label: str, icon: str) -> Badge:
    """Return a state's badge; its blueprint may have chosen an icon."""
    return Badge(category, icon or ICONS.get(category, "progress"), label or state)


def of_order(row: OrderRow, vocabulary: Vocabulary, language: str) -> Badge:
    """Return an order's badge: its state, or how far it is shipped where that says more."""
    if row.category == "open" and row.units_shipped and row.units:
        status = "shipped" if row.units_shipped >= row.units else "partially_shipped"
        if row.units_delivered >= row.units:
            status = "delivered"
        return Badge("shipped", ICONS["shipped"], gettext(words.FULFILMENT[status]))
    blueprint = vocabulary.newest.get(row.type)
    known = blueprint.states.get(row.state) if blueprint else None
    label = vocabulary.state_label(row.type, row.state, language)
    return of_state(row.state, row.category, label, known.icon if known else "")
