"""Acting on an order: the form of an act where it asks for something, and the act itself."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods

from laidan.engine.idempotency import Once, fingerprint
from laidan.insights.order_documents import ShownOrder
from laidan.interfaces.web import acts, elsewhere, notices, order_page, undoing, words
from laidan.interfaces.web.acts import Act
from laidan.interfaces.web.admission import PageRequest, is_partial, needs
from laidan.interfaces.web.notices import Notice
from laidan.interfaces.web.views import order as order_view
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.act_on_orders import Acted, ManyAct, back_of
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.transition_requests import Advance, TransitionInputs

_ONCE = re.compile(r"[0-9a-f]{32}\Z")
_VERSION = re.compile(r"[0-9]{1,9}\Z")


@needs("orders.view")
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: PageRequest, name: str, act_name: str) -> HttpResponse:
    """Show the form of an act, or take it."""
    shown = order_view.found(request, name)
    blueprint = acts.blueprint_of(shown)
    reader = order_view.reader_of(request, shown)
    one = acts.acts_of(shown, blueprint, reader.actor, reader.language).find(act_name)
    if one is None:
        # The order has moved on, or there never was such an act.
        return _refused_without_form(request, shown, _passed(request, shown, act_name))
    if request.method != "POST":
        return _form(request, shown, one, acts.proposed(one, shown))
    given = acts.typed(request.POST)
    inputs = acts.read_inputs(one, given)
    if isinstance(inputs, Refused):
        return _refused(request, shown, one, (given, inputs, None))
    (outcome,) = advance_orders([_advance(request, shown, one, inputs)], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        fresh = order_view.found(request, shown.row.id)
        return _refused(request, fresh, one, (given, outcome, inputs))
    return _done(request, shown, one, inputs)


def _passed(request: PageRequest, shown: ShownOrder, act_name: str) -> Refused:
    """Return why an act that the order does not offer cannot be taken."""
    seen = request.POST.get("version", "")
    if _VERSION.match(seen) and int(seen) != shown.row.version:
        return Refused("version-conflict", "", 412)
    blueprint = acts.blueprint_of(shown)
    if act_name not in blueprint.transitions and act_name not in ("hold", "release"):
        raise Http404
    return Refused("transition-refused", "", 409)


def _advance(
    request: PageRequest, shown: ShownOrder, one: Act, inputs: TransitionInputs
) -> Advance:
    version, key = request.POST.get("version", ""), request.POST.get("once", "")
    once = None
    if _ONCE.match(key):
        parts = (shown.row.id, one.name, repr(inputs))
        mark = fingerprint(*(part.encode("utf-8", "replace") for part in parts))
        once = Once(f"pages {request.actor.label}", key, mark)
    seen = int(version) if _VERSION.match(version) else None
    return Advance(shown.row.id, one.name, request.actor, inputs, seen, once)


# --- answers --------------------------------------------------------------------------------


def _done(
    request: PageRequest, shown: ShownOrder, one: Act, inputs: TransitionInputs
) -> HttpResponse:
    """Show the order as it is now, and say what was done."""
    text = gettext("Done: %(act)s · %(number)s") % {"act": one.label, "number": shown.row.order_no}
    holds = [(hold["scope"], hold["reason"]) for hold in shown.document["holds"]]
    back = back_of(ManyAct(one.name, inputs=inputs), holds)
    acted = Done(Acted(shown.row.id, changed=True, back=back))
    notice = Notice("success", text, undoing.remember(request, [acted]))
    if is_partial(request) and elsewhere.is_elsewhere(request, shown.row.order_no):
        return elsewhere.done(notice)
    if not is_partial(request):
        notices.keep(request, notice)
        address = reverse("web:order", args=[shown.row.order_no])
        return HttpResponseRedirect(address, status=303)
    response = order_view.answer(request, order_view.found(request, shown.row.id))
    response["HX-Retarget"] = response["HX-Reselect"] = "#order"
    response["HX-Reswap"] = "outerHTML"
    return notices.notify(response, notice, sheetDone=True)


def _refused(
    request: PageRequest,
    shown: ShownOrder,
    one: Act,
    told: tuple[dict[str, str], Refused, TransitionInputs | None],
) -> HttpResponse:
    """Show the form again with what was typed and what is wrong, or the order where none is."""
    given, refused, inputs = told
    if not one.asks:
        return _refused_without_form(request, shown, refused)
    faults = acts.faults_of(refused, (inputs.lines if inputs else None) or [])
    return _form(
        request, shown, one, given,
        status=refused.status, refusal=words.explain(refused), faults=faults,
        shortages=refused.extra.get("shortages", ()), **_conflict(request, shown, refused),
    )  # fmt: skip


def _refused_without_form(
    request: PageRequest, shown: ShownOrder, refused: Refused
) -> HttpResponse:
    if is_partial(request) and elsewhere.is_elsewhere(request, shown.row.order_no):
        return elsewhere.refused(words.explain(refused), refused.status)
    response = order_view.answer(
        request, shown, refused.status, refusal=words.explain(refused),
        shortages=refused.extra.get("shortages", ()), **_conflict(request, shown, refused),
    )  # fmt: skip
    if is_partial(request):
        response["HX-Retarget"] = response["HX-Reselect"] = "#order"
        response["HX-Reswap"] = "outerHTML"
        return notices.notify(response, Notice("warning", words.explain(refused)), sheetDone=True)
    return response


def _conflict(request: PageRequest, shown: ShownOrder, refused: Refused) -> dict[str, Any]:
    """Return what others did since the reader saw the order."""
    seen = request.POST.get("version", "")
    if refused.code != "version-conflict" or not _VERSION.match(seen):
        return {}
    changes = order_page.changes_since(shown, int(seen), order_view.reader_of(request, shown))
    return {"changes": changes}


def _form(
    request: PageRequest,
    shown: ShownOrder,
    one: Act,
    values: dict[str, str],
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    row = shown.row
    language = get_language() or "en"
    # The order may have moved on since: what is not allowed any more is said before it is sent.
    now_act = acts.acts_of(
        shown, acts.blueprint_of(shown), order_view.reader_of(request, shown).actor, language
    ).find(one.name)
    context = {
        "act": now_act or one, "is_gone": now_act is None or not now_act.allowed, "row": row,
        "order": shown.document, "values": values, "once": secrets.token_hex(16),
        "lines": [(line, acts.left_of(line)) for line in shown.document["lines"]],
        "couriers": acts.COURIERS, "providers": words.PROVIDERS, "scopes": words.HOLD_SCOPES,
        "reasons": {code: words.word(words.CANCEL_REASONS, code) for code in acts.REASONS},
        "nav": "orders", "faults": {}, "kept": row.captured_minor - row.refunded_minor, **more,
    }  # fmt: skip
    template = "web/orders/act_form.html" if is_partial(request) else "web/orders/act.html"
    response = render(request, template, context, status=status)
    response["Vary"] = "HX-Request"
    return response
