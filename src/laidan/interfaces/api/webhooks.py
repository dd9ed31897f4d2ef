"""Webhooks: kept as a batch, tested, their deliveries told and sent again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field

from laidan.domain.webhooks import core, queries
from laidan.domain.webhooks.models import WebhookDelivery, WebhookEndpoint
from laidan.domain.webhooks.queries import DeliveryFilter, Standing
from laidan.insights.event_documents import shop_of
from laidan.interfaces.api import answers, catalogue, order_schemas
from laidan.interfaces.api.authentication import Needs
from laidan.interfaces.api.calls import Call, sound
from laidan.interfaces.api.pagination import read_cursor, write_cursor
from laidan.interfaces.api.questions import PageQuery, Text
from laidan.interfaces.api.reads import answer
from laidan.interfaces.outgoing.testing import send_test
from laidan.kernel.outcome import Done, Refused
from laidan.usecases.keep_webhooks import KeepWebhook, WebhookAnswer, keep_webhooks
from laidan.usecases.replay_deliveries import Replay, replay_deliveries

_SEE, _KEEP = "webhooks.view", "webhooks.manage"
_CURSOR = "deliveries"
Short = Annotated[str, msgspec.Meta(max_length=200)]
Listed = Annotated[list[Short], msgspec.Meta(max_length=100)]
_UNKNOWN = Refused("unknown-webhook", "There is no such webhook.", 404)


class WebhookRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A webhook as it shall be, by name; what is not given stays.

    `types` are types of events or beginnings such as `order.*`; none is all. `rotate` makes a new
    secret, beside which the old one signs for `old_hours`.
    """

    name: Short
    url: Annotated[str, msgspec.Meta(max_length=2000)] | None = None
    types: Listed | None = None
    shops: Listed | None = None
    state: Short | None = None
    secret: Short | None = None
    rotate: bool = False
    old_hours: int = 24


