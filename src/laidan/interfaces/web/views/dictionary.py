"""The data dictionary: lists that people choose from."""

from __future__ import annotations

from datetime import UTC, datetime

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from laidan.domain.dictionary import queries as dictionary
from laidan.domain.dictionary.core import KINDS
from laidan.interfaces.web import record_words, records, words
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.records import CleanCharField, RecordForm
from laidan.kernel.outcome import Refused
from laidan.usecases.keep_entries import KeepEntry, keep_entries


class EntryForm(RecordForm):
    """An entry of a list."""

    code = CleanCharField(
        label=_("Short code"), max_length=80, help_text=_("What is stored; it never changes.")
    )
    label_zh = CleanCharField(label=_("Chinese name"), max_length=120)
    label_en = CleanCharField(label=_("English name"), max_length=120)
    place = forms.IntegerField(
        label=_("Place in the list"), min_value=0, max_value=10_000, required=False,
        help_text=_("Smaller stands higher; empty puts it at the end."),
    )  # fmt: skip
    is_active = forms.BooleanField(
        label=_("Offered"), required=False, initial=True,
        help_text=_("What is not offered any more stays where it was chosen."),
    )  # fmt: skip


@needs("settings.dictionary")
@require_safe
def show_dictionary(request: PageRequest, kind: str = "") -> HttpResponse:
    """Show the lists, and the entries of one."""
    chosen = kind or KINDS[0]
    if chosen not in KINDS:
        raise Http404
    context = {
        "kinds": [(one, words.word(record_words.LISTS, one)) for one in KINDS], "kind": chosen,
        "counts": dictionary.count_entries(), "entries": dictionary.list_entries(chosen),
        "label": words.word(record_words.LISTS, chosen), "nav": "settings",
    }  # fmt: skip
    return render(request, "web/settings/dictionary.html", context)


@needs("settings.dictionary")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PageRequest, kind: str, code: str = "") -> HttpResponse:
    """Add an entry to a list, or change one."""
    known = {row.code: row for row in dictionary.list_entries(kind)} if kind in KINDS else {}
    row = known.get(code)
    if kind not in KINDS or (code and row is None):
        raise Http404
    form = EntryForm(
        request.POST if request.method == "POST" else None, initial=row._asdict() if row else None
    )
    if row is not None:
        form.fields["code"].disabled = True
    address = reverse("web:dictionary-list", args=[kind])
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if row is None and given["code"] in known:
            form.add_error("code", gettext("There is an entry with this code."))
        else:
            (outcome,) = keep_entries(
                [KeepEntry(kind, actor=request.actor, **given)], now=datetime.now(UTC)
            )
            if not isinstance(outcome, Refused):
                text = gettext("%(name)s saved") % {"name": given["code"]}
                return records.done(request, text, address)
            form.refuse(outcome)
    label = words.word(record_words.LISTS, kind)
    context = {
        "form": form, "nav": "settings", "back": address, "send": gettext("Save"),
        "title": row.code if row else gettext("Add an entry"),
        "crumbs": [(gettext("Settings"), reverse("web:settings")),
                   (gettext("Data dictionary"), reverse("web:dictionary")), (label, address)],
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "web/records/form.html", context, status=status)


@needs("settings.dictionary")
@require_POST
def remove(request: PageRequest, kind: str, code: str) -> HttpResponse:
    """Remove an entry that nothing uses; say where one is used."""
    (outcome,) = keep_entries(
        [KeepEntry(kind, code, request.actor, is_gone=True)], now=datetime.now(UTC)
    )
    if isinstance(outcome, Refused) and outcome.code != "entry-in-use":
        raise Http404
    address = reverse("web:dictionary-list", args=[kind])
    if isinstance(outcome, Refused):
        return records.told(request, "warning", _used(code, outcome), address)
    return records.done(request, gettext("%(name)s removed") % {"name": code}, address)


def _used(code: str, refused: Refused) -> str:
    uses = refused.extra.get("uses")
    listed = uses.items() if isinstance(uses, dict) else ()
    where = ", ".join(f"{words.word(record_words.USES, name)}: {count}" for name, count in listed)
    text = gettext("%(name)s is used and cannot be removed (%(where)s); stop offering it instead.")
    return text % {"name": code, "where": where}
