"""Django application of the room security."""

from django.apps import AppConfig


class SecurityConfig(AppConfig):
    """The tables of the room security."""

    name = "laidan.domain.security"
    label = "security"
