"""Editing a part of an order in place: its form, its saving, and what others saved meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_http_methods

from laidan.blueprints.model import Blueprint
from laidan.insights.order_documents import ShownOrder
from laidan.interfaces.web import acts, editing, field_inputs, words
from laidan.interfaces.web.admission import PageRequest, is_partial, needs
from laidan.interfaces.web.editing import Edit, Wish
from laidan.interfaces.web.notices import Notice
from laidan.interfaces.web.views import faults as fault_pages
from laidan.interfaces.web.views import lines_edit
from laidan.interfaces.web.views import order as order_view
from laidan.kernel.outcome import Refused
from laidan.usecases.amend_orders import amend_orders
from laidan.usecases.transition_requests import Amend

TITLES = {
    "customer": gettext_noop("Customer"), "address": gettext_noop("Ship to"),
    "notes": gettext_noop("Notes"), "tags": gettext_noop("Tags"),
    "fields": gettext_noop("Fields"), "lines": gettext_noop("Lines"),
}  # fmt: skip


@needs("orders.view")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PageRequest, name: str, part: str) -> HttpResponse:
    """Show the form of a part of an order, or save it."""
    shown = order_view.found(request, name)
    blueprint = acts.blueprint_of(shown)
    actor = order_view.reader_of(request, shown).actor
    known = editing.edits(shown, blueprint, actor).get(part)
    if known is None:
        raise Http404
    if not actor.may(known.part.permission):
        return fault_pages.forbidden(request)
    if part == "lines":
        return lines_edit.edit(request, shown, known)
    if request.method != "POST":
        values = editing.opened(editing.present(part, shown, blueprint, actor))
        return form(request, shown, known, values)
    given = acts.typed(request.POST)
    wish = editing.read(part, given, shown, blueprint)
    if wish.faults:
        return form(request, shown, known, given, status=422, faults=wish.faults)
    return save(request, shown, known, wish, given)


def save(
    request: PageRequest, shown: ShownOrder, known: Edit, wish: Wish, given: Mapping[str, str]
) -> HttpResponse:
    """Save what a form asks for; where others were first, show both."""
    if wish.changes is None:
        text = gettext("Nothing was changed.")
        return order_view.answer_whole(request, shown, Notice("info", text))
    amend = Amend(shown.row.id, wish.changes, request.actor, order_view.seen_version(request))
    (outcome,) = amend_orders([amend], now=datetime.now(UTC))
    if not isinstance(outcome, Refused):
        text = gettext("Saved: %(part)s") % {"part": gettext(TITLES[known.part.name])}
        return order_view.answer_whole(request, shown, Notice("success", text))
    fresh = order_view.found(request, shown.row.id)
    blueprint = acts.blueprint_of(fresh)
    reader = order_view.reader_of(request, fresh)
    values: Mapping[str, str] = given
    more: dict[str, Any] = {}
    if outcome.code == "version-conflict":
        present = editing.present(known.part.name, fresh, blueprint, reader.actor)
        values = editing.merged(given, present)
        more["changes"] = order_view.changes_since(request, fresh)
    again = editing.edits(fresh, blueprint, reader.actor)[known.part.name]
    found = said(outcome, blueprint)
    return form(
        request, fresh, again, values,
        status=outcome.status, refusal=words.explain(outcome), faults=found, **more,
    )  # fmt: skip


def said(refused: Refused, blueprint: Blueprint) -> dict[str, str]:
    """Return a refusal's faults by the form's field."""
    found = {}
    for fault in refused.errors:
        name = fault.loc.rpartition(".")[2]
        if fault.loc.startswith("fields."):
            spec = blueprint.fields.get(name)
            found[editing.FIELD + name] = field_inputs.said(fault, spec)
        else:
            found[name] = gettext("This cannot be used.")
    return found


def form(
    request: PageRequest,
    shown: ShownOrder,
    known: Edit,
    values: Mapping[str, str],
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """Return the form of a part: in place for the page's script, else as a page of its own."""
    reader = order_view.reader_of(request, shown)
    blueprint = acts.blueprint_of(shown)
    found: Mapping[str, str] = more.pop("faults", {})
    context = {
        "row": shown.row, "order": shown.document, "nav": "orders", "edit": known, "values": values,
        "faults": found, "priorities": words.PRIORITIES, "reader": reader,
        "inputs": field_inputs.inputs(
            blueprint.fields, dict(values), editing.FIELD, reader.language, found
        ),
        "form": f"web/orders/edit_{known.part.name}.html",
        "title": gettext(TITLES[known.part.name]), **more,
    }  # fmt: skip
    template = "web/orders/edit_form.html" if is_partial(request) else "web/orders/part.html"
    if not is_partial(request):
        context["inner"], context["form"] = context["form"], "web/orders/edit_form.html"
    else:
        context["inner"] = context["form"]
    response = render(request, template, context, status=status)
    response["Vary"] = "HX-Request"
    return response
