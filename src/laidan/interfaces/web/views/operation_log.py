"""The operation log (操作日志): search, one entry with before and after, export, seals."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from laidan.blueprints import library
from laidan.domain.audit import days
from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.engine import epochs, unit
from laidan.insights import operation_log
from laidan.insights.operation_log import LogFilter, LogPage, LogRow
from laidan.insights.vocabulary import worded
from laidan.interfaces.files.cells import guarded
from laidan.interfaces.web import admission, log_changes, log_words
from laidan.interfaces.web.admission import PageRequest
from laidan.interfaces.web.field_words import WordedForm
from laidan.kernel.ids import parse_id
from laidan.usecases import seal_log

ROWS = 50
EXPORT_ROWS = 1000
EXPORT_MAX = 200_000
_TEXT_MAX = 120
_COLUMNS = (
    "at", "who", "action", "door", "address", "object", "object_id", "reason", "changes", "agent",
    "request", "id",
)  # fmt: skip


class LogForm(WordedForm):
    """What is searched for; faults are said at the field."""

    who = forms.CharField(label=_("Who"), max_length=_TEXT_MAX, required=False)
    thing = forms.CharField(label=_("Object"), max_length=_TEXT_MAX, required=False)
    since = forms.DateField(label=_("From"), required=False)
    until = forms.DateField(label=_("To"), required=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """A row of the log and what it is called."""

    row: LogRow
    action: str
    door: str


@require_http_methods(["GET", "HEAD"])
@admission.needs("audit.view")
def show_log(request: HttpRequest) -> HttpResponse:
    """Show a page of the log."""
    form = LogForm(request.GET)
    wanted = _wanted(request, form)
    after = parse_id(request.GET.get("after", "")) or ""
    before = parse_id(request.GET.get("before", "")) or ""
    page = _page(wanted, after, before) if wanted else LogPage([])
    context = {
        "nav": "log",
        "form": form,
        "rows": _shown(page.rows),
        "page": page,
        "nouns": {code: gettext(word) for code, word in log_words.NOUNS.items()},
        "doors": {code: gettext(word) for code, word in log_words.DOORS.items()},
        "noun": request.GET.get("noun", ""),
        "door": request.GET.get("door", ""),
        "is_filtered": wanted != LogFilter(),
        "query": request.GET.urlencode(),
    }
    status = 200 if form.is_valid() else 422
    return render(request, "web/log/list.html", context, status=status)


@require_http_methods(["GET", "HEAD"])
@admission.needs("audit.view")
def show_entry(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Show one entry with what was before and after."""
    row = operation_log.find_entry(str(entry_id))
    if row is None:
        raise Http404
    (one,) = _shown([row])
    changes = log_changes.told(row, cast(PageRequest, request).actor)
    context = {"nav": "log", "row": row, "one": one, "changes": changes}
    return render(request, "web/log/entry.html", context)


@require_http_methods(["GET"])
@admission.needs("audit.export")
def export_log(request: HttpRequest) -> HttpResponse:
    """Hand what is searched for out as a CSV file, newest first."""
    form = LogForm(request.GET)
    wanted = _wanted(request, form)
    if wanted is None:
        return show_log(request)
    conditions = {name: value for name, value in request.GET.items() if value}
    deed = Deed("", "log.exported", "log", "", "", after=conditions)
    unit.run_once(lambda: record([deed], now=timezone.now()))
    response = StreamingHttpResponse(_csv(wanted), content_type="text/csv; charset=utf-8")
    name = f"operation-log-{timezone.localdate():%Y%m%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return cast(HttpResponse, response)


@require_http_methods(["GET", "HEAD"])
@admission.needs("audit.view")
def show_seals(request: HttpRequest) -> HttpResponse:
    """Show the seals of past days and the key by which they are verified."""
    seals = days.list_seals(366)
    context = {"nav": "log", "seals": seals, "key": seal_log.public_key() if seals else ""}
    return render(request, "web/log/seals.html", context)


def _page(wanted: LogFilter, after: str, before: str) -> LogPage:
    if before:
        return operation_log.find_newer(wanted, limit=ROWS, before=before)
    return operation_log.find_page(wanted, limit=ROWS, after=after)


def _wanted(request: HttpRequest, form: LogForm) -> LogFilter | None:
    """Return the filter of an address, None where a field of it is wrong."""
    if not form.is_valid():
        return None
    noun, door = request.GET.get("noun", ""), request.GET.get("door", "")
    until = _midnight(form.cleaned_data["until"])
    return LogFilter(
        who=form.cleaned_data["who"],
        noun=noun if noun in log_words.NOUNS else "",
        thing=form.cleaned_data["thing"],
        door=door if door in log_words.DOORS else "",
        since=_midnight(form.cleaned_data["since"]),
        until=until + timedelta(days=1) if until else None,
    )


def _midnight(day: Any) -> datetime | None:
    if day is None or not 1970 <= day.year <= 9000:
        return None
    return timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - made aware


def _shown(rows: list[LogRow]) -> list[Shown]:
    keys = {row.type_key for row in rows if row.type_key}
    blueprints = library.load_blueprints(sorted(keys), epochs.read()) if keys else {}
    language = get_language() or "en"
    found = []
    for row in rows:
        words = log_words.action(row.action)
        blueprint = blueprints.get(row.type_key) if row.type_key else None
        steps = blueprint.transitions.get(row.transition) if blueprint else None
        if steps:
            words = gettext("Order: %(step)s") % {"step": worded(steps[0].label, language)}
        found.append(Shown(row, words, log_words.door(row.door)))
    return found


class _Echo:
    """A file that hands back what is written into it."""

    def write(self, text: str) -> str:
        """Return the text."""
        return text


def _csv(wanted: LogFilter) -> Iterator[str]:
    writer = csv.writer(_Echo())
    # Spreadsheets know UTF-8 by this mark.
    yield "\ufeff" + str(writer.writerow(_COLUMNS))
    after, count = "", 0
    while count < EXPORT_MAX:
        page = operation_log.find_page(wanted, limit=EXPORT_ROWS, after=after)
        for one in _shown(page.rows):
            yield str(writer.writerow(_cells(one)))
        count += len(page.rows)
        after = page.after
        if not after:
            return


def _cells(one: Shown) -> list[str]:
    row = one.row
    changes = json.dumps(row.changes, ensure_ascii=False) if row.changes else ""
    texts = [
        row.actor, one.action, one.door, row.address, row.label, row.object_id, row.reason, changes,
        row.agent, row.request, row.id,
    ]  # fmt: skip
    return [row.at.isoformat(), *(guarded(text) for text in texts)]
