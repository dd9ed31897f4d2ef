"""Tags of orders: which there are, what they are called and which colour they have."""

from __future__ import annotations

from datetime import UTC, datetime

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from laidan.domain.dictionary.core import COLOURS
from laidan.insights import tag_views
from laidan.interfaces.web import record_words, records, words
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.records import CleanCharField, RecordForm
from laidan.kernel.outcome import Refused
from laidan.usecases.keep_tags import KeepTag, keep_tags


def _palette() -> list[tuple[str, SafeString]]:
    return [
        (code, format_html('<span class="tag-word" data-colour="{}">{}</span>', code,
                           words.word(record_words.COLOURS, code)))
        for code in COLOURS
    ]  # fmt: skip


class TagForm(RecordForm):
    """A tag."""

    name = CleanCharField(label=_("Name"), max_length=40)
    colour = forms.ChoiceField(
        label=_("Colour"), choices=_palette, widget=forms.RadioSelect, initial=COLOURS[0]
    )


class ChangeTagForm(TagForm):
    """A tag that there is."""

    merges = forms.BooleanField(
        label=_("Merge where there is a tag of this name"), required=False,
        help_text=_("Orders of both then have one tag; this cannot be taken back."),
    )  # fmt: skip


@needs("settings.dictionary")
@require_safe
def show_tags(request: PageRequest) -> HttpResponse:
    """Show a page of tags."""
    place = records.read_place(request, 1)
    found = tag_views.list_tags(after=place[0] if place else "", limit=records.PAGE_ROWS + 1)
    last = records.last_of(found)
    page = records.page_of(found, (last.name,) if last else (), request)
    return render(request, "web/settings/tags.html", {"page": page, "nav": "settings"})


@needs("settings.dictionary")
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: PageRequest) -> HttpResponse:
    """Add a tag before an order has it."""
    form = TagForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        wish = KeepTag(given["name"], request.actor, colour=given["colour"], is_new=True)
        answer = _kept(request, wish, form)
        if answer is not None:
            return answer
    return _shown(request, form, gettext("Add a tag"))


@needs("settings.dictionary")
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: PageRequest) -> HttpResponse:
    """Rename a tag, put it into another, choose its colour."""
    card = _asked(request)
    form = ChangeTagForm(
        request.POST if request.method == "POST" else None,
        initial={"name": card.name, "colour": card.colour or COLOURS[0]},
    )
    if request.method == "POST" and form.is_valid():
        answer = _kept(request, KeepTag(card.name, request.actor, **form.cleaned_data), form)
        if answer is not None:
            return answer
    return _shown(request, form, card.name, note=_spread(card.orders))


@needs("settings.dictionary")
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: PageRequest) -> HttpResponse:
    """Remove a tag; one that orders have only after saying from how many it is taken off."""
    card = _asked(request)
    form = RecordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        is_sure = request.POST.get("sure") == "1"
        wish = KeepTag(card.name, request.actor, is_gone=True, even_used=is_sure)
        (outcome,) = keep_tags([wish], now=datetime.now(UTC))
        if not isinstance(outcome, Refused):
            text = gettext("%(name)s removed") % {"name": card.name}
            return records.done(request, text, reverse("web:tags"))
    note = gettext("It is taken off every order that has it; this cannot be taken back.")
    return _shown(
        request, form, gettext("Remove the tag %(name)s") % {"name": card.name},
        note=f"{_spread(card.orders)} {note}", send=gettext("Remove"), sure=True,
    )  # fmt: skip


def _asked(request: PageRequest) -> tag_views.TagCard:
    name = request.GET.get("tag", "")
    card = tag_views.find_tag(name) if name and "\x00" not in name else None
    if card is None:
        raise Http404
    return card


def _spread(orders: int) -> str:
    return ngettext("%(n)d order has it.", "%(n)d orders have it.", orders) % {"n": orders}


def _kept(request: PageRequest, wish: KeepTag, form: RecordForm) -> HttpResponse | None:
    (outcome,) = keep_tags([wish], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        if outcome.code == "tag-taken":
            form.add_error("name", record_words.explain(outcome))
        else:
            form.refuse(outcome)
        return None
    text = gettext("%(name)s saved") % {"name": outcome.value.tag}
    return records.done(request, text, reverse("web:tags"))


def _shown(request: PageRequest, form: RecordForm, title: str, **more: object) -> HttpResponse:
    context = {
        "form": form, "nav": "settings", "back": reverse("web:tags"), "title": title,
        "send": gettext("Save"),
        "crumbs": [(gettext("Settings"), reverse("web:settings")),
                   (gettext("Tags"), reverse("web:tags"))],
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "web/settings/tag.html", context | more, status=status)
