"""Notifications: rules of what is told, with a preview by what really happened; what was sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from laidan.domain.notices import queries, texts
from laidan.domain.notices.models import Alarm, NoticeDelivery, NoticeRule
from laidan.engine import stream
from laidan.interfaces.web import notice_words, record_words, records
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.notice_forms import RuleForm
from laidan.interfaces.web.notice_words import Look
from laidan.interfaces.web.records import RecordForm
from laidan.kernel.ids import parse_id
from laidan.kernel.outcome import Refused
from laidan.usecases import notice_values, tell_notices
from laidan.usecases.keep_notice_rules import KeepRule, keep_rules
from laidan.usecases.keep_notices import MANAGE
from laidan.usecases.notice_deliveries import SendAgain, send_again, words_of

_ROWS = 50
_LATELY = 500


@dataclass(frozen=True, slots=True)
class ShownRule:
    """A rule with the names of what it tells."""

    row: NoticeRule
    told: list[str]


@dataclass(frozen=True, slots=True)
class ShownDelivery:
    """A delivery with its words and looks."""

    row: NoticeDelivery
    happening: str
    look: Look


@needs(MANAGE)
@require_safe
def show_rules(request: PageRequest) -> HttpResponse:
    """Show every rule."""
    rows = [
        ShownRule(one, [notice_words.happening(type_) for type_ in one.types])
        for one in queries.list_rules()
    ]
    context = {"rows": rows, "nav": "settings", "has_channels": bool(queries.list_channels())}
    return render(request, "web/notices/rules.html", context)


@needs(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_rule(request: PageRequest, entry_id: str = "") -> HttpResponse:
    """Add a rule, or change one."""
    row = _rule(entry_id) if entry_id else None
    sent = request.POST if request.method == "POST" else None
    form = RuleForm(sent, initial=_initial(row) if row else {"channel": request.GET.get("channel")})
    if sent is not None and form.is_valid():
        wish = KeepRule(request.actor, id=row.pk if row else None, **form.wish())
        (outcome,) = keep_rules([wish], now=datetime.now(UTC))
        if not isinstance(outcome, Refused):
            text = gettext("%(name)s saved") % {"name": outcome.value.name}
            return records.done(request, text, reverse("web:notices"))
        form.refuse(outcome)
    names = texts.names_for(row.types) if row else texts.COMMON
    context = {
        "form": form, "nav": "settings", "back": reverse("web:notices"), "rule": row,
        "title": row.name if row else gettext("Add a rule"), "send": gettext("Save"),
        "crumbs": [(gettext("Settings"), reverse("web:settings")),
                   (gettext("Notifications"), reverse("web:notices"))],
        "names": names,
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "web/notices/rule.html", context, status=status)


@needs(MANAGE)
@require_POST
def preview(request: PageRequest) -> HttpResponse:
    """Show what the rule that is being typed would have said of what happened last."""
    form = RuleForm(request.POST)
    form.is_valid()
    types = form.cleaned_data.get("types") or []
    names = texts.names_for(types)
    context: dict[str, object] = {"names": names, "faults": []}
    faults = []
    own = {
        language: {part: request.POST.get(f"{part}_{short}", "") for part in ("title", "body")}
        for language, short in (("en", "en"), ("zh-hans", "zh"))
    }
    for parts in own.values():
        for part, most in (("title", texts.TITLE_CHARS), ("body", texts.BODY_CHARS)):
            fault = texts.text_fault(parts[part].replace("\r\n", "\n"), names, most)
            if fault:
                faults.append(record_words.fault("invalid-request", fault))
    if types and not faults:
        reveals = bool(request.POST.get("reveals")) and request.actor.may("customers.reveal_phone")
        rule = NoticeRule(types=types, shops=[], conditions="", texts=own, reveals=reveals)
        happened = _last_of(types)
        if happened is not None:
            context["said"] = tell_notices.previewed(rule, happened)
            context["about"] = happened.subject
    return render(request, "web/notices/preview.html", context | {"faults": faults, "types": types})


@needs(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def remove_rule(request: PageRequest, entry_id: str) -> HttpResponse:
    """Remove a rule, after asking."""
    row = _rule(entry_id)
    if request.method == "POST":
        wish = KeepRule(request.actor, id=row.pk, is_gone=True)
        (outcome,) = keep_rules([wish], now=datetime.now(UTC))
        if isinstance(outcome, Refused):
            return records.refused(request, outcome, reverse("web:notices"))
        text = gettext("%(name)s removed") % {"name": row.name}
        return records.done(request, text, reverse("web:notices"))
    context = {
        "form": RecordForm(), "nav": "settings", "back": reverse("web:notice", args=[row.pk]),
        "title": gettext("Remove %(name)s") % {"name": row.name}, "send": gettext("Remove"),
        "note": gettext("Nothing more is told by it; what was sent stays in the log."),
        "crumbs": [(gettext("Settings"), reverse("web:settings")),
                   (gettext("Notifications"), reverse("web:notices"))],
    }  # fmt: skip
    return render(request, "web/records/form.html", context)


@needs(MANAGE)
@require_safe
def show_log(request: PageRequest) -> HttpResponse:
    """Show what was sent, the newest first."""
    channel = parse_id(request.GET.get("channel", "")) or None
    before = parse_id(request.GET.get("before", "")) or None
    known = dict(notice_words.states())
    state = request.GET.get("state", "")
    state = state if state in known else ""
    found = queries.list_deliveries(channel_id=channel, state=state, before=before, limit=_ROWS + 1)
    rows = [
        ShownDelivery(one, notice_words.happening(one.type), notice_words.look(one.state))
        for one in found[:_ROWS]
    ]
    context = {
        "rows": rows, "nav": "settings", "channels": queries.list_channels(), "channel": channel,
        "states": known, "state": state, "before": before,
        "after": found[_ROWS - 1].pk if len(found) > _ROWS else "",
        "is_moving": any(one.row.state == "waiting" for one in rows),
    }  # fmt: skip
    return render(request, "web/notices/log.html", context)


@needs(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def show_delivery(request: PageRequest, entry_id: str) -> HttpResponse:
    """Show what was sent and what was answered; sends it again."""
    row = queries.get_delivery(entry_id) if parse_id(entry_id) == entry_id else None
    if row is None:
        raise Http404
    if request.method == "POST":
        (outcome,) = send_again([SendAgain(row.pk, request.actor)], now=datetime.now(UTC))
        here = reverse("web:notice-delivery", args=[row.pk])
        if isinstance(outcome, Refused):
            return records.refused(request, outcome, here)
        return records.done(request, gettext("It is sent again within seconds"), here)
    title, body = words_of(row.pk, row.sealed)
    context = {
        "one": ShownDelivery(row, notice_words.happening(row.type), notice_words.look(row.state)),
        "row": row, "said": title, "body": body, "nav": "settings",
    }  # fmt: skip
    return render(request, "web/notices/delivery.html", context)


def _rule(rule_id: str) -> NoticeRule:
    row = queries.get_rule(rule_id) if parse_id(rule_id) == rule_id else None
    if row is None:
        raise Http404
    return row


def _initial(row: NoticeRule) -> dict[str, object]:
    names = ("name", "types", "shops", "conditions", "reveals", "is_active")
    own = {
        f"{part}_{short}": row.texts.get(language, {}).get(part, "")
        for language, short in (("en", "en"), ("zh-hans", "zh"))
        for part in ("title", "body")
    }
    return {name: getattr(row, name) for name in names} | own | {"channel": row.channel_id}


def _last_of(types: list[str]) -> notice_values.Happening | None:
    """Return what happened last of these types: an event of the stream, or an alarm."""
    kinds = [one.removeprefix("alarm.") for one in types if one.startswith("alarm.")]
    if kinds:
        alarm = Alarm.objects.filter(kind__in=kinds).order_by("-pk").first()
        if alarm is not None:
            return notice_values.of_alarm(alarm)
    # Types have no index: what is further back than this is no example any more.
    found = stream.read_events(max(stream.head() - _LATELY, 0), limit=_LATELY)
    event = next((one for one in reversed(found) if one.type in types), None)
    return notice_values.of_event(event) if event is not None else None
