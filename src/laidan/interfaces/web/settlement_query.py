"""What the pages of reconciliation are asked, and whose accounts are shown to whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.http import Http404
from django.urls import reverse

from laidan.domain.payments.accounts import AccountRow
from laidan.insights.settlement_views import BreakFilter, DayFilter
from laidan.interfaces.web import choices, records
from laidan.interfaces.web.admission import PageRequest
from laidan.usecases.settling_accounts import Desk, open_desk, reaches

RIGHT = "settlement.view"
NIL = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Counter:
    """The accounts that somebody sees, and the desk that they lie on."""

    desk: Desk
    accounts: dict[str, AccountRow]
    shops: tuple[str, ...] | None
    """The ids of the shops that he sees; None is all."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the accounts; of none that of no account."""
        return tuple(self.accounts) or (NIL,)

    @property
    def titles(self) -> dict[str, str]:
        """What accounts are called, by code."""
        return {one.code: one.title or one.code for one in self.accounts.values()}

    def find(self, code: str) -> AccountRow:
        """Return an account that is shown; raises Http404."""
        found = next((one for one in self.accounts.values() if one.code == code), None)
        if found is None:
            raise Http404
        return found

    def shop_name(self, shop_id: str | None) -> str:
        """Return what a shop is called."""
        code = self.desk.shops.get(shop_id or "", "")
        return choices.shops().get(code, code)


def counter_of(request: PageRequest, right: str = RIGHT) -> Counter:
    """Return what somebody sees of settlement."""
    desk = open_desk()
    seen = {one.id: one for one in desk.accounts.values() if reaches(one, request.actor, right)}
    reach = request.actor.shops(right)
    shops = None if reach is None else tuple(i for i, code in desk.shops.items() if code in reach)
    return Counter(desk, seen, shops)


def day_filter(request: PageRequest, counter: Counter) -> DayFilter:
    """Return which days an address asks for; what cannot be meant narrows nothing."""
    code, state = records.asked(request, "account"), records.asked(request, "state")
    ids = tuple(i for i, one in counter.accounts.items() if one.code == code) if code else ()
    return DayFilter(
        ids or counter.ids,
        state if state in ("open", "breaks", "no_bill", "closed") else "",
        day_of(records.asked(request, "from")),
        day_of(records.asked(request, "to")),
        records.asked(request, "sort") == "day",
    )


def break_filter(request: PageRequest, counter: Counter, day: str = "") -> BreakFilter:
    """Return which breaks an address asks for."""
    code = records.asked(request, "account")
    ids = tuple(i for i, one in counter.accounts.items() if one.code == code) if code else ()
    return BreakFilter(
        ids or counter.ids, counter.shops, day, records.asked(request, "type")[:16],
        records.asked(request, "state")[:10],
        records.asked(request, "owner")[:120] if request.GET.get("owner") else None,
        records.asked(request, "q"),
    )  # fmt: skip


def day_of(text: str) -> str:
    """Return a day as it is kept, "" where the text is none.

    >>> day_of("2026-11-22"), day_of("tomorrow")
    ('2026-11-22', '')
    """
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        return ""


def address_of_day(code: str, day: str) -> str:
    """Return the address of a day's page."""
    return reverse("web:settlement-day", args=[code, day])
