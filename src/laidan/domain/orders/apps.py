"""Django application of the room orders."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """The tables of the room orders."""

    name = "laidan.domain.orders"
    label = "orders"
