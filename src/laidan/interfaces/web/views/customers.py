"""Customers: the list, the page of one, adding and changing them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from laidan.engine import epochs
from laidan.engine.sealing import masked_phone
from laidan.insights import customer_views, order_cards
from laidan.insights.customer_views import CustomerCard, CustomerQuestion
from laidan.insights.vocabulary import load_vocabulary
from laidan.interfaces.web import badges, contact_words, records
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.records import CleanCharField, RecordForm
from laidan.interfaces.web.views import faults
from laidan.kernel.outcome import Refused
from laidan.usecases.edit_customers import EditCustomer, edit_customers
from laidan.usecases.reveal_customers import RevealCustomer, reveal_customers

_ORDERS_SHOWN = 20
_ADDRESSES_SHOWN = 20
_DOUBLES_SHOWN = 10


class CustomerForm(RecordForm):
    """What is known of a customer; an empty phone or e-mail of a known one stays as it is."""

    name = CleanCharField(label=_("Full name"), max_length=120)
    ref = CleanCharField(
        label=_("Customer number"), max_length=80, required=False,
        help_text=_("The number that you or the platform know the customer by."),
    )  # fmt: skip
    phone = CleanCharField(label=_("Phone"), max_length=40, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=200, required=False)
    note = forms.CharField(
        label=_("Note"), max_length=1000, required=False, widget=forms.Textarea({"rows": 3})
    )
    is_blocked = forms.BooleanField(
        label=_("On the blacklist"), required=False,
        help_text=_("Shown wherever the customer appears; orders are still taken."),
    )  # fmt: skip


@needs("customers.view")
@require_safe
def show_customers(request: PageRequest) -> HttpResponse:
    """Show a page of customers."""
    asked = CustomerQuestion(records.asked(request, "q"), request.GET.get("blocked") == "yes")
    place = records.read_place(request, 1)
    found = customer_views.list_customers(
        asked,
        request.actor.sight("customers.view"),
        before=place[0] if place else None,
        limit=records.PAGE_ROWS + 1,
    )
    last = records.last_of(found)
    page = records.page_of([veiled(card) for card in found], (last.id,) if last else (), request)
    ids = [card.id for card in page.rows]
    context = {
        "page": page, "asked": asked, "nav": "customers",
        "counts": customer_views.count_orders(ids, request.actor.sight()) if ids else {},
        "may_edit": request.actor.may("customers.edit"),
    }  # fmt: skip
    return render(request, "web/customers/list.html", context)


@needs("customers.view")
@require_http_methods(["GET", "HEAD", "POST"])
def show_customer(request: PageRequest, customer_id: str) -> HttpResponse:
    """Show a customer; a POST with a purpose shows phone and e-mail in clear."""
    card = found(request, customer_id)
    purpose, told = request.POST.get("purpose", "")[:500], None
    is_shown = False
    if request.method == "POST":
        (outcome,) = reveal_customers(
            [RevealCustomer(card.id, purpose, request.actor)], now=datetime.now(UTC)
        )
        is_shown = not isinstance(outcome, Refused)
        told = outcome if isinstance(outcome, Refused) else None
    context = _page(request, card, is_shown=is_shown)
    if told is not None:
        context["purpose"] = purpose
        context["purpose_fault"] = (
            gettext("Say what you need it for.") if told.errors else gettext("Not allowed")
        )
    status = told.status if told is not None else 200
    response = render(request, "web/customers/customer.html", context, status=status)
    if is_shown:
        response["Cache-Control"] = "no-store"
    return response


@needs("customers.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PageRequest, customer_id: str = "") -> HttpResponse:
    """Add a customer, or change one."""
    card = found(request, customer_id) if customer_id else None
    if card is not None and not may_edit(request, card.id):
        return faults.forbidden(request)
    initial: dict[str, Any] = {}
    if card is not None:
        initial = {"name": card.name, "ref": card.ref or "", "note": card.note,
                   "is_blocked": card.is_blocked}  # fmt: skip
    form = CustomerForm(request.POST if request.method == "POST" else None, initial=initial)
    if card is not None:
        form.fields["phone"].help_text = _kept(masked_phone(card.phone))
        form.fields["email"].help_text = _kept(contact_words.masked_email(card.email))
    if request.method == "POST" and form.is_valid():
        (outcome,) = edit_customers([_wish(request, form, card)], now=datetime.now(UTC))
        if not isinstance(outcome, Refused):
            text = gettext("%(name)s saved") % {"name": outcome.value.name}
            address = reverse("web:customer", args=[outcome.value.id])
            return records.done(request, text, address)
        form.refuse(outcome)
    back = reverse("web:customer", args=[card.id]) if card else reverse("web:customers")
    crumbs = [(gettext("Customers"), reverse("web:customers"))]
    if card is not None:
        crumbs.append((card.name, back))
    context = {
        "form": form, "back": back, "crumbs": crumbs, "nav": "customers",
        "title": gettext("Change the customer") if card else gettext("Add a customer"),
        "send": gettext("Save"),
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "web/records/form.html", context, status=status)


def found(request: PageRequest, customer_id: str) -> CustomerCard:
    """Return a customer whom the reader may see; raises Http404."""
    sight = request.actor.sight("customers.view")
    card = customer_views.load_customers([customer_id], sight).get(customer_id)
    if card is None:
        raise Http404
    return card


def may_edit(request: PageRequest, customer_id: str) -> bool:
    """Say whether a page offers to change a customer; the use case asks again."""
    seen, edited = (request.actor.sight(f"customers.{act}") for act in ("view", "edit"))
    # Whoever may edit wherever he sees need not be looked up again.
    return bool(edited) and (
        seen == edited or customer_id in customer_views.load_customers([customer_id], edited)
    )


def veiled(card: CustomerCard) -> CustomerCard:
    """Return a customer whose phone and e-mail are hidden."""
    return card._replace(
        phone=masked_phone(card.phone), email=contact_words.masked_email(card.email)
    )


def _kept(masked: str) -> str:
    if not masked:
        return gettext("None is known.")
    return gettext("Known: %(masked)s. Leave it empty to keep it.") % {"masked": masked}


def _wish(request: PageRequest, form: CustomerForm, card: CustomerCard | None) -> EditCustomer:
    given = form.cleaned_data
    return EditCustomer(
        request.actor,
        card.id if card else None,
        name=given["name"],
        ref=given["ref"],
        phone=given["phone"] or None,
        email=given["email"] or None,
        note=given["note"],
        is_blocked=given["is_blocked"],
    )


def _page(request: PageRequest, card: CustomerCard, *, is_shown: bool) -> dict[str, Any]:
    actor, sight, now = request.actor, request.actor.sight(), datetime.now(UTC)
    language = get_language() or "en"
    vocabulary = load_vocabulary(epochs.read())
    ids = customer_views.order_ids_of(card.id, sight, limit=_ORDERS_SHOWN)
    doubles = customer_views.doubles_of(card, sight, limit=_DOUBLES_SHOWN)
    addresses = customer_views.addresses_of(card.id, limit=_ADDRESSES_SHOWN)
    if not is_shown:
        addresses = [one | {"phone": masked_phone(one.get("phone") or "")} for one in addresses]
    if "address" in actor.masks:
        addresses = [one | {"street": contact_words.MASK} for one in addresses]
    into = customer_views.load_customers([card.merged_into], sight) if card.merged_into else {}
    return {
        "card": card if is_shown else veiled(card), "is_shown": is_shown, "nav": "customers",
        "buying": customer_views.buying_of(card.id, sight), "addresses": addresses,
        "orders": [
            (one, badges.of_order(one.row, vocabulary, language))
            for one in order_cards.load_cards(ids, now=now)
        ],
        "doubles": [veiled(one) for one in doubles],
        "merges": customer_views.merges_of(card.id), "into": next(iter(into.values()), None),
        "may_edit": may_edit(request, card.id), "hides_prices": "price" in actor.masks,
        "may_reveal": bool(card.phone or card.email) and actor.may(contact_words.REVEAL)
        and "phone" not in actor.masks,
    }  # fmt: skip
