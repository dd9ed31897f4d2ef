"""Reconciliation: days, what does not agree, and bills, told."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from laidan.domain.settlement.core import STATES, TYPES
from laidan.insights import settlement_books, settlement_views
from laidan.insights.settlement_books import BillLine
from laidan.insights.settlement_views import (
    BreakFilter,
    BreakLine,
    DayFilter,
    DayLine,
    Sums,
)
from laidan.interfaces.api import answers, settlement_acts
from laidan.interfaces.api.authentication import Needs, viewer_of
from laidan.interfaces.api.pagination import read_cursor, write_cursor
from laidan.interfaces.api.problems import RefusedError
from laidan.interfaces.api.questions import PageQuery
from laidan.interfaces.api.questions import Text as Word
from laidan.interfaces.api.reads import answer
from laidan.kernel.actor import forbidden
from laidan.kernel.money import format_minor
from laidan.kernel.outcome import Refused, invalid
from laidan.usecases.settling_accounts import Desk, open_desk, reaches

RIGHT = "settlement.view"
_NIL = "00000000-0000-0000-0000-000000000000"


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
    settlement_acts.register(router)


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
    found = settlement_books.list_bills(
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
        raise RefusedError(
            Refused("unknown-account", f"There is no payment account {code[:40]}.", 404)
        )
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
