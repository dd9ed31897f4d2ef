"""Django application of the room stock."""

from django.apps import AppConfig


class StockConfig(AppConfig):
    """The tables of the room stock."""

    name = "laidan.domain.stock"
    label = "stock"
