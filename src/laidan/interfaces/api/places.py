"""Shops and locations: told, opened and changed, each as a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router

from laidan.insights import place_views
from laidan.interfaces.api import answers, catalogue, order_schemas
from laidan.interfaces.api.authentication import Needs
from laidan.interfaces.api.bodies import ORDERS_MAX
from laidan.interfaces.api.calls import Call
from laidan.interfaces.api.reads import answer
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases.open_locations import Opened, OpenLocation, open_locations
from laidan.usecases.open_shops import OpenShop, open_shops

_SHOPS, _LOCATIONS = "settings.shops", "settings.locations"
_ITEMS = msgspec.Meta(min_length=1, max_length=ORDERS_MAX)
Text = Annotated[str, msgspec.Meta(max_length=200)]


class ShopRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shop as it shall be; what is not given stays. `locations` come in order of preference."""

    code: Text
    name: Text | None = None
    channel: Text | None = None
    currency: Text | None = None
    time_zone: Text | None = None
    default_type: Text | None = None
    order_prefix: Text | None = None
    price_list: Text | None = None
    review_from: Text | None = None
    open: bool | None = None
    locations: Annotated[list[Text], msgspec.Meta(max_length=100)] | None = None


class LocationRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A location as it shall be; what is not given stays."""

    code: Text
    name: Text | None = None
    active: bool | None = None


class _ShopsRead(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `PUT /shops`; its items are read one by one, so that each stands alone."""

    shops: list[msgspec.Raw]


class _LocationsRead(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `PUT /locations`."""

    locations: list[msgspec.Raw]


class ShopsBody(msgspec.Struct):
    """`PUT /shops` as it is described."""

    shops: Annotated[list[ShopRequest], _ITEMS]


class LocationsBody(msgspec.Struct):
    """`PUT /locations` as it is described."""

    locations: Annotated[list[LocationRequest], _ITEMS]


_shops: Callable[[bytes], _ShopsRead] = msgspec.json.Decoder(_ShopsRead).decode
_locations: Callable[[bytes], _LocationsRead] = msgspec.json.Decoder(_LocationsRead).decode
_shop: Callable[[bytes], ShopRequest] = msgspec.json.Decoder(ShopRequest).decode
_location: Callable[[bytes], LocationRequest] = msgspec.json.Decoder(LocationRequest).decode


def register(router: Router) -> None:
    """Add the operations; Ninja has one view for a path of one router."""
    for path, view, right in (
        ("/shops", list_shops, _SHOPS),
        ("/locations", list_locations, _LOCATIONS),
    ):
        router.add_api_operation(
            path, ["GET"], view, auth=Needs(right), tags=["settings"],
            openapi_extra=answers.described(answers.page({"type": "object"})),
        )  # fmt: skip
    for path, change, right, body, name in (
        ("/shops", put_shops, _SHOPS, ShopsBody, "shop"),
        ("/locations", put_locations, _LOCATIONS, LocationsBody, "location"),
    ):
        schema = catalogue.outcomes_schema({name: {"type": "object"}})
        described = order_schemas.operation(
            order_schemas.body_of(body), {200: schema}, of_one_order=False
        )
        router.add_api_operation(
            path, ["PUT"], change, auth=Needs(right), tags=["settings"], openapi_extra=described
        )


def list_shops(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Ninja calls it so
    """Every shop, by code."""
    items = [
        {name: value for name, value in card._asdict().items() if name not in ("id", "is_open")}
        | {"open": card.is_open}
        for card in place_views.list_shops()
    ]
    return answer({"items": items, "next_cursor": None})


def list_locations(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Ninja calls it so
    """Every location, by code."""
    items = [
        {"code": card.code, "name": card.name, "active": card.is_active}
        for card in place_views.list_locations()
    ]
    return answer({"items": items, "next_cursor": None})


def put_shops(request: HttpRequest) -> HttpResponse:
    """Open or change shops; each stands or falls alone: 201 where it was opened."""
    call = Call(request)
    parts = catalogue.sized("shops", call.read(_shops, "invalid-batch").shops)
    actor = call.viewer.actor
    asked: list[OpenShop | Refused] = []
    for one in call.read_parts(parts, _shop, "invalid-request"):
        if isinstance(one, Refused):
            asked.append(one)
            continue
        given = msgspec.structs.asdict(one)
        is_open, places = given.pop("open"), given.pop("locations")
        listed = None if places is None else tuple(places)
        asked.append(OpenShop(**given, is_open=is_open, locations=listed, actor=actor))
    return catalogue.answer_outcomes(
        call, catalogue.outcomes_of(asked, _open_shops), _opened("shop")
    )


def put_locations(request: HttpRequest) -> HttpResponse:
    """Open or change locations; each stands or falls alone: 201 where it was opened."""
    call = Call(request)
    parts = catalogue.sized("locations", call.read(_locations, "invalid-batch").locations)
    actor = call.viewer.actor
    asked = [
        one if isinstance(one, Refused) else OpenLocation(one.code, one.name, one.active, actor)
        for one in call.read_parts(parts, _location, "invalid-request")
    ]
    outcomes = catalogue.outcomes_of(asked, _open_locations)
    return catalogue.answer_outcomes(call, outcomes, _opened("location"))


def _open_shops(batch: Sequence[OpenShop]) -> Sequence[Outcome[Opened]]:
    return open_shops(batch, now=datetime.now(UTC))


def _open_locations(batch: Sequence[OpenLocation]) -> Sequence[Outcome[Opened]]:
    return open_locations(batch, now=datetime.now(UTC))


def _opened(name: str) -> Callable[[Opened], dict[str, Any]]:
    def document(made: Opened) -> dict[str, Any]:
        said = {"id": made.id, "code": made.code, "changed": made.changed}
        return {"status": 201 if made.created else 200, name: said}

    return document
