"""Django application of the room dictionary."""

from django.apps import AppConfig


class DictionaryConfig(AppConfig):
    """The tables of the room dictionary."""

    name = "laidan.domain.dictionary"
    label = "dictionary"
