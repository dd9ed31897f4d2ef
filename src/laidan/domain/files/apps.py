"""Django application of the room files."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """The tables of the room files."""

    name = "laidan.domain.files"
    label = "files"
