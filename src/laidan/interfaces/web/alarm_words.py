"""The words of alarms: what happened, and what may be done about it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext, gettext_noop

from laidan.interfaces.web import schedule_words

KINDS = {
    "schedule-late": gettext_noop("Schedule late"),
    "low-stock": gettext_noop("Low stock"),
    "webhook-paused": gettext_noop("Webhook paused"),
    "payment-unknown": gettext_noop("Payment unknown"),
    "suspense-opened": gettext_noop("Money nobody knows"),
    "hold-ends": gettext_noop("Held money goes free soon"),
    "notice-failed": gettext_noop("Notifications not delivered"),
}
_SENTENCES = {
    "schedule-late": gettext_noop("%(label)s has not succeeded in two of its intervals."),
    "low-stock": gettext_noop("%(count)s rows are under their safety stock."),
    "webhook-paused": gettext_noop("%(label)s did not answer for too long; nothing is sent there."),
    "payment-unknown": gettext_noop("Nobody knows for over a day what became of %(label)s."),
    "suspense-opened": gettext_noop("%(label)s belongs to no order; somebody has to decide."),
    "hold-ends": gettext_noop(
        "The provider holds the money of %(label)s for less than a day more."
    ),
    "notice-failed": gettext_noop("Nothing arrives at %(label)s."),
}


def kind(code: str) -> str:
    """Return what people call a kind of alarm."""
    return gettext(KINDS[code]) if code in KINDS else code.replace("-", " ").capitalize()


def sentence(code: str, label: str, facts: dict[str, Any]) -> str:
    """Return what happened in one sentence; the name alone where there are no words for it."""
    if code == "schedule-late":
        label = schedule_words.kind(str(facts.get("kind") or label))
    known = _SENTENCES.get(code)
    if known is None:
        return label
    return gettext(known) % {"label": label, "count": facts.get("count", "")}
