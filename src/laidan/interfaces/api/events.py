"""The stream of events: committed, without a gap, in an order in which it stays."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from laidan.engine import stream
from laidan.insights import event_documents, event_types
from laidan.interfaces.api import answers, event_schemas
from laidan.interfaces.api.authentication import Needs, viewer_of
from laidan.interfaces.api.pagination import LIMIT_MAX, LIMIT_USUAL
from laidan.interfaces.api.questions import Text
from laidan.interfaces.api.reads import answer
from laidan.kernel.actor import Actor

_READ = Needs(*event_documents.RIGHTS.values())
SCANNED_MAX = 1000
"""Positions that one answer looks through at most: where little is wanted it may be empty."""
_INT_MAX = 2**63 - 1


class EventQuery(Schema):
    """Which events: those behind a position, of some types and shops."""

    after: int = Field(0, ge=0, le=_INT_MAX, description="`next_after` of the answer before")
    limit: int = Field(LIMIT_USUAL, ge=1, le=LIMIT_MAX)
    type: list[Text] = Field([], max_length=50)
    shop: list[Text] = Field([], max_length=50)


def register(router: Router) -> None:
    """Add the operations."""
    for path, view, schema, summary in (
        ("/events", list_stream, event_schemas.STREAM, "Events since a position"),
        ("/events/schemas", list_schemas, {"type": "object"}, "JSON Schemas of events"),
    ):
        router.add_api_operation(
            path, ["GET"], view, auth=_READ, summary=summary, tags=["events"],
            openapi_extra=answers.described(schema),
        )  # fmt: skip


def list_stream(request: HttpRequest, wanted: Query[EventQuery]) -> HttpResponse:
    """Events behind a position, as far as the caller may see them; ask on with `next_after`.

    An answer may be empty and yet say `has_more`: it has looked through a part of the stream.
    """
    head = stream.head()
    items, after = _page(wanted, viewer_of(request).actor, head)
    return answer({"items": items, "next_after": after, "head": head, "has_more": after < head})


def _page(wanted: EventQuery, actor: Actor, head: int) -> tuple[list[dict[str, Any]], int]:
    """Return what a page shows, and the last position that was looked at."""
    after = wanted.after
    end = max(after, min(after + SCANNED_MAX, head))
    items: list[dict[str, Any]] = []
    while after < end:
        left = wanted.limit - len(items)
        found = stream.read_events(after, limit=left, until=end, types=wanted.type)
        for event in found:
            if not wanted.shop or event_documents.shop_of(event) in wanted.shop:
                document = event_documents.document_for(event, actor)
                items += [document] if document is not None else []
        after = found[-1].position if len(found) == left else end
        if len(items) == wanted.limit:
            break
    return items, after


def list_schemas(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Ninja calls it so
    """The JSON Schema of each type of event that can happen here."""
    return answer(event_schemas.event_schemas(event_types.list_types()))
