"""Django application of the door web."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The door web."""

    name = "laidan.interfaces.web"
    label = "web"
