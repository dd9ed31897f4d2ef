"""What stands above the order list: its tabs by state, its views, its sorts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext

from laidan.domain.workplace.core import View
from laidan.insights.board import Column
from laidan.insights.vocabulary import worded
from laidan.interfaces.web import badges
from laidan.interfaces.web.badges import Badge
from laidan.interfaces.web.order_query import VIEW, OrderQuery, address_of, query_of


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: its words, how many orders there are (where known), its address."""

    label: str
    count: int | None
    address: str
    is_chosen: bool
    badge: Badge | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column that sorts: what following it asks for, and how it sorts now."""

    address: str
    direction: str


@dataclass(frozen=True, slots=True)
class ViewEntry:
    """A saved view in the menu of views."""

    view: View
    address: str
    is_mine: bool
    is_first: bool
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Views:
    """The saved views that a person sees, and the one that the list shows."""

    entries: list[ViewEntry]
    chosen: ViewEntry | None
    is_changed: bool

    @property
    def mine(self) -> list[ViewEntry]:
        """The person's own."""
        return [one for one in self.entries if one.is_mine]

    @property
    def shared(self) -> list[ViewEntry]:
        """Those that others share."""
        return [one for one in self.entries if not one.is_mine]


def tabs(columns: Sequence[Column], query: OrderQuery, language: str) -> list[Tab]:
    """Return a tab for all orders and one for each name of a state; types may share a name."""
    chosen = set(query.filter.state)
    named: dict[tuple[str, str], list[Column]] = {}
    for column in columns:
        named.setdefault((worded(column.label, language), column.category), []).append(column)
    found = [Tab(gettext("All"), _count(columns, query), _with_states(query, []), not chosen)]
    for (label, category), alike in named.items():
        states = list(dict.fromkeys(column.state for column in alike))
        is_chosen = not chosen.isdisjoint(states)
        count = _count(alike, query)
        if not is_chosen and not (any(one.count for one in alike) if count is None else count):
            continue
        badge = badges.of_state(alike[0].state, category, label, alike[0].icon)
        found.append(Tab(label, count, _with_states(query, states), is_chosen, badge))
    return found


def _count(columns: Sequence[Column], query: OrderQuery) -> int | None:
    """Return how many orders of these columns the list is about, where that is known."""
    if query.mark is None:
        return None
    return sum({"": one.count, "late": one.late, "held": one.held}[query.mark] for one in columns)


def _with_states(query: OrderQuery, states: list[str]) -> str:
    address = query.address.copy()
    address.setlist("state", states)
    return address_of(address)


def turns(sort: str) -> tuple[str, str]:
    """Return what going back and going on are called in a sort."""
    if sort.endswith(("total", "state")):
        return gettext("Previous"), gettext("Next")
    if sort.startswith("-"):
        return gettext("Newer"), gettext("Older")
    return gettext("Older"), gettext("Newer")


def heads(query: OrderQuery) -> dict[str, Head]:
    """Return the heads that sort: the largest or newest first, then the other way round."""
    found = {}
    for name in ("placed_at", "updated_at", "total"):
        directions = {f"-{name}": "descending", name: "ascending"}
        address = query.address.copy()
        address["sort"] = name if query.sort == f"-{name}" else f"-{name}"
        found[name] = Head(address_of(address), directions.get(query.sort, "none"))
    address = query.address.copy()
    address["sort"] = "" if query.sort == "state" else "state"
    found["state"] = Head(address_of(address), "ascending" if query.sort == "state" else "none")
    return found


def sorts() -> dict[str, str]:
    """Return the sorts and what they are called."""
    return {
        "-placed_at": gettext("Newest first"),
        "placed_at": gettext("Oldest first"),
        "-updated_at": gettext("Last changed first"),
        "updated_at": gettext("Longest unchanged first"),
        "-total": gettext("Largest amount first"),
        "total": gettext("Smallest amount first"),
        "state": gettext("By state"),
    }


def views(listed: Sequence[View], query: OrderQuery, user_id: str, first: str | None) -> Views:
    """Return the views that a person sees; the chosen one may have been changed since."""
    wanted = query.address.get(VIEW, "")
    entries = [
        ViewEntry(
            view,
            view_address(view),
            view.owner_id == user_id,
            view.id == first,
            view.id == wanted,
        )
        for view in listed
    ]
    chosen = next((one for one in entries if one.is_chosen), None)
    is_changed = chosen is not None and query_of(QueryDict(chosen.view.query)) != query.plain
    return Views(entries, chosen, is_changed)


def view_address(view: View) -> str:
    """Return the query under which the list shows a view."""
    return f"?{view.query}&{VIEW}={view.id}" if view.query else f"?{VIEW}={view.id}"


def is_bare(given: QueryDict) -> bool:
    """Say whether an address asks for nothing, so that a person's first view may answer."""
    return not any(value for _, values in given.lists() for value in values)
