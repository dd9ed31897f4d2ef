"""Django application of the room webhooks."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """The tables of the room webhooks."""

    name = "laidan.domain.webhooks"
    label = "webhooks"
