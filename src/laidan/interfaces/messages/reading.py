"""Reads a message as the API reads a request: who sends it, what he wants, under which key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from laidan.engine import origin
from laidan.interfaces.api import bodies, callers
from laidan.interfaces.api.lane import ONE, TARGETS
from laidan.interfaces.api.rendering import Viewer
from laidan.kernel.outcome import Refused
from laidan.usecases.order_requests import Placing
from laidan.usecases.transition_requests import Advance, TransitionInputs

PLACE, ADVANCE = "place", "advance"
_LANGUAGE = "en"
_AGENT = "amqp"
_inputs: Callable[[bytes], TransitionInputs] = msgspec.json.Decoder(TransitionInputs).decode


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as far as it matters here."""

    tag: int
    type: str
    message_id: str
    headers: Mapping[str, Any]
    body: bytes
    reply_to: str
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What a message asks for, and who reads the answer."""

    letter: Letter
    request: Placing | Advance
    viewer: Viewer


@dataclass(frozen=True, slots=True)
class Returned:
    """A message that asks for nothing that can be done, and why."""

    letter: Letter
    why: Refused


def letter_of(message: Any) -> Letter:
    """Return a message of the broker as a value."""
    body = message.body
    return Letter(
        message.delivery_tag,
        _text(getattr(message, "type", "")),
        _text(getattr(message, "message_id", "")),
        dict(getattr(message, "application_headers", None) or {}),
        body.encode() if isinstance(body, str) else bytes(body),
        _text(getattr(message, "reply_to", "")),
        _text(getattr(message, "correlation_id", "")),
    )


def read(letter: Letter, *, now: datetime) -> Wish | Returned:
    """Return what a message asks for, or the reason why it is returned."""
    with origin.coming_from(origin.origin_of(origin.API, agent=_AGENT, request=letter.message_id)):
        found = _read(letter, now)
    return Returned(letter, found) if isinstance(found, Refused) else found


def _read(letter: Letter, now: datetime) -> Wish | Refused:
    key = _header(letter, "idempotency-key") or letter.message_id
    headers = {b"authorization": _bytes(_header(letter, "authorization"))}
    if key:
        headers[b"idempotency-key"] = _bytes(key)
    actor = callers.find_caller(headers, now=now)
    if isinstance(actor, Refused):
        return actor
    origin.known_as(actor.label)
    if not key:
        return Refused(
            "invalid-idempotency-key", "Send an idempotency-key or a message_id: messages repeat.",
            400,
        )  # fmt: skip
    if len(letter.body) > bodies.BODY_BYTES_MAX:
        return bodies.too_large()
    viewer = Viewer(actor, _LANGUAGE)
    if letter.type == PLACE:
        refused = callers.without(actor, callers.PLACE)
        placing = refused or bodies.placing_of(TARGETS[ONE], headers, letter.body, actor)
        return placing if isinstance(placing, Refused) else Wish(letter, placing, viewer)
    if letter.type == ADVANCE:
        advance = _advance(letter, headers, viewer)
        return advance if isinstance(advance, Refused) else Wish(letter, advance, viewer)
    return Refused("unknown-kind", f"The type {letter.type[:40]!r} is none of place, advance.", 422)


def _advance(letter: Letter, headers: bodies.Headers, viewer: Viewer) -> Advance | Refused:
    name, order = _header(letter, "transition"), bodies.named(_header(letter, "order"))
    if isinstance(order, Refused):
        return order
    target = f"POST {ONE}/{_header(letter, 'order')}/transitions/{name}".encode()
    once = bodies.once_of(headers, target, letter.body, viewer.actor)
    if isinstance(once, Refused):
        return once
    inputs = TransitionInputs()
    if letter.body:
        found = bodies.read_json(letter.body, _inputs, "invalid-request")
        if isinstance(found, Refused):
            return found
        inputs = found
    return Advance(order, name, viewer.actor, inputs, once=once)


def _header(letter: Letter, name: str) -> str:
    return _text(letter.headers.get(name, ""))


def _text(value: object) -> str:
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    return value if isinstance(value, str) else ""


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "replace")
