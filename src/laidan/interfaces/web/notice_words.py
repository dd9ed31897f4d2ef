"""The words of notifications: kinds of channels, states of deliveries, values of texts."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import get_language, gettext, gettext_noop

from laidan.domain.notices import core, texts

KINDS = {
    core.EMAIL: gettext_noop("E-mail"),
    core.WECOM: gettext_noop("WeCom robot"),
    core.DINGTALK: gettext_noop("DingTalk robot"),
    core.FEISHU: gettext_noop("Feishu robot"),
}
ICONS = dict.fromkeys(core.KINDS, "message") | {core.EMAIL: "mail"}
HINTS = {
    core.WECOM: gettext_noop("In the group: add a group robot, copy its webhook address. It takes 20 messages a minute; more become one digest."),
    core.DINGTALK: gettext_noop("In the group: add a custom robot with signing, copy its webhook address and the secret that begins with SEC."),
    core.FEISHU: gettext_noop("In the group: add a custom bot with signature verification, copy its webhook address and the secret."),
    core.EMAIL: gettext_noop("One address a line, at most 20."),
}  # fmt: skip
LANGUAGES = {"en": gettext_noop("English"), "zh-hans": gettext_noop("Simplified Chinese")}
SECURITIES = {
    "starttls": gettext_noop("STARTTLS (587)"),
    "tls": gettext_noop("TLS (465)"),
    "plain": gettext_noop("None (25)"),
}
_STATES = {
    core.WAITING: (gettext_noop("To be sent"), "awaiting_payment", "", "clock"),
    core.SENT: (gettext_noop("Sent"), "completed", "", "circle-check"),
    core.FAILED: (gettext_noop("Failed"), "", "late", "alert-triangle"),
    core.DROPPED: (gettext_noop("Not sent"), "closed", "", "circle-x"),
}


class Look(NamedTuple):
    """A state as pages show it: its word, hue or mark, and icon."""

    word: str
    hue: str
    mark: str
    icon: str


def kind(code: str) -> str:
    """Return what people call a kind of channel."""
    return gettext(KINDS.get(code, code))


def look(state: str) -> Look:
    """Return how the state of a delivery looks."""
    word, hue, mark, icon = _STATES[state]
    return Look(gettext(word), hue, mark, icon)


def states() -> list[tuple[str, str]]:
    """Return the states of deliveries with their words."""
    return [(code, gettext(known[0])) for code, known in _STATES.items()]


def happening(type_: str) -> str:
    """Return what people call a happening."""
    if type_ == "test":
        return gettext("Test")
    return texts.label_of(type_, "zh-hans" if get_language() == "zh-hans" else "en")
