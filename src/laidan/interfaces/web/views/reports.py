"""Reports (报表): orders, money and buyers in numbers, as a chart, a table and a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_safe

from laidan.engine import epochs
from laidan.insights import order_figures
from laidan.insights.order_figures import Answer, Part
from laidan.insights.vocabulary import load_vocabulary
from laidan.interfaces.files.sheets import csv_of, xlsx_of
from laidan.interfaces.web import choices, report_query, report_tables
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.report_query import ReportQuery
from laidan.kernel.outcome import Refused
from laidan.usecases.note_exports import note_export

RIGHT = "figures.view"
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What was asked and what was found; `answer` is None where it was too much."""

    query: ReportQuery
    hides_money: bool
    answer: Answer | None
    currency: str
    shops: Mapping[str, str]
    types: Mapping[str, str]
    names: Mapping[str, str]

    @property
    def parts(self) -> list[Part]:
        """The parts in the chosen currency, in time without gaps."""
        if self.answer is None or not self.answer.totals:
            return []
        found = [one for one in self.answer.parts if one.currency == self.currency]
        return (
            found
            if self.answer.has_more
            else report_tables.filled(self.query, found, self.currency)
        )

    @property
    def columns(self) -> list[str]:
        """The columns that the reader may see."""
        return report_tables.columns(self.query, hides_money=self.hides_money)


@needs(RIGHT)
@require_safe
@epochs.held()
def show_report(request: PageRequest) -> HttpResponse:
    """Show the figures that the address asks for."""
    now = datetime.now(UTC)
    report = _read(request, now)
    query, parts = report.query, report.parts
    context = {
        "nav": "figures", "query": query, "shops": report.shops, "types": report.types,
        "periods": {code: gettext(word) for code, word in report_query.PERIODS.items()},
        "tabs": [(code, report_query.part_word(code)) for code in report_query.PARTS],
        "is_too_wide": report.answer is None, "hides_money": report.hides_money,
        "most": order_figures.ORDERS_MAX, "currency": report.currency,
    }  # fmt: skip
    if report.answer is not None and report.answer.totals:
        context |= {
            "currencies": [one.currency for one in report.answer.totals],
            "numbers": _numbers(request, report, now),
            "heads": report_tables.heads(query, report.columns),
            "rows": report_tables.rows(parts, report.columns, report.names),
            "has_more": report.answer.has_more,
            "chart": report_tables.chart(
                query, parts, report.names, hides_money=report.hides_money
            ),
            "chart_parts": report_tables.CHART_PARTS,
            "is_cut": query.by not in report_query.IN_TIME
            and len(parts) > report_tables.CHART_PARTS,
            "part": report_query.part_word(query.by),
        }
    status = 200 if query.form.is_valid() or not query.form.is_bound else 422
    return render(request, "web/reports/report.html", context, status=status)


@needs(RIGHT)
@require_GET
@epochs.held()
def export_report(request: PageRequest) -> HttpResponse:
    """Hand the table out as CSV or XLSX."""
    now = datetime.now(UTC)
    report = _read(request, now, for_file=True)
    if report.answer is None or not (
        report.query.form.is_valid() or not report.query.form.is_bound
    ):
        return show_report(request)
    kind = "xlsx" if request.GET.get("format") == "xlsx" else "csv"
    asked = {name: value for name, value in request.GET.items() if value}
    note_export("figures", asked, now=now, actor=request.actor.label)
    words = [gettext(report_tables.COLUMNS[code]) for code in report.columns]
    head = [report_query.part_word(report.query.by), gettext("Name"), gettext("Currency"), *words]
    rows = report_tables.file_rows(report.parts, report.columns, report.names)
    content = xlsx_of(head, rows) if kind == "xlsx" else csv_of(head, rows)
    response = HttpResponse(content, content_type=_TYPES[kind])
    name = f"laidan-figures-{report.query.by}-{report.query.first}-{report.query.last}.{kind}"
    disposition = content_disposition_header(as_attachment=True, filename=name)
    response["Content-Disposition"] = disposition or "attachment"
    return response


def _read(request: PageRequest, now: datetime, *, for_file: bool = False) -> Report:
    language, hides_money = choices.language(), "price" in request.actor.masks
    vocabulary = load_vocabulary(epochs.read())
    reach = request.actor.shops(RIGHT)
    shops = {code: name for code, name in choices.shops().items() if reach is None or code in reach}
    types = choices.order_types(vocabulary, language)
    query = report_query.read_query(request.GET, shops, now=now, hides_money=hides_money)
    names: Mapping[str, str] = {
        "state": report_tables.state_names(vocabulary, language), "type": types, "shop": shops,
        "hour": report_tables.hour_names(),
    }.get(query.by, {})  # fmt: skip
    sight = request.actor.sight(RIGHT)
    answer = order_figures.read_figures(query.question(sight, for_file=for_file), now=now)
    if isinstance(answer, Refused):
        return Report(query, hides_money, None, "", shops, types, names)
    known = [one.currency for one in answer.totals]
    most = max(answer.totals, key=lambda one: one.orders).currency if known else ""
    currency = query.currency if query.currency in known else most
    return Report(query, hides_money, answer, currency, shops, types, names)


def _numbers(request: PageRequest, report: Report, now: datetime) -> list[report_tables.Number]:
    question = report.query.question_before(request.actor.sight(RIGHT))
    answer = order_figures.read_figures(question, now=now)
    earlier = [] if isinstance(answer, Refused) else answer.totals
    of_now = report.answer.totals if report.answer else []
    (total,) = (one for one in of_now if one.currency == report.currency)
    before = next((one for one in earlier if one.currency == report.currency), None)
    return report_tables.numbers(total, before, hides_money=report.hides_money)
