"""What the lists of money are asked: filters of an address, tabs, and files of what they show."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import NamedTuple, TypeVar

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext

from laidan.insights.money_conditions import SORTS, MoneyFilter
from laidan.insights.money_lists import PaymentLine, RefundLine, SuspenseLine
from laidan.interfaces.files.cells import guarded
from laidan.interfaces.web import navigation, records
from laidan.kernel.actor import Actor, Sight

Line = TypeVar("Line", PaymentLine, RefundLine, SuspenseLine)
FILE_ROWS = 2000
FILE_MAX = 200_000
_AMOUNT_MAX = Decimal(10) ** 15


class Tab(NamedTuple):
    """A list of money: its name, address and how many wait in it."""

    name: str
    label: str
    address: str
    waiting: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A list's filter, and the words that were typed for it."""

    filter: MoneyFilter
    values: dict[str, str]
    is_narrowed: bool
    faults: dict[str, str]


def read(request: HttpRequest, sight: Sight, states: Sequence[str], usual: str = "") -> Asked:
    """Return what an address asks for; what cannot be read narrows nothing and is told."""
    names = ("state", "provider", "shop", "account", "dispute", "reason", "owner", "q", "from", "to",
             "min", "max", "sort")  # fmt: skip
    values = {name: records.asked(request, name) for name in names}
    faults: dict[str, str] = {}
    state = values["state"] if values["state"] in (*states, "all") else usual
    until = _day(values["to"], "to", faults)
    found = MoneyFilter(
        state="" if state == "all" else state,
        provider=values["provider"], shop=values["shop"], account=values["account"],
        dispute=values["dispute"], reason=values["reason"], owner=values["owner"],
        text=values["q"], since=_day(values["from"], "from", faults),
        until=until + timedelta(days=1) if until else None,
        min_amount=_amount(values["min"], "min", faults),
        max_amount=_amount(values["max"], "max", faults),
        sort=values["sort"] if values["sort"] in SORTS else SORTS[0], sight=sight,
    )  # fmt: skip
    narrowing = [name for name in names if name not in ("state", "sort") and values[name]]
    values["state"] = state
    return Asked(found, values, bool(narrowing), faults)


def _day(text: str, name: str, faults: dict[str, str]) -> datetime | None:
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - made aware in the next line
        return timezone.make_aware(day) if 1970 <= day.year <= 9000 else None
    except ValueError:
        faults[name] = gettext("Type a date such as 2026-11-23.")
        return None


def _amount(text: str, name: str, faults: dict[str, str]) -> Decimal | None:
    if not text:
        return None
    try:
        amount = Decimal(text.replace(",", ""))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or abs(amount) > _AMOUNT_MAX:
        faults[name] = gettext("Type an amount such as 12.50.")
        return None
    return amount


def tabs(actor: Actor, counts: dict[str, int]) -> list[Tab]:
    """Return the lists of money that somebody may open."""
    listed = (
        ("payments", gettext("Payments"), "web:payments"),
        ("refunds", gettext("Refunds"), "web:refunds"),
        ("suspense", gettext("Suspense"), "web:suspense"),
        ("settlement", gettext("Reconciliation"), "web:settlement"),
    )
    return [
        Tab(name, label, address, counts.get(name, 0))
        for name, label, route in listed
        if (address := navigation.address_of(route, actor))
    ]


def file_of(
    name: str, head: Sequence[str], cells: Callable[[Line], Sequence[object]],
    read_page: Callable[[Sequence[str] | None], list[Line]],
    place: Callable[[Line], Sequence[object]],
) -> StreamingHttpResponse:  # fmt: skip
    """Hand a list out as a CSV file that spreadsheets read, page by page."""

    def lines() -> Iterator[str]:
        writer = csv.writer(_Echo())
        # A byte-order mark makes Excel on Windows read the file as UTF-8.
        yield "\ufeff" + str(writer.writerow(head))
        after: Sequence[str] | None = None
        for _ in range(FILE_MAX // FILE_ROWS):
            rows = read_page(after)
            for row in rows:
                yield str(writer.writerow([_cell(one) for one in cells(row)]))
            if len(rows) < FILE_ROWS:
                return
            after = [str(part) for part in place(rows[-1])]

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = (
        f'attachment; filename="{name}-{timezone.localdate():%Y%m%d}.csv"'
    )
    return response


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return guarded(value) if isinstance(value, str) else "" if value is None else value


class _Echo:
    """A file that hands back what is written into it."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text
