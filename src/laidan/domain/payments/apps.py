"""Django application of the room payments."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """The tables of the room payments."""

    name = "laidan.domain.payments"
    label = "payments"
