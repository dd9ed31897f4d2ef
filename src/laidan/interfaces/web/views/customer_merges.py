"""Merging customers who are one person: looked at first, done in one go, taken back."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from laidan.insights import customer_views
from laidan.insights.customer_views import CustomerCard, CustomerQuestion
from laidan.interfaces.web import record_words, records
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.views import faults
from laidan.interfaces.web.views.customers import found, may_edit, veiled
from laidan.kernel.outcome import Refused
from laidan.usecases.merge_customers import (
    DOUBLES_MAX,
    MergeCustomers,
    UndoMerge,
    merge_customers,
    undo_merges,
)

_OFFERED = 20


@needs("customers.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: PageRequest, customer_id: str) -> HttpResponse:
    """Choose whom to merge into a customer, see what that moves, and do it."""
    kept = found(request, customer_id)
    if not may_edit(request, kept.id):
        return faults.forbidden(request)
    given = request.POST if request.method == "POST" else request.GET
    chosen = _chosen(request, given.getlist("double")[:DOUBLES_MAX], kept)
    told = None
    if request.method == "POST" and chosen:
        ids = tuple(card.id for card in chosen)
        (outcome,) = merge_customers(
            [MergeCustomers(kept.id, ids, request.actor)], now=datetime.now(UTC)
        )
        if not isinstance(outcome, Refused):
            count = outcome.value.orders
            text = ngettext(
                "Merged; %(count)d order is now his", "Merged; %(count)d orders are now his", count
            ) % {"count": count}
            return records.done(request, text, reverse("web:customer", args=[kept.id]))
        told = outcome
    elif request.method == "POST":
        told = Refused("invalid-merge", "", 422)
    text = records.asked(request, "q")
    offered = _offered(request, kept, text, chosen)
    counts = customer_views.count_orders(
        [kept.id, *(card.id for card in [*chosen, *offered])], request.actor.sight()
    )
    context = {
        "kept": veiled(kept), "chosen": [veiled(card) for card in chosen], "text": text,
        "offered": [veiled(card) for card in offered], "counts": counts, "nav": "customers",
        "moved": sum(counts.get(card.id, 0) for card in chosen),
        "refusal": record_words.explain(told) if told else "",
    }  # fmt: skip
    status = told.status if told else 200
    return render(request, "web/customers/merge.html", context, status=status)


@needs("customers.edit")
@require_POST
def undo(request: PageRequest, customer_id: str) -> HttpResponse:
    """Take a merge back."""
    kept = found(request, customer_id)
    wish = UndoMerge(request.POST.get("merge", "")[:40], request.actor)
    (outcome,) = undo_merges([wish], now=datetime.now(UTC))
    address = reverse("web:customer", args=[kept.id])
    if isinstance(outcome, Refused):
        return records.refused(request, outcome, address)
    text = gettext("The merge was taken back; orders that came since stay here.")
    return records.done(request, text, address)


def _chosen(request: PageRequest, ids: list[str], kept: CustomerCard) -> list[CustomerCard]:
    sight = request.actor.sight("customers.view")
    others = [one for one in ids if one != kept.id]
    known = customer_views.load_customers(others, sight) if others else {}
    return [card for card in known.values() if card.merged_into is None]


def _offered(
    request: PageRequest, kept: CustomerCard, text: str, chosen: list[CustomerCard]
) -> list[CustomerCard]:
    """Return whom one could choose: those searched for, else those with the same contact."""
    sight = request.actor.sight("customers.edit")
    if text:
        found_ = customer_views.list_customers(
            CustomerQuestion(text), sight, before=None, limit=_OFFERED
        )
    else:
        found_ = customer_views.doubles_of(kept, sight, limit=_OFFERED)
    taken = {kept.id, *(card.id for card in chosen)}
    return [card for card in found_ if card.id not in taken]
