"""Decisions about views and columns: pure values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

NAME_MAX = 60
QUERY_MAX = 2_000
VIEWS_MAX = 50
"""How many views one person may keep."""
DENSITIES = ("compact", "comfortable")
COLUMNS = (
    "placed", "state", "customer", "total", "goods", "payment", "shipping", "shop", "type",
    "external_no", "assignee", "tags", "changed",
)  # fmt: skip
"""Every column that the list of orders can show beside the order number."""
USUAL = ("placed", "state", "customer", "total", "goods", "payment", "shop", "assignee", "changed")


class View(NamedTuple):
    """A saved view: whose it is, what it lists and how."""

    id: str
    owner_id: str
    name: str
    query: str
    columns: tuple[str, ...] | None
    shared: bool


class Setting(NamedTuple):
    """How a person likes the list."""

    columns: tuple[str, ...] | None = None
    density: str = DENSITIES[0]
    default_view_id: str | None = None


class Assigned(NamedTuple):
    """Who looks after an order, and who said so."""

    order_id: str
    user_id: str
    by: str


def known_columns(wanted: Iterable[object] | None) -> tuple[str, ...] | None:
    """Return those that exist, once each and in the order given; None where none is left.

    >>> known_columns(["total", "nonsense", "total", "placed"])
    ('total', 'placed')
    """
    if wanted is None:
        return None
    found = dict.fromkeys(one for one in wanted if isinstance(one, str) and one in COLUMNS)
    return tuple(found) or None


def clean_name(text: str) -> str:
    """Return a view's name in single spaces, without what cannot be seen; "" where none is left.

    >>> clean_name("  Late   orders ")
    'Late orders'
    """
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(shown.split())[:NAME_MAX]


def visible(views: Sequence[View], viewer_id: str) -> list[View]:
    """Return a person's own views, then those that others share, each by name."""
    mine = [one for one in views if one.owner_id == viewer_id]
    others = [one for one in views if one.owner_id != viewer_id and one.shared]
    return [*sorted(mine, key=_by_name), *sorted(others, key=_by_name)]


def _by_name(view: View) -> tuple[str, str]:
    return view.name.casefold(), view.id
