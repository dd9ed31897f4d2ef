"""Django application of the room fulfilment."""

from django.apps import AppConfig


class FulfilmentConfig(AppConfig):
    """The tables of the room fulfilment."""

    name = "laidan.domain.fulfilment"
    label = "fulfilment"
