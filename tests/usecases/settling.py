"""Accounts that are settled in tests: orders that were paid, bills that are brought."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bills
from bills import Line
from builders import NOON, a_request, some_orders
from laidan.domain.settlement.models import Break
from laidan.interfaces.providers.bills.importing import BillImport, Wish
from laidan.kernel.actor import STAFF, SYSTEM, Actor
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.close_days import close_days
from laidan.usecases.order_requests import PaidRequest
from laidan.usecases.settlement_requests import CloseDay

DAY, NEXT = "2026-11-22", "2026-11-23"
LATER = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
FINANCE = Actor(STAFF, "ann", frozenset(("settlement.view", "settlement.edit", "settlement.close")))


def taken(*lines: Line, provider: str = "wechat_pay") -> list[str]:
    """Take orders that were paid so; return their ids."""
    wanted = []
    for one in lines:
        at = one.at.isoformat()
        paid = PaidRequest(provider, bills.money(one.amount, one.currency), one.reference, at)
        request = a_request(("TEE", 1))
        order = request.order.__class__(lines=request.order.lines, shop="main", paid=paid)
        wanted.append(request.__class__(order, SYSTEM))
    return [one.order_id for one in some_orders(*wanted)]


def line(number: int, amount: int = 6400, **others: Any) -> Line:
    return Line(f"P{number}", f"R{number}", amount, NOON + timedelta(minutes=number)).but(**others)


def bring(
    tmp_path: Path, content: bytes, account: str = "wechat", actor: Actor = FINANCE
) -> BillImport:
    path = tmp_path / "bill"
    path.write_bytes(content)
    job = BillImport(Wish(path, "bill.csv", account, actor), lambda: LATER)
    for _ in job.steps():
        pass
    return job


def broken(state: str = "open") -> list[tuple[str, str, str]]:
    found = Break.objects.filter(state=state).order_by("type", "number", "reference")
    return [(one.type, one.reference or one.number, one.day) for one in found]


def value(outcomes: Sequence[Outcome[Any]]) -> Any:
    (outcome,) = outcomes
    assert isinstance(outcome, Done), outcome
    return outcome.value


def code(outcomes: Sequence[Outcome[Any]]) -> str:
    (outcome,) = outcomes
    assert isinstance(outcome, Refused), outcome
    return outcome.code


def close(day: str = DAY, actor: Actor = FINANCE, **others: Any) -> list[Outcome[Any]]:
    return close_days([CloseDay("wechat", day, actor, **others)], now=LATER)
