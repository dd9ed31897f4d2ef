"""Writing the catalogue and the stock: products, price lists, movements; each a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router

from laidan.interfaces.api import answers, bodies, committing, order_schemas
from laidan.interfaces.api.authentication import Needs
from laidan.interfaces.api.bodies import ORDERS_MAX
from laidan.interfaces.api.calls import Call, sound
from laidan.interfaces.api.order_schemas import PROBLEM, Schema
from laidan.interfaces.api.rendering import problem_body
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases import needing
from laidan.usecases.catalogue import ProductAnswer
from laidan.usecases.move_stock import move_stock
from laidan.usecases.movement_requests import MovementRequest, MoveStock
from laidan.usecases.moving import MovementAnswer
from laidan.usecases.product_requests import (
    PriceListRequest,
    ProductRequest,
    SetPrices,
    UpsertProduct,
)
from laidan.usecases.set_prices import PricesAnswer, set_prices
from laidan.usecases.upsert_products import upsert_products

R = TypeVar("R")
T = TypeVar("T")
_encode = msgspec.json.Encoder().encode
_JSON = "application/json; charset=utf-8"
_ITEMS = msgspec.Meta(min_length=1, max_length=ORDERS_MAX)


class _ProductsBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `PUT /products`; its items are read one by one, so that each stands alone."""

    products: list[msgspec.Raw]


class _ListsBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `PUT /price-lists`."""

    price_lists: list[msgspec.Raw]


class _MovementsBody(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /stock/movements`."""

    movements: list[msgspec.Raw]


class ProductsBody(msgspec.Struct):
    """`PUT /products` as it is described."""

    products: Annotated[list[ProductRequest], _ITEMS]


class PriceListsBody(msgspec.Struct):
    """`PUT /price-lists` as it is described."""

    price_lists: Annotated[list[PriceListRequest], _ITEMS]


class MovementsBody(msgspec.Struct):
    """`POST /stock/movements` as it is described."""

    movements: Annotated[list[MovementRequest], _ITEMS]


_products: Callable[[bytes], _ProductsBody] = msgspec.json.Decoder(_ProductsBody).decode
_lists: Callable[[bytes], _ListsBody] = msgspec.json.Decoder(_ListsBody).decode
_movements: Callable[[bytes], _MovementsBody] = msgspec.json.Decoder(_MovementsBody).decode
_product: Callable[[bytes], ProductRequest] = msgspec.json.Decoder(ProductRequest).decode
_list: Callable[[bytes], PriceListRequest] = msgspec.json.Decoder(PriceListRequest).decode
_movement: Callable[[bytes], MovementRequest] = msgspec.json.Decoder(MovementRequest).decode


def register(router: Router) -> None:
    """Add the operations; Ninja has one view for a path of one router."""
    moved = {"movements": answers.MOVEMENTS["properties"]["items"],
             "balances": answers.BALANCES["properties"]["items"]}  # fmt: skip
    listed = {"price_list": {"type": "object"}}
    for method, path, view, command, tag, body, outcome in (
        ("PUT", "/products", put_products, upsert_products, "catalogue", ProductsBody,
         {"product": answers.PRODUCT}),
        ("PUT", "/price-lists", put_price_lists, set_prices, "catalogue", PriceListsBody, listed),
        ("POST", "/stock/movements", post_movements, move_stock, "stock", MovementsBody, moved),
    ):  # fmt: skip
        described = order_schemas.operation(
            order_schemas.body_of(body), {200: outcomes_schema(outcome)}, of_one_order=False
        )
        router.add_api_operation(
            path, [method], view, auth=Needs(*needing.permissions_of(command)), tags=[tag],
            openapi_extra=described,
        )  # fmt: skip


def outcomes_schema(parts: dict[str, Schema]) -> Schema:
    """Return the schema of an answer to a batch; `parts` is what an outcome that is done has."""
    properties = {"status": {"type": "integer"}, **parts, "problem": PROBLEM}
    item = {"type": "object", "properties": properties, "required": ["status"]}
    return {
        "type": "object",
        "properties": {"outcomes": {"type": "array", "items": item}},
        "required": ["outcomes"],
    }


# --- operations -----------------------------------------------------------------------------


