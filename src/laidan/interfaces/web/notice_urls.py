"""The addresses of schedules, alarms and notifications."""

from __future__ import annotations

from django.urls import URLPattern, path

from laidan.interfaces.web.views import alarms, schedules

patterns: list[URLPattern] = [
    path("alarms", alarms.show_alarms, name="alarms"),
    path("alarms/seen", alarms.see, name="alarms-see"),
    path("settings/schedules", schedules.show_schedules, name="schedules"),
    path("settings/schedules/-/new", schedules.edit, name="schedule-new"),
    path("settings/schedules/-/times", schedules.show_times, name="schedule-times"),
    path("settings/schedules/<str:code>", schedules.show_schedule, name="schedule"),
    path("settings/schedules/<str:code>/edit", schedules.edit, name="schedule-edit"),
    path("settings/schedules/<str:code>/remove", schedules.remove, name="schedule-remove"),
    path("settings/schedules/<str:code>/act/<slug:act_name>", schedules.act, name="schedule-act"),
]
