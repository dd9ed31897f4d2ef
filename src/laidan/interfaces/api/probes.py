"""What machines that run Laidan ask: is it alive, is it ready, how is it doing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from laidan import __version__
from laidan.domain.notices import alarms
from laidan.domain.schedules import core
from laidan.domain.schedules import queries as schedules
from laidan.domain.webhooks import queries
from laidan.domain.webhooks.core import ACTIVE
from laidan.engine import housekeeping, schema, stream
from laidan.insights import figures
from laidan.interfaces.api import problems
from laidan.interfaces.api.authentication import caller_of
from laidan.interfaces.api.callers import without
from laidan.interfaces.api.problems import RefusedError

WORKER_SILENT_AFTER = timedelta(seconds=60)
_LOOPBACK = frozenset(("127.0.0.1", "::1"))
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")
_migrated = False


@require_safe
def healthz(_: HttpRequest) -> HttpResponse:
    """Say that this process answers."""
    return _told(200, {"status": "alive", "version": __version__})


@require_safe
def readyz(_: HttpRequest) -> HttpResponse:
    """Say whether orders can be taken and carried on; 503 names what is missing."""
    parts = {"database": _database()}
    if parts["database"] == "ok":
        parts |= {"migrations": _migrations(), "worker": _worker(datetime.now(UTC))}
    ready = all(told == "ok" for told in parts.values())
    return _told(200 if ready else 503, {"status": "ready" if ready else "not ready", **parts})


def _told(status: int, document: dict[str, Any]) -> HttpResponse:
    response = HttpResponse(
        msgspec.json.encode(document), status=status, content_type="application/json"
    )
    response["Cache-Control"] = "no-store"
    return response


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"does not answer ({type(error).__name__})"
    return "ok"


def _migrations() -> str:
    """Say whether the tables are up to date; once they are, they stay so for this program."""
    global _migrated  # noqa: PLW0603 - a fact that is found out once in a process
    if not _migrated:
        missing = schema.pending_migrations()
        if missing:
            return f"{len(missing)} are missing: run laidan init"
        _migrated = True
    return "ok"


def _worker(now: datetime) -> str:
    beat = housekeeping.last_beat()
    if beat is None:
        return "was never started"
    return "ok" if now - beat < WORKER_SILENT_AFTER else f"silent since {beat.isoformat()}"


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus: for callers of this machine, and for keys with the scope admin."""
    if not _is_from_here(request):
        try:
            refused = without(caller_of(request), "admin")
        except RefusedError as error:
            refused = error.refused
        if refused is not None:
            return problems.respond(request, refused)
    return HttpResponse(generate_latest(_registry(datetime.now(UTC))), CONTENT_TYPE_LATEST)


def _is_from_here(request: HttpRequest) -> bool:
    """Say whether the caller is on this machine, and no proxy that speaks for others."""
    is_proxied = any(name in request.headers for name in _FORWARDED)
    return request.META.get("REMOTE_ADDR") in _LOOPBACK and not is_proxied


def _registry(now: datetime) -> CollectorRegistry:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    told = figures.read_figures(now=now)
    Gauge("laidan_info", "The running version", ["version"], registry=registry).labels(
        __version__
    ).set(1)
    orders = Gauge(
        "laidan_orders", "Orders by type and state", ["type", "state"], registry=registry
    )
    for (type_, state), count in told.orders.items():
        orders.labels(type_, state).set(count)
    for name, words, value in (
        ("laidan_orders_late", "Late orders, counted up to 10000", told.late),
        ("laidan_orders_held", "Orders on hold, counted up to 10000", told.held),
        ("laidan_deadlines_due", "Deadlines that have passed, up to 10000", told.due),
    ):
        Gauge(name, words, registry=registry).set(value)
    _tell_schedules(registry, now)
    _tell_events(registry, now)
    beat = housekeeping.last_beat()
    if beat is not None:
        age = Gauge(
            "laidan_worker_silent_seconds", "Since the worker was last heard", registry=registry
        )
        age.set(max(0.0, (now - beat).total_seconds()))
    return registry


def _tell_schedules(registry: CollectorRegistry, now: datetime) -> None:
    late = Gauge(
        "laidan_schedule_late", "1 where a schedule has not succeeded in two of its intervals",
        ["schedule"], registry=registry,
    )  # fmt: skip
    age = Gauge(
        "laidan_schedule_success_age_seconds", "Since a schedule last succeeded",
        ["schedule"], registry=registry,
    )  # fmt: skip
    for one in schedules.list_schedules():
        late.labels(one.code).set(core.is_late(one.late_at, now, is_paused=one.is_paused))
        if one.last_ok_at is not None:
            age.labels(one.code).set(max(0.0, (now - one.last_ok_at).total_seconds()))
    alarms_open = Gauge(
        "laidan_alarms_unseen", "Open alarms that nobody has noted", ["kind"], registry=registry
    )
    for kind, count in alarms.count_unseen(None).items():
        alarms_open.labels(kind).set(count)


def _tell_events(registry: CollectorRegistry, now: datetime) -> None:
    """Tell how far the readers of the stream are behind."""
    head, endpoints = stream.head(), queries.list_endpoints()
    active = [one.position for one in endpoints if one.state == ACTIVE]
    cursor = stream.cursor_of(stream.BROKER) if settings.LAIDAN_BROKER_URL else None
    behind = Gauge(
        "laidan_events_behind", "Events that a reader has not seen", ["reader"], registry=registry
    )
    behind.labels("webhooks").set(head - min(active, default=head))
    behind.labels(stream.BROKER).set(0 if cursor is None else head - cursor)
    since = stream.oldest_waiting()
    waiting = Gauge(
        "laidan_events_waiting_seconds", "Age of the oldest event without a place",
        registry=registry,
    )  # fmt: skip
    waiting.set(0 if since is None else max(0.0, (now - since).total_seconds()))
    stopped = Gauge("laidan_webhooks_stopped", "Webhooks that are not active", registry=registry)
    stopped.set(len(endpoints) - len(active))


urlpatterns: list[URLPattern] = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
