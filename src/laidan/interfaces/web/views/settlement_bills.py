"""Bills: files of payment providers are brought, and what was read of them; rules of accounts."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from laidan.domain.settlement.core import Rule
from laidan.insights import settlement_books
from laidan.interfaces.files import storage
from laidan.interfaces.providers.bills.generic import FIELDS
from laidan.interfaces.web import records, settlement_query
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.receiving import TOO_LARGE, receiving
from laidan.interfaces.web.records import CleanCharField, RecordForm
from laidan.interfaces.web.settlement_query import RIGHT
from laidan.interfaces.web.views import faults
from laidan.interfaces.web.views.jobs import user_of
from laidan.interfaces.web.views.payments import provider_names
from laidan.interfaces.web.views.settlement import tabs
from laidan.kernel.ids import parse_id
from laidan.kernel.outcome import Refused
from laidan.usecases.keep_settlement_rules import keep_settlement_rules
from laidan.usecases.settlement_requests import READ_BILL, KeepRule
from laidan.usecases.start_jobs import StartJob, start_jobs

_PER_CENT = 10_000
_COLUMNS = {
    "at": gettext_noop("Time"), "kind": gettext_noop("Kind"),
    "number": gettext_noop("Payment number"), "refund_number": gettext_noop("Refund number"),
    "reference": gettext_noop("Reference"), "amount": gettext_noop("Amount"),
    "fee": gettext_noop("Fee"), "currency": gettext_noop("Currency"),
    "key": gettext_noop("Line number"),
}  # fmt: skip


@receiving
@needs(RIGHT)
@require_http_methods(["GET", "HEAD", "POST"])
def show_bills(request: PageRequest) -> HttpResponse:
    """Show the bills that were brought, or take one."""
    if "price" in request.actor.masks:
        return faults.forbidden(request)
    if request.method == "POST":
        return _upload(request)
    return _list(request)


def _list(request: PageRequest, status: int = 200, **more: Any) -> HttpResponse:
    counter = settlement_query.counter_of(request)
    place = records.read_place(request, 1)
    after = parse_id(place[0]) or "" if place else ""
    found = settlement_books.list_bills(counter.ids, after=after, limit=records.PAGE_ROWS + 1)
    last = records.last_of(found)
    context = {
        "page": records.page_of(found, (last.id,) if last else (), request), "counter": counter,
        "nav": "payments", "here": "settlement", "tabs": tabs(request),
        "may_edit": request.actor.may("settlement.edit"),
        "account": request.POST.get("account") or records.asked(request, "account"),
        "providers": provider_names(), "limit": storage.UPLOAD_BYTES_MAX >> 20, **more,
    }  # fmt: skip
    return render(request, "web/settlement/bills.html", context, status=status)


def _upload(request: PageRequest) -> HttpResponse:
    if not request.actor.may("settlement.edit"):
        return faults.forbidden(request)
    counter = settlement_query.counter_of(request, "settlement.edit")
    code, given = request.POST.get("account", ""), request.FILES.get("file")
    if code not in counter.titles:
        return _list(request, 422, fault=gettext("Choose whose bill it is."))
    if request.META.get(TOO_LARGE):
        return _list(request, 413, fault=gettext("The file is larger than a bill may be."))
    if given is None or not given.size:
        return _list(request, 422, fault=gettext("Choose a file first."))
    stored = storage.keep(given.chunks(), given.name or "")
    wish = StartJob(
        READ_BILL, request.actor, user_of(request).pk, {"account": code}, stored.name,
        file_in=stored,
    )  # fmt: skip
    (outcome,) = start_jobs([wish], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        return _list(request, outcome.status, fault=outcome.detail)
    return HttpResponseRedirect(reverse("web:job", args=[outcome.value]), status=303)


class RuleForm(RecordForm):
    """How an account is settled."""

    time_zone = CleanCharField(
        label=_("Time zone of its days"), max_length=60, required=False,
        help_text=_("Such as Asia/Shanghai. Empty: the provider's own."),
    )  # fmt: skip
    fee = forms.DecimalField(
        label=_("Fee in per cent"), min_value=Decimal(0), max_value=Decimal(100), decimal_places=4,
        required=False, help_text=_("Empty: fees are not checked."),
    )  # fmt: skip
    fixed = forms.IntegerField(
        label=_("Fixed part of the fee"), min_value=0, max_value=1_000_000, required=False,
        help_text=_("In the smallest unit of the currency, for each payment."),
    )  # fmt: skip
    tolerance = forms.IntegerField(
        label=_("Tolerance"), min_value=0, max_value=1_000_000, required=False,
        help_text=_("So many of the smallest unit may a fee be off."),
    )  # fmt: skip
    gives_fee_back = forms.BooleanField(label=_("Refunds give the fee back"), required=False)

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        for name, understood in FIELDS.items():
            self.fields[f"column_{name}"] = CleanCharField(
                label=gettext("Column of “%s”") % gettext(_COLUMNS[name]),
                max_length=100, required=False,
                widget=forms.TextInput({
                    "class": "form-control", "autocomplete": "off",
                    "placeholder": " / ".join(understood[:4]),
                }),
            )  # fmt: skip


@needs("settlement.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_rule(request: PageRequest, code: str) -> HttpResponse:
    """Change how an account is settled."""
    counter = settlement_query.counter_of(request, "settlement.edit")
    account = counter.find(code)
    initial = _initial(counter.desk.rules[account.id])
    form = RuleForm(request.POST if request.method == "POST" else None, initial=initial)
    back = reverse("web:settlement-bills")
    if request.method == "POST" and form.is_valid():
        (outcome,) = keep_settlement_rules([_wish(form, code, request)], now=datetime.now(UTC))
        if not isinstance(outcome, Refused):
            text = gettext("%(name)s saved") % {"name": account.title or code}
            return records.done(request, text, back)
        form.refuse(outcome, {"fee_ppm": "fee"})
    context = {
        "form": form, "nav": "payments", "back": back, "send": gettext("Save"),
        "title": gettext("Rules of %s") % (account.title or code),
        "note": gettext("Columns are needed only for files of no known provider."),
        "crumbs": [(gettext("Reconciliation"), reverse("web:settlement")),
                   (gettext("Bills"), back)],
    }  # fmt: skip
    return render(request, "web/records/form.html", context, status=422 if form.errors else 200)


def _initial(rule: Rule) -> dict[str, Any]:
    fee = None if rule.fee_ppm is None else Decimal(rule.fee_ppm) / _PER_CENT
    return {
        "time_zone": rule.time_zone, "fee": fee, "fixed": rule.fee_fixed_minor,
        "tolerance": rule.tolerance_minor, "gives_fee_back": rule.gives_fee_back,
        **{f"column_{name}": rule.column_map.get(name, "") for name in FIELDS},
    }  # fmt: skip


def _wish(form: RuleForm, code: str, request: PageRequest) -> KeepRule:
    given = form.cleaned_data
    fee = given["fee"]
    return KeepRule(
        code, request.actor, given["time_zone"], None if fee is None else int(fee * _PER_CENT),
        given["fixed"] or 0, 1 if given["tolerance"] is None else given["tolerance"],
        given["gives_fee_back"],
        {name: given[f"column_{name}"] for name in FIELDS if given[f"column_{name}"]},
    )  # fmt: skip
