"""Reads of webhooks: endpoints, and the log of their deliveries by keyset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from laidan.domain.webhooks import core
from laidan.domain.webhooks.models import WebhookDelivery, WebhookEndpoint


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries of an endpoint: by state, type, and before a position."""

    state: str = ""
    type: str = ""
    before: int | None = None


def list_endpoints() -> list[WebhookEndpoint]:
    """Return every endpoint by name."""
    return list(WebhookEndpoint.objects.order_by("name", "id"))


def find_endpoint(endpoint_id: str) -> WebhookEndpoint | None:
    """Return an endpoint by id."""
    return WebhookEndpoint.objects.filter(pk=endpoint_id).first()


def count_endpoints() -> int:
    """Return how many endpoints there are."""
    return WebhookEndpoint.objects.count()


def list_deliveries(
    endpoint_id: str, wanted: DeliveryFilter, *, limit: int
) -> list[WebhookDelivery]:
    """Return deliveries of an endpoint, the latest event first."""
    found = WebhookDelivery.objects.filter(endpoint=endpoint_id).order_by("-position")
    if wanted.state:
        found = found.filter(state=wanted.state)
    if wanted.type:
        found = found.filter(type=wanted.type)
    if wanted.before is not None:
        found = found.filter(position__lt=wanted.before)
    return list(found[:limit])


def find_delivery(delivery_id: str) -> WebhookDelivery | None:
    """Return a delivery by id."""
    return WebhookDelivery.objects.filter(pk=delivery_id).first()


def is_due(endpoint_ids: Sequence[str], *, now: datetime) -> bool:
    """Say whether anything is to be sent now to one of the endpoints."""
    found = WebhookDelivery.objects.filter(endpoint__in=endpoint_ids, state=core.WAITING)
    return found.filter(next_at__lte=now).exists()


@dataclass(frozen=True, slots=True)
class Standing:
    """How an endpoint stands: how many deliveries wait, since which event, how many failed."""

    waiting: int = 0
    failed: int = 0
    oldest: int | None = None


def standings(endpoint_ids: Sequence[str]) -> dict[str, Standing]:
    """Return how endpoints stand (one query)."""
    rows = (
        WebhookDelivery.objects.filter(
            endpoint__in=endpoint_ids, state__in=(core.WAITING, core.FAILED)
        )
        .values("endpoint_id", "state")
        .annotate(total=Count("pk"), oldest=Min("position"))
        .values_list("endpoint_id", "state", "total", "oldest")
    )
    counts: dict[str, dict[str, tuple[int, int]]] = {}
    for endpoint, state, total, oldest in rows:
        counts.setdefault(str(endpoint), {})[state] = (total, oldest)
    return {
        endpoint: Standing(
            waiting=states.get(core.WAITING, (0, 0))[0],
            failed=states.get(core.FAILED, (0, 0))[0],
            oldest=states[core.WAITING][1] if core.WAITING in states else None,
        )
        for endpoint, states in counts.items()
    }
