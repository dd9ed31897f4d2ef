"""The addresses of schedules, alarms and notifications."""

from __future__ import annotations

from django.urls import URLPattern, path

from laidan.interfaces.web.views import alarms, notice_channels, notices, schedules

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
    path("settings/notices", notices.show_rules, name="notices"),
    path("settings/notices/-/new", notices.edit_rule, name="notice-new"),
    path("settings/notices/-/preview", notices.preview, name="notice-preview"),
    path("settings/notices/log", notices.show_log, name="notice-log"),
    path("settings/notices/log/<str:entry_id>", notices.show_delivery, name="notice-delivery"),
    path("settings/notices/mail", notice_channels.edit_server, name="mail-server"),
    path("settings/notices/channels", notice_channels.show_channels, name="notice-channels"),
    path(
        "settings/notices/channels/-/<slug:kind>", notice_channels.edit, name="notice-channel-new"
    ),
    path("settings/notices/channels/<str:entry_id>", notice_channels.edit, name="notice-channel"),
    path(
        "settings/notices/channels/<str:entry_id>/remove",
        notice_channels.remove,
        name="notice-channel-remove",
    ),
    path(
        "settings/notices/channels/<str:entry_id>/test",
        notice_channels.test,
        name="notice-channel-test",
    ),
    path("settings/notices/<str:entry_id>", notices.edit_rule, name="notice"),
    path("settings/notices/<str:entry_id>/remove", notices.remove_rule, name="notice-remove"),
]
