"""Django application of the room workplace."""

from django.apps import AppConfig


class WorkplaceConfig(AppConfig):
    """The tables of the room workplace."""

    name = "laidan.domain.workplace"
    label = "workplace"
