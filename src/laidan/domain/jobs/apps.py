"""Django application of the room jobs."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The tables of the room jobs."""

    name = "laidan.domain.jobs"
    label = "jobs"