def put_products(request: HttpRequest) -> HttpResponse:
    """Make or change up to 1000 products with their SKUs; what is not given stays as it is.

    Each product stands or falls alone: 201 where it was made, 200 where it was there.
    """
    call = Call(request)
    parts = sized("products", call.read(_products, "invalid-batch").products)
    actor = call.viewer.actor
    asked = [
        one if isinstance(one, Refused) else UpsertProduct(one, actor)
        for one in call.read_parts(parts, _product, "invalid-product")
    ]
    return answer_outcomes(call, outcomes_of(asked, _upsert), _product_outcome)


def put_price_lists(request: HttpRequest) -> HttpResponse:
    """Make or change price lists; steps that are not named stay, a price of null ends one."""
    call = Call(request)
    parts = sized("price_lists", call.read(_lists, "invalid-batch").price_lists)
    actor = call.viewer.actor
    asked = [
        one if isinstance(one, Refused) else SetPrices(one, actor)
        for one in call.read_parts(parts, _list, "invalid-prices")
    ]
    return answer_outcomes(call, outcomes_of(asked, _set_prices), _prices_outcome)


def post_movements(request: HttpRequest) -> HttpResponse:
    """Receive, adjust, count, transfer or scrap stock, up to 1000 movements at once.

    Each movement stands or falls alone: 201 where something moved, 200 where a count found what
    was known.
    """
    call = Call(request)
    parts = sized("movements", call.read(_movements, "invalid-batch").movements)
    actor, once = call.viewer.actor, call.once
    asked = sound(
        committing.unless_used(
            [
                one if isinstance(one, Refused) else MoveStock(one, actor, bodies.part(once, place))
                for place, one in enumerate(call.read_parts(parts, _movement, "invalid-movement"))
            ]
        )
    )
    outcomes = outcomes_of(asked, _move)
    response = answer_outcomes(call, outcomes, _movement_outcome)
    done = [outcome for outcome in outcomes if isinstance(outcome, Done)]
    if once is not None and done and all(outcome.replayed for outcome in done):
        response["Idempotent-Replay"] = "true"
    return response


def _upsert(batch: Sequence[UpsertProduct]) -> Sequence[Outcome[ProductAnswer]]:
    return upsert_products(batch, now=datetime.now(UTC))


def _set_prices(batch: Sequence[SetPrices]) -> Sequence[Outcome[PricesAnswer]]:
    return set_prices(batch, now=datetime.now(UTC))


def _move(batch: Sequence[MoveStock]) -> Sequence[Outcome[MovementAnswer]]:
    return move_stock(batch, now=datetime.now(UTC))


# --- the way out ----------------------------------------------------------------------------


def sized(loc: str, parts: list[msgspec.Raw]) -> list[msgspec.Raw]:
    """Return the items of a batch; raises where there are none or too many."""
    if not 1 <= len(parts) <= ORDERS_MAX:
        sound(bodies.too_many(loc, len(parts)))
    return parts


def outcomes_of(
    asked: Sequence[R | Refused], command: Callable[[Sequence[R]], Sequence[Outcome[T]]]
) -> list[Outcome[T]]:
    """Ask for what could be read; return one outcome for each, in the order given."""
    found = iter(command([one for one in asked if not isinstance(one, Refused)]))
    return [one if isinstance(one, Refused) else next(found) for one in asked]


def answer_outcomes(
    call: Call, outcomes: Sequence[Outcome[T]], document: Callable[[T], dict[str, Any]]
) -> HttpResponse:
    """Answer a batch: one outcome for each request, in the order given."""
    listed = [
        {
            "status": outcome.status,
            "problem": msgspec.Raw(problem_body(outcome, call.viewer.language)),
        }
        if isinstance(outcome, Refused)
        else document(outcome.value)
        for outcome in outcomes
    ]
    response = HttpResponse(_encode({"outcomes": listed}), content_type=_JSON)
    response["Cache-Control"] = "no-store"
    return response


def _product_outcome(answer: ProductAnswer) -> dict[str, Any]:
    return {"status": 201 if answer.created else 200, "product": answer.document}


def _prices_outcome(answer: PricesAnswer) -> dict[str, Any]:
    said = {"id": answer.id, "code": answer.code, "changed": answer.steps}
    return {"status": 201 if answer.created else 200, "price_list": said}


def _movement_outcome(answer: MovementAnswer) -> dict[str, Any]:
    return {"status": 201 if answer.moved else 200, **answer.document}
