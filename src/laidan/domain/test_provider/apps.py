"""Django application of the room test_provider."""

from django.apps import AppConfig


class TestProviderConfig(AppConfig):
    """The tables of the room test_provider."""

    name = "laidan.domain.test_provider"
    label = "test_provider"
