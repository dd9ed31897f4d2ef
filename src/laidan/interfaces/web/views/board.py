"""The board: a column for each state of an order type, and the orders that wait longest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import get_language

from laidan.domain.orders.core import LIVING
from laidan.engine import epochs
from laidan.insights import board, order_cards, order_list
from laidan.insights.board import Column
from laidan.insights.order_cards import OrderCard
from laidan.insights.order_conditions import OrderFilter
from laidan.insights.vocabulary import load_vocabulary, worded
from laidan.interfaces.web import badges, choices
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.badges import Badge

CARDS = 8
"""How many orders a column shows."""
USUAL = "retail"


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """A column with the orders that it shows, and where its list is."""

    column: Column
    badge: Badge
    query: str
    cards: list[OrderCard]

    @property
    def hidden(self) -> int:
        """How many orders the column does not show."""
        return max(0, self.column.count - len(self.cards))

    @property
    def shows_oldest(self) -> bool:
        """Whether the first card is the order that waits longest."""
        return self.column.category in LIVING


@needs("orders:read")
def show_board(request: PageRequest) -> HttpResponse:
    """Show the board of one order type, for one shop or all."""
    language, now = get_language() or "en", datetime.now(UTC)
    vocabulary = load_vocabulary(epochs.read())
    types, shops = choices.order_types(vocabulary, language), choices.shops()
    type_ = _chosen(request.GET.get("type"), types, USUAL)
    shop = request.GET.get("shop", "")
    shop = shop if shop in shops else ""
    columns = board.get_board(
        now=now, types=(type_,) if type_ else (), shops=(shop,) if shop else ()
    )
    shown = [_shown(one, type_, shop, now) for one in columns]
    context = {
        "types": types, "shops": shops, "type": type_, "shop": shop, "columns": shown,
        "nav": "board", "is_empty": not any(one.column.count for one in shown),
    }  # fmt: skip
    return render(request, "web/board.html", context)


def _chosen(wanted: str | None, known: Mapping[str, str], usual: str) -> str:
    for code in (wanted, usual):
        if code in known:
            return code or ""
    return next(iter(known), "")


def _shown(column: Column, type_: str, shop: str, now: datetime) -> ShownColumn:
    language = get_language() or "en"
    query = QueryDict(mutable=True)
    for name, value in (("type", type_), ("shop", shop), ("state", column.state)):
        if value:
            query[name] = value
    badge = badges.of_state(
        column.state, column.category, worded(column.label, language), column.icon
    )
    return ShownColumn(column, badge, query.urlencode(), _cards(column, type_, shop, now))


def _cards(column: Column, type_: str, shop: str, now: datetime) -> list[OrderCard]:
    """Return the oldest orders where they wait for somebody, else the newest."""
    if not column.count:
        return []
    wanted = OrderFilter(
        type=(type_,) if type_ else (),
        shop=(shop,) if shop else (),
        state=(column.state,),
        category=(column.category,),
    )
    sort = "placed_at" if column.category in LIVING else "-placed_at"
    page = order_list.find_page(wanted, sort=sort, limit=CARDS, position=None, now=now)
    return order_cards.load_cards(page.ids, now=now)
