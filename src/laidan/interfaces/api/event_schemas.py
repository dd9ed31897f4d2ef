"""JSON Schemas of events: of what goes to the broker and to webhooks, and of the stream's items."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from laidan.interfaces.api.answers import PRODUCT
from laidan.interfaces.api.order_schemas import ORDER, Schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_UNTOLD = ("actions", "payment", "customer", "ship_to")
_TEXT: Schema = {"type": "string"}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_ID: Schema = {"type": "string", "format": "uuid"}


def _object(properties: dict[str, Schema], **more: Any) -> Schema:
    return {"type": "object", "properties": properties, "required": sorted(properties), **more}


_ORDER = ORDER | {
    "properties": {
        name: one for name, one in ORDER["properties"].items() if name not in {"actions", "payment"}
    },
    "required": [name for name in ORDER["required"] if name not in _UNTOLD],
    "description": "The order as the event left it. Whom it concerns is told to readers of "
    "GET /events who may see it, and never to the broker or to webhooks.",
}
_ORDER_DATA = _object(
    {
        "transition": _TEXT | {"description": "The step that was taken, or `place`, `amend` …"},
        "state_from": _TEXT_OR_NULL,
        "state_to": _TEXT,
        "detail": {"type": "object", "description": "What this type tells beside the order."},
        "order": _ORDER,
    }
)
_PRODUCT_DATA = _object(
    {
        "product": PRODUCT
        | {"description": "The product, with those of its SKUs that were made or changed."}
    }
)
_MONEY_ORDER = _object(
    {"id": _ID, "order_no": _TEXT, "shop": _TEXT, "category": _TEXT, "state": _TEXT},
    description="The order that the money is of, as it stood.",
)
_WHY = _TEXT | {"description": "What the provider or the program says beside it; may be empty."}
_INSTANT_OR_NULL: Schema = {"type": ["string", "null"], "format": "date-time"}
_PAYMENT_DATA = _object(
    {
        "order": _MONEY_ORDER,
        "why": _WHY,
        "payment": _object(
            dict.fromkeys(
                ("number", "provider", "method", "state", "amount", "authorized", "captured", "refunding",
                 "refunded", "currency", "detail"), _TEXT,
            )
            | {
                "id": _ID, "reference": _TEXT_OR_NULL, "dispute": _TEXT_OR_NULL,
                "expires_at": {"type": "string", "format": "date-time"},
                "captured_at": _INSTANT_OR_NULL,
                "created_at": {"type": "string", "format": "date-time"},
            }
        ),
    }
)  # fmt: skip
_REFUND_DATA = _object(
    {
        "order": _MONEY_ORDER,
        "why": _WHY,
        "refund": _object(
            dict.fromkeys(("state", "amount", "currency", "reason", "detail"), _TEXT)
            | {
                "id": _ID, "number": _TEXT_OR_NULL,
                "requested_at": {"type": "string", "format": "date-time"},
                "closed_at": _INSTANT_OR_NULL,
            }
        ),
    }
)  # fmt: skip
_DATA = {
    "order": _ORDER_DATA, "product": _PRODUCT_DATA, "payment": _PAYMENT_DATA,
    "refund": _REFUND_DATA,
}  # fmt: skip
_WORDS = {
    "order.placed": "An order was taken.",
    "order.amended": "Customer, address, notes, tags, fields or lines were changed.",
    "order.held": "A hold was put on an order.",
    "order.released": "A hold was taken off.",
    "order.withdrawn": "An order was taken back as if it had not been placed.",
    "product.created": "A product was made.",
    "product.changed": "A product or its SKUs were changed.",
}
_STEPS = {
    "payment": "A payment through a provider took a step: see its state.",
    "refund": "A refund took a step: see its state.",
}


def event_schema(type_: str) -> Schema:
    """Return the JSON Schema of the events of a type."""
    kind = type_.partition(".")[0]
    words = _WORDS.get(type_) or _STEPS.get(kind, "An order took a step of its life cycle.")
    return {
        "$schema": DIALECT,
        "title": type_,
        **_object(
            {
                "id": _ID | {"description": "The event's; a repeated message has the same."},
                "type": {"const": type_},
                "timestamp": {"type": "string", "format": "date-time"},
                "position": {"type": "integer", "minimum": 1, "description": "In the stream."},
                "subject": _object({"kind": {"const": kind}, "id": _ID}),
                "seq": {
                    "type": "integer",
                    "minimum": 1,
                    "description": "Counts the events of the subject, without a gap.",
                },
                "actor": _TEXT,
                "data": _DATA[kind],
            },
            description=words,
        ),
    }


def event_schemas(types: Iterable[str]) -> dict[str, Schema]:
    """Return the schemas of types of events."""
    return {one: event_schema(one) for one in types}


_ENVELOPE = event_schema("order.placed")["properties"]
ITEM = _object(
    {name: one for name, one in _ENVELOPE.items() if name not in {"type", "subject", "data"}}
    | {
        "type": _TEXT,
        "subject": _object({"kind": _TEXT, "id": _ID}),
        "data": {"type": "object", "description": "See GET /events/schemas."},
    }
)
STREAM = _object(
    {
        "items": {"type": "array", "items": ITEM},
        "next_after": {"type": "integer", "description": "What to ask for next as `after`."},
        "head": {"type": "integer", "description": "The last position that was given."},
        "has_more": {"type": "boolean"},
    }
)
