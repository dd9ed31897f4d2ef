"""What the API tells of the catalogue: products and SKUs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from laidan.domain.catalog import queries
from laidan.insights import stock_list
from laidan.insights.stock_list import StockFilter
from laidan.interfaces.api import answers, questions
from laidan.interfaces.api.authentication import Needs
from laidan.interfaces.api.pagination import read_cursor, write_cursor
from laidan.interfaces.api.problems import RefusedError
from laidan.interfaces.api.reads import answer
from laidan.interfaces.api.supplies import stock_document
from laidan.kernel.actor import Actor
from laidan.kernel.outcome import Refused

_READ = Needs("catalog.view")
_PLACES_MAX = 200


def register(router: Router) -> None:
    """Add the operations; Ninja has one view for a path of one router."""
    for path, view, schema, summary in (
        ("/products", list_products, answers.PRODUCTS, "List products"),
        ("/skus/{code}", get_sku, answers.SKU_WITH_STOCK, "Get a SKU"),
    ):
        router.add_api_operation(
            path, ["GET"], view, auth=_READ, summary=summary, tags=["catalogue"],
            openapi_extra=answers.described(schema),
        )  # fmt: skip


def list_products(
    request: HttpRequest,  # noqa: ARG001 - Ninja calls it so
    wanted: Query[questions.ProductQuery],
) -> HttpResponse:
    """Products with their SKUs, by code."""
    after = read_cursor("products", wanted.cursor, (str,))
    found = queries.list_products(
        q=wanted.q, after=after[0] if after else None, limit=wanted.limit + 1
    )
    more, found = len(found) > wanted.limit, found[: wanted.limit]
    cursor = write_cursor("products", (found[-1]["code"],)) if more else None
    return answer({"items": found, "next_cursor": cursor})


def get_sku(request: HttpRequest, code: str) -> HttpResponse:
    """A SKU with its product and, for those who may read stock, what there is of it."""
    sku = queries.find_sku(code)
    if sku is None:
        raise RefusedError(Refused("not-found", f"There is no SKU {code[:60]!r}.", 404))
    actor: Actor = request.auth  # type: ignore[attr-defined]  # Ninja puts it there
    if actor.may("stock.view"):
        wanted = StockFilter(sku=code, locations=actor.locations())
        rows = stock_list.list_stock(wanted, after=None, limit=_PLACES_MAX)
        sku["stock"] = [stock_document(row) for row in rows]
    return answer(sku)
