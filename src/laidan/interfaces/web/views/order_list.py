"""The list of orders, and the search that leads to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext

from laidan.engine import epochs
from laidan.insights import board, order_documents
from laidan.insights.board import Column
from laidan.insights.order_cards import OrderCard
from laidan.insights.vocabulary import load_vocabulary, worded
from laidan.interfaces.web import badges, choices, keyset
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.badges import Badge
from laidan.interfaces.web.order_query import LIMITS, OrderQuery, address_of, chips, read_query


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
class Row:
    """One order of the list."""

    card: OrderCard
    badge: Badge


@needs("orders:read")
def show_list(request: PageRequest) -> HttpResponse:
    """Show a page of the orders that meet every filter of the address."""
    language, now = get_language() or "en", datetime.now(UTC)
    query = read_query(request.GET)
    vocabulary = load_vocabulary(epochs.read())
    types, shops = choices.order_types(vocabulary, language), choices.shops()
    columns = board.get_board(now=now, types=query.filter.type, shops=query.filter.shop)
    page = keyset.find_page(query, now=now)
    labels = {"type": types, "shop": shops}
    context = {
        "query": query, "page": page, "types": types, "shops": shops,
        "rows": [Row(card, badges.of_order(card.row, vocabulary, language)) for card in page.cards],
        "tabs": _tabs(columns, query, language), "chips": chips(query, labels),
        "limits": LIMITS, "turns": _turns(query.sort), "many_shops": len(shops) > 1,
        "sorts": _sorts(), "heads": _heads(query), "nav": query.mark or "orders",
    }  # fmt: skip
    return render(request, "web/orders/list.html", context)


@needs("orders:read")
def search(request: PageRequest) -> HttpResponse:
    """Go to the order of this number, else to the list of those that are found."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    order_id = order_documents.find_order_id(text) if text else None
    if order_id is not None:
        found = order_documents.load_shown([order_id], now=datetime.now(UTC))
        if found:
            number = found[0].row.order_no
            return HttpResponseRedirect(reverse("web:order", args=[number]))
    address = reverse("web:orders")
    return HttpResponseRedirect(f"{address}?{urlencode({'q': text})}" if text else address)


def _tabs(columns: Sequence[Column], query: OrderQuery, language: str) -> list[Tab]:
    """Return a tab for all orders and one for each name of a state; types may share a name."""
    chosen = set(query.filter.state)
    named: dict[tuple[str, str], list[Column]] = {}
    for column in columns:
        named.setdefault((worded(column.label, language), column.category), []).append(column)
    tabs = [Tab(gettext("All"), _count(columns, query), _with_states(query, []), not chosen)]
    for (label, category), alike in named.items():
        states = list(dict.fromkeys(column.state for column in alike))
        is_chosen = not chosen.isdisjoint(states)
        count = _count(alike, query)
        if not is_chosen and not (any(one.count for one in alike) if count is None else count):
            continue
        badge = badges.of_state(alike[0].state, category, label, alike[0].icon)
        tabs.append(Tab(label, count, _with_states(query, states), is_chosen, badge))
    return tabs


def _count(columns: Sequence[Column], query: OrderQuery) -> int | None:
    """Return how many orders of these columns the list is about, where that is known."""
    if query.mark is None:
        return None
    return sum({"": one.count, "late": one.late, "held": one.held}[query.mark] for one in columns)


def _with_states(query: OrderQuery, states: list[str]) -> str:
    address = query.address.copy()
    address.setlist("state", states)
    return address_of(address)


def _turns(sort: str) -> tuple[str, str]:
    """Return what going back and going on are called in a sort."""
    if sort.endswith("total"):
        return gettext("Previous"), gettext("Next")
    if sort.startswith("-"):
        return gettext("Newer"), gettext("Older")
    return gettext("Older"), gettext("Newer")


def _heads(query: OrderQuery) -> dict[str, Head]:
    """Return the heads that sort: the largest or newest first, then the other way round."""
    heads = {}
    for name in ("placed_at", "updated_at", "total"):
        directions = {f"-{name}": "descending", name: "ascending"}
        address = query.address.copy()
        address["sort"] = name if query.sort == f"-{name}" else f"-{name}"
        heads[name] = Head(address_of(address), directions.get(query.sort, "none"))
    return heads


def _sorts() -> dict[str, str]:
    return {
        "-placed_at": gettext("Newest first"),
        "placed_at": gettext("Oldest first"),
        "-updated_at": gettext("Last changed first"),
        "updated_at": gettext("Longest unchanged first"),
        "-total": gettext("Largest amount first"),
        "total": gettext("Smallest amount first"),
    }
