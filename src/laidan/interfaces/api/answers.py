"""JSON Schemas of what the API's reads answer, for its OpenAPI document."""

from __future__ import annotations

from typing import Any

from laidan.domain.orders.core import CATEGORIES
from laidan.insights.order_documents import UNLISTED
from laidan.interfaces.api.order_schemas import ORDER, PROBLEM, Schema

_TEXT: Schema = {"type": "string"}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_COUNT: Schema = {"type": "integer"}
_QUANTITY: Schema = {"type": ["integer", "string"]}
_NULLABLE: Schema = {"type": ["integer", "string", "null"]}
_MOMENT: Schema = {"type": "string", "format": "date-time"}
_MOMENT_OR_NULL: Schema = {"type": ["string", "null"], "format": "date-time"}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_FLAG: Schema = {"type": "boolean"}
_REFUSALS = {
    401: "No valid key.",
    403: "The key has not the scope.",
    404: "There is no such thing.",
    422: "A parameter is unknown or wrong.",
    503: "Too busy; nothing was done.",
}


def _object(properties: dict[str, Schema], description: str = "") -> Schema:
    made = {"type": "object", "properties": properties, "required": sorted(properties)}
    return made | ({"description": description} if description else {})


def page(item: Schema) -> Schema:
    """Return the schema of a page of a list."""
    return _object({"items": {"type": "array", "items": item}, "next_cursor": _TEXT_OR_NULL})


def described(schema: Schema) -> dict[str, Any]:
    """Return what a read adds to the OpenAPI document: its answer and its refusals."""
    problem = {"application/problem+json": {"schema": PROBLEM}}
    return {
        "responses": {
            200: {"description": "Done.", "content": {"application/json": {"schema": schema}}}
        }
        | {status: {"description": text, "content": problem} for status, text in _REFUSALS.items()}
    }


_FULL = (*UNLISTED, "payment", "actions")
ORDERS = page(
    {
        **ORDER,
        "required": [name for name in ORDER["required"] if name not in _FULL],
        "description": f"An order; {', '.join(_FULL)} with full=true.",
    }
)
EVENTS = page(
    _object(
        {
            "id": _TEXT,
            "seq": _COUNT,
            "type": _TEXT,
            "at": _MOMENT,
            "actor": _TEXT,
            "transition": _TEXT_OR_NULL,
            "state_from": _TEXT_OR_NULL,
            "state_to": _TEXT_OR_NULL,
            "detail": {"type": "object"},
            "hash": _TEXT,
        },
        "One event of an order's history; the hash covers the event before, too.",
    )
)
_SUM = {"currency": _TEXT, "count": _COUNT, "amount": _TEXT}
BOARD = _object(
    {
        "at": _MOMENT,
        "states": {
            "type": "array",
            "items": _object(
                {
                    "state": _TEXT,
                    "category": {"enum": list(CATEGORIES)},
                    "label": _TEXT,
                    "types": _TEXTS,
                    "count": _COUNT,
                    "currency": _TEXT_OR_NULL,
                    "amount": _TEXT_OR_NULL,
                    "amounts": {"type": "array", "items": _object(_SUM)},
                    "oldest_at": _MOMENT_OR_NULL,
                    "oldest_age_seconds": {"type": ["integer", "null"]},
                    "late": _COUNT,
                    "held": _COUNT,
                },
                "One state; amount and currency are null where several currencies meet.",
            ),
        },
    }
)
_SHARE = {"type": ["string", "null"], "examples": ["0.5416"]}
FIGURE = {
    "currency": _TEXT,
    "orders": _COUNT,
    "paid_orders": _COUNT,
    "cancelled_orders": _COUNT,
    "units": _QUANTITY,
    "goods": _TEXT,
    "amount": _TEXT,
    "captured": _TEXT_OR_NULL,
    "refunded": _TEXT_OR_NULL,
    "paid": _TEXT_OR_NULL,
    "average_amount": _TEXT_OR_NULL,
    "average_paid": _TEXT_OR_NULL,
    "buyers": _COUNT,
    "repeat_buyers": _COUNT,
    "repeat_rate": _SHARE,
}
FIGURES = _object(
    {
        "at": _MOMENT,
        "by": _TEXT_OR_NULL,
        "time_zone": _TEXT,
        "totals": {"type": "array", "items": _object(FIGURE, "All orders of one currency.")},
        "items": {
            "type": "array",
            "items": _object(
                FIGURE | {"key": _TEXT, "label": _TEXT, "free_units": _QUANTITY | _NULLABLE},
                "The part of the orders of one currency that share the key.",
            ),
        },
        "has_more": _FLAG,
    }
)
BALANCE = _object(
    {
        "sku": _TEXT,
        "name": _TEXT,
        "unit": _TEXT,
        "location": _TEXT,
        "bucket": _TEXT,
        "on_hand": _QUANTITY,
        "reserved": _QUANTITY,
        "available": _QUANTITY,
        "safety": _QUANTITY,
        "backorder": _FLAG,
    },
    "What there is of a SKU at a location in a bucket, in the SKU's unit.",
)
BALANCES = page(BALANCE)
MOVEMENTS = page(
    _object(
        {
            "id": _TEXT,
            "kind": _TEXT,
            "sku": _TEXT,
            "location": _TEXT,
            "bucket": _TEXT,
            "quantity": _QUANTITY,
            "reason": _TEXT,
            "reference": _TEXT,
            "order_id": _TEXT_OR_NULL,
            "by": _TEXT,
            "at": _MOMENT,
        },
        "One change of what is on hand; the quantity is what it added.",
    )
)
SKU = _object(
    {
        "id": _TEXT,
        "code": _TEXT,
        "name": _TEXT,
        "kind": _TEXT,
        "barcode": _TEXT_OR_NULL,
        "barcodes": _TEXTS,
        "price": _TEXT_OR_NULL,
        "currency": _TEXT_OR_NULL,
        "unit": _TEXT,
        "decimals": _COUNT,
        "backorder": _FLAG,
        "safety": _QUANTITY,
        "weight_grams": {"type": ["integer", "null"]},
        "components": {"type": "array", "items": _object({"sku": _TEXT, "quantity": _QUANTITY})},
        "attributes": {"type": "object"},
        "active": _FLAG,
        "updated_at": _MOMENT,
    }
)
PRODUCT = _object(
    {
        "id": _TEXT,
        "code": _TEXT,
        "name": _TEXT,
        "updated_at": _MOMENT,
        "skus": {"type": "array", "items": SKU},
    }
)
PRODUCTS = page(PRODUCT)
SKU_WITH_STOCK = {
    **SKU,
    "properties": SKU["properties"]
    | {
        "product": _object({"code": _TEXT, "name": _TEXT}),
        "stock": {"type": "array", "items": BALANCE},
    },
}
