"""An order as a command answers it: the document that its event restates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from laidan.domain.orders import core as orders
from laidan.domain.payments.refunds import OWED
from laidan.engine import events
from laidan.engine.idempotency import Codec, Stored
from laidan.engine.origin import API, INSIDE, NOWHERE, Origin
from laidan.engine.sealing import keyring
from laidan.kernel import money

NO_CONTACT = b'{"customer":null,"ship_to":null}'
_json = msgspec.json.Encoder().encode
_ORDER_MARK = ',"order":'
_UNREAD = "0"


@dataclass(frozen=True, slots=True)
class OrderAnswer:
    """What became of an order; `created` is False where it was there before.

    `document` and `contact` are JSON objects that doors join, together with the caller's actions.
    All three of document, contact and standing are None where the order has moved on since: then
    its present document must be read.
    """

    order_id: str
    order_no: str
    version: int
    document: bytes | None
    contact: bytes | None
    type_key: tuple[str, int]
    standing: orders.Standing | None
    created: bool = False

    def again(self) -> OrderAnswer:
        """Return the answer to a request that asks for what is there already."""
        return replace(self, created=False)


def unread(order_id: str) -> OrderAnswer:
    """Return the answer about an order whose present document is still to be read."""
    return OrderAnswer(order_id, "", 0, None, None, ("", 0), None)


@dataclass(frozen=True, slots=True)
class Happening:
    """What an event tells beside the order: which step, what changed, by whom, from where."""

    type: str
    transition: str
    detail: str
    actor: str
    origin: Origin = NOWHERE


def event_payload(told: Happening, state_from: str | None, state_to: str, document: bytes) -> str:
    """Return the payload of an order's event; the order comes last, so that it can be cut out."""
    source = f'"{state_from}"' if state_from else "null"
    return (
        f'{{{_origin_text(told.origin)}"transition":"{told.transition}","state_from":{source},"state_to":"{state_to}",'
        f'"detail":{told.detail}{_ORDER_MARK}{document.decode()}}}'
    )


@lru_cache(maxsize=1024)
def _origin_text(origin: Origin) -> str:
    """Return from where something was done, as the beginning of a payload."""
    if origin.door == INSIDE:
        return ""
    told = {"door": origin.door, "address": origin.address, "request": origin.request}
    if origin.door != API:
        # Programs are known by their key; of people and commands it matters what they used.
        told["agent"] = origin.agent
    return f'"origin":{_json(told).decode()},'


def answer_of(order_id: str, payload: str, sealed: str | None) -> OrderAnswer:
    """Return the answer that an event restates."""
    _, _, rest = payload.partition(_ORDER_MARK)
    document = rest[:-1].encode()
    order = msgspec.json.decode(document)
    contact = keyring().unseal(sealed, order_id).encode() if sealed else NO_CONTACT
    return OrderAnswer(
        order_id,
        order["order_no"],
        order["version"],
        document,
        contact,
        (order["type"], order["type_version"]),
        _standing(order),
    )


def _standing(order: dict[str, Any]) -> orders.Standing:
    total, captured, refunded = (
        money.parse_minor(order["amounts"][name], order["currency"])
        for name in ("total", "captured", "refunded")
    )
    cancelled_at = order["cancelled_at"]
    return orders.Standing(
        state=order["state"],
        category=order["category"],
        money=orders.money_standing(total, captured, refunded),
        shipped=_share(order["lines"], "shipped"),
        delivered=_share(order["lines"], "delivered"),
        captured=captured > 0,
        refundable=captured > refunded,
        holds=frozenset(hold["scope"] for hold in order["holds"]),
        refund_open=any(refund["state"] in OWED for refund in order["refunds"]),
        revivable=orders.is_revivable(
            datetime.fromisoformat(cancelled_at) if cancelled_at else None,
            refunded,
            datetime.fromisoformat(order["updated_at"]),
        ),
    )


def _share(lines: Sequence[dict[str, Any]], name: str) -> str:
    """Return none, part or all: how much of what the lines ask for was handed over."""
    if all(line[name] == line["quantity"] for line in lines):
        return "all"
    # A quantity is a number, or a text such as "0.000".
    return "part" if any(str(line[name]).strip("0.") for line in lines) else "none"


def _encode(answer: OrderAnswer) -> tuple[str, str]:
    """Return the order's id and the version told, with a plus where that answer made the order."""
    if answer.document is None:
        return answer.order_id, _UNREAD
    return answer.order_id, f"{answer.version}{'+' if answer.created else ''}"


def _decode(stored: Sequence[Stored]) -> list[OrderAnswer]:
    told = [(one.subject_id or "", one.answer or "1") for one in stored]
    wanted = {(subject, int(text.rstrip("+"))) for subject, text in told if text != _UNREAD}
    found = events.load_events(wanted) if wanted else {}
    return [
        unread(subject)
        if text == _UNREAD
        else replace(
            answer_of(subject, *found[subject, int(text.rstrip("+"))]), created=text.endswith("+")
        )
        for subject, text in told
    ]


CODEC: Codec[OrderAnswer] = Codec(_encode, _decode)
"""Answers are not stored twice: the key points to the event that restates the order."""
