"""The addresses of webhooks."""

from __future__ import annotations

from django.urls import URLPattern, path

from laidan.interfaces.web.views import webhook_log, webhooks

_ONE = "settings/webhooks/<uuid:webhook_id>"
patterns: list[URLPattern] = [
    path("settings/webhooks", webhooks.show_webhooks, name="webhooks"),
    path("settings/webhooks/-/new", webhooks.add, name="webhook-new"),
    path(_ONE, webhook_log.show_webhook, name="webhook"),
    path(f"{_ONE}/edit", webhooks.edit, name="webhook-edit"),
    path(f"{_ONE}/act", webhook_log.act, name="webhook-act"),
    path(f"{_ONE}/log.csv", webhook_log.export_log, name="webhook-log"),
    path(
        f"{_ONE}/deliveries/<uuid:delivery_id>", webhook_log.show_delivery, name="webhook-delivery"
    ),
]
