"""Channels of notifications: mailboxes and robots, tested by a button; the mail server."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from laidan.domain.notices import core, queries
from laidan.domain.notices.mail import MailServer
from laidan.domain.notices.models import NoticeChannel
from laidan.engine.sealing import keyring
from laidan.interfaces.web import notice_words, records
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.notice_forms import ChannelForm, MailServerForm
from laidan.interfaces.web.records import RecordForm
from laidan.kernel.ids import parse_id
from laidan.kernel.outcome import Refused
from laidan.usecases.keep_mail_server import KeepMailServer, keep_mail_server, mail_server
from laidan.usecases.keep_notices import (
    MANAGE,
    KeepChannel,
    config_of,
    keep_channels,
)
from laidan.usecases.tell_notices import TestChannel, send_tests


@dataclass(frozen=True, slots=True)
class ShownChannel:
    """A channel with its words; of its addresses only how many there are."""

    row: NoticeChannel
    kind: str
    icon: str
    language: str


@needs(MANAGE)
@require_safe
def show_channels(request: PageRequest) -> HttpResponse:
    """Show every channel, and the kinds that can be added."""
    rows = [
        ShownChannel(one, notice_words.kind(one.kind), notice_words.ICONS[one.kind],
                     gettext(notice_words.LANGUAGES[one.language]))
        for one in queries.list_channels()
    ]  # fmt: skip
    context = {
        "rows": rows, "nav": "settings",
        "kinds": [(code, notice_words.kind(code), notice_words.ICONS[code]) for code in core.KINDS],
        "server": mail_server(), "has_mail": any(one.row.kind == core.EMAIL for one in rows),
    }  # fmt: skip
    return render(request, "web/notices/channels.html", context)


@needs(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PageRequest, entry_id: str = "", kind: str = "") -> HttpResponse:
    """Add a channel of a kind, or change one."""
    row = _channel(entry_id) if entry_id else None
    kind = row.kind if row else kind
    if kind not in core.KINDS:
        raise Http404
    initial: dict[str, object] = {"language": request.LANGUAGE_CODE}
    if row is not None:
        recipients = config_of(row, keyring()).get("to") or ()
        initial = {
            "name": row.name, "language": row.language, "is_active": row.is_active,
            "to": "\n".join(recipients),
        }  # fmt: skip
    sent = request.POST if request.method == "POST" else None
    form = ChannelForm(kind, sent, initial=initial, is_known=row is not None)
    if sent is not None and form.is_valid():
        wish = KeepChannel(request.actor, id=row.pk if row else None, kind=kind, **form.wish())
        (outcome,) = keep_channels([wish], now=datetime.now(UTC))
        if not isinstance(outcome, Refused):
            text = gettext("%(name)s saved") % {"name": outcome.value.name}
            return records.done(request, text, reverse("web:notice-channels"))
        form.refuse(outcome)
    context = _form_page(form, row.name if row else notice_words.kind(kind)) | {"channel": row}
    status = 422 if form.errors else 200
    return render(request, "web/notices/channel.html", context, status=status)


@needs(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: PageRequest, entry_id: str) -> HttpResponse:
    """Remove a channel with its rules and its log, after asking."""
    row = _channel(entry_id)
    if request.method == "POST":
        wish = KeepChannel(request.actor, id=row.pk, is_gone=True)
        (outcome,) = keep_channels([wish], now=datetime.now(UTC))
        if isinstance(outcome, Refused):
            return records.refused(request, outcome, reverse("web:notice-channels"))
        text = gettext("%(name)s removed") % {"name": row.name}
        return records.done(request, text, reverse("web:notice-channels"))
    count = sum(one.channel_id == row.pk for one in queries.list_rules())
    note = gettext("Its %(count)d rules and its log go with it; this cannot be taken back.")
    context = _form_page(RecordForm(), gettext("Remove %(name)s") % {"name": row.name}) | {
        "note": note % {"count": count}, "send": gettext("Remove"),
    }  # fmt: skip
    return render(request, "web/records/form.html", context)


@needs(MANAGE)
@require_POST
def test(request: PageRequest, entry_id: str) -> HttpResponse:
    """Send a test on a channel, and lead to what came of it."""
    row = _channel(entry_id)
    (outcome,) = send_tests([TestChannel(row.pk, request.actor)], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        return records.refused(request, outcome, reverse("web:notice-channels"))
    log = f"{reverse('web:notice-log')}?channel={row.pk}"
    return records.done(request, gettext("The test is sent within seconds"), log)


@needs(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_server(request: PageRequest) -> HttpResponse:
    """Keep where mail is handed in."""
    kept = mail_server()
    initial = {} if kept is None else kept.document() | {"password": ""}
    sent = request.POST if request.method == "POST" else None
    form = MailServerForm(sent, initial=initial or None)
    if sent is not None and form.is_valid():
        server = MailServer(**form.cleaned_data)
        if not server.password and kept is not None and kept.user == server.user:
            server = replace(server, password=kept.password)
        (outcome,) = keep_mail_server(
            [KeepMailServer(request.actor, server)], now=datetime.now(UTC)
        )
        if not isinstance(outcome, Refused):
            text = gettext("%(name)s saved") % {"name": gettext("Mail server")}
            return records.done(request, text, reverse("web:notice-channels"))
        form.refuse(outcome)
    note = ""
    if settings.LAIDAN_SMTP_URL:
        note = gettext("LAIDAN_SMTP_URL is set and goes before what is kept here.")
    context = _form_page(form, gettext("Mail server")) | {"note": note}
    return render(request, "web/records/form.html", context, status=422 if form.errors else 200)


def _channel(channel_id: str) -> NoticeChannel:
    row = queries.get_channel(channel_id) if parse_id(channel_id) == channel_id else None
    if row is None:
        raise Http404
    return row


def _form_page(form: RecordForm, title: str) -> dict[str, object]:
    return {
        "form": form, "nav": "settings", "back": reverse("web:notice-channels"), "title": title,
        "send": gettext("Save"),
        "crumbs": [(gettext("Settings"), reverse("web:settings")),
                   (gettext("Notifications"), reverse("web:notice-channels"))],
    }  # fmt: skip
