"""The form that moves stock: made for a scanner, several lines at a time, seen before it is done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from laidan.domain.dictionary import queries as dictionary
from laidan.engine.idempotency import Once
from laidan.engine.models import IdempotencyKey
from laidan.interfaces.web import choices, record_words, records, stock_lines
from laidan.interfaces.web.admission import PageRequest, is_partial, needs
from laidan.interfaces.web.stock_lines import KINDS, PERMISSIONS, Lines
from laidan.interfaces.web.views import faults
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.move_stock import move_stock, preview_movements
from laidan.usecases.movement_requests import MoveStock
from laidan.usecases.moving import MovementAnswer


class Sheet(NamedTuple):
    """What stands over the lines: what was typed there, and the locations to choose from."""

    head: dict[str, str]
    places: dict[str, str]


_HEAD = {"location": 40, "to": 40, "reason": 200, "reference": 120}


@needs("stock.view")
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: PageRequest, kind: str) -> HttpResponse:
    """Show the form, add what was scanned, look at what would happen, or make it happen."""
    if kind not in KINDS:
        raise Http404
    if not request.actor.may(PERMISSIONS[kind]):
        return faults.forbidden(request)
    places = choices.locations(
        request.actor.locations(PERMISSIONS[kind]), only_open=kind != "scrap"
    )
    sheet = Sheet(_head(request, places), places)
    if request.method != "POST":
        lines = Lines()
        if scan := records.asked(request, "sku"):
            stock_lines.add_scans(lines, [scan])
        return _form(request, kind, sheet, lines)
    lines = stock_lines.read_lines(request.POST)
    act = request.POST.get("act", "add")
    wrong = _head_faults(sheet, kind)
    if act.startswith("remove-") and act[7:].isdecimal():
        lines.rows[int(act[7:9]) : int(act[7:9]) + 1] = []
    elif act == "forget":
        lines.unknown = []
    elif act in ("look", "do"):
        if not lines.rows:
            lines.fault = gettext("Scan or type at least one SKU.")
        if lines.is_sound and not wrong:
            return _move(request, kind, sheet, lines)
    else:
        scans = request.POST.get("scan", "").splitlines()[: stock_lines.LINES_MAX]
        stock_lines.add_scans(lines, scans)
        wrong = {}
    return _form(request, kind, sheet, lines, faults=wrong)


def _move(request: PageRequest, kind: str, sheet: Sheet, lines: Lines) -> HttpResponse:
    """Show what sound lines would change; make it so where that was seen."""
    head = sheet.head
    now, actor = datetime.now(UTC), request.actor
    wanted = stock_lines.wishes(lines, kind, head)
    seen = stock_lines.told(
        lines, preview_movements([MoveStock(wish, actor) for wish in wanted], now=now)
    )
    is_seen = request.POST.get("act") == "do"
    once = records.once_of(request, actor, kind, head, wanted)
    if is_seen and once is not None:
        # Asked by its key first: sent twice, the second answer is the first one's.
        outcomes = _commit(wanted, request, once, now) if seen.is_sound or _known(once) else []
        if outcomes and all(isinstance(one, Done) for one in outcomes):
            return _done(request, kind, len(outcomes))
        if outcomes:
            seen = _left(seen, outcomes)
    return _form(request, kind, sheet, seen, is_seen=seen.is_sound)


def _commit(
    wanted: list[Any], request: PageRequest, once: Once, now: datetime
) -> list[Outcome[MovementAnswer]]:
    return move_stock(
        [MoveStock(wish, request.actor, once.part(n)) for n, wish in enumerate(wanted)], now=now
    )


def _known(once: Once) -> bool:
    """Say whether the form was sent before under its key."""
    return IdempotencyKey.objects.filter(scope=once.scope, name=once.part(0).key).exists()


def _left(seen: Lines, outcomes: list[Outcome[MovementAnswer]]) -> Lines:
    """Return the lines that were refused after all; the others are done and leave the form."""
    told = stock_lines.told(seen, outcomes)
    pairs = zip(told.rows, outcomes, strict=True)
    left = Lines([line for line, outcome in pairs if isinstance(outcome, Refused)])
    left.fault = gettext("The other lines are done; these are left.")
    left.unknown = seen.unknown
    return left


def _done(request: PageRequest, kind: str, count: int) -> HttpResponse:
    text = ngettext("%(act)s: %(count)d line done", "%(act)s: %(count)d lines done", count) % {
        "act": gettext(record_words.MOVEMENTS[kind]),
        "count": count,
    }
    response = records.done(request, text, reverse("web:stock-move", args=[kind]))
    if is_partial(request):
        # The script follows by itself; a redirect would be swapped into the lines.
        address = response["Location"]
        response = HttpResponse(status=204)
        response["HX-Redirect"] = address
    return response


def _head(request: PageRequest, places: dict[str, str]) -> dict[str, str]:
    """Return the head of the form as typed; with one location there is nothing to choose."""
    given = request.POST if request.method == "POST" else request.GET
    head = {
        name: given.get(name, "").replace("\x00", "").strip()[:length]
        for name, length in _HEAD.items()
    }
    if not head["location"] and places:
        head["location"] = next(iter(places))
    return head


def _head_faults(sheet: Sheet, kind: str) -> dict[str, str]:
    head, places = sheet
    found = {}
    if head["location"] not in places:
        found["location"] = gettext("Choose a location.")
    if kind == "transfer":
        if head["to"] not in places:
            found["to"] = gettext("Choose where it goes.")
        elif head["to"] == head["location"]:
            found["to"] = gettext("Choose another location than the one it comes from.")
    for name in ("reason", "reference"):
        if not head[name].isprintable():
            found[name] = gettext("This holds a character that cannot be stored.")
    return found


def _form(request: PageRequest, kind: str, sheet: Sheet, lines: Lines, **more: Any) -> HttpResponse:
    wrong = more.get("faults")
    head, places = sheet
    context = {
        "kind": kind, "kinds": KINDS, "label": gettext(record_words.MOVEMENTS[kind]),
        "head": head, "lines": lines, "places": places, "faults": {}, "is_seen": False,
        **more, "once": records.new_once(), "nav": "stock",
        "acts": [one for one in KINDS if request.actor.may(PERMISSIONS[one])],
        "reasons": dictionary.labels("movement-reason", choices.language()), "words": record_words.MOVEMENTS,
        "unit_count": sum(1 for _ in lines.rows),
    }  # fmt: skip
    template = "web/stock/move_lines.html" if is_partial(request) else "web/stock/move.html"
    status = 422 if wrong or lines.fault else 200
    return render(request, template, context, status=status)
