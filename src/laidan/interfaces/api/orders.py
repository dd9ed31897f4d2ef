"""Placing, amending and moving orders through Django, where the lean lane does not go.

What each operation does is the lane's code; only the way in and out is Django's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router

from laidan.engine.group_commit import GroupCommit
from laidan.interfaces.api import bodies, committing, order_schemas, presenting
from laidan.interfaces.api.authentication import Needs
from laidan.interfaces.api.bodies import ORDERS_MAX
from laidan.interfaces.api.callers import PLACE
from laidan.interfaces.api.calls import Call, sound
from laidan.interfaces.api.problems import to_response
from laidan.interfaces.api.rendering import Answer
from laidan.kernel.outcome import Refused
from laidan.usecases import needing
from laidan.usecases.advance_orders import advance_orders
from laidan.usecases.amend_orders import amend_orders
from laidan.usecases.answers import OrderAnswer
from laidan.usecases.order_requests import PlaceOrder
from laidan.usecases.transition_requests import Advance, Amend, AmendOrder, TransitionInputs

R = TypeVar("R")
T = TypeVar("T")
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class BatchOfOrders(msgspec.Struct):
    """The body of `POST /orders/batch` as it is described; it is read order by order."""

    orders: Annotated[list[PlaceOrder], msgspec.Meta(min_length=1, max_length=ORDERS_MAX)]


class ManyTransitions(TransitionInputs, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One transition of many orders, by id or order number, with the same inputs."""

    ids: Annotated[list[Name], msgspec.Meta(min_length=1, max_length=ORDERS_MAX)]


_inputs: Callable[[bytes], TransitionInputs] = msgspec.json.Decoder(TransitionInputs).decode
_many_inputs: Callable[[bytes], ManyTransitions] = msgspec.json.Decoder(ManyTransitions).decode
_changes: Callable[[bytes], AmendOrder] = msgspec.json.Decoder(AmendOrder).decode


def register(router: Router) -> None:
    """Add the operations to the router of /orders, before its paths with an order's name.

    Ninja has one view for a path of one router, so that reading and writing share theirs.
    """
    order, many = {200: order_schemas.ORDER}, {200: order_schemas.OUTCOMES}
    acts, parts = needing.permissions_of(advance_orders), needing.permissions_of(amend_orders)
    for path, method, view, body, answers, needed in (
        ("/orders", "POST", place_order, PlaceOrder, order | {201: order_schemas.ORDER}, (PLACE,)),
        ("/orders/batch", "POST", place_batch, BatchOfOrders, many, (PLACE,)),
        ("/orders/transitions/{name}", "POST", advance_many, ManyTransitions, many, acts),
        ("/orders/{order}", "PATCH", amend_order, AmendOrder, order, parts),
        (
            "/orders/{order}/transitions/{name}",
            "POST",
            advance_order,
            TransitionInputs,
            order,
            acts,
        ),
    ):
        described = order_schemas.operation(
            order_schemas.body_of(body), answers, of_one_order="{order}" in path
        )
        router.add_api_operation(
            path, [method], view, auth=Needs(*needed), tags=["orders"], openapi_extra=described
        )


# --- operations -----------------------------------------------------------------------------


def place_order(request: HttpRequest) -> HttpResponse:
    """Place an order; the same order again answers the one that is there."""
    call = _Call(request)
    placing = sound(bodies.placing_of(call.target, call.headers, call.body, call.viewer.actor))
    return call.about_one(committing.placing, placing)


def place_batch(request: HttpRequest) -> HttpResponse:
    """Place up to 1000 orders, each of which stands or falls alone."""
    call = _Call(request)
    placings = committing.read_batch(call.target, call.headers, call.body, call.viewer.actor)
    return call.about_many(committing.placing, sound(placings))


def advance_order(request: HttpRequest, order: str, name: str) -> HttpResponse:
    """Take a transition of an order, or hold or release it; what it needs is in `actions`."""
    call = _Call(request)
    advance = Advance(
        sound(bodies.named(order)),
        name,
        call.viewer.actor,
        call.read(_inputs, "invalid-request") if call.body else TransitionInputs(),
        bodies.version_of(call.headers),
        call.once,
    )
    return call.about_one(committing.advancing, advance)


def advance_many(request: HttpRequest, name: str) -> HttpResponse:
    """Take one transition of up to 1000 orders, each of which stands or falls alone."""
    call = _Call(request)
    read = call.read(_many_inputs, "invalid-request")
    given = msgspec.structs.asdict(read)
    given.pop("ids")
    inputs = TransitionInputs(**given)
    requests: list[Advance | Refused] = []
    for place, one in enumerate(read.ids):
        order = bodies.named(one)
        requests.append(
            order
            if isinstance(order, Refused)
            else Advance(order, name, call.viewer.actor, inputs, once=bodies.part(call.once, place))
        )
    return call.about_many(committing.advancing, sound(committing.unless_used(requests)))


def amend_order(request: HttpRequest, order: str) -> HttpResponse:
    """Change an order's customer, address, notes, tags, fields or lines while its state allows."""
    call = _Call(request)
    amend = Amend(
        sound(bodies.named(order)),
        call.read(_changes, "invalid-request"),
        call.viewer.actor,
        bodies.version_of(call.headers),
        call.once,
    )
    return call.about_one(committing.amending, amend)


# --- the way in and out ---------------------------------------------------------------------


class _Call(Call):
    """A request about orders that was let in."""

    def about_one(self, queue: GroupCommit[R, OrderAnswer], asked: R) -> HttpResponse:
        """Return the answer to a request about one order."""
        (outcome,) = sound(committing.call_all(queue, [asked]))
        return to_response(
            presenting.answer_one(outcome, self.viewer, is_keyed=self.once is not None)
        )

    def about_many(
        self, queue: GroupCommit[R, OrderAnswer], asked: Sequence[R | Refused]
    ) -> HttpResponse:
        """Return the answer to a batch; what was refused already is not asked."""
        kept = [one for one in asked if not isinstance(one, Refused)]
        found = sound(committing.call_all(queue, kept)) if kept else []
        answer: Answer = presenting.answer_many(
            asked, found, self.viewer, is_keyed=self.once is not None
        )
        return to_response(answer)
