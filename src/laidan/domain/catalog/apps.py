"""Django application of the room catalog."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """The tables of the room catalog."""

    name = "laidan.domain.catalog"
    label = "catalog"
