"""Webhooks: which programs are told of events, kept in a form."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from laidan.domain.webhooks import queries
from laidan.domain.webhooks.models import WebhookEndpoint
from laidan.domain.webhooks.queries import Standing
from laidan.engine import stream
from laidan.insights import event_types, place_views
from laidan.interfaces.web import webhook_words
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.records import CleanCharField, RecordForm
from laidan.interfaces.web.views.webhook_log import show_page
from laidan.kernel.outcome import Refused
from laidan.usecases.keep_webhooks import KeepWebhook, keep_webhooks


class WebhookForm(RecordForm):
    """A webhook."""

    name = CleanCharField(
        label=_("Name"), max_length=120, help_text=_("Such as the program that is told.")
    )
    url = CleanCharField(
        label=_("Web address"), max_length=2000,
        help_text=_("Begins with https:// and answers with 200 within 15 seconds."),
    )  # fmt: skip
    types = forms.MultipleChoiceField(
        label=_("Events"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: all events."),
    )  # fmt: skip
    shops = forms.MultipleChoiceField(
        label=_("Shops"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: the orders of all shops."),
    )  # fmt: skip

    def __init__(self, *args: Any, kept: WebhookEndpoint | None = None, **named: Any) -> None:
        super().__init__(*args, **named)
        types = list(dict.fromkeys([*event_types.list_types(), *(kept.types if kept else [])]))
        self.fields["types"].choices = [  # type: ignore[attr-defined]  # a choice field's
            (one, webhook_words.type_label(one)) for one in sorted(types, key=_kind)
        ]
        shops = {card.code: card.name for card in place_views.list_shops()}
        for code in kept.shops if kept else []:
            shops.setdefault(code, code)
        self.fields["shops"].choices = list(shops.items())  # type: ignore[attr-defined]  # as above


def _kind(type_: str) -> int:
    """Return where a type stands: those of orders come first."""
    kinds = ("order", "payment", "refund", "product")
    kind = type_.partition(".")[0]
    return kinds.index(kind) if kind in kinds else len(kinds)


@needs("webhooks.view")
@require_safe
def show_webhooks(request: PageRequest) -> HttpResponse:
    """Show every webhook, and how far the stream of events has come."""
    now, found = datetime.now(UTC), queries.list_endpoints()
    standings = queries.standings([one.pk for one in found])
    head = stream.head()
    rows = [
        {
            "one": one,
            "mark": webhook_words.endpoint_mark(one, now=now),
            "standing": standings.get(one.pk, Standing()),
            "behind": head - one.position,
        }
        for one in found
    ]
    cursor = stream.cursor_of(stream.BROKER) if settings.LAIDAN_BROKER_URL else None
    context = {
        "rows": rows, "head": head, "since": stream.oldest_waiting(), "nav": "settings",
        "broker_behind": None if cursor is None else head - cursor,
        "has_broker": bool(settings.LAIDAN_BROKER_URL),
        "may_manage": request.actor.may("webhooks.manage"),
    }  # fmt: skip
    return render(request, "web/settings/webhooks.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs("webhooks.manage")
def add(request: PageRequest) -> HttpResponse:
    """Add a webhook; its secret is shown once."""
    return _edit(request, None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs("webhooks.manage")
def edit(request: PageRequest, webhook_id: object) -> HttpResponse:
    """Change a webhook."""
    endpoint = queries.find_endpoint(str(webhook_id))
    if endpoint is None:
        raise Http404
    return _edit(request, endpoint)


def _edit(request: PageRequest, endpoint: WebhookEndpoint | None) -> HttpResponse:
    names = ("name", "url", "types", "shops")
    initial = {name: getattr(endpoint, name) for name in names} if endpoint else None
    data = request.POST if request.method == "POST" else None
    form = WebhookForm(data, initial=initial, kept=endpoint)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if endpoint is None and any(one.name == given["name"] for one in queries.list_endpoints()):
            form.add_error("name", gettext("There is a webhook of this name already."))
        else:
            answer = _kept(request, endpoint, form)
            if answer is not None:
                return answer
    title = endpoint.name if endpoint else gettext("Add a webhook")
    back = reverse("web:webhook", args=[endpoint.pk]) if endpoint else reverse("web:webhooks")
    context = {
        "form": form, "nav": "settings", "back": back, "title": title, "send": gettext("Save"),
        "crumbs": [(gettext("Settings"), reverse("web:settings")),
                   (gettext("Webhooks"), reverse("web:webhooks"))],
    }  # fmt: skip
    return render(request, "web/records/form.html", context, status=422 if form.errors else 200)


def _kept(
    request: PageRequest, endpoint: WebhookEndpoint | None, form: WebhookForm
) -> HttpResponse | None:
    given = form.cleaned_data
    wish = KeepWebhook(
        request.actor, id=endpoint.pk if endpoint else None, name=given["name"], url=given["url"],
        types=tuple(given["types"]), shops=tuple(given["shops"]),
    )  # fmt: skip
    (outcome,) = keep_webhooks([wish], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        form.refuse(outcome)
        return None
    return show_page(request, outcome.value.id, secret=outcome.value.secret)
