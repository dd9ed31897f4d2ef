"""One webhook: what it was sent and what it answered; test, pause, rotate, send again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from laidan.domain.webhooks import core, queries
from laidan.domain.webhooks.models import WebhookDelivery, WebhookEndpoint
from laidan.domain.webhooks.queries import DeliveryFilter, Standing
from laidan.engine import stream
from laidan.insights import event_types
from laidan.insights.event_documents import event_body, shop_of
from laidan.interfaces.outgoing.testing import send_test
from laidan.interfaces.web import records, webhook_words
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.keep_webhooks import KeepWebhook, keep_webhooks
from laidan.usecases.note_exports import note_export
from laidan.usecases.replay_deliveries import Replay, replay_deliveries

_EXPORTED_MAX = 10_000
_COLUMNS = (
    "position", "event_id", "type", "subject_id", "state", "tries", "sent_at", "took_ms", "status",
    "error",
)  # fmt: skip


@needs("webhooks.view")
@require_safe
def show_webhook(request: PageRequest, webhook_id: object) -> HttpResponse:
    """Show a webhook with a page of its deliveries."""
    return show_page(request, str(webhook_id))


def show_page(request: PageRequest, webhook_id: str, *, secret: str | None = None) -> HttpResponse:
    """Return the page of a webhook, with a new secret where there is one."""
    endpoint, now = _found(webhook_id), datetime.now(UTC)
    wanted = _wanted(request)
    found = queries.list_deliveries(endpoint.pk, wanted, limit=records.PAGE_ROWS + 1)
    last = records.last_of(found)
    context = {
        "one": endpoint, "secret": secret, "mark": webhook_words.endpoint_mark(endpoint, now=now),
        "types": [webhook_words.type_word(one) for one in endpoint.types],
        "rows": [
            (row, webhook_words.delivery_mark(row), webhook_words.type_word(row.type))
            for row in found[: records.PAGE_ROWS]
        ],
        "page": records.page_of(found, (last.position,) if last else (), request),
        "standing": queries.standings([endpoint.pk]).get(endpoint.pk, Standing()),
        "behind": stream.head() - endpoint.position, "wanted": wanted,
        "states": webhook_words.states(), "nav": "settings",
        "all_types": [(one, webhook_words.type_word(one)) for one in event_types.list_types()],
        "may_manage": request.actor.may("webhooks.manage"), "is_rotating": _is_rotating(endpoint, now),
        "head": stream.head(),
    }  # fmt: skip
    return render(request, "web/settings/webhook.html", context)


def _is_rotating(endpoint: WebhookEndpoint, now: datetime) -> bool:
    return endpoint.old_until is not None and endpoint.old_until > now


def _wanted(request: PageRequest) -> DeliveryFilter:
    state = request.GET.get("state", "")
    place = records.read_place(request, 1)
    before = int(place[0]) if place and place[0].isdigit() else None
    return DeliveryFilter(
        state if state in core.STATES else "", records.asked(request, "type"), before
    )


@needs("webhooks.view")
@require_safe
def show_delivery(request: PageRequest, webhook_id: object, delivery_id: object) -> HttpResponse:
    """Show a delivery: the last request and what was answered."""
    endpoint = _found(str(webhook_id))
    row = queries.find_delivery(str(delivery_id))
    if row is None or row.endpoint_id != endpoint.pk:
        raise Http404
    sent = msgspec.json.decode(row.request) if row.request else {"headers": {}}
    event = stream.load_events([row.event_id]).get(row.event_id)
    context = {
        "body": event_body(event).decode() if event is not None else "",
        "one": endpoint, "row": row, "mark": webhook_words.delivery_mark(row), "sent": sent,
        "word": webhook_words.type_word(row.type), "nav": "settings",
        "may_manage": request.actor.may("webhooks.manage"),
    }  # fmt: skip
    return render(request, "web/settings/webhook_delivery.html", context)


@needs("webhooks.view")
@require_safe
def export_log(request: PageRequest, webhook_id: object) -> HttpResponse:
    """Return the deliveries that the page shows as CSV, the latest 10,000 at most."""
    endpoint, wanted = _found(str(webhook_id)), _wanted(request)
    found = queries.list_deliveries(endpoint.pk, wanted, limit=_EXPORTED_MAX)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    writer.writerows(_cells(row) for row in found)
    asked = {"webhook": endpoint.name, "rows": len(found)}
    note_export("deliveries", asked, now=datetime.now(UTC), actor=request.actor.label)
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="deliveries.csv"'
    return response


def _cells(row: WebhookDelivery) -> list[Any]:
    found = [getattr(row, name) for name in _COLUMNS]
    # A receiver's words shall not become a spreadsheet's formula.
    found[-1] = f"'{found[-1]}" if found[-1][:1] in ("=", "+", "-", "@") else found[-1]
    return [one.isoformat() if isinstance(one, datetime) else one for one in found]


@never_cache
@require_POST
@needs("webhooks.manage")
def act(request: PageRequest, webhook_id: object) -> HttpResponse:
    """Test, pause, resume, rotate, remove, or send again."""
    endpoint = _found(str(webhook_id))
    chosen = _ACTS.get(request.POST.get("act", ""))
    if chosen is None:
        raise Http404
    return chosen(request, endpoint)


def _test(request: PageRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    found = send_test(endpoint, actor=request.actor.label, now=datetime.now(UTC))
    shown = {"status": found.status or found.error, "ms": found.took_ms}
    if found.is_done:
        text = gettext("The test was delivered: %(status)s after %(ms)s ms.") % shown
        return records.done(request, text, _address(endpoint))
    text = gettext("The test was not taken: %(status)s after %(ms)s ms.") % shown
    return records.told(request, "warning", text, _address(endpoint))


def _turn(state: str) -> Callable[[PageRequest, WebhookEndpoint], HttpResponse]:
    def turn(request: PageRequest, endpoint: WebhookEndpoint) -> HttpResponse:
        wish = KeepWebhook(request.actor, id=endpoint.pk, state=state)
        (outcome,) = keep_webhooks([wish], now=datetime.now(UTC))
        if isinstance(outcome, Refused):
            return records.refused(request, outcome, _address(endpoint))
        text = gettext("Paused. What happens meanwhile is kept.")
        if state == core.ACTIVE:
            text = gettext("Resumed. What happened meanwhile is sent now.")
        return records.done(request, text, _address(endpoint))

    return turn


def _rotate(request: PageRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    hours = request.POST.get("old_hours", "24")
    old_hours = int(hours) if hours.isascii() and hours.isdigit() and len(hours) < 6 else -1
    wish = KeepWebhook(request.actor, id=endpoint.pk, rotates=True, old_hours=old_hours)
    (outcome,) = keep_webhooks([wish], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        return records.refused(request, outcome, _address(endpoint))
    return show_page(request, endpoint.pk, secret=outcome.value.secret)


def _remove(request: PageRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    wish = KeepWebhook(request.actor, id=endpoint.pk, is_gone=True)
    (outcome,) = keep_webhooks([wish], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        return records.refused(request, outcome, _address(endpoint))
    text = gettext("%(name)s removed") % {"name": endpoint.name}
    return records.done(request, text, reverse("web:webhooks"))


def _replay(request: PageRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    one = request.POST.get("delivery", "")
    after, until = (_position(request.POST.get(name, "")) for name in ("after", "until"))
    # People name the first and the last; the program counts from behind the one before.
    wish = Replay(
        request.actor, endpoint.pk, ids=(one,) if one else (),
        failed=request.POST.get("act") == "replay-failed",
        after=None if after is None else max(after - 1, 0), until=until,
    )  # fmt: skip
    (outcome,) = replay_deliveries([wish], shop_of=shop_of, now=datetime.now(UTC))
    back = _address(endpoint)
    if not isinstance(outcome, Done):
        return records.refused(request, outcome, back)
    count = outcome.value
    text = ngettext("%(count)s event is sent again.", "%(count)s events are sent again.", count)
    if count == 0:
        return records.told(request, "info", gettext("There was nothing to send again."), back)
    return records.done(request, text % {"count": count}, back)


def _position(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _address(endpoint: WebhookEndpoint) -> str:
    return reverse("web:webhook", args=[endpoint.pk])


def _found(webhook_id: str) -> WebhookEndpoint:
    endpoint = queries.find_endpoint(webhook_id)
    if endpoint is None:
        raise Http404
    return endpoint


_ACTS: dict[str, Callable[[PageRequest, WebhookEndpoint], HttpResponse]] = {
    "test": _test,
    "pause": _turn(core.PAUSED),
    "resume": _turn(core.ACTIVE),
    "rotate": _rotate,
    "remove": _remove,
    "replay": _replay,
    "replay-failed": _replay,
    "replay-span": _replay,
}
