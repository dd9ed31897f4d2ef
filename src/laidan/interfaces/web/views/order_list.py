"""The list of orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext

from laidan.domain.workplace import queries as workplace
from laidan.domain.workplace.core import USUAL, Setting, View
from laidan.engine import epochs
from laidan.insights import board
from laidan.insights.order_cards import OrderCard
from laidan.insights.order_marks import load_assignees
from laidan.insights.vocabulary import Vocabulary, load_vocabulary
from laidan.interfaces.web import (
    badges,
    choices,
    keyset,
    list_columns,
    list_tabs,
    live,
    navigation,
    pictures,
    row_acts,
    words,
)
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.badges import Badge
from laidan.interfaces.web.choices import People
from laidan.interfaces.web.keyset import ListPage
from laidan.interfaces.web.order_query import (
    LIMITS,
    ME,
    NOBODY,
    VIEW,
    OrderQuery,
    chips,
    read_query,
)
from laidan.interfaces.web.row_acts import RowActs


@dataclass(frozen=True, slots=True)
class Row:
    """One order of the list."""

    card: OrderCard
    badge: Badge
    acts: RowActs
    assignee: str
    hides_amount: bool
    picture: str


@dataclass(frozen=True, slots=True)
class Desk:
    """How a person works with the list: saved views, columns, colleagues."""

    user_id: str
    views: list[View]
    setting: Setting
    people: People

    @property
    def first(self) -> View | None:
        """The view that the list opens with."""
        wanted = self.setting.default_view_id
        return next((one for one in self.views if one.id == wanted), None)

    def asked(self, query: OrderQuery) -> View | None:
        """Return the view that an address names."""
        wanted = query.address.get(VIEW)
        return next((one for one in self.views if one.id == wanted), None)

    def ids(self) -> dict[str, str]:
        """Return ids by username, and the person's own."""
        return {**self.people.ids, ME: self.user_id}


def desk_of(request: PageRequest) -> Desk:
    """Return how the person who asks works with the list (three queries)."""
    user_id = str(request.user.pk)
    return Desk(
        user_id, workplace.list_views(user_id), workplace.get_setting(user_id), choices.people()
    )


@needs("orders.view")
@epochs.held()
def show_list(request: PageRequest) -> HttpResponse:
    """Show a page of the orders that meet every filter of the address."""
    desk = desk_of(request)
    if desk.first is not None and list_tabs.is_bare(request.GET):
        address = list_tabs.view_address(desk.first)
        return HttpResponseRedirect(f"{reverse('web:orders')}{address}")
    language, now = get_language() or "en", datetime.now(UTC)
    query = read_query(request.GET, desk.ids())
    vocabulary = load_vocabulary(epochs.read())
    sight = request.actor.sight()
    columns = board.get_board(
        now=now, types=query.filter.type, shops=query.filter.shop, sight=sight
    )
    states = list(dict.fromkeys(one.state for one in columns if one.count))
    page = keyset.find_page(query, now=now, states=states, sight=sight)
    shown = list_columns.chosen(desk.setting, desk.asked(query)) or USUAL
    look = Look(vocabulary, desk, shows_goods="goods" in shown)
    rows = _rows(request, page, look, now)
    tabs = list_tabs.tabs(columns, query, language)
    tag = live.tag_of([tabs, page.before, page.after, rows])
    nothing_new = live.unchanged(request, tag)
    if nothing_new is not None:
        return nothing_new
    context = {
        "query": query, "page": page, "rows": rows, "tabs": tabs, "tag": tag,
        "may_export": request.actor.may("orders.export"),
        "bulk_acts": row_acts.of_selection([row.acts for row in rows]),
        "new_address": navigation.address_of("web:order-new", request.actor),
        **_around(query, desk, vocabulary, language),
    }  # fmt: skip
    return render(request, "web/orders/list.html", context)


class Look(NamedTuple):
    """How rows are shown: the words of states, and how the person works."""

    vocabulary: Vocabulary
    desk: Desk
    shows_goods: bool


def _rows(request: PageRequest, page: ListPage, look: Look, now: datetime) -> list[Row]:
    language = get_language() or "en"
    acts = row_acts.load_acts(page.cards, request.actor, language, now=now)
    assignees = load_assignees([card.row.id for card in page.cards])
    firsts = [one.first_line.sku for one in page.cards if one.first_line and look.shows_goods]
    shown = pictures.of_skus(firsts, request.actor)
    return [
        Row(
            card,
            badges.of_order(card.row, look.vocabulary, language),
            acts[card.row.id],
            look.desk.people.by_id.get(assignees.get(card.row.id, ""), ""),
            row_acts.hides_amount(card, request.actor),
            shown.get(card.first_line.sku, "") if card.first_line else "",
        )
        for card in page.cards
    ]


def _around(
    query: OrderQuery, desk: Desk, vocabulary: Vocabulary, language: str
) -> dict[str, object]:
    """Return what the page shows beside its rows."""
    types, shops = choices.order_types(vocabulary, language), choices.shops()
    labels = {"type": types, "shop": shops, "person": desk.people.names}
    codes = list_columns.chosen(desk.setting, desk.asked(query))
    many_shops = len(shops) > 1
    return {
        "types": types, "shops": shops, "many_shops": many_shops, "people": desk.people.names,
        "persons": persons(desk.people.names), "chips": chips(query, labels), "limits": LIMITS,
        "categories": {code: words.word(words.CATEGORIES, code) for code in words.CATEGORIES},
        "turns": list_tabs.turns(query.sort), "sorts": list_tabs.sorts(),
        "heads": list_tabs.heads(query), "nav": query.mark or "orders",
        "views": list_tabs.views(desk.views, query, desk.user_id, desk.setting.default_view_id),
        "columns": list_columns.shown(codes, many_shops=many_shops),
        "column_choices": list_columns.choices(codes, many_shops=many_shops),
        "density": desk.setting.density,
    }  # fmt: skip


def persons(names: Mapping[str, str]) -> dict[str, str]:
    """Return whom the list can be narrowed to."""
    return {ME: gettext("Me"), NOBODY: gettext("Nobody"), **names}
