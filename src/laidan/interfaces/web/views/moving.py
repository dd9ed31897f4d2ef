"""Moving a card of the board to another state, and the menu of an order's acts."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from laidan.blueprints.model import Blueprint
from laidan.insights.vocabulary import worded
from laidan.interfaces.web import acts, elsewhere, row_acts, words
from laidan.interfaces.web.acts import Act
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.notices import Notice
from laidan.interfaces.web.views import order as order_view
from laidan.kernel.outcome import Refused
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.transition_requests import Advance

_STATE = re.compile(r"[a-z0-9_]{1,30}\Z")
_VERSION = re.compile(r"[0-9]{1,9}\Z")


@needs("orders.view")
def menu(request: PageRequest, name: str) -> HttpResponse:
    """Show an order's acts: what may be done, and why not what may not."""
    shown = order_view.found(request, name)
    blueprint = acts.blueprint_of(shown)
    listed = acts.acts_of(
        shown, blueprint, order_view.reader_of(request, shown).actor, get_language() or "en"
    )
    context = {"row": shown.row, "acts": [*reversed(listed.shown), *listed.more]}
    return render(request, "web/orders/act_menu.html", context)


@needs("orders.view")
@require_POST
def move(request: PageRequest, name: str) -> HttpResponse:
    """Take the act that leads an order to a state; ask first what it needs, or say why not."""
    shown = order_view.found(request, name)
    blueprint, language = acts.blueprint_of(shown), get_language() or "en"
    listed = acts.acts_of(shown, blueprint, order_view.reader_of(request, shown).actor, language)
    wanted = request.POST.get("to", "")
    if not _STATE.match(wanted) or wanted not in blueprint.states:
        return elsewhere.refused(gettext("There is no such state."), 422)
    label = worded(blueprint.states[wanted].label, language)
    one = _leading(listed, blueprint, shown.row.state, wanted)
    if one is None:
        text = gettext("No act leads from here to %(state)s.") % {"state": label}
        return elsewhere.refused(text, 409)
    if not one.allowed:
        return elsewhere.refused(f"{one.label}: {one.why_not}", 409)
    if one.asks:
        return elsewhere.form_of(shown.row.order_no, one.name)
    version = request.POST.get("version", "")
    seen = int(version) if _VERSION.match(version) else None
    request_ = Advance(shown.row.id, one.name, request.actor, version=seen)
    (outcome,) = advance_orders([request_], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        return elsewhere.refused(words.explain(outcome), outcome.status)
    told = {"act": one.label, "number": shown.row.order_no}
    return elsewhere.done(Notice("success", gettext("Done: %(act)s · %(number)s") % told))


def _leading(listed: acts.Acts, blueprint: Blueprint, state: str, wanted: str) -> Act | None:
    """Return the act that leads to a state: one that is allowed before one that is not."""
    every = [*reversed(listed.shown), *listed.more]
    leading = [one for one in every if wanted in row_acts.targets_of(blueprint, one.name, state)]
    return next((one for one in leading if one.allowed), leading[0] if leading else None)