class _WebhooksRead(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `PUT /webhooks`; its items are read one by one, so that each stands alone."""

    webhooks: list[msgspec.Raw]


class WebhooksBody(msgspec.Struct):
    """`PUT /webhooks` as it is described."""

    webhooks: Annotated[list[WebhookRequest], msgspec.Meta(min_length=1, max_length=1000)]


class ReplayRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sent again: deliveries by id, those that failed, or a span of positions."""

    ids: Annotated[list[Short], msgspec.Meta(max_length=1000)] = []
    failed: bool = False
    after: int | None = None
    until: int | None = None


class DeliveryQuery(PageQuery):
    """Which deliveries."""

    state: Literal["waiting", "done", "failed"] | None = None
    type: Text | None = Field(None, description="the type of the event")


_webhooks: Callable[[bytes], _WebhooksRead] = msgspec.json.Decoder(_WebhooksRead).decode
_webhook: Callable[[bytes], WebhookRequest] = msgspec.json.Decoder(WebhookRequest).decode
_replay: Callable[[bytes], ReplayRequest] = msgspec.json.Decoder(ReplayRequest).decode


def register(router: Router) -> None:
    """Add the operations; Ninja has one view for a path of one router."""
    for path, view in (("/webhooks", list_webhooks), ("/webhooks/{webhook}/deliveries", list_log)):
        router.add_api_operation(
            path, ["GET"], view, auth=Needs(_SEE), tags=["webhooks"],
            openapi_extra=answers.described(answers.page({"type": "object"})),
        )  # fmt: skip
    outcomes = catalogue.outcomes_schema({"webhook": {"type": "object"}})
    for method, path, change, body, schema in (
        ("PUT", "/webhooks", put_webhooks, WebhooksBody, outcomes),
        ("POST", "/webhooks/{webhook}/replay", replay, ReplayRequest, {"type": "object"}),
    ):
        described = order_schemas.operation(
            order_schemas.body_of(body), {200: schema}, of_one_order=False
        )
        router.add_api_operation(
            path, [method], change, auth=Needs(_KEEP), tags=["webhooks"], openapi_extra=described
        )
    for method, path, act in (
        ("DELETE", "/webhooks/{webhook}", drop_webhook),
        ("POST", "/webhooks/{webhook}/test", test_webhook),
    ):
        router.add_api_operation(
            path, [method], act, auth=Needs(_KEEP), tags=["webhooks"],
            openapi_extra=answers.described({"type": "object"}),
        )  # fmt: skip


def list_webhooks(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Ninja calls it so
    """Every webhook, by name; secrets are not told."""
    found = queries.list_endpoints()
    standings = queries.standings([one.pk for one in found])
    items = [_told(one, standings.get(one.pk, Standing())) for one in found]
    return answer({"items": items, "next_cursor": None})


def _told(endpoint: WebhookEndpoint, standing: Standing) -> dict[str, Any]:
    return {
        "id": endpoint.pk,
        "name": endpoint.name,
        "url": endpoint.url,
        "types": endpoint.types,
        "shops": endpoint.shops,
        "state": endpoint.state,
        "paused_why": endpoint.paused_why,
        "position": endpoint.position,
        "waiting": standing.waiting,
        "failed": standing.failed,
        "failing_since": endpoint.failing_since,
        "last_done_at": endpoint.last_done_at,
        "old_secret_until": endpoint.old_until,
    }


def put_webhooks(request: HttpRequest) -> HttpResponse:
    """Add or change webhooks; each stands or falls alone. A new secret is told here, once."""
    call = Call(request)
    parts = catalogue.sized("webhooks", call.read(_webhooks, "invalid-batch").webhooks)
    actor = call.viewer.actor
    asked: list[KeepWebhook | Refused] = []
    for one in call.read_parts(parts, _webhook, "invalid-request"):
        if isinstance(one, Refused):
            asked.append(one)
            continue
        given = msgspec.structs.asdict(one)
        rotates = given.pop("rotate")
        for name in ("types", "shops"):
            given[name] = None if given[name] is None else tuple(given[name])
        asked.append(KeepWebhook(actor, rotates=rotates, **given))
    outcomes = catalogue.outcomes_of(
        asked, lambda batch: keep_webhooks(batch, now=datetime.now(UTC))
    )
    return catalogue.answer_outcomes(call, outcomes, _kept)


def _kept(made: WebhookAnswer) -> dict[str, Any]:
    told: dict[str, Any] = {"id": made.id, "name": made.name, "changed": made.changed}
    if made.secret is not None:
        told["secret"] = made.secret
    return {"status": 201 if made.created else 200, "webhook": told}


def drop_webhook(request: HttpRequest, webhook: str) -> HttpResponse:
    """Remove a webhook with the log of its deliveries."""
    call = Call(request)
    wish = KeepWebhook(call.viewer.actor, id=_found(webhook).pk, is_gone=True)
    (outcome,) = keep_webhooks([wish], now=datetime.now(UTC))
    sound(outcome)
    return answer({"removed": True})


def test_webhook(request: HttpRequest, webhook: str) -> HttpResponse:
    """Send a message of the type `webhook.test`; a paused webhook that takes it goes on."""
    call = Call(request)
    found = send_test(_found(webhook), actor=call.viewer.actor.label, now=datetime.now(UTC))
    return answer(
        {
            "delivered": found.is_done,
            "status": found.status,
            "error": found.error,
            "took_ms": found.took_ms,
            "answer": found.answer,
        }
    )


def list_log(request: HttpRequest, webhook: str, wanted: Query[DeliveryQuery]) -> HttpResponse:  # noqa: ARG001 - as above
    """Deliveries of a webhook with the last request and answer, the latest event first."""
    endpoint = _found(webhook)
    place = read_cursor(_CURSOR, wanted.cursor, (int,))
    asked = DeliveryFilter(wanted.state or "", wanted.type or "", place[0] if place else None)
    found = queries.list_deliveries(endpoint.pk, asked, limit=wanted.limit + 1)
    page = found[: wanted.limit]
    cursor = write_cursor(_CURSOR, [page[-1].position]) if len(found) > wanted.limit else None
    return answer({"items": [_delivery(one) for one in page], "next_cursor": cursor})


def _delivery(one: WebhookDelivery) -> dict[str, Any]:
    return {
        "id": one.pk,
        "event": one.event_id,
        "type": one.type,
        "subject": one.subject_id,
        "position": one.position,
        "state": one.state,
        "tries": one.tries,
        "next_at": one.next_at if one.state == core.WAITING else None,
        "sent_at": one.sent_at,
        "took_ms": one.took_ms,
        "status": one.status,
        "error": one.error,
        "request": msgspec.json.decode(one.request) if one.request else None,
        "answer": one.answer,
        "created_at": one.created_at,
        "done_at": one.done_at,
    }


def replay(request: HttpRequest, webhook: str) -> HttpResponse:
    """Send deliveries again: some by id, all that failed, or a span of positions."""
    call = Call(request)
    asked = call.read(_replay, "invalid-request")
    wish = Replay(
        call.viewer.actor, _found(webhook).pk, tuple(asked.ids), asked.failed, asked.after,
        asked.until, call.once,
    )  # fmt: skip
    (outcome,) = replay_deliveries([wish], shop_of=shop_of, now=datetime.now(UTC))
    count = outcome.value if isinstance(outcome, Done) else sound(outcome)
    return answer({"deliveries": count})


def _found(webhook: str) -> WebhookEndpoint:
    endpoint = queries.find_endpoint(webhook)
    return sound(_UNKNOWN if endpoint is None else endpoint)
