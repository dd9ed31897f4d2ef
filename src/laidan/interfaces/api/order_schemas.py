"""JSON Schemas of the order API for its OpenAPI document; bodies are described by their types."""

from __future__ import annotations

from typing import Any

import msgspec

from laidan.domain.orders.core import CATEGORIES

Schema = dict[str, Any]
_REF = "#/components/schemas/"

_TEXT: Schema = {"type": "string"}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_ID: Schema = {"type": "string", "format": "uuid"}
_AMOUNT: Schema = {"type": "string", "examples": ["128.50"]}
_QUANTITY: Schema = {"type": ["integer", "string"]}
_MOMENT: Schema = {"type": "string", "format": "date-time"}
_MOMENT_OR_NULL: Schema = {"type": ["string", "null"], "format": "date-time"}
_OBJECTS: Schema = {"type": "array", "items": {"type": "object"}}


def _object(properties: dict[str, Schema], **more: Any) -> Schema:
    return {"type": "object", "properties": properties, "required": sorted(properties), **more}


PROBLEM = {
    "type": "object",
    "description": "RFC 9457; further members let a program act (shortages, differs, guard …).",
    "properties": {
        "type": {"type": "string", "examples": ["/problems/out-of-stock"]},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "errors": {"type": "array", "items": _object({"loc": _TEXT, "msg": _TEXT})},
    },
    "required": ["type", "title", "status", "detail"],
}
ACTION = _object(
    {
        "name": _TEXT,
        "label": _TEXT,
        "needs": {"type": "array", "items": _TEXT},
        "allowed": {"type": "boolean"},
        "why_not": _TEXT_OR_NULL,
    }
)
_LINE_AMOUNTS = dict.fromkeys(("goods", "discount", "shipping", "tax", "total"), _AMOUNT)
LINE = _object(
    {
        "id": _ID,
        "line_no": {"type": "integer"},
        "sku": _TEXT,
        "kind": _TEXT,
        "title": _TEXT,
        "quantity": _QUANTITY,
        "unit_price": _AMOUNT,
        "discount": _AMOUNT,
        "tax": _AMOUNT,
        "amounts": _object(_LINE_AMOUNTS),
        "shipped": _QUANTITY,
        "delivered": _QUANTITY,
        "attributes": {"type": "object"},
        "from": _TEXT_OR_NULL,
        "until": _TEXT_OR_NULL,
    }
)
PAYMENT_LINK = {
    "type": ["object", "null"],
    "description": "Where its buyer pays it, while it waits for money; null otherwise.",
    "properties": {
        "url": {"type": "string", "format": "uri"},
        "qr": {"type": "string", "format": "uri", "description": "The link as a picture (SVG)."},
        "expires_at": _MOMENT_OR_NULL,
    },
}
_MONEY = dict.fromkeys(("paid", "captured", "refunded", "due"), _AMOUNT)
ORDER = _object(
    {
        "id": _ID,
        "order_no": _TEXT,
        "type": _TEXT,
        "type_version": {"type": "integer"},
        "shop": _TEXT,
        "external_no": _TEXT_OR_NULL,
        "state": _TEXT,
        "category": {"enum": list(CATEGORIES)},
        "status": {"enum": ["pending", "paid", "shipped", "completed", "cancelled"]},
        "payment_status": _TEXT,
        "fulfilment_status": _TEXT,
        "return_status": _TEXT,
        "version": {"type": "integer", "description": "Also the ETag."},
        "priority": _TEXT,
        "currency": _TEXT,
        "total": _AMOUNT,
        "discount": _AMOUNT,
        "shipping_fee": _AMOUNT,
        "amounts": _object(_LINE_AMOUNTS | _MONEY),
        "lines": {"type": "array", "items": LINE},
        "customer": {"type": ["object", "null"]},
        "ship_to": {"type": ["object", "null"]},
        "buyer_note": _TEXT,
        "seller_note": _TEXT,
        "tags": {"type": "array", "items": _TEXT},
        "fields": {"type": "object"},
        "flags": {"type": "array"},
        "holds": _OBJECTS,
        "payments": _OBJECTS,
        "fulfilments": _OBJECTS,
        "returns": _OBJECTS,
        "refunds": _OBJECTS,
        "cancel_reason": _TEXT_OR_NULL,
        "placed_at": _MOMENT,
        "paid_at": _MOMENT_OR_NULL,
        "shipped_at": _MOMENT_OR_NULL,
        "delivered_at": _MOMENT_OR_NULL,
        "completed_at": _MOMENT_OR_NULL,
        "cancelled_at": _MOMENT_OR_NULL,
        "state_since_at": _MOMENT,
        "deadline": {"type": ["object", "null"]},
        "late_at": _MOMENT_OR_NULL,
        "created_at": _MOMENT,
        "updated_at": _MOMENT,
        "payment": PAYMENT_LINK,
        "actions": {"type": "array", "items": ACTION},
    },
    description="An order; it may say more of itself than is listed here.",
)
OUTCOMES = _object(
    {
        "outcomes": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "status": {"type": "integer"},
                    "order": ORDER,
                    "problem": PROBLEM,
                },
                "required": ["status"],
            },
        }
    }
)

_PARAMETERS: dict[str, Schema] = {
    "Idempotency-Key": {
        "description": "One key, one answer: the same key and body is answered alike again.",
        "schema": _TEXT | {"maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    },
    "If-Match": {
        "description": "The version (ETag) that the order must still have.",
        "schema": _TEXT | {"examples": ['"3"']},
    },
    "Accept-Language": {
        "description": "en or zh-Hans: the language of labels and of problems' titles.",
        "schema": _TEXT | {"examples": ["zh-Hans"]},
    },
}
_REFUSALS = {
    400: "The request cannot be read.",
    401: "No valid key.",
    403: "The key has not the scope, or the caller not the right.",
    404: "There is no such order.",
    409: "The order does not allow it now.",
    412: "The order has changed since the version in If-Match.",
    413: "The body is too large.",
    415: "The body is no plain JSON.",
    422: "The request has errors.",
    503: "Too busy; nothing was done.",
}


def body_of(kind: Any) -> Schema:
    """Return the schema of a body that is decoded to a type, with every part in its place."""
    (schema,), parts = msgspec.json.schema_components([kind], ref_template=_REF + "{name}")
    made: Schema = _inlined(schema, parts)
    return made


def _inlined(schema: Any, parts: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(one, parts) for one in schema]
    if not isinstance(schema, dict):
        return schema
    reference = schema.get("$ref")
    if reference is not None:
        return _inlined(parts[reference.removeprefix(_REF)], parts)
    return {name: _inlined(one, parts) for name, one in schema.items()}


def operation(body: Schema, answers: dict[int, Schema], *, of_one_order: bool) -> Schema:
    """Return what an operation adds to the OpenAPI document that its view's signature hides."""
    names = [name for name in _PARAMETERS if of_one_order or name != "If-Match"]
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "parameters": [{"name": name, "in": "header"} | _PARAMETERS[name] for name in names],
        "responses": {
            status: {
                "description": text,
                "content": {"application/problem+json": {"schema": PROBLEM}},
            }
            for status, text in _REFUSALS.items()
        }
        | {
            status: {"description": "Done.", "content": {"application/json": {"schema": schema}}}
            for status, schema in answers.items()
        },
    }
