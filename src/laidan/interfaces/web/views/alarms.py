"""Alarms: what somebody has to look at, seen and unseen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from laidan.domain.notices import alarms
from laidan.domain.notices.models import Alarm
from laidan.interfaces.web import alarm_words, records
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.kernel.ids import parse_id
from laidan.kernel.outcome import Refused
from laidan.usecases.raise_alarms import SEE, SeeAlarm, see_alarms

_ROWS = 50


@dataclass(frozen=True, slots=True)
class ShownAlarm:
    """An alarm with its words."""

    row: Alarm
    kind: str
    sentence: str


@needs(SEE)
@require_safe
def show_alarms(request: PageRequest) -> HttpResponse:
    """Show the alarms that are open, or all of them."""
    shows_all = request.GET.get("of") == "all"
    kind = records.asked(request, "kind")
    before = parse_id(request.GET.get("before", "")) or None
    found = alarms.list_alarms(
        request.actor.shops(SEE), only_open=not shows_all, kind=kind, before=before,
        limit=_ROWS + 1,
    )  # fmt: skip
    context = {
        "rows": [
            ShownAlarm(one, alarm_words.kind(one.kind),
                       alarm_words.sentence(one.kind, one.label, one.facts))
            for one in found[:_ROWS]
        ],
        "after": found[_ROWS - 1].pk if len(found) > _ROWS else "", "before": before,
        "shows_all": shows_all, "nav": "alarms", "kind": kind,
        "kinds": {code: alarm_words.kind(code) for code in alarm_words.KINDS},
    }  # fmt: skip
    return render(request, "web/alarms/list.html", context)


@needs(SEE)
@require_POST
def see(request: PageRequest) -> HttpResponse:
    """Take note of one alarm, or of all that are open."""
    ids = request.POST.getlist("id")[:100]
    if request.POST.get("all") == "1":
        shops = request.actor.shops(SEE)
        listed = alarms.list_alarms(shops, only_open=True, kind="", before=None, limit=500)
        ids = [one.pk for one in listed if one.seen_at is None]
    outcomes = see_alarms([SeeAlarm(id_, request.actor) for id_ in ids], now=datetime.now(UTC))
    back = reverse("web:alarms")
    refused = next((one for one in outcomes if isinstance(one, Refused)), None)
    if refused is not None:
        return records.refused(request, refused, back)
    return records.done(request, gettext("Noted"), back)
