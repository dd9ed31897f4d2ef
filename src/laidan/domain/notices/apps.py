"""Django application of the room notices."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """The tables of the room notices."""

    name = "laidan.domain.notices"
    label = "notices"
