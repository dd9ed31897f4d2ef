"""What every page's frame shows."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, gettext

from laidan import __version__
from laidan.domain.dictionary import queries as dictionary
from laidan.interfaces.web import navigation

THEMES = ("auto", "light", "dark")
LANGUAGE_TAGS = {"en": "en", "zh-hans": "zh-Hans"}


def frame(request: HttpRequest) -> dict[str, object]:
    """Return the frame's variables."""
    # Only whom a view has looked up already: a page of a fault must not ask the database.
    known = getattr(request, "_cached_user", None)
    theme = getattr(known, "theme", "") or request.COOKIES.get("theme", "auto")
    language = get_language() or "en"
    # Only where a page has the frame: a page of a fault must not ask the database who looks.
    pages = SimpleLazyObject(lambda: navigation.entries(navigation.actor_of(request)))
    return {
        "me": SimpleLazyObject(lambda: navigation.actor_of(request)),
        "pages": pages,
        "short_pages": SimpleLazyObject(lambda: navigation.short(list(pages))),
        "me_address": navigation.address_of("web:me"),
        "jobs_address": SimpleLazyObject(
            lambda: navigation.address_of("web:jobs", navigation.actor_of(request))
        ),
        "alarms_address": SimpleLazyObject(
            lambda: navigation.address_of("web:alarms", navigation.actor_of(request))
        ),
        "unseen": SimpleLazyObject(lambda: navigation.unseen_alarms(request)),
        # Only where a page shows a tag.
        "tag_colours": SimpleLazyObject(dictionary.tag_colours),
        # Only where a page shows a unit.
        "unit_words": SimpleLazyObject(
            lambda: dictionary.labels("unit", language, only_active=False)
        ),
        "laidan_version": __version__,
        "theme": theme if theme in THEMES else "auto",
        "is_folded": request.COOKIES.get("folded") == "1",
        "language": language,
        "language_tag": LANGUAGE_TAGS.get(language, "en"),
        "script_texts": _script_texts,
    }


def _script_texts() -> dict[str, str]:
    """Return the words that the script itself shows."""
    return {
        "allSelected": gettext("All that match are selected"),
        "cancel": gettext("Cancel"),
        "confirm": gettext("Confirm"),
        "copied": gettext("Copied"),
        "failed": gettext("That did not work. Nothing was changed; please try again."),
        "offline": gettext("No connection. Nothing was sent; please try again."),
        "selected": gettext("{count} selected"),
        "undo": gettext("Undo"),
    }
