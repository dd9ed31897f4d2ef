"""Breaks: what does not agree, who looks after it, why it may stay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from laidan.domain.settlement import core
from laidan.insights import settlement_views
from laidan.insights.settlement_views import BREAK_SORTS, BreakLine
from laidan.interfaces.files.sheets import Cell, csv_of
from laidan.interfaces.web import records, settlement_query, settlement_words
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.settlement_query import RIGHT, address_of_day
from laidan.interfaces.web.views import faults
from laidan.interfaces.web.views.jobs import user_of
from laidan.interfaces.web.views.settlement import tabs
from laidan.kernel.actor import forbidden
from laidan.kernel.ids import parse_id
from laidan.kernel.money import format_minor
from laidan.kernel.outcome import Refused
from laidan.usecases.explain_breaks import assign_breaks, explain_breaks, suspend_breaks
from laidan.usecases.note_exports import note_export
from laidan.usecases.settlement_requests import AssignBreak, ExplainBreak, SuspendBreak

AT_ONCE = 500
FILE_ROWS = 50_000
_HEAD = (
    "day", "account", "difference", "kind", "order", "number", "reference", "ours", "theirs",
    "currency", "state", "owner", "reason", "note", "since",
)  # fmt: skip


@needs(RIGHT)
@require_safe
def show_breaks(request: PageRequest) -> HttpResponse:
    """Show a page of breaks of all days."""
    if "price" in request.actor.masks:
        return faults.forbidden(request)
    counter = settlement_query.counter_of(request)
    asked = settlement_query.break_filter(request, counter)
    sort = request.GET.get("sort", "")
    sort = sort if sort in BREAK_SORTS else BREAK_SORTS[0]
    found = settlement_views.list_breaks(
        asked, sort=sort, limit=records.PAGE_ROWS + 1,
        after=_place(request, 2 if sort.endswith("amount") else 1),
    )  # fmt: skip
    last = records.last_of(found)
    place = settlement_views.place_of(last, sort) if last else ()
    context = {
        "page": records.page_of(found, place, request), "asked": asked, "sort": sort,
        "counter": counter, "nav": "payments", "here": "settlement", "tabs": tabs(request),
        "types": settlement_words.named(settlement_words.TYPES),
        "states": settlement_words.named(settlement_words.STATES),
        "break_looks": {one: settlement_words.break_look(one) for one in core.STATES},
        "account": records.asked(request, "account"),
        "is_narrowed": any(request.GET.get(one) for one in ("account", "type", "state", "q", "owner")),
    }  # fmt: skip
    return render(request, "web/settlement/breaks.html", context)


@needs(RIGHT)
@require_GET
def export_breaks(request: PageRequest) -> HttpResponse:
    """Hand out the breaks that the list's filters leave, as CSV."""
    if "price" in request.actor.masks:
        return faults.forbidden(request)
    counter = settlement_query.counter_of(request)
    asked = settlement_query.break_filter(request, counter)
    told = {name: value for name, value in request.GET.items() if value}
    note_export("settlement", told, now=datetime.now(UTC), actor=request.actor.label)
    found = settlement_views.list_breaks(asked, limit=FILE_ROWS)
    rows = ([*_cells(one, counter.accounts[one.account_id].code)] for one in found)
    response = HttpResponse(csv_of(_HEAD, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="laidan-differences.csv"'
    return response


def _cells(line: BreakLine, code: str) -> Iterator[Cell]:
    yield from (line.day, code, line.type, line.kind, line.order_no, line.number, line.reference)
    for minor in (line.here_minor, line.there_minor):
        yield None if minor is None else Decimal(format_minor(minor, line.currency))
    yield from (line.currency, line.state, line.owner, line.reason, line.note)
    yield line.opened_at.isoformat(timespec="seconds")


def _place(request: PageRequest, size: int) -> tuple[str, ...] | None:
    place = records.read_place(request, size)
    if place is not None and size == 2 and not place[0].lstrip("-").isdecimal():
        return None
    return place


@needs(RIGHT)
@require_http_methods(["GET", "HEAD", "POST"])
def show_break(request: PageRequest, break_id: str) -> HttpResponse:
    """Show one break with what is proposed; explain it, take it on, or put it into suspense."""
    if "price" in request.actor.masks:
        return faults.forbidden(request)
    counter = settlement_query.counter_of(request)
    wanted = parse_id(break_id)
    line = settlement_views.find_break(wanted, counter.ids) if wanted else None
    if line is None:
        raise Http404
    if request.method == "POST":
        return _act(request, line)
    account = counter.accounts[line.account_id]
    context = {
        "line": line, "account": account, "nav": "payments", "counter": counter,
        "type": settlement_words.word(settlement_words.TYPES, line.type),
        "kind": settlement_words.word(settlement_words.KINDS, line.kind),
        "look": settlement_words.break_look(line.state),
        "proposal": settlement_words.word(settlement_words.PROPOSALS, line.proposal),
        "reason": settlement_words.word(settlement_words.REASONS, line.reason),
        "reasons": settlement_words.named(settlement_words.REASONS),
        "shop": counter.shop_name(line.shop_id),
        "off": (line.there_minor or 0) - (line.here_minor or 0),
        "may_edit": request.actor.may("settlement.edit"), "me_name": user_of(request).username,
    }  # fmt: skip
    return render(request, "web/settlement/break.html", context)


def _act(request: PageRequest, line: BreakLine) -> HttpResponse:
    address = reverse("web:settlement-break", args=[line.id])
    if not request.actor.may("settlement.edit"):
        return records.refused(request, forbidden("settlement.edit"), address)
    given, now = request.POST, datetime.now(UTC)
    act = given.get("act", "explain")
    if act in ("take", "leave"):
        owner = user_of(request).username if act == "take" else ""
        (outcome,) = assign_breaks([AssignBreak(line.id, owner, request.actor)], now=now)
        text = gettext("It is yours now") if owner else gettext("It is nobody's now")
    elif act == "suspend":
        (outcome,) = suspend_breaks([SuspendBreak(line.id, request.actor)], now=now)
        text = gettext("Put into suspense")
    else:
        reason = "" if act == "reopen" else given.get("reason", "")[:20]
        if act != "reopen" and not reason:
            return records.told(request, "warning", gettext("Choose a reason."), address)
        wish = ExplainBreak(line.id, request.actor, reason, given.get("note", "")[:300])
        (outcome,) = explain_breaks([wish], now=now)
        text = gettext("Explained") if reason else gettext("To be explained again")
    if isinstance(outcome, Refused):
        return records.refused(request, outcome, address)
    return records.done(request, text, address)


@needs("settlement.edit")
@require_POST
def explain_many(request: PageRequest, code: str, day: str) -> HttpResponse:
    """Explain the breaks of a day that were ticked, or all that are open, for one reason."""
    counter = settlement_query.counter_of(request, "settlement.edit")
    account = counter.find(code)
    address = address_of_day(code, day)
    reason = request.POST.get("reason", "")[:20]
    ids = request.POST.getlist("id")[:AT_ONCE]
    if request.POST.get("all"):
        asked = settlement_views.BreakFilter((account.id,), counter.shops, day, state=core.OPEN)
        ids = [one.id for one in settlement_views.list_breaks(asked, limit=AT_ONCE)]
    if not reason or not ids:
        said = gettext("Tick differences and choose a reason.")
        return records.told(request, "warning", said, address)
    wishes = [
        ExplainBreak(one, request.actor, reason, request.POST.get("note", "")[:300]) for one in ids
    ]
    outcomes = explain_breaks(wishes, now=datetime.now(UTC))
    refused = [one for one in outcomes if isinstance(one, Refused)]
    if refused:
        return records.refused(request, refused[0], address)
    text = ngettext("%(count)d difference explained", "%(count)d differences explained", len(ids))
    return records.done(request, text % {"count": len(ids)}, address)
