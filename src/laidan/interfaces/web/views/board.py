"""The board: a column for each state of an order type, and the orders that wait longest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, gettext

from laidan.domain.orders.core import LIVING
from laidan.domain.orders.groups import list_groups
from laidan.domain.orders.selecting import GroupFigures
from laidan.engine import epochs
from laidan.insights import board, board_window, order_cards, order_list
from laidan.insights.board import Column
from laidan.insights.board_window import Window
from laidan.insights.order_cards import OrderCard
from laidan.insights.order_conditions import OrderFilter
from laidan.insights.vocabulary import load_vocabulary, worded
from laidan.interfaces.web import badges, choices, live, navigation, row_acts
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.badges import Badge
from laidan.interfaces.web.row_acts import RowActs
from laidan.kernel.actor import Sight

CARDS = 8
"""How many orders a column shows."""
USUAL = "retail"
SPANS = {"today": 0, "7": 6, "30": 29}
"""How many days before today a span of time begins."""
_CUSTOMER_MAX = 80


@dataclass(frozen=True, slots=True)
class ShownCard:
    """An order on the board, and where it may be moved."""

    card: OrderCard
    acts: RowActs
    hides_amount: bool


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """A column with the orders that it shows, and where its list is."""

    column: Column
    badge: Badge
    query: str
    cards: list[ShownCard]

    @property
    def hidden(self) -> int:
        """How many orders the column does not show."""
        return max(0, self.column.count - len(self.cards))

    @property
    def shows_oldest(self) -> bool:
        """Whether the first card is the order that waits longest."""
        return self.column.category in LIVING


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a board is narrowed to."""

    type: str
    shop: str
    span: str
    customer: str

    @property
    def window(self) -> Window | None:
        """What the counters do not know, None where they know all."""
        if not self.span and not self.customer:
            return None
        return Window(self.customer or None, self.placed_from)

    @property
    def placed_from(self) -> datetime | None:
        """Since when the orders were placed."""
        if not self.span:
            return None
        return timezone.make_aware(datetime.combine(self._first_day(), time.min))

    def _first_day(self) -> datetime:
        return timezone.localtime() - timedelta(days=SPANS[self.span])

    def query(self, state: str) -> str:
        """Return the list's query for a state."""
        found = QueryDict(mutable=True)
        since = self._first_day().date().isoformat() if self.span else ""
        given = {
            "type": self.type, "shop": self.shop, "customer": self.customer, "placed_from": since,
            "state": state,
        }  # fmt: skip
        for name, value in given.items():
            if value:
                found[name] = value
        return found.urlencode()

    def filter(self, column: Column) -> OrderFilter:
        """Return the filter of a column's orders."""
        return OrderFilter(
            type=(self.type,) if self.type else (),
            shop=(self.shop,) if self.shop else (),
            state=(column.state,),
            category=(column.category,),
            customer=self.customer or None,
            placed_from=self.placed_from,
        )


@needs("orders.view")
@epochs.held()
def show_board(request: PageRequest) -> HttpResponse:
    """Show the board of one order type: of one shop, customer or span of time, or of all."""
    language, now = get_language() or "en", datetime.now(UTC)
    vocabulary = load_vocabulary(epochs.read())
    types, shops = choices.order_types(vocabulary, language), choices.shops()
    wanted = _wanted(request, types, shops)
    shown = _columns(request, wanted, now)
    tag = live.tag_of(shown)
    nothing_new = live.unchanged(request, tag)
    if nothing_new is not None:
        return nothing_new
    context = {
        "types": types, "shops": shops, "wanted": wanted, "spans": _spans(), "columns": shown,
        "nav": "board", "is_empty": not any(one.column.count for one in shown), "tag": tag,
        "is_narrowed": wanted.window is not None, "counted_max": board_window.COUNTED_MAX,
        "hides_amounts": "price" in request.actor.masks,
        "new_address": navigation.address_of("web:order-new", request.actor),
    }  # fmt: skip
    return render(request, "web/board.html", context)


def _wanted(request: PageRequest, types: Mapping[str, str], shops: Mapping[str, str]) -> Wanted:
    shop, span = request.GET.get("shop", ""), request.GET.get("placed", "")
    customer = "".join(one for one in request.GET.get("customer", "") if one.isprintable())
    return Wanted(
        _chosen(request.GET.get("type"), types, USUAL),
        shop if shop in shops else "",
        span if span in SPANS else "",
        customer.strip()[:_CUSTOMER_MAX],
    )


def _chosen(wanted: str | None, known: Mapping[str, str], usual: str) -> str:
    for code in (wanted, usual):
        if code in known:
            return code or ""
    return next(iter(known), "")


def _spans() -> dict[str, str]:
    return {
        "today": gettext("Today"),
        "7": gettext("Last 7 days"),
        "30": gettext("Last 30 days"),
    }


def _columns(request: PageRequest, wanted: Wanted, now: datetime) -> list[ShownColumn]:
    language, sight = get_language() or "en", request.actor.sight()
    columns = board.get_board(
        now=now,
        types=(wanted.type,) if wanted.type else (),
        shops=(wanted.shop,) if wanted.shop else (),
        sight=sight,
    )
    if wanted.window is not None:
        codes = [wanted.shop] if wanted.shop else []
        columns = board_window.narrow(columns, wanted.window, codes, sight, now=now)
    figures = list_groups()
    ids = {place: _oldest(wanted, one, figures, sight, now) for place, one in enumerate(columns)}
    every = [order_id for listed in ids.values() for order_id in listed]
    cards = order_cards.load_cards(every, now=now)
    acts = row_acts.load_acts(cards, request.actor, language, now=now)
    by_id = {
        card.row.id: ShownCard(card, acts[card.row.id], row_acts.hides_amount(card, request.actor))
        for card in cards
    }
    return [
        ShownColumn(
            column,
            badges.of_state(
                column.state, column.category, worded(column.label, language), column.icon
            ),
            wanted.query(column.state),
            [by_id[order_id] for order_id in ids[place] if order_id in by_id],
        )
        for place, column in enumerate(columns)
    ]


def _oldest(
    wanted: Wanted, column: Column, figures: list[GroupFigures], sight: Sight, now: datetime
) -> Sequence[str]:
    """Return the oldest orders where they wait for somebody, else the newest."""
    if not column.count:
        return ()
    sort = "placed_at" if column.category in LIVING else "-placed_at"
    asked = replace(wanted.filter(column), sight=sight)
    page = order_list.find_page(
        asked, sort=sort, limit=CARDS, position=None, now=now, figures=figures
    )
    return page.ids
