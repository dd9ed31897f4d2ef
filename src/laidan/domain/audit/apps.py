"""Django application of the room audit."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The tables of the room audit."""

    name = "laidan.domain.audit"
    label = "audit"
