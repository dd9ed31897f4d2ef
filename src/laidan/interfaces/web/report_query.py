"""What a report is asked: its days, shop, type, parts and sort, as an address says them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, cast, get_args
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from laidan.insights import zones
from laidan.insights.order_conditions import OrderFilter
from laidan.insights.order_figures import By, Question
from laidan.interfaces.web import words
from laidan.interfaces.web.field_words import WordedForm
from laidan.kernel.actor import Sight

PERIODS = {
    "today": gettext_noop("Today"),
    "yesterday": gettext_noop("Yesterday"),
    "7": gettext_noop("Last 7 days"),
    "30": gettext_noop("Last 30 days"),
    "month": gettext_noop("This month"),
    "last-month": gettext_noop("Last month"),
    "year": gettext_noop("This year"),
    "chosen": gettext_noop("Other days"),
}
USUAL = "7"
PARTS: dict[By, str] = {
    "day": gettext_noop("Day"),
    "month": gettext_noop("Month"),
    "hour": gettext_noop("Hour of the day"),
    "sku": gettext_noop("SKU"),
    "shop": gettext_noop("Shop"),
    "type": gettext_noop("Order type"),
    "state": gettext_noop("State"),
    "province": gettext_noop("Province"),
}
IN_TIME: frozenset[By] = frozenset(("day", "month", "hour"))
Sort = Literal["key", "orders", "units", "amount", "refunded", "buyers"]
MONEY = frozenset(("amount", "refunded"))
ROWS = 100
"""How many parts a page shows; parts in time are shown up to ROWS_IN_TIME."""
ROWS_IN_TIME = 400
FILE_ROWS = 10_000
DAYS_MAX = 3660
_CODE_MAX = 60


class DaysForm(WordedForm):
    """The first and the last day, both within; faults are said at the field."""

    since = forms.DateField(label=_("From"), required=False)
    until = forms.DateField(label=_("To"), required=False)

    def clean(self) -> dict[str, date | None]:
        """Ask for days that a report can span."""
        found: dict[str, date | None] = super().clean() or {}
        for name, day in [*found.items()]:
            if day is not None and not 1970 <= day.year <= 2199:
                self.add_error(name, gettext("Type a day between 1970 and 2199."))
        first, last = found.get("since"), found.get("until")
        if first and last and last < first:
            self.add_error("until", gettext("The last day lies before the first."))
        elif first and last and (last - first).days > DAYS_MAX:
            self.add_error("until", gettext("Ask for ten years at most."))
        return found


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """What is asked; `first` and `last` are days of `zone`, both within."""

    period: str
    first: date
    last: date
    zone: ZoneInfo
    by: By
    sort: str
    shop: str
    type: str
    currency: str
    form: DaysForm
    address: QueryDict

    @property
    def days(self) -> int:
        """How many days there are."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> tuple[date, date]:
        """The first and the last of as many days before."""
        return self.first - timedelta(days=self.days), self.first - timedelta(days=1)

    def question(self, sight: Sight, *, for_file: bool = False) -> Question:
        """Return the question that the figures answer."""
        limit = FILE_ROWS if for_file else ROWS_IN_TIME if self.by in IN_TIME else ROWS
        return Question(
            self._filter(self.first, self.last, sight), self.by, self.sort, limit, self.zone,
            currency=self.currency or None,
        )  # fmt: skip

    def question_before(self, sight: Sight) -> Question:
        """Return the question for the sums of the days before."""
        wanted = self._filter(*self.before, sight)
        return Question(wanted, None, "key", 1, self.zone)

    def with_(self, **changed: str) -> str:
        """Return this report's address with some of it asked otherwise."""
        kept = self.address.copy()
        for name, value in changed.items():
            kept[name] = value
        filled = QueryDict(mutable=True)
        for name, given in kept.items():
            if given:
                filled[name] = str(given)
        return f"?{filled.urlencode()}"

    def _filter(self, first: date, last: date, sight: Sight) -> OrderFilter:
        return OrderFilter(
            shop=(self.shop,) if self.shop else (),
            type=(self.type,) if self.type else (),
            placed_from=_midnight(first, self.zone),
            placed_to=_midnight(last + timedelta(days=1), self.zone),
            sight=sight,
        )


def read_query(
    given: QueryDict, shops: Collection[str], *, now: datetime, hides_money: bool
) -> ReportQuery:
    """Return what an address asks; what it cannot mean is left out, wrong days are said."""
    shop = given.get("shop", "")
    shop = shop if shop in shops else ""
    zone = zones.zone_of((shop,) if shop else ())
    period = given.get("period", USUAL)
    form = DaysForm(given if period == "chosen" else {})
    is_sound = form.is_valid()
    typed = {name: value for name, value in form.cleaned_data.items() if value} if is_sound else {}
    period = period if period in PERIODS and (period != "chosen" or typed) else USUAL
    first, last = span(period, now.astimezone(zone).date())
    if typed:
        last = typed.get("until") or max(last, typed["since"])
        first = typed.get("since") or last - timedelta(days=6)
    by: By = next((one for one in PARTS if one == given.get("by")), "day")
    return ReportQuery(
        "chosen" if not is_sound else period, first, last, zone, by,
        _sort(given.get("sort", ""), by, hides_money=hides_money), shop,
        given.get("type", "")[:_CODE_MAX].replace("\x00", ""), given.get("currency", "")[:3], form,
        given,
    )  # fmt: skip


def span(period: str, today: date) -> tuple[date, date]:
    """Return the first and the last day of a period, both within.

    >>> span("7", date(2026, 11, 23))
    (datetime.date(2026, 11, 17), datetime.date(2026, 11, 23))
    >>> span("last-month", date(2026, 1, 31))
    (datetime.date(2025, 12, 1), datetime.date(2025, 12, 31))
    """
    if period == "yesterday":
        return today - timedelta(days=1), today - timedelta(days=1)
    if period == "month":
        return today.replace(day=1), today
    if period == "last-month":
        last = today.replace(day=1) - timedelta(days=1)
        return last.replace(day=1), last
    if period == "year":
        return today.replace(month=1, day=1), today
    days = int(period) if period.isdecimal() else 1
    return today - timedelta(days=days - 1), today


def usual_sort(by: By, *, hides_money: bool) -> str:
    """Return how parts lie where nobody says: times in their order, others by weight."""
    if by in IN_TIME:
        return "key"
    return "-orders" if hides_money else "-amount"


def part_word(by: By) -> str:
    """Return what the parts are called."""
    return words.word(cast(dict[str, str], PARTS), by)


def _sort(asked: str, by: By, *, hides_money: bool) -> str:
    name = asked.removeprefix("-")
    hidden = (MONEY if hides_money else frozenset()) | ({"refunded"} if by == "sku" else set())
    if name not in get_args(Sort) or name in hidden:
        return usual_sort(by, hides_money=hides_money)
    return asked


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)
