"""Django application of the room channels."""

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    """The tables of the room channels."""

    name = "laidan.domain.channels"
    label = "channels"
