"""Reconciliation: days, what does not agree, bills; matched, explained and closed, each as a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from laidan.domain.settlement.core import STATES, TYPES
from laidan.insights import settlement_views
from laidan.insights.settlement_views import (
    BillLine,
    BreakFilter,
    BreakLine,
    DayFilter,
    DayLine,
    Sums,
)
from laidan.interfaces.api import answers, catalogue, order_schemas
from laidan.interfaces.api.authentication import Needs, viewer_of
from laidan.interfaces.api.bodies import ORDERS_MAX
from laidan.interfaces.api.calls import Call
from laidan.interfaces.api.pagination import read_cursor, write_cursor
from laidan.interfaces.api.problems import RefusedError
from laidan.interfaces.api.questions import PageQuery
from laidan.interfaces.api.questions import Text as Word
from laidan.interfaces.api.reads import answer
from laidan.kernel.actor import forbidden
from laidan.kernel.money import format_minor
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
from laidan.usecases.settling_accounts import Desk, open_desk, reaches

RIGHT = "settlement.view"
_NIL = "00000000-0000-0000-0000-000000000000"
_ITEMS = msgspec.Meta(min_length=1, max_length=ORDERS_MAX)
Text = Annotated[str, msgspec.Meta(max_length=300)]
DayWish = CloseDay | MatchDay
BreakWish = ExplainBreak | AssignBreak | SuspendBreak


class DaysQuery(PageQuery):
    """Which days; `since` and `until` are days of the account, both within."""

    account: Word | None = None
    state: Literal["open", "breaks", "no_bill", "closed"] | None = None
    since: Word | None = None
    until: Word | None = None


class BreaksQuery(PageQuery):
    """Which breaks."""

    account: Word | None = None
    day: Word | None = None
    type: Word | None = None
    state: Word | None = None
    owner: Word | None = None


class BillsQuery(PageQuery):
    """Which bills."""

    account: Word | None = None


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
    """Add the operations; Ninja has one view for a path of one router."""
    listed = answers.described(answers.page({"type": "object"}))
    for path, view in (
        ("/settlement/days", list_days),
        ("/settlement/breaks", list_breaks),
        ("/settlement/bills", list_bills),
    ):
        router.add_api_operation(
            path, ["GET"], view, auth=Needs(RIGHT), tags=["settlement"], openapi_extra=listed
        )
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


# --- what is there ------------------------------------------------------------------------------


def list_days(request: HttpRequest, wanted: Query[DaysQuery]) -> HttpResponse:
    """Days of accounts, the newest first: what they come to on each side, and what differs."""
    desk, ids, _ = _counter(request, wanted.account)
    after = read_cursor("settlement-days", wanted.cursor, (str, str))
    found = settlement_views.list_days(
        DayFilter(ids, wanted.state or "", wanted.since or "", wanted.until or ""),
        after=after, limit=wanted.limit + 1,
    )  # fmt: skip
    more, found = len(found) > wanted.limit, found[: wanted.limit]
    last = found[-1] if more else None
    cursor = write_cursor("settlement-days", (last.day, last.account_id)) if last else None
    return answer({"items": [_day_document(one, desk) for one in found], "next_cursor": cursor})


def list_breaks(request: HttpRequest, wanted: Query[BreaksQuery]) -> HttpResponse:
    """What bills, the ledger and the orders do not agree on, the newest first."""
    desk, ids, shops = _counter(request, wanted.account)
    for name, value, known in (("type", wanted.type, TYPES), ("state", wanted.state, STATES)):
        if value is not None and value not in known:
            raise RefusedError(invalid(name, f"must be one of {', '.join(known)}"))
    before = read_cursor("settlement-breaks", wanted.cursor, (str,))
    asked = BreakFilter(
        ids, shops, wanted.day or "", wanted.type or "", wanted.state or "", wanted.owner
    )
    found = settlement_views.list_breaks(asked, after=before, limit=wanted.limit + 1)
    more, found = len(found) > wanted.limit, found[: wanted.limit]
    cursor = write_cursor("settlement-breaks", (found[-1].id,)) if more else None
    return answer({"items": [_break_document(one, desk) for one in found], "next_cursor": cursor})


def list_bills(request: HttpRequest, wanted: Query[BillsQuery]) -> HttpResponse:
    """The bills that were read, the newest first."""
    desk, ids, _ = _counter(request, wanted.account)
    before = read_cursor("settlement-bills", wanted.cursor, (str,))
    found = settlement_views.list_bills(
        ids, after=before[0] if before else "", limit=wanted.limit + 1
    )
    more, found = len(found) > wanted.limit, found[: wanted.limit]
    cursor = write_cursor("settlement-bills", (found[-1].id,)) if more else None
    return answer({"items": [_bill_document(one, desk) for one in found], "next_cursor": cursor})


def _counter(
    request: HttpRequest, code: str | None
) -> tuple[Desk, tuple[str, ...], tuple[str, ...] | None]:
    """Return the desk, the accounts that the caller sees, and his shops; raises RefusedError."""
    actor = viewer_of(request).actor
    if "price" in actor.masks:
        raise RefusedError(forbidden(RIGHT))
    desk = open_desk()
    seen = [one for one in desk.accounts.values() if reaches(one, actor, RIGHT)]
    ids = tuple(one.id for one in seen if code is None or one.code == code)
    if code is not None and not ids:
        raise RefusedError(Refused("unknown-account", f"There is no payment account {code[:40]}.", 404))
    reach = actor.shops(RIGHT)
    shops = None if reach is None else tuple(i for i, name in desk.shops.items() if name in reach)
    return desk, ids or (_NIL,), shops


def _day_document(line: DayLine, desk: Desk) -> dict[str, Any]:
    return {
        "account": desk.accounts[line.account_id].code,
        "day": line.day,
        "state": line.state,
        "has_bill": line.has_bill,
        "breaks": line.breaks,
        "matched_at": line.matched_at,
        "closed_at": line.closed_at,
        "closed_by": line.closed_by,
        "sums": [_sums_document(one) for one in line.sums],
    }


def _sums_document(sums: Sums) -> dict[str, Any]:
    def money(minor: int) -> str:
        return format_minor(minor, sums.currency)

    return {
        "currency": sums.currency,
        "ledger": {"count": sums.ledger_count, "captured": money(sums.ledger_captured),
                   "refunded": money(sums.ledger_refunded)},
        "bill": {"count": sums.bill_count, "captured": money(sums.bill_captured),
                 "refunded": money(sums.bill_refunded), "fee": money(sums.bill_fee),
                 "paid_out": money(sums.bill_payout)},
        "orders": {"count": sums.order_count, "off": money(sums.orders_off)},
    }  # fmt: skip


def _break_document(line: BreakLine, desk: Desk) -> dict[str, Any]:
    def money(minor: int | None) -> str | None:
        return None if minor is None else format_minor(minor, line.currency)

    plain = {
        name: getattr(line, name)
        for name in ("id", "day", "type", "kind", "number", "reference", "currency", "state",
                     "owner", "reason", "note", "opened_at", "closed_at", "closed_by")
    }  # fmt: skip
    return plain | {
        "account": desk.accounts[line.account_id].code,
        "order": line.order_no,
        "ours": money(line.here_minor),
        "theirs": money(line.there_minor),
        "other": line.other or None,
        "proposal": line.proposal,
        "suspense": line.suspense_id,
    }


def _bill_document(line: BillLine, desk: Desk) -> dict[str, Any]:
    return {
        "id": line.id,
        "account": desk.accounts[line.account_id].code,
        "name": line.name,
        "layout": line.layout,
        "state": line.state,
        "lines": line.line_count,
        "known": line.known_count,
        "days": line.days,
        "faults": [{"line": one[0], "code": one[1], "reason": one[2]} for one in line.faults],
        "imported_by": line.imported_by,
        "imported_at": line.imported_at,
    }


# --- what is done -------------------------------------------------------------------------------


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
