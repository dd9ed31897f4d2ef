"""Django application of the room settlement."""

from django.apps import AppConfig


class SettlementConfig(AppConfig):
    """The tables of the room settlement."""

    name = "laidan.domain.settlement"
    label = "settlement"
