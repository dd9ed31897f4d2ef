"""Django application of the room drafts."""

from django.apps import AppConfig


class DraftsConfig(AppConfig):
    """The tables of the room drafts."""

    name = "laidan.domain.drafts"
    label = "drafts"
