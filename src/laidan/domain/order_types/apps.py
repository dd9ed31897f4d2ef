"""Django application of the room order_types."""

from django.apps import AppConfig


class OrderTypesConfig(AppConfig):
    """The tables of the room order_types."""

    name = "laidan.domain.order_types"
    label = "order_types"
