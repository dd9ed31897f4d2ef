"""Django application of the room parties."""

from django.apps import AppConfig


class PartiesConfig(AppConfig):
    """The tables of the room parties."""

    name = "laidan.domain.parties"
    label = "parties"
