"""The list of balances, its file, and the alerts."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from laidan.insights import stock_views
from laidan.insights.stock_list import StockRow
from laidan.insights.stock_views import LOW, OVERSOLD, StockQuestion
from laidan.interfaces.files.cells import guarded
from laidan.interfaces.web import choices, record_words, records
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.stock_lines import KINDS, PERMISSIONS
from laidan.kernel.outcome import Done
from laidan.kernel.quantity import format_quantity
from laidan.usecases.see_alerts import SeeAlert, see_alerts

_FILE_ROWS = 2000
_COLUMNS = (
    "sku",
    "name",
    "location",
    "bucket",
    "unit",
    "on_hand",
    "reserved",
    "available",
    "safety",
)


@needs("stock.view")
@require_safe
def show_stock(request: PageRequest) -> HttpResponse:
    """Show a page of balances."""
    asked = _question(request)
    found = stock_views.list_balances(
        asked, after=records.read_place(request, 3), limit=records.PAGE_ROWS + 1
    )
    last = records.last_of(found)
    place = (last.sku, last.location, last.bucket) if last else ()
    context = {
        "page": records.page_of(found, place, request), "asked": asked, "nav": "stock",
        "locations": choices.locations(asked.reach), "alerts": stock_views.count_alerts(),
        "acts": acts_of(request), "is_narrowed": bool(asked.text or asked.location or asked.need),
    }  # fmt: skip
    return render(request, "web/stock/list.html", context)


@needs("stock.view")
@require_safe
def export_stock(request: PageRequest) -> HttpResponse:
    """Hand out every balance that the list's filters leave, as CSV that spreadsheets read."""
    asked = _question(request)
    response = StreamingHttpResponse(_csv(asked), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="stock.csv"'
    # A stream is an answer like any other, which Django's types do not say.
    return cast(HttpResponse, response)


@needs("stock.view")
@require_safe
def show_alerts(request: PageRequest) -> HttpResponse:
    """Show the alerts that are open."""
    asked = _question(request)
    kind = asked.need if asked.need in (LOW, OVERSOLD) else ""
    place = records.read_place(request, 1)
    found = stock_views.list_alerts(
        asked, kind=kind, before=place[0] if place else None, limit=records.PAGE_ROWS + 1
    )
    last = records.last_of(found)
    context = {
        "page": records.page_of(found, (last.id,) if last else (), request), "asked": asked,
        "kind": kind, "alerts": stock_views.count_alerts(), "nav": "stock",
        "locations": choices.locations(asked.reach),
    }  # fmt: skip
    return render(request, "web/stock/alerts.html", context)


@needs("stock.view")
@require_POST
def see(request: PageRequest) -> HttpResponse:
    """Take note of alerts."""
    ids = request.POST.getlist("id")[:200]
    outcomes = see_alerts([SeeAlert(one, request.actor) for one in ids], now=datetime.now(UTC))
    count = sum(isinstance(one, Done) for one in outcomes)
    text = ngettext("%(count)d alert noted", "%(count)d alerts noted", count) % {"count": count}
    return records.done(request, text, reverse("web:stock-alerts"))


def acts_of(request: PageRequest) -> list[dict[str, Any]]:
    """Return the movements that somebody may make."""
    return [
        {"kind": kind, "label": gettext(record_words.MOVEMENTS[kind])}
        for kind in KINDS
        if request.actor.may(PERMISSIONS[kind])
    ]


def _question(request: PageRequest) -> StockQuestion:
    need = records.asked(request, "need")
    return StockQuestion(
        text=records.asked(request, "q"),
        location=records.asked(request, "location"),
        need=need if need in (LOW, OVERSOLD) else "",
        reach=request.actor.locations("stock.view"),
    )


class _Echo:
    """A file that hands back what is written into it."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


def _csv(asked: StockQuestion) -> Iterator[str]:
    writer = csv.writer(_Echo())
    # A byte-order mark makes Excel on Windows read the file as UTF-8.
    yield "\ufeff" + writer.writerow(_COLUMNS)
    after: tuple[str, ...] | None = None
    while True:
        rows = stock_views.list_balances(asked, after=after, limit=_FILE_ROWS)
        for row in rows:
            yield writer.writerow(_cells(row))
        if len(rows) < _FILE_ROWS:
            return
        after = (rows[-1].sku, rows[-1].location, rows[-1].bucket)


def _cells(row: StockRow) -> list[object]:
    texts = [guarded(text) for text in (row.sku, row.name, row.location, row.bucket, row.unit)]
    figures = (row.on_hand, row.reserved, row.available, row.safety)
    return [*texts, *(format_quantity(figure, row.decimals) for figure in figures)]
