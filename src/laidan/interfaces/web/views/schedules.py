"""Schedules: what is done at which times, how it went; changed, paused, run now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from laidan.domain.schedules import cron, queries, store
from laidan.domain.schedules.models import Schedule, ScheduleRun, TaskNote
from laidan.engine import housekeeping
from laidan.insights import place_views
from laidan.interfaces.web import record_words, records, schedule_words
from laidan.interfaces.web.admission import PageRequest, needs
from laidan.interfaces.web.records import CleanCharField, RecordForm
from laidan.interfaces.web.schedule_words import Look
from laidan.kernel.ids import parse_id
from laidan.kernel.outcome import Refused
from laidan.usecases.act_on_schedules import NamedSchedule, remove_schedules, run_schedules_now
from laidan.usecases.keep_schedules import (
    KeepSchedule,
    keep_schedules,
    shop_zones,
    zone_of,
)

SILENT_AFTER = timedelta(seconds=60)
_RUNS = 30
_TIMES = 5


@dataclass(frozen=True, slots=True)
class ShownSchedule:
    """A schedule with its words and looks."""

    row: Schedule
    name: str
    purpose: str
    zone: str
    look: Look
    last: Look | None


@dataclass(frozen=True, slots=True)
class ShownRun:
    """One run in the history."""

    row: ScheduleRun
    look: Look
    figures: str

    @property
    def seconds(self) -> float | None:
        """How long it took, None where it goes on or nobody knows."""
        if self.row.finished_at is None or self.row.outcome == "lost":
            return None
        return round((self.row.finished_at - self.row.started_at).total_seconds(), 1)


@dataclass(frozen=True, slots=True)
class ShownTask:
    """A task of the worker's loop: whether its last success is as fresh as it should be."""

    note: TaskNote
    name: str
    purpose: str
    look: Look


class ScheduleForm(RecordForm):
    """When a schedule comes due, on whose clocks."""

    cron = CleanCharField(
        label=_("When"), max_length=cron.CHARS_MAX, strip=True,
        help_text=_("Minute, hour, day, month, weekday. 0 3 * * * is every day at 3:00, */15 * * * * every quarter of an hour, 0 8 * * 1 Mondays at 8:00."),
        widget=forms.TextInput({
            "hx-trigger": "input changed delay:250ms, load", "hx-target": "#cron-times",
            "hx-include": "closest form", "hx-sync": "this:replace", "data-quiet": "",
            "spellcheck": "false", "autocapitalize": "off",
        }),
    )  # fmt: skip
    shop = forms.ChoiceField(label=_("Shop"), required=False)
    zone = CleanCharField(
        label=_("Time zone"), max_length=60, required=False,
        help_text=_("Empty: the clocks of the shop, or of the installation."),
        widget=forms.TextInput({"list": "zones", "placeholder": "Asia/Shanghai"}),
    )  # fmt: skip
    is_paused = forms.BooleanField(label=_("Paused"), required=False)

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        shops = [(card.code, card.name) for card in place_views.list_shops()]
        cast(forms.ChoiceField, self.fields["shop"]).choices = [("", gettext("No shop")), *shops]
        self.fields["cron"].widget.attrs["hx-get"] = reverse("web:schedule-times")


class NewScheduleForm(ScheduleForm):
    """One more schedule of work that there is."""

    code = CleanCharField(
        label=_("Short code"), max_length=40,
        help_text=_("Letters, digits, dots and dashes; files and programs name it so."),
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("What is done"))
    field_order = ("code", "kind", "cron", "shop", "zone", "is_paused")

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        kinds = [(code, schedule_words.kind(code)) for code in sorted(store.find_kinds())]
        cast(forms.ChoiceField, self.fields["kind"]).choices = kinds


@needs("schedules.view")
@require_safe
def show_schedules(request: PageRequest) -> HttpResponse:
    """Show every schedule, and how the tasks of the loop are."""
    now, zones = timezone.now(), shop_zones()
    rows = [_shown(one, zones, now) for one in queries.list_schedules()]
    beat = housekeeping.last_beat()
    context = {
        "rows": rows, "nav": "settings", "may_edit": request.actor.may("schedules.manage"),
        "tasks": [_task(note, now) for note in queries.list_notes()], "beat": beat,
        "is_silent": beat is None or now - beat > SILENT_AFTER,
    }  # fmt: skip
    return render(request, "web/schedules/list.html", context)


@needs("schedules.view")
@require_safe
def show_schedule(request: PageRequest, code: str) -> HttpResponse:
    """Show a schedule with its history."""
    row = _found(code)
    before = parse_id(request.GET.get("before", "")) or None
    runs = queries.list_runs(row.pk, before=before, limit=_RUNS + 1)
    shown = _shown(row, shop_zones(), timezone.now())
    times = [] if row.is_paused else _next_five(row.cron, shown.zone)
    context = {
        "one": shown, "row": row, "nav": "settings", "before": before, "times": times,
        "runs": [ShownRun(run, schedule_words.outcome(run.outcome),
                          schedule_words.figures(run.figures)) for run in runs[:_RUNS]],
        "after": runs[_RUNS - 1].pk if len(runs) > _RUNS else "",
        "may_edit": request.actor.may("schedules.manage"),
    }  # fmt: skip
    return render(request, "web/schedules/schedule.html", context)


