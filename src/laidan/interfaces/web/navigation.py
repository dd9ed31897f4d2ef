"""The side navigation: the pages of a day's work, as far as there are such and one may open them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from django.http import HttpRequest
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.translation import gettext, gettext_noop

from laidan.domain.access.models import User
from laidan.domain.notices import alarms
from laidan.kernel.actor import Actor
from laidan.usecases import grant_access
from laidan.usecases.raise_alarms import SEE as SEE_ALARMS
from laidan.usecases.run_schedules import LATE as SCHEDULE_LATE

LATE = "?late=true&sort=placed_at"
HELD = "?held=true&sort=placed_at"


class Page(NamedTuple):
    """A page that the navigation may lead to."""

    code: str
    route: str
    label: str
    icon: str
    hotkey: str = ""
    query: str = ""
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the navigation as a person sees it."""

    page: Page
    address: str

    @property
    def label(self) -> str:
        """What it is called in the reader's language."""
        return gettext(self.page.label)


class Unseen(NamedTuple):
    """Open alarms that nobody has noted, and whether one of them is about a schedule."""

    alarms: int
    is_late: bool


PAGES = (
    Page("board", "web:board", gettext_noop("Board"), "layout-kanban", "b"),
    Page("orders", "web:orders", gettext_noop("Orders"), "list-details", "o"),
    Page(
        "late",
        "web:orders",
        gettext_noop("Late orders"),
        "clock-exclamation",
        "",
        LATE,
        is_part=True,
    ),
    Page("held", "web:orders", gettext_noop("Orders on hold"), "hand-stop", "", HELD, is_part=True),
    Page("order-new", "web:order-new", gettext_noop("New order"), "circle-plus", "c"),
    Page("payments", "web:payments", gettext_noop("Money"), "credit-card"),
    Page("stock", "web:stock", gettext_noop("Stock"), "building-warehouse"),
    Page("products", "web:products", gettext_noop("Catalogue"), "box"),
    Page("customers", "web:customers", gettext_noop("Customers"), "users"),
    Page("imports", "web:imports", gettext_noop("Imports"), "file-import"),
    Page("files", "web:files", gettext_noop("Files"), "folder"),
    Page("figures", "web:figures", gettext_noop("Reports"), "chart-bar"),
    Page("log", "web:log", gettext_noop("Operation log"), "history"),
    Page("settings", "web:settings", gettext_noop("Settings"), "settings"),
)
_SHORT = ("board", "orders", "order-new", "stock", "late", "held")
SHORT_COUNT = 4
"""How many entries the bar of a phone has beside the one for the others."""


@cache
def _place(route: str) -> tuple[str, str | None] | None:
    """Return a route's address and the right that its view asks for, None where there is none."""
    try:
        address = reverse(route)
    except NoReverseMatch:
        return None
    return address, getattr(resolve(address).func, "right", None)


def actor_of(request: HttpRequest) -> Actor | None:
    """Return who looks at the page, None where nobody is signed in."""
    known = getattr(request, "actor", None)
    if isinstance(known, Actor):
        return known
    user = getattr(request, "user", None)
    return grant_access.actor_of_user(user) if isinstance(user, User) else None


def entries(actor: Actor | None) -> list[Entry]:
    """Return what a person may open, in the order of the day's work."""
    if actor is None:
        return []
    found = []
    for page in PAGES:
        place = _place(page.route)
        if place is not None and (place[1] is None or actor.may(place[1])):
            found.append(Entry(page, f"{place[0]}{page.query}"))
    return found


def unseen_alarms(request: HttpRequest) -> Unseen:
    """Return how many open alarms nobody has noted that a person may see; one query."""
    actor = actor_of(request)
    if actor is None or not actor.may(SEE_ALARMS):
        return Unseen(0, is_late=False)
    counted = alarms.count_unseen(actor.shops(SEE_ALARMS))
    is_late = SCHEDULE_LATE in counted and actor.may("schedules.view")
    return Unseen(sum(counted.values()), is_late=is_late)


def short(listed: list[Entry]) -> list[Entry]:
    """Return the entries of a phone's bar."""
    known = {entry.page.code: entry for entry in listed}
    return [known[code] for code in _SHORT if code in known][:SHORT_COUNT]


def address_of(route: str, actor: Actor | None = None) -> str:
    """Return the address of a page, "" where there is none or the one who is named may not open it."""
    place = _place(route)
    if place is None or (actor is not None and place[1] and not actor.may(place[1])):
        return ""
    return place[0]
