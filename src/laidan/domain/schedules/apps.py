"""Django application of the room schedules."""

from django.apps import AppConfig


class SchedulesConfig(AppConfig):
    """The tables of the room schedules."""

    name = "laidan.domain.schedules"
    label = "schedules"
