"""Reconciliation (对账): days of accounts, what they come to on each side, closing and files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST, require_safe

from laidan.domain.settlement import core
from laidan.insights import money_conditions, money_lists, settlement_books, settlement_views
from laidan.insights.settlement_books import Booked
from laidan.insights.settlement_views import DayLine
from laidan.interfaces.files.sheets import Cell, csv_of, xlsx_of
from laidan.interfaces.web import money_query, records, settlement_query, settlement_words
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.settlement_query import RIGHT, Counter, address_of_day
from laidan.interfaces.web.views import faults
from laidan.kernel.money import format_minor
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases.close_days import close_days
from laidan.usecases.match_days import match_days
from laidan.usecases.note_exports import note_export
from laidan.usecases.settlement_requests import CloseDay, DayAnswer, MatchDay

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FILE_DAYS_MAX = 92
_FILE_HEAD = (
    "day", "account", "time", "order", "shop", "kind", "number", "reference", "amount", "fee",
    "fee_currency", "currency",
)  # fmt: skip


def tabs(request: PageRequest) -> list[money_query.Tab]:
    """Return the lists of money beside this one."""
    sight = money_conditions.money_sight(request.actor)
    return money_query.tabs(request.actor, money_lists.count_waiting(sight))


@needs(RIGHT)
@require_safe
def show_days(request: PageRequest) -> HttpResponse:
    """Show a page of days, the newest first."""
    if "price" in request.actor.masks:
        return faults.forbidden(request)
    counter = settlement_query.counter_of(request)
    asked = settlement_query.day_filter(request, counter)
    found = settlement_views.list_days(
        asked, after=records.read_place(request, 2), limit=records.PAGE_ROWS + 1
    )
    last = records.last_of(found)
    context = {
        "page": records.page_of(found, (last.day, last.account_id) if last else (), request),
        "counter": counter, "asked": asked, "nav": "payments", "here": "settlement",
        "tabs": tabs(request), "states": settlement_words.named(settlement_words.DAY_STATES),
        "account": records.asked(request, "account"), "looks": _looks(found),
        "is_narrowed": bool(asked.state or asked.since or asked.until or request.GET.get("account")),
    }  # fmt: skip
    return render(request, "web/settlement/days.html", context)


def _looks(found: Sequence[DayLine]) -> dict[str, settlement_words.Look]:
    look = settlement_words.day_look
    return {one.id: look(one.state, one.breaks, has_bill=one.has_bill) for one in found}


@needs(RIGHT)
@require_safe
def show_day(request: PageRequest, code: str, day: str) -> HttpResponse:
    """Show a day: what it comes to on each side, what does not agree, and how it is closed."""
    if "price" in request.actor.masks:
        return faults.forbidden(request)
    counter = settlement_query.counter_of(request)
    account = counter.find(code)
    line = settlement_views.find_day(account.id, day) if settlement_query.day_of(day) else None
    if line is None:
        raise Http404
    asked = settlement_query.break_filter(request, counter, day)
    breaks = settlement_views.list_breaks(
        settlement_views.BreakFilter(
            (account.id,), counter.shops, day, asked.type, asked.state, None, asked.text
        ),
        after=records.read_place(request, 1), limit=records.PAGE_ROWS + 1,
    )  # fmt: skip
    last = records.last_of(breaks)
    sums = settlement_views.sums_of([(account.id, day)], by_shop=True).get((account.id, day), [])
    seen = [one for one in sums if counter.shops is None or one.shop_id in counter.shops]
    context = {
        "line": line, "account": account, "nav": "payments", "here": "settlement",
        "look": settlement_words.day_look(line.state, line.breaks, has_bill=line.has_bill),
        "page": records.page_of(breaks, (last.id,) if last else (), request),
        "sums": [(counter.shop_name(one.shop_id), one) for one in seen], "asked": asked,
        "types": settlement_words.named(settlement_words.TYPES),
        "break_looks": {one: settlement_words.break_look(one) for one in core.STATES},
        "reasons": settlement_words.named(settlement_words.REASONS),
        "zone": counter.desk.zone(account.id).key, "counter": counter,
        "may_edit": request.actor.may("settlement.edit"),
        "may_close": request.actor.may("settlement.close"),
        "needs_bill": not line.has_bill and account.provider not in core.WITHOUT_BILLS,
        "is_over": core.is_over(day, counter.desk.zone(account.id), datetime.now(UTC)),
    }  # fmt: skip
    return render(request, "web/settlement/day.html", context)


@needs("settlement.edit")
@require_POST
def match_day(request: PageRequest, code: str, day: str) -> HttpResponse:
    """Match a day anew."""
    (outcome,) = match_days([MatchDay(code, day, request.actor)], now=datetime.now(UTC))
    return _answer(request, outcome, code, day, gettext("Matched anew"))


@needs("settlement.close")
@require_POST
def close_day(request: PageRequest, code: str, day: str) -> HttpResponse:
    """Close a day, or open it again for a reason."""
    is_reopening = request.POST.get("act") == "reopen"
    wish = CloseDay(
        code, day, request.actor, is_reopening, request.POST.get("reason", "").strip()[:300]
    )
    (outcome,) = close_days([wish], now=datetime.now(UTC))
    text = gettext("Opened again") if is_reopening else gettext("Closed")
    return _answer(request, outcome, code, day, text)


def _answer(
    request: PageRequest, outcome: Outcome[DayAnswer], code: str, day: str, text: str
) -> HttpResponse:
    if isinstance(outcome, Refused):
        if outcome.status == 404:
            raise Http404
        return records.refused(request, outcome, address_of_day(code, day))
    return records.done(request, text, address_of_day(code, day))


@needs(RIGHT)
@require_GET
def export_days(request: PageRequest) -> HttpResponse:
    """Hand out the entries of days for accounting, as CSV or XLSX."""
    if "price" in request.actor.masks:
        return faults.forbidden(request)
    counter = settlement_query.counter_of(request)
    asked = settlement_query.day_filter(request, counter)
    days = settlement_views.list_days(asked, limit=FILE_DAYS_MAX * max(len(counter.accounts), 1))
    kind = "xlsx" if request.GET.get("format") == "xlsx" else "csv"
    told = {name: value for name, value in request.GET.items() if value}
    note_export("settlement", told, now=datetime.now(UTC), actor=request.actor.label)
    content = (xlsx_of if kind == "xlsx" else csv_of)(_FILE_HEAD, _rows(counter, days))
    response = HttpResponse(content, content_type=_TYPES[kind])
    shown = sorted({one.day for one in days})
    name = f"laidan-settlement-{'-'.join(dict.fromkeys(shown[:1] + shown[-1:])) or 'none'}.{kind}"
    disposition = content_disposition_header(as_attachment=True, filename=name)
    response["Content-Disposition"] = disposition or "attachment"
    return response


def _rows(counter: Counter, days: Sequence[DayLine]) -> Iterator[Sequence[Cell]]:
    """Yield the entries of days, account by account, those of days that were asked for alone."""
    of_account: dict[str, set[str]] = {}
    for one in days:
        of_account.setdefault(one.account_id, set()).add(one.day)
    shops = counter.desk.shops
    seen = None if counter.shops is None else {one: shops[one] for one in counter.shops}
    for account_id, wanted in of_account.items():
        account = counter.accounts[account_id]
        asked = Booked(
            account_id, account.provider, counter.desk.zone(account_id), min(wanted), max(wanted)
        )
        for line in settlement_books.book_lines(asked, seen, counter.desk.owner):
            if line.day not in wanted:
                continue
            signed = line.amount_minor if line.kind == core.CAPTURE else -line.amount_minor
            fee = None if line.fee_minor is None else Decimal(
                format_minor(line.fee_minor, line.fee_currency or line.currency)
            )  # fmt: skip
            yield [
                line.day, account.code, line.at.isoformat(), line.order_no,
                shops.get(line.shop_id or "", ""), line.kind, line.number, line.reference,
                Decimal(format_minor(signed, line.currency)), fee,
                line.fee_currency if fee is not None else "", line.currency,
            ]  # fmt: skip
