"""Schedules: told, changed, run now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from laidan.domain.schedules import core, queries
from laidan.domain.schedules.models import Schedule, ScheduleRun
from laidan.interfaces.api import answers, catalogue, order_schemas, questions
from laidan.interfaces.api.authentication import Needs
from laidan.interfaces.api.bodies import ORDERS_MAX
from laidan.interfaces.api.calls import Call
from laidan.interfaces.api.pagination import read_cursor, write_cursor
from laidan.interfaces.api.problems import RefusedError
from laidan.interfaces.api.reads import answer
from laidan.kernel.outcome import Outcome, Refused
from laidan.usecases.act_on_schedules import NamedSchedule, run_schedules_now
from laidan.usecases.keep_schedules import (
    KeepSchedule,
    ScheduleAnswer,
    keep_schedules,
    shop_zones,
    zone_of,
)

_VIEW, _MANAGE = Needs("schedules.view"), Needs("schedules.manage")
Text = Annotated[str, msgspec.Meta(max_length=200)]


class ScheduleRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A schedule as it shall be; what is not given stays. `zone` is empty for the shop's clocks."""

    code: Text
    kind: Text | None = None
    cron: Text | None = None
    shop: Text | None = None
    zone: Text | None = None
    params: dict[str, Any] | None = None
    paused: bool | None = None


class _SchedulesRead(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `PUT /schedules`; its items are read one by one, so that each stands alone."""

    schedules: list[msgspec.Raw]


class SchedulesBody(msgspec.Struct):
    """`PUT /schedules` as it is described."""

    schedules: Annotated[list[ScheduleRequest], msgspec.Meta(min_length=1, max_length=ORDERS_MAX)]


_schedules: Callable[[bytes], _SchedulesRead] = msgspec.json.Decoder(_SchedulesRead).decode
_schedule: Callable[[bytes], ScheduleRequest] = msgspec.json.Decoder(ScheduleRequest).decode


def register(router: Router) -> None:
    """Add the operations; Ninja has one view for a path of one router."""
    listed = answers.described(answers.page({"type": "object"}))
    for path, view in (
        ("/schedules", list_schedules),
        ("/schedules/{schedule}/runs", list_runs),
    ):
        router.add_api_operation(
            path, ["GET"], view, auth=_VIEW, tags=["schedules"], openapi_extra=listed
        )
    schema = catalogue.outcomes_schema({"schedule": {"type": "object"}})
    described = order_schemas.operation(
        order_schemas.body_of(SchedulesBody), {200: schema}, of_one_order=False
    )
    router.add_api_operation(
        "/schedules", ["PUT"], put_schedules, auth=_MANAGE, tags=["schedules"],
        openapi_extra=described,
    )  # fmt: skip
    router.add_api_operation(
        "/schedules/{schedule}/run", ["POST"], run_now, auth=_MANAGE, tags=["schedules"],
        openapi_extra=answers.described({"type": "object"}),
    )  # fmt: skip


def list_schedules(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Ninja calls it so
    """Every schedule: when it comes due, how it went last."""
    now, zones = datetime.now(UTC), shop_zones()
    items = [_document(one, zone_of(one, zones), now) for one in queries.list_schedules()]
    return answer({"items": items, "next_cursor": None})


def list_runs(
    request: HttpRequest,  # noqa: ARG001 - Ninja calls it so
    schedule: str,
    wanted: Query[questions.PageQuery],
) -> HttpResponse:
    """The runs of a schedule, the newest first."""
    row = queries.get_schedule(schedule)
    if row is None:
        raise RefusedError(Refused("not-found", f"There is no schedule {schedule[:40]}.", 404))
    before = read_cursor("schedule-runs", wanted.cursor, (str,))
    found = queries.list_runs(row.pk, before=before[0] if before else None, limit=wanted.limit + 1)
    more, found = len(found) > wanted.limit, found[: wanted.limit]
    cursor = write_cursor("schedule-runs", (found[-1].pk,)) if more else None
    return answer({"items": [_run_document(run) for run in found], "next_cursor": cursor})


def put_schedules(request: HttpRequest) -> HttpResponse:
    """Add or change schedules; each stands or falls alone: 201 where it was added."""
    call = Call(request)
    parts = catalogue.sized("schedules", call.read(_schedules, "invalid-batch").schedules)
    actor = call.viewer.actor
    asked = [
        one
        if isinstance(one, Refused)
        else KeepSchedule(
            one.code, actor, one.kind, one.cron, one.shop, one.zone, one.params, one.paused
        )
        for one in call.read_parts(parts, _schedule, "invalid-request")
    ]
    outcomes = catalogue.outcomes_of(asked, _keep)
    return catalogue.answer_outcomes(call, outcomes, _kept)


def run_now(request: HttpRequest, schedule: str) -> HttpResponse:
    """Let a worker run a schedule at once; its times stay as they are."""
    call = Call(request)
    wish = NamedSchedule(schedule, call.viewer.actor, call.once)
    (outcome,) = run_schedules_now([wish], now=datetime.now(UTC))
    if isinstance(outcome, Refused):
        raise RefusedError(outcome)
    told = answer({"code": outcome.value.code, "asked": True})
    if outcome.replayed and call.once is not None:
        told["Idempotent-Replay"] = "true"
    return told


def _keep(batch: Sequence[KeepSchedule]) -> Sequence[Outcome[ScheduleAnswer]]:
    return keep_schedules(batch, now=datetime.now(UTC))


def _kept(made: ScheduleAnswer) -> dict[str, Any]:
    said = {"code": made.code, "changed": made.changed}
    return {"status": 201 if made.created else 200, "schedule": said}


def _document(one: Schedule, zone: str, now: datetime) -> dict[str, Any]:
    return {
        "code": one.code, "kind": one.kind, "cron": one.cron, "shop": one.shop_code or None,
        "zone": zone, "params": one.params, "paused": one.is_paused,
        "running": one.state == core.RUNNING,
        "late": core.is_late(one.late_at, now, is_paused=one.is_paused),
        "next_at": _iso(one.next_at), "last_at": _iso(one.last_at),
        "last_ok_at": _iso(one.last_ok_at), "last_outcome": one.last_outcome or None,
        "message": one.last_message,
    }  # fmt: skip


def _run_document(run: ScheduleRun) -> dict[str, Any]:
    return {
        "id": run.pk, "planned_at": _iso(run.planned_at), "started_at": _iso(run.started_at),
        "finished_at": _iso(run.finished_at), "outcome": run.outcome, "figures": run.figures,
        "message": run.message, "worker": run.worker, "by": run.actor or None,
    }  # fmt: skip


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
