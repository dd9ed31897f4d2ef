"""Django application of the door cli."""

from django.apps import AppConfig


class CliConfig(AppConfig):
    """The door cli."""

    name = "laidan.interfaces.cli"
    label = "cli"
