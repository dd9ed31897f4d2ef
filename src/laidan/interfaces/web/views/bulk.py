"""Acting on many orders at once: what the act asks, the act, and taking it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.http import require_POST

from laidan.insights import order_cards
from laidan.interfaces.web import (
    acts,
    choices,
    notices,
    order_jobs,
    row_acts,
    selecting,
    undoing,
    words,
)
from laidan.interfaces.web.acts import Act
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.choices import People
from laidan.interfaces.web.notices import Notice
from laidan.interfaces.web.order_query import ME, read_query
from laidan.interfaces.web.selecting import Chosen
from laidan.interfaces.web.views import faults
from laidan.interfaces.web.views import jobs as job_views
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.act_on_orders import (
    ASSIGN,
    BATCH_MAX,
    TAG,
    UNTAG,
    Acted,
    ManyAct,
    act_on_orders,
    take_back,
)

OWN_ACTS = (TAG, UNTAG, ASSIGN)
"""What people do with orders beside their life cycle."""
_LOOKED_AT = 50
"""Of how many of the chosen orders the acts are looked up."""
_SHOWN = 100
_REFERENCE = 80
"""The letters of a reference; the number of each order comes behind it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A form that was sent: what is to be done, to which orders, and what was typed."""

    act: Act
    chosen: Chosen
    given: dict[str, str]
    people: People


@needs("orders.view")
@require_POST
def act(request: PageRequest) -> HttpResponse:
    """Ask what an act needs, then take it for every chosen order."""
    now, people = datetime.now(UTC), choices.people()
    sight = request.actor.sight()
    chosen = selecting.read_chosen(request.POST, _ids(request, people), sight, now=now)
    if not chosen.ids:
        text = gettext("No order is selected. Tick some rows first.")
        return _only(Notice("warning", text), 422)
    if chosen.has_more:
        text = gettext("These are too many orders for one act. Add a filter, then try again.")
        return _only(Notice("warning", text), 422)
    one = _act_of(request, chosen, now)
    if one is None:
        text = gettext("None of the selected orders allows this now.")
        return _only(Notice("warning", text), 409)
    asked = Asked(one, chosen, acts.typed(request.POST), people)
    if "sent" not in request.POST and (one.asks or chosen.count > BATCH_MAX):
        return _form(request, asked)
    wish = _wish(asked)
    if isinstance(wish, Refused):
        return _form(request, asked, wish)
    if chosen.count > BATCH_MAX:
        return _begun(request, asked, wish, now)
    outcomes = act_on_orders(chosen.ids, wish, actor=request.actor, now=now)
    return _done(request, asked, outcomes)


@needs("orders.export")
@require_POST
def export(request: PageRequest) -> HttpResponse:
    """Write the chosen orders to a file, as a job that keeps it."""
    now, people = datetime.now(UTC), choices.people()
    ids, sight = _ids(request, people), request.actor.sight("orders.export")
    given = request.POST
    is_all = given.get("scope") == "all"
    # All that match are read page by page in the job, however many they are.
    chosen = (
        Chosen([], is_all=True) if is_all else selecting.read_chosen(given, ids, sight, now=now)
    )
    if not is_all and not chosen.ids:
        notices.keep(
            request, Notice("warning", gettext("No order is selected. Tick some rows first."))
        )
        return HttpResponseRedirect(reverse("web:orders"), status=303)
    wanted = read_query(QueryDict(given.get("query", "")[:4000]), ids).filter
    kind = given.get("format", "")
    outcome = order_jobs.start_order_export(request, chosen, wanted, kind, now=now)
    if isinstance(outcome, Refused):
        return faults.forbidden(request)
    return HttpResponseRedirect(reverse("web:job", args=[outcome.value]), status=303)


@needs("orders.view")
@require_POST
def undo(request: PageRequest) -> HttpResponse:
    """Take back the last act."""
    steps = undoing.take(request, request.POST.get("name", ""))
    if steps is None:
        return _only(Notice("info", gettext("This cannot be taken back any more.")), 409)
    outcomes = take_back(steps, actor=request.actor, now=datetime.now(UTC))
    refused = [one for one in outcomes if isinstance(one, Refused)]
    if refused:
        return _only(Notice("warning", words.explain(refused[0])), 409)
    return _only(Notice("success", gettext("Taken back")), orderChanged=True)


@needs("orders.view")
@require_POST
def take_job_back(request: PageRequest, job_id: str) -> HttpResponse:
    """Take back what a job did, as another job."""
    job = job_views.found(request, job_id)
    if not order_jobs.may_take_back(job):
        raise Http404
    begun = order_jobs.take_back(request, job, now=datetime.now(UTC))
    if not begun:
        notices.keep(request, Notice("info", gettext("It changed nothing that could be undone.")))
    return HttpResponseRedirect(reverse("web:job", args=[begun or job.pk]), status=303)


def _ids(request: PageRequest, people: People) -> dict[str, str]:
    return {**people.ids, ME: str(request.user.pk)}


def _act_of(request: PageRequest, chosen: Chosen, now: datetime) -> Act | None:
    """Return the act that a form names, as the first of the chosen orders that allows it has it."""
    name = request.POST.get("act", "")
    if name in OWN_ACTS:
        return own_act(name)
    cards = order_cards.load_cards(chosen.ids[:_LOOKED_AT], now=now)
    found = row_acts.load_acts(cards, request.actor, get_language() or "en", now=now)
    listed = row_acts.of_selection(list(found.values()))
    return next((one for one in listed if one.name == name), None)


def own_act(name: str) -> Act:
    """Return one of the acts beside the life cycle."""
    label = {
        TAG: gettext("Add tag"),
        UNTAG: gettext("Remove tag"),
        ASSIGN: gettext("Assign"),
    }[name]
    return Act(
        name, label, "normal", allowed=True, why_not="", needs=("value",), effects=frozenset(),
        cancels=False,
    )  # fmt: skip


def _wish(asked: Asked) -> ManyAct | Refused:
    """Return what a form asks for, or what is wrong with it."""
    act = asked.act
    if act.name in OWN_ACTS:
        value = asked.given.get("value", "").strip()
        if act.name != ASSIGN and not value:
            return acts.fault("value", gettext("Type a tag."))
        if act.name != ASSIGN and len(value) > 40:
            return acts.fault("value", gettext("This is too long."))
        if act.name == ASSIGN and value and value not in asked.people.ids:
            return acts.fault("value", gettext("Choose somebody of the list."))
        return ManyAct(act.name, value)
    # The form's own field "scope" says which orders are meant.
    given = asked.given | {"scope": asked.given.get("hold_scope", "order")}
    # What is due on each order is its amount, whatever a form may say.
    inputs = acts.read_inputs(act, given | {"amount": ""}, whole=True)
    if not isinstance(inputs, Refused) and len(inputs.reference or "") > _REFERENCE:
        return acts.fault("reference", gettext("This is too long."))
    return inputs if isinstance(inputs, Refused) else ManyAct(act.name, inputs=inputs)


# --- answers --------------------------------------------------------------------------------


def _only(notice: Notice, status: int = 204, **triggers: object) -> HttpResponse:
    """Answer with a notice alone; the page stays as it is."""
    response = HttpResponse(status=status)
    response["HX-Reswap"] = "none"
    return notices.notify(response, notice, **triggers)


def _form(request: PageRequest, asked: Asked, refused: Refused | None = None) -> HttpResponse:
    context = {
        "act": asked.act, "chosen": asked.chosen, "values": asked.given,
        "faults": acts.faults_of(refused, None) if refused else {}, "people": asked.people.names,
        "couriers": acts.COURIERS, "scopes": words.HOLD_SCOPES, "providers": words.PROVIDERS,
        "reasons": {code: words.word(words.CANCEL_REASONS, code) for code in acts.REASONS},
    }  # fmt: skip
    response = render(request, "web/orders/bulk_form.html", context, status=422 if refused else 200)
    response["HX-Retarget"], response["HX-Reswap"] = "#sheet", "innerHTML"
    return response


def _begun(request: PageRequest, asked: Asked, wish: ManyAct, now: datetime) -> HttpResponse:
    """Leave the act to a worker, and show how far it is."""
    title = ngettext("%(act)s: %(n)s order", "%(act)s: %(n)s orders", asked.chosen.count) % {
        "act": asked.act.label, "n": f"{asked.chosen.count:,}",
    }  # fmt: skip
    job_id = order_jobs.start_act(request, asked.chosen.ids, wish, title, now=now)
    address = reverse("web:job", args=[job_id])
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(address, status=303)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = address
    return response


def _done(request: PageRequest, asked: Asked, outcomes: list[Outcome[Acted]]) -> HttpResponse:
    refused = [
        (order_id, outcome)
        for order_id, outcome in zip(asked.chosen.ids, outcomes, strict=True)
        if isinstance(outcome, Refused)
    ]
    done = [one for one in outcomes if isinstance(one, Done)]
    text = ngettext("%(act)s: %(n)s order", "%(act)s: %(n)s orders", len(done)) % {
        "act": asked.act.label, "n": f"{len(done):,}",
    }  # fmt: skip
    level = "success" if not refused else "warning" if done else "danger"
    notice = Notice(level, text, undoing.remember(request, outcomes))
    if not refused:
        return _only(notice, sheetDone=True, ordersChanged=True, selectionDone=True)
    ids = [order_id for order_id, _ in refused[:_SHOWN]]
    cards = order_cards.load_cards(ids, now=datetime.now(UTC))
    names = {card.row.id: card for card in cards}
    context = {
        "act": asked.act, "done": len(done), "refused": len(refused),
        "rows": [
            (names[order_id], words.explain(one))
            for order_id, one in refused[:_SHOWN]
            if order_id in names
        ],
        "hidden": max(0, len(refused) - _SHOWN),
    }  # fmt: skip
    response = render(request, "web/orders/bulk_result.html", context)
    response["HX-Retarget"], response["HX-Reswap"] = "#sheet", "innerHTML"
    return notices.notify(response, notice, ordersChanged=True)
