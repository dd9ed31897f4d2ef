"""Drafts of orders: putting one aside, the list of them, taking one up again, dropping it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from laidan.domain.drafts import queries as drafts
from laidan.interfaces.web import choices, entry_rows, notices, order_form, words
from laidan.interfaces.web.admission import PageRequest, is_partial, needs
from laidan.interfaces.web.notices import Notice
from laidan.interfaces.web.order_form import PLACE, Form
from laidan.interfaces.web.views import order_new
from laidan.kernel.outcome import Refused
from laidan.usecases.keep_drafts import DropDraft, KeepDraft, drop_drafts, keep_drafts, open_draft


@needs(PLACE)
def show_drafts(request: PageRequest) -> HttpResponse:
    """Show one's own drafts and those that others share."""
    context = {
        "nav": "order-new", "drafts": drafts.list_drafts(request.actor.label),
        "shops": choices.shops(), "mine": request.actor.label,
    }  # fmt: skip
    return render(request, "web/orders/drafts.html", context)


@needs(PLACE)
def show_draft(request: PageRequest, draft: UUID) -> HttpResponse:
    """Take a draft up again."""
    found = open_draft(str(draft), request.actor)
    if found is None:
        raise Http404
    row, body = found
    kept = json.loads(body)
    own = {
        "draft": row.id,
        "draft_version": str(row.version),
        "shared": "1" if row.is_shared else "",
    }
    values = {name: str(text) for name, text in kept["values"].items()} | own
    rows = entry_rows.read_rows(kept["rows"], kept["keys"])
    return order_new.show(request, Form(values, rows))


@needs(PLACE)
@require_POST
def save_draft(request: PageRequest) -> HttpResponse:
    """Put what is typed aside."""
    form = order_form.read(request.POST, request.actor)
    version = form.get("draft_version")
    wish = KeepDraft(
        body=json.dumps(
            {
                "values": dict(form.values),
                "rows": entry_rows.typed(form.rows),
                "keys": [row.key for row in form.rows],
            },
            ensure_ascii=False,
        ),
        title=form.get("customer_name") or form.get("ship-name"),
        shop=form.get("shop"),
        line_count=len(form.rows),
        actor=request.actor,
        is_shared=form.get("shared") == "1",
        draft=form.get("draft") or None,
        version=int(version) if version.isdecimal() and len(version) < 10 else None,
    )
    (outcome,) = keep_drafts([wish], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        return _unsaved(request, form, outcome)
    notice = Notice("success", gettext("The draft was saved."))
    address = reverse("web:order-draft", args=[outcome.value.id])
    if not is_partial(request):
        notices.keep(request, notice)
        return HttpResponseRedirect(address, status=303)
    values = {
        **form.values, "draft": outcome.value.id, "draft_version": str(outcome.value.version),
    }  # fmt: skip
    response = order_new.show(request, Form(values, form.rows))
    response["HX-Push-Url"] = address
    return notices.notify(response, notice)


def _unsaved(request: PageRequest, form: Form, refused: Refused) -> HttpResponse:
    """Show what was typed, saved as a draft of its own by the next press where others were first."""
    text = words.explain(refused)
    values = dict(form.values)
    if refused.code in ("version-conflict", "not-found"):
        text = gettext(
            "Somebody else saved or dropped this draft meanwhile. What you typed is still here: "
            "save it again to keep it as a draft of its own."
        )
        values |= {"draft": "", "draft_version": ""}
    return order_new.show(request, Form(values, form.rows), status=refused.status, refusal=text)


@needs(PLACE)
@require_POST
def drop_draft(request: PageRequest, draft: UUID) -> HttpResponse:
    """Drop a draft."""
    (outcome,) = drop_drafts([DropDraft(str(draft), request.actor)], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        raise Http404
    notices.keep(request, Notice("success", gettext("The draft was dropped.")))
    return HttpResponseRedirect(reverse("web:order-drafts"), status=303)
