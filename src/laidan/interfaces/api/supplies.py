"""What the API tells of stock: balances and movements."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from laidan.insights import stock_list
from laidan.insights.stock_list import MovementRow, StockFilter, StockRow
from laidan.interfaces.api import answers, questions
from laidan.interfaces.api.authentication import Needs, viewer_of
from laidan.interfaces.api.pagination import read_cursor, write_cursor
from laidan.interfaces.api.reads import answer
from laidan.kernel.quantity import format_quantity

_READ = Needs("stock.view")


def register(router: Router) -> None:
    """Add the operations; Ninja has one view for a path of one router."""
    for path, view, schema, summary in (
        ("/stock", list_stock, answers.BALANCES, "List balances"),
        ("/stock/movements", list_movements, answers.MOVEMENTS, "List movements"),
    ):
        router.add_api_operation(
            path, ["GET"], view, auth=_READ, summary=summary, tags=["stock"],
            openapi_extra=answers.described(schema),
        )  # fmt: skip


def list_stock(
    request: HttpRequest,
    wanted: Query[questions.StockQuery],
) -> HttpResponse:
    """What is on hand, reserved and available, by SKU, location and bucket."""
    after = read_cursor("stock", wanted.cursor, (str, str, str))
    rows = stock_list.list_stock(
        StockFilter(wanted.sku, wanted.location, wanted.below, _locations(request)),
        after=(after[0], after[1], after[2]) if after else None,
        limit=wanted.limit + 1,
    )
    more, rows = len(rows) > wanted.limit, rows[: wanted.limit]
    last = rows[-1] if more else None
    cursor = write_cursor("stock", (last.sku, last.location, last.bucket)) if last else None
    return answer({"items": [stock_document(row) for row in rows], "next_cursor": cursor})


def list_movements(
    request: HttpRequest,
    wanted: Query[questions.MovementQuery],
) -> HttpResponse:
    """Every change of what is on hand, the newest first."""
    before = read_cursor("movements", wanted.cursor, (str,))
    rows = stock_list.list_movements(
        sku=wanted.sku,
        location=wanted.location,
        locations=_locations(request),
        before=before[0] if before else None,
        limit=wanted.limit + 1,
    )
    more, rows = len(rows) > wanted.limit, rows[: wanted.limit]
    cursor = write_cursor("movements", (rows[-1].id,)) if more else None
    return answer({"items": [movement_document(row) for row in rows], "next_cursor": cursor})


def _locations(request: HttpRequest) -> frozenset[str] | None:
    """Return the locations whose stock the caller sees; None is all."""
    return viewer_of(request).actor.locations()


def stock_document(row: StockRow) -> dict[str, Any]:
    """Return a balance as a document, in the SKU's unit."""
    return {
        "sku": row.sku,
        "name": row.name,
        "unit": row.unit,
        "location": row.location,
        "bucket": row.bucket,
        "on_hand": format_quantity(row.on_hand, row.decimals),
        "reserved": format_quantity(row.reserved, row.decimals),
        "available": format_quantity(row.available, row.decimals),
        "safety": format_quantity(row.safety, row.decimals),
        "backorder": row.backorder,
    }


def movement_document(row: MovementRow) -> dict[str, Any]:
    """Return a movement as a document; its quantity is what it added."""
    return {
        "id": row.id,
        "kind": row.kind,
        "sku": row.sku,
        "location": row.location,
        "bucket": row.bucket,
        "quantity": format_quantity(row.delta, row.decimals),
        "reason": row.reason,
        "reference": row.reference,
        "order_id": row.order_id,
        "by": row.actor,
        "at": row.at.isoformat() if row.at else None,
    }