@needs("schedules.manage")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PageRequest, code: str = "") -> HttpResponse:
    """Add a schedule, or change when one comes due."""
    row = _found(code) if code else None
    sent = request.POST if request.method == "POST" else None
    form: ScheduleForm
    if row is None:
        form = NewScheduleForm(sent)
    else:
        form = ScheduleForm(sent, initial={
            "cron": row.cron, "shop": row.shop_code, "zone": row.time_zone,
            "is_paused": row.is_paused,
        })  # fmt: skip
    if sent is not None and form.is_valid():
        given = form.cleaned_data
        if row is None and queries.get_schedule(given["code"]) is not None:
            form.add_error("code", gettext("There is a schedule with this code."))
        else:
            wish = KeepSchedule(**{"code": code, "actor": request.actor, **given})
            (outcome,) = keep_schedules([wish], now=datetime.now(UTC))
            if not isinstance(outcome, Refused):
                name = schedule_words.kind(row.kind if row else given["kind"])
                text = gettext("%(name)s saved") % {"name": name}
                return records.done(request, text, reverse("web:schedule", args=[wish.code]))
            form.refuse(outcome)
    context = {
        "form": form, "nav": "settings", "zones": sorted(available_timezones()),
        "back": reverse("web:schedule", args=[code]) if code else reverse("web:schedules"),
        "title": schedule_words.kind(row.kind) if row else gettext("Add a schedule"),
        "send": gettext("Save"),
        "crumbs": [(gettext("Settings"), reverse("web:settings")),
                   (gettext("Schedules"), reverse("web:schedules"))],
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "web/schedules/form.html", context, status=status)


@needs("schedules.manage")
@require_safe
def show_times(request: PageRequest) -> HttpResponse:
    """Show the next times of what was typed so far, or what is wrong with it."""
    text = records.asked(request, "cron")
    zones = shop_zones()
    zone = records.asked(request, "zone") or zones.get(records.asked(request, "shop"), "")
    zone = zone if zone in available_timezones() else settings.TIME_ZONE
    context: dict[str, object] = {"zone": zone, "times": [], "fault": ""}
    try:
        cron.check_cron(text)
        context["times"] = _next_five(text, zone)
    except cron.CronFault as fault:
        context["fault"] = record_words.fault("invalid-request", str(fault)) if text else ""
    return render(request, "web/schedules/times.html", context)


@needs("schedules.manage")
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: PageRequest, code: str) -> HttpResponse:
    """Remove a schedule that does not come with the program, after asking."""
    row = _found(code)
    here, name = reverse("web:schedule", args=[code]), schedule_words.kind(row.kind)
    if request.method == "POST":
        wish = NamedSchedule(code, request.actor)
        (outcome,) = remove_schedules([wish], now=datetime.now(UTC))
        if isinstance(outcome, Refused):
            return records.refused(request, outcome, here)
        text = gettext("%(name)s removed") % {"name": name}
        return records.done(request, text, reverse("web:schedules"))
    context = {
        "form": RecordForm(), "nav": "settings", "back": here,
        "title": gettext("Remove %(name)s") % {"name": name}, "send": gettext("Remove"),
        "note": gettext("The schedule goes with its history; this cannot be taken back."),
        "crumbs": [(gettext("Settings"), reverse("web:settings")),
                   (gettext("Schedules"), reverse("web:schedules"))],
    }  # fmt: skip
    return render(request, "web/records/form.html", context)


@needs("schedules.manage")
@require_POST
def act(request: PageRequest, code: str, act_name: str) -> HttpResponse:
    """Run a schedule now, pause or resume it."""
    row = _found(code)
    now, named = datetime.now(UTC), NamedSchedule(code, request.actor)
    name = schedule_words.kind(row.kind)
    here, text = reverse("web:schedule", args=[code]), ""
    if act_name == "run":
        (outcome,) = run_schedules_now([named], now=now)
        text = gettext("%(name)s starts within seconds") % {"name": name}
    elif act_name in ("pause", "resume"):
        wish = KeepSchedule(code, request.actor, is_paused=act_name == "pause")
        (outcome,) = keep_schedules([wish], now=now)
        text = gettext("%(name)s is paused") if act_name == "pause" else gettext("%(name)s goes on")
        text %= {"name": name}
    else:
        raise Http404
    if isinstance(outcome, Refused):
        return records.refused(request, outcome, here)
    return records.done(request, text, here)


def _found(code: str) -> Schedule:
    row = queries.get_schedule(code)
    if row is None:
        raise Http404
    return row


def _next_five(text: str, zone: str) -> list[str]:
    """Return the next five times on the clocks of a zone."""
    found = cron.next_times(text, zone, timezone.now(), _TIMES)
    return [f"{timezone.localtime(one, ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}" for one in found]


def _shown(one: Schedule, zones: dict[str, str], now: datetime) -> ShownSchedule:
    return ShownSchedule(
        one, schedule_words.kind(one.kind), schedule_words.purpose(one.kind), zone_of(one, zones),
        schedule_words.look(schedule_words.state_of(one, now)),
        schedule_words.outcome(one.last_outcome) if one.last_outcome else None,
    )  # fmt: skip


def _task(note: TaskNote, now: datetime) -> ShownTask:
    name, why = schedule_words.task(note.name)
    # Notes are written once a minute.
    patience = timedelta(seconds=2 * note.every_seconds) + timedelta(minutes=3)
    is_fresh = note.ok_at is not None and now - note.ok_at <= patience
    is_failing = note.failed_at is not None and (note.ok_at is None or note.failed_at > note.ok_at)
    state = "failed" if is_failing else "done" if is_fresh else "late"
    return ShownTask(note, name, why, schedule_words.look(state))
