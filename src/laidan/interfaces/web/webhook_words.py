"""The words of webhooks: how an endpoint stands, what became of a delivery."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext, gettext_noop

from laidan.domain.webhooks import core
from laidan.domain.webhooks.models import WebhookDelivery, WebhookEndpoint
from laidan.interfaces.web import money_words, words

FAILING = "failing"
_ENDPOINTS = {
    core.ACTIVE: ("completed", "circle-check", gettext_noop("Active")),
    FAILING: ("late", "alert-triangle", gettext_noop("Failing")),
    core.PAUSED: ("hold", "player-pause", gettext_noop("Paused")),
    core.ENDED: ("cancelled", "ban", gettext_noop("Ended")),
}
_DELIVERIES = {
    core.WAITING: ("awaiting_payment", "clock", gettext_noop("Waiting")),
    core.DONE: ("completed", "circle-check", gettext_noop("Message taken")),
    core.FAILED: ("late", "alert-triangle", gettext_noop("Given up")),
}
_OWN = {
    **money_words.STEPS,
    "payment.disputed": gettext_noop("The payer disputes it"),
    "order.credit": gettext_noop("Credited"),
    "order.withdrawn": gettext_noop("Order taken back"),
    "product.created": gettext_noop("Product made"),
    "product.changed": gettext_noop("Product changed"),
    "webhook.test": gettext_noop("Test"),
}


class Mark(NamedTuple):
    """A state in words, colour and icon."""

    category: str
    icon: str
    word: str


def endpoint_mark(endpoint: WebhookEndpoint, *, now: datetime) -> Mark:
    """Return how an endpoint stands."""
    state, since = endpoint.state, endpoint.failing_since
    if state == core.ACTIVE and since is not None and now - since >= core.ALARM_AFTER:
        state = FAILING
    return _mark(_ENDPOINTS[state])


def delivery_mark(delivery: WebhookDelivery) -> Mark:
    """Return what became of a delivery."""
    return _mark(_DELIVERIES[delivery.state])


def states() -> list[tuple[str, str]]:
    """Return the states of deliveries to choose from."""
    return [(code, gettext(word)) for code, (_, _, word) in _DELIVERIES.items()]


def type_word(type_: str) -> str:
    """Return what people call a type of event."""
    return gettext(_OWN[type_]) if type_ in _OWN else words.word(words.EVENTS, type_)


def type_label(type_: str) -> str:
    """Return a type of event with what people call it, where they call it anything."""
    word = type_word(type_)
    return type_ if word == type_ else f"{word} ({type_})"


def _mark(found: tuple[str, str, str]) -> Mark:
    category, icon, word = found
    return Mark(category, icon, gettext(word))
