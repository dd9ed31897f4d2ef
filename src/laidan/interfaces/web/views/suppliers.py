"""Suppliers: whom goods are bought from."""

from __future__ import annotations

from datetime import UTC, datetime

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from laidan.domain.parties import people
from laidan.engine.sealing import keyring
from laidan.insights import supplier_views
from laidan.interfaces.web import records
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.records import CleanCharField, RecordForm
from laidan.kernel.outcome import Refused
from laidan.usecases.keep_suppliers import (
    LEAD_DAYS_MAX,
    KeepSupplier,
    contact_of,
    keep_suppliers,
)


class SupplierForm(RecordForm):
    """A supplier."""

    code = CleanCharField(
        label=_("Short code"), max_length=40,
        help_text=_("Letters, digits, dots and dashes; files and programs name it so."),
    )  # fmt: skip
    name = CleanCharField(label=_("Name"), max_length=120)
    person = CleanCharField(label=_("Contact"), max_length=120, required=False)
    phone = CleanCharField(label=_("Phone"), max_length=40, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=200, required=False)
    lead_days = forms.IntegerField(
        label=_("Days until delivery"), min_value=0, max_value=LEAD_DAYS_MAX, required=False
    )
    note = forms.CharField(
        label=_("Note"), max_length=1000, required=False, widget=forms.Textarea({"rows": 3})
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)


@needs("suppliers.view")
@require_safe
def show_suppliers(request: PageRequest) -> HttpResponse:
    """Show a page of suppliers."""
    text = records.asked(request, "q")
    place = records.read_place(request, 1)
    found = supplier_views.list_suppliers(
        text, after=place[0] if place else None, limit=records.PAGE_ROWS + 1
    )
    last = records.last_of(found)
    context = {
        "page": records.page_of(found, (last.code,) if last else (), request), "text": text,
        "may_edit": request.actor.may("suppliers.edit"), "nav": "settings",
    }  # fmt: skip
    return render(request, "web/settings/suppliers.html", context)


@needs("suppliers.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PageRequest, code: str = "") -> HttpResponse:
    """Add a supplier, or change one."""
    row = people.find_supplier(code) if code else None
    if code and row is None:
        raise Http404
    initial = {}
    if row is not None:
        contact = contact_of(row, keyring())
        initial = row._asdict() | {
            "person": contact.person, "phone": contact.phone, "email": contact.email,
        }  # fmt: skip
    form = SupplierForm(request.POST if request.method == "POST" else None, initial=initial or None)
    if row is not None:
        form.fields["code"].disabled = True
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if row is None and people.find_supplier(given["code"]) is not None:
            form.add_error("code", gettext("There is a supplier with this code."))
        else:
            (outcome,) = keep_suppliers(
                [KeepSupplier(actor=request.actor, **given)], now=datetime.now(UTC)
            )
            if not isinstance(outcome, Refused):
                text = gettext("%(name)s saved") % {"name": given["name"]}
                return records.done(request, text, reverse("web:suppliers"))
            form.refuse(outcome)
    context = {
        "form": form, "nav": "settings", "back": reverse("web:suppliers"),
        "title": row.name if row else gettext("Add a supplier"), "send": gettext("Save"),
        "crumbs": [(gettext("Settings"), reverse("web:settings")),
                   (gettext("Suppliers"), reverse("web:suppliers"))],
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "web/records/form.html", context, status=status)
