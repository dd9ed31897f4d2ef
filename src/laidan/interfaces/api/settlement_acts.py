"""Reconciliation: days matched and closed, breaks explained, each as a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router

from laidan.interfaces.api import catalogue, order_schemas
from laidan.interfaces.api.authentication import Needs
from laidan.interfaces.api.bodies import ORDERS_MAX
from laidan.interfaces.api.calls import Call
from laidan.kernel.outcome import Outcome, Refused, invalid
from laidan.usecases.close_days import close_days
from laidan.usecases.explain_breaks import assign_breaks, explain_breaks, suspend_breaks
from laidan.usecases.match_days import match_days
from laidan.usecases.settlement_requests import (
    AssignBreak,
    CloseDay,
    DayAnswer,
    ExplainBreak,
    MatchDay,
    SuspendBreak,
)

_ITEMS = msgspec.Meta(min_length=1, max_length=ORDERS_MAX)
Text = Annotated[str, msgspec.Meta(max_length=300)]
DayWish = CloseDay | MatchDay
BreakWish = ExplainBreak | AssignBreak | SuspendBreak


class DayRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A day that shall be matched anew, or closed, or opened again for a reason."""

    account: Text
    day: Text
    state: Literal["closed", "open"] | None = None
    reason: Text = ""


class BreakRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A break that is explained, given to somebody, or put into suspense: one of them."""

    id: Text
    reason: Text | None = None
    note: Text = ""
    owner: Text | None = None
    suspend: bool = False


class _DaysRead(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `PUT /settlement/days`; its items are read one by one."""

    days: list[msgspec.Raw]


class _BreaksRead(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `PUT /settlement/breaks`."""

    breaks: list[msgspec.Raw]


class DaysBody(msgspec.Struct):
    """`PUT /settlement/days` as it is described."""

    days: Annotated[list[DayRequest], _ITEMS]


class BreaksBody(msgspec.Struct):
    """`PUT /settlement/breaks` as it is described."""

    breaks: Annotated[list[BreakRequest], _ITEMS]


_days: Callable[[bytes], _DaysRead] = msgspec.json.Decoder(_DaysRead).decode
_breaks: Callable[[bytes], _BreaksRead] = msgspec.json.Decoder(_BreaksRead).decode
_day: Callable[[bytes], DayRequest] = msgspec.json.Decoder(DayRequest).decode
_break: Callable[[bytes], BreakRequest] = msgspec.json.Decoder(BreakRequest).decode


def register(router: Router) -> None:
    """Add the operations to the paths that the reads have."""
    for path, change, rights, body, name in (
        ("/settlement/days", put_days, ("settlement.edit", "settlement.close"), DaysBody, "day"),
        ("/settlement/breaks", put_breaks, ("settlement.edit",), BreaksBody, "break"),
    ):
        schema = catalogue.outcomes_schema({name: {"type": "object"}})
        described = order_schemas.operation(
            order_schemas.body_of(body), {200: schema}, of_one_order=False
        )
        router.add_api_operation(
            path, ["PUT"], change, auth=Needs(*rights), tags=["settlement"],
            openapi_extra=described,
        )  # fmt: skip


def put_days(request: HttpRequest) -> HttpResponse:
    """Match days anew, close them, or open them again; each stands or falls alone."""
    call = Call(request)
    parts = catalogue.sized("days", call.read(_days, "invalid-batch").days)
    asked: list[DayWish | Refused] = []
    for one in call.read_parts(parts, _day, "invalid-request"):
        if isinstance(one, Refused):
            asked.append(one)
        elif one.state is None:
            asked.append(MatchDay(one.account, one.day, call.viewer.actor))
        else:
            is_open = one.state == "open"
            asked.append(CloseDay(one.account, one.day, call.viewer.actor, is_open, one.reason))
    outcomes = catalogue.outcomes_of(asked, _do_days)
    return catalogue.answer_outcomes(call, outcomes, _day_answer)


def put_breaks(request: HttpRequest) -> HttpResponse:
    """Explain breaks ("" takes an explanation back), give them to somebody, or suspend them."""
    call = Call(request)
    parts = catalogue.sized("breaks", call.read(_breaks, "invalid-batch").breaks)
    actor = call.viewer.actor
    asked: list[BreakWish | Refused] = []
    for one in call.read_parts(parts, _break, "invalid-request"):
        if isinstance(one, Refused):
            asked.append(one)
        elif [one.reason is not None, one.owner is not None, one.suspend].count(True) != 1:
            asked.append(invalid("breaks", "give one of reason, owner and suspend"))
        elif one.suspend:
            asked.append(SuspendBreak(one.id, actor))
        elif one.owner is not None:
            asked.append(AssignBreak(one.id, one.owner, actor))
        else:
            asked.append(ExplainBreak(one.id, actor, one.reason or "", one.note))
    outcomes = catalogue.outcomes_of(asked, _do_breaks)
    return catalogue.answer_outcomes(call, outcomes, _break_answer)


def _do_days(batch: Sequence[Any]) -> Sequence[Outcome[DayAnswer]]:
    now = datetime.now(UTC)
    matched = iter(match_days([one for one in batch if isinstance(one, MatchDay)], now=now))
    closed = iter(close_days([one for one in batch if isinstance(one, CloseDay)], now=now))
    return [next(matched if isinstance(one, MatchDay) else closed) for one in batch]


def _do_breaks(batch: Sequence[Any]) -> Sequence[Outcome[str]]:
    now = datetime.now(UTC)
    explained = iter(explain_breaks([o for o in batch if isinstance(o, ExplainBreak)], now=now))
    assigned = iter(assign_breaks([o for o in batch if isinstance(o, AssignBreak)], now=now))
    suspended = iter(suspend_breaks([o for o in batch if isinstance(o, SuspendBreak)], now=now))
    return [
        next(
            explained
            if isinstance(one, ExplainBreak)
            else assigned
            if isinstance(one, AssignBreak)
            else suspended
        )
        for one in batch
    ]


def _day_answer(made: DayAnswer) -> dict[str, Any]:
    said = {
        "account": made.account, "day": made.day, "state": made.state, "breaks": made.breaks,
        "has_bill": made.has_bill,
    }  # fmt: skip
    return {"status": 200, "day": said}


def _break_answer(made: str) -> dict[str, Any]:
    return {"status": 200, "break": {"id": made}}
