"""Django application of the room access."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """The tables of the room access."""

    name = "laidan.domain.access"
    label = "access"
