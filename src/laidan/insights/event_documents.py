"""An event as it is told outside: to the broker, to webhooks and to readers of the stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from laidan.engine.sealing import SealError, keyring
from laidan.engine.stream import Streamed
from laidan.insights import masking
from laidan.insights.order_documents import NO_CONTACT
from laidan.insights.timeline import TimelineEntry
from laidan.kernel.actor import Actor, Place
from laidan.kernel.permissions import EVERYTHING

_encode = msgspec.json.Encoder().encode
_ORIGIN = '{"origin":{'
RIGHTS = {
    "order": "orders.view", "product": "catalog.view", "payment": "payments.view",
    "refund": "payments.view",
}  # fmt: skip
"""What somebody must be allowed who reads the events of a kind of subject."""
_OF_ORDERS = frozenset(("order", "payment", "refund"))
TEST = "webhook.test"
"""The type of the message that a test sends; no event has it."""


class _Shop(msgspec.Struct):
    shop: str | None = None


class _About(msgspec.Struct):
    order: _Shop | None = None


_about = msgspec.json.Decoder(_About).decode


def event_body(event: Streamed) -> bytes:
    """Return an event as the JSON that leaves the house, without contact and without origin.

    What identifies a person is sealed beside the payload and is not told here.
    """
    head = _encode(_head(event))
    return b'%b,"data":%b}' % (head[:-1], _data(event.payload).encode())


def shop_of(event: Streamed) -> str | None:
    """Return the code of the shop that an event is about, None where it is about none."""
    if event.subject_kind not in _OF_ORDERS:
        return None
    found = _about(event.payload).order
    return found.shop if found is not None else None


def document_for(event: Streamed, actor: Actor) -> dict[str, Any] | None:
    """Return an event as far as somebody may read it; None where it is not there for him."""
    needed = RIGHTS.get(event.subject_kind, EVERYTHING)
    if not actor.may(needed):
        return None
    data = msgspec.json.decode(_data(event.payload))
    if event.subject_kind in _OF_ORDERS:
        order = data["order"]
        here = actor.at(Place(order["shop"], order["category"], order["state"]))
        if not here.may(needed):
            return None
        if event.subject_kind == "order":
            data = _order_data(event, data, here)
        elif "price" in here.masks:
            # Money is all that such an event tells of.
            return None
    return {**_head(event), "data": data}


def _order_data(event: Streamed, data: Mapping[str, Any], here: Actor) -> dict[str, Any]:
    entry = masking.entry_for(_entry(event, data), here)
    order = masking.document_for(data["order"], here)
    contact = masking.contact_for(_contact(event), here)
    return {**data, "detail": entry.detail, "order": order | contact}


def _entry(event: Streamed, data: Mapping[str, Any]) -> TimelineEntry:
    return TimelineEntry(
        event.id, event.seq, event.type, event.at, event.actor, data.get("transition"),
        data.get("state_from"), data.get("state_to"), data.get("detail") or {}, "",
    )  # fmt: skip


def _contact(event: Streamed) -> Mapping[str, Any]:
    try:
        text = keyring().unseal(event.sealed, event.subject_id) if event.sealed else ""
    except SealError:
        return NO_CONTACT
    found: Mapping[str, Any] = msgspec.json.decode(text) if text else NO_CONTACT
    return found


def _head(event: Streamed) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "timestamp": event.at.isoformat(),
        "position": event.position,
        "subject": {"kind": event.subject_kind, "id": event.subject_id},
        "seq": event.seq,
        "actor": event.actor,
    }


def _data(payload: str) -> str:
    """Return a payload without the origin that it may begin with: addresses of our own people."""
    if not payload.startswith(_ORIGIN):
        return payload
    # Quotes inside texts are escaped, so that only the origin's end looks like this.
    end = payload.index('"},"', len(_ORIGIN))
    return "{" + payload[end + 3 :]


def test_body(message_id: str, *, at: str, actor: str) -> bytes:
    """Return the message that a test sends."""
    return _encode(
        {
            "id": message_id,
            "type": TEST,
            "timestamp": at,
            "position": None,
            "subject": {"kind": "webhook", "id": message_id},
            "seq": 1,
            "actor": actor,
            "data": {},
        }
    )
