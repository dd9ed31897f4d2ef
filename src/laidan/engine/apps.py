"""Django application of the engine's own tables."""

from django.apps import AppConfig


class EngineConfig(AppConfig):
    """The engine's tables."""

    name = "laidan.engine"
    label = "engine"
