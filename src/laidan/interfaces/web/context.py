"""What every page's frame shows."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import get_language, gettext

from laidan import __version__

THEMES = ("auto", "light", "dark")
LANGUAGE_TAGS = {"en": "en", "zh-hans": "zh-Hans"}


def frame(request: HttpRequest) -> dict[str, object]:
    """Return the frame's variables."""
    theme = request.COOKIES.get("theme", "auto")
    language = get_language() or "en"
    return {
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
        "cancel": gettext("Cancel"),
        "confirm": gettext("Confirm"),
        "copied": gettext("Copied"),
        "failed": gettext("That did not work. Nothing was changed; please try again."),
        "offline": gettext("No connection. Nothing was sent; please try again."),
        "selected": gettext("{count} selected"),
    }
