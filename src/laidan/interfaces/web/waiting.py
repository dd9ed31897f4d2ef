"""What somebody is told who has to wait, and other refusals of signing in, in his language."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_noop, ngettext

from laidan.kernel.outcome import Refused

SENTENCES = {
    "invalid-code": gettext_noop(
        "This code is not right, or was used already. Wait for the next one in your app, and check "
        "that the phone's clock is right."
    ),
    "second-factor-exists": gettext_noop(
        "Two-factor sign-in is on already. Load the page again to see how it stands."
    ),
    "second-factor-required": gettext_noop(
        "Your role needs two-factor sign-in; it cannot be turned off."
    ),
    "wrong-password": gettext_noop("This is not your present password."),
}


def told(refused: Refused) -> tuple[str, int]:
    """Return the sentence of a refusal, and how many seconds to wait (0: not at all)."""
    if refused.code == "too-many-tries":
        seconds = int(str(refused.extra["wait"]))
        return f"{gettext('Tried too often.')} {_wait(seconds)}", seconds
    return gettext(SENTENCES.get(refused.code, refused.detail)), 0


def _wait(seconds: int) -> str:
    if seconds < 60:
        return ngettext(
            "Wait %(count)d second, then try again.",
            "Wait %(count)d seconds, then try again.",
            seconds,
        ) % {"count": seconds}
    minutes = -(-seconds // 60)
    return ngettext(
        "Wait %(count)d minute, then try again.", "Wait %(count)d minutes, then try again.", minutes
    ) % {"count": minutes}
