"""Money without a home: who looks after it, and what became of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from laidan.domain.payments import inbox
from laidan.insights import money_conditions, money_lists
from laidan.insights.money_lists import SuspenseLine
from laidan.interfaces.web import choices, money_query, money_words, records
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.views import payments
from laidan.kernel.actor import forbidden
from laidan.kernel.ids import parse_id
from laidan.kernel.money import format_minor
from laidan.kernel.outcome import Refused
from laidan.usecases.money_requests import ResolveSuspense
from laidan.usecases.note_exports import note_export
from laidan.usecases.resolve_suspense import resolve_suspense

STATES = (inbox.OPEN, inbox.RESOLVED)
_HEAD = (
    "opened_at", "reason", "state", "provider", "account", "order", "payment", "number",
    "reference", "amount", "currency", "owner", "resolution", "note", "closed_by", "closed_at",
    "detail",
)  # fmt: skip


@needs("payments.view")
@require_safe
def show_suspense(request: PageRequest) -> HttpResponse:
    """Show a page of work items, those that are open first."""
    sight = money_conditions.money_sight(request.actor)
    asked = money_query.read(request, sight, STATES, inbox.OPEN)
    place = records.read_place(request, 2 if "amount" in asked.filter.sort else 1)
    found = money_lists.list_suspense(asked.filter, after=place, limit=records.PAGE_ROWS + 1)
    last = records.last_of(found)
    after = money_lists.place_of(last, asked.filter.sort) if last else ()
    context = {
        "page": records.page_of(found, after, request), "asked": asked, "nav": "payments",
        "tabs": money_query.tabs(request.actor, money_lists.count_waiting(sight)), "here": "suspense",
        "looks": payments.looks(money_words.SUSPENSE_STATES), "shops": choices.shops(),
        "reasons": {code: gettext(word) for code, word in money_words.SUSPENSE_REASONS.items()},
        "resolutions": money_words.RESOLUTIONS, "providers": payments.provider_names(),
        "me_label": request.actor.label,
    }  # fmt: skip
    return render(request, "web/money/suspense.html", context)


@needs("payments.view")
@require_safe
def export_suspense(request: PageRequest) -> HttpResponse:
    """Hand out the work items that the list's filters leave."""
    sight = money_conditions.money_sight(request.actor)
    asked = money_query.read(request, sight, STATES, inbox.OPEN)
    note_export("suspense", asked.values, now=datetime.now(UTC), actor=request.actor.label)
    made = money_query.file_of(
        "suspense", _HEAD, _cells,
        lambda after: money_lists.list_suspense(asked.filter, after=after, limit=money_query.FILE_ROWS),
        lambda row: money_lists.place_of(row, asked.filter.sort),
    )  # fmt: skip
    return cast(HttpResponse, made)


@needs("payments.view")
@require_http_methods(["GET", "HEAD", "POST"])
def show_item(request: PageRequest, item_id: str) -> HttpResponse:
    """Show one work item; take it on, or say what became of the money."""
    row = _found(request, item_id)
    address = reverse("web:suspense-item", args=[item_id])
    fault = ""
    if request.method == "POST":
        if not request.actor.may("payments.resolve"):
            return records.refused(request, forbidden("payments.resolve"), address)
        given = request.POST
        owner = request.actor.label if given.get("act") == "take" else None
        wish = ResolveSuspense(
            row.id, request.actor, "" if owner else given.get("resolution", "")[:20], owner,
            given.get("order", "").strip()[:40] or None, given.get("note", "")[:300],
        )  # fmt: skip
        if not owner and not wish.resolution:
            fault = gettext("Say what became of the money.")
        else:
            (outcome,) = resolve_suspense([wish], now=datetime.now(UTC))
            if not isinstance(outcome, Refused):
                text = gettext("It is yours now") if owner else gettext("Resolved")
                return records.done(request, text, address if owner else reverse("web:suspense"))
            fault = _why(outcome)
    context = {
        "item": row, "nav": "payments", "fault": fault, "given": request.POST,
        "look": money_words.look(money_words.SUSPENSE_STATES, row.state),
        "reason": money_words.word(money_words.SUSPENSE_REASONS, row.reason),
        "resolutions": [
            (code, gettext(word)) for code, word in money_words.RESOLUTIONS.items()
            if code != "booked" or row.amount_minor is not None
        ],
        "resolution": money_words.word(money_words.RESOLUTIONS, row.resolution),
        "provider": payments.provider_names().get(row.provider, row.provider),
        "may_resolve": request.actor.may("payments.resolve"),
    }  # fmt: skip
    return render(request, "web/money/suspense_item.html", context, status=422 if fault else 200)


def _why(refused: Refused) -> str:
    if refused.errors:
        return "; ".join(one.msg for one in refused.errors[:2])
    return money_words.explain(refused)


def _found(request: PageRequest, item_id: str) -> SuspenseLine:
    wanted = parse_id(item_id)
    sight = money_conditions.money_sight(request.actor)
    row = money_lists.find_suspense(wanted, sight) if wanted else None
    if row is None:
        raise Http404
    return row


def _cells(row: SuspenseLine) -> list[object]:
    amount = "" if row.amount_minor is None else format_minor(row.amount_minor, row.currency)
    return [
        row.opened_at, row.reason, row.state, row.provider, row.account, row.order_no, row.payment,
        row.number, row.reference, amount, row.currency, row.owner, row.resolution, row.note,
        row.closed_by, row.closed_at, row.detail,
    ]  # fmt: skip
