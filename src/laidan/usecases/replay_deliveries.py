"""Sends events to webhooks again: single deliveries, or all of a span of the stream."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from laidan.domain.audit.core import Deed
from laidan.domain.audit.store import record
from laidan.domain.webhooks import core, store
from laidan.domain.webhooks.models import WebhookDelivery, WebhookEndpoint
from laidan.domain.webhooks.store import NewDelivery
from laidan.engine import stream, unit
from laidan.engine.idempotency import Codec, Once, answer_once
from laidan.kernel.actor import Actor
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done, Outcome, Refused, invalid
from laidan.usecases.deliver_webhooks import ShopOf
from laidan.usecases.needing import needs

SPAN_MAX = 10_000
"""Events of one span."""
_POSITION_MAX = 2**62


@dataclass(frozen=True, slots=True)
class Replay:
    """What an endpoint is sent again: deliveries by id, those that failed, or a span of positions.

    The span begins behind `after` and ends with `until`; events in it that the endpoint was never
    sent are sent, too, where its filter lets them pass.
    """

    actor: Actor
    endpoint: str
    ids: tuple[str, ...] = ()
    failed: bool = False
    after: int | None = None
    until: int | None = None
    once: Once | None = None


CODEC: Codec[int] = Codec(
    lambda count: (None, str(count)), lambda stored: [int(one.answer or 0) for one in stored]
)


@needs("webhooks.manage")
def replay_deliveries(
    batch: Sequence[Replay], *, shop_of: ShopOf, now: datetime
) -> list[Outcome[int]]:
    """Queue deliveries again; answer how many for each request.

    Locks: the endpoints named. Refuses: unknown-webhook, invalid-request.
    """

    def attempt(part: Sequence[Replay]) -> list[Outcome[int]]:
        fresh = partial(_attempt, shop_of=shop_of, now=now)
        return answer_once(part, fresh, CODEC, now=now, mint=Mint(now, os.urandom))

    return unit.run_batch(batch, attempt)


def _attempt(batch: Sequence[Replay], *, shop_of: ShopOf, now: datetime) -> list[Outcome[int]]:
    named = store.locked_endpoints({one.endpoint for one in batch})
    known = {one.pk: one for one in named}
    outcomes: list[Outcome[int]] = []
    deeds: list[Deed] = []
    for request in batch:
        endpoint = known.get(request.endpoint)
        if endpoint is None:
            outcomes.append(Refused("unknown-webhook", "There is no such webhook.", 404))
            continue
        if request.after is not None and not _is_span(request):
            outcomes.append(invalid("until", f"must follow after, by at most {SPAN_MAX}"))
            continue
        count = _again(endpoint, request, now)
        if request.after is not None:
            count += _span(endpoint, request, shop_of, now)
        outcomes.append(Done(count))
        told = {"deliveries": count, "after": request.after, "until": request.until}
        deeds.append(
            Deed(request.actor.label, "webhook.replayed", "webhook", endpoint.pk, endpoint.name,
                 after=told)
        )  # fmt: skip
    record(deeds, now=now)
    return outcomes


def _is_span(request: Replay) -> bool:
    after, until = request.after, request.until
    if after is None or until is None or until > _POSITION_MAX:
        return False
    return 0 <= after < until <= after + SPAN_MAX


def _again(endpoint: WebhookEndpoint, request: Replay, now: datetime) -> int:
    """Let what is there already wait anew."""
    found = WebhookDelivery.objects.filter(endpoint=endpoint)
    if request.after is not None:
        found = found.filter(position__gt=request.after, position__lte=request.until)
    elif request.failed:
        found = found.filter(state=core.FAILED)
    else:
        found = found.filter(pk__in=request.ids)
    return found.update(state=core.WAITING, tries=0, next_at=now, done_at=None)


def _span(endpoint: WebhookEndpoint, request: Replay, shop_of: ShopOf, now: datetime) -> int:
    """Queue what a span has beside what is there; return how many those are."""
    after, until = request.after or 0, request.until or 0
    # What lies before the endpoint's cursor: the rest is queued in its turn.
    until = min(until, endpoint.position)
    if until <= after:
        return 0
    mint = Mint(now, os.urandom)
    own = WebhookDelivery.objects.filter(endpoint=endpoint, position__gt=after, position__lte=until)
    there = set(own.values_list("position", flat=True))
    found = [
        NewDelivery(
            mint.new(), endpoint.pk, event.id, event.subject_id, event.type, event.position,
            core.WAITING, now, now,
        )
        for event in stream.read_events(after, limit=until - after)
        if event.position not in there
        and core.is_wanted(endpoint.types, endpoint.shops, event.type, shop_of(event))
    ]  # fmt: skip
    store.queue(found)
    return len(found)
