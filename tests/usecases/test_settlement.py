"""Settling accounts: bills against the ledger and the orders, breaks explained, days closed."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import bills
from bills import Line
from builders import NOON, a_request, a_shop, a_sku, a_user, some_orders
from laidan.domain.orders.models import Order
from laidan.domain.payments.models import LedgerEntry, Suspense
from laidan.domain.settlement.models import Bill, BillRow, Break, SettlementDay, Statement
from laidan.interfaces.providers.bills.importing import BillImport, UnfitBillError, Wish
from laidan.kernel.actor import STAFF, SYSTEM, Actor, Grant, Reach
from laidan.kernel.outcome import Done, Outcome, Refused
from laidan.usecases.close_days import close_days
from laidan.usecases.explain_breaks import assign_breaks, explain_breaks, suspend_breaks
from laidan.usecases.keep_settlement_rules import keep_settlement_rules
from laidan.usecases.match_days import match_days
from laidan.usecases.order_requests import PaidRequest
from laidan.usecases.settlement_requests import (
    AssignBreak,
    CloseDay,
    ExplainBreak,
    KeepRule,
    MatchDay,
    SuspendBreak,
)
from statements import statements
from usecases.money import an_account

pytestmark = pytest.mark.django_db
DAY, NEXT = "2026-11-22", "2026-11-23"
LATER = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
FINANCE = Actor(STAFF, "ann", frozenset(("settlement.view", "settlement.edit", "settlement.close")))


@pytest.fixture(autouse=True)
def shop() -> None:
    a_shop()
    a_sku("TEE", "64.00", on_hand=10_000)
    an_account("wechat", "wechat_pay", shops=("main",))


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


WRITERS = {"wechat_pay": bills.wechat, "alipay": bills.alipay, "stripe": bills.stripe}


@pytest.mark.parametrize("provider", WRITERS)
def test_a_bill_that_agrees_has_no_break_and_its_day_can_be_closed(
    tmp_path: Path, provider: str
) -> None:
    account = "wechat"
    if provider != "wechat_pay":
        account = an_account("other", provider, shops=("main",)).code
    lines = [line(1), line(2), line(3)]
    taken(*lines, provider=provider)
    write: Callable[..., bytes] = WRITERS[provider]
    job = bring(tmp_path, write(lines), account)
    assert (job.new, job.breaks, job.faults()) == (3, 0, [])
    assert broken() == []
    assert BillRow.objects.filter(entry_id=None).count() == 0
    row = Statement.objects.get()
    assert (row.ledger_captured, row.bill_captured, row.order_count, row.orders_off_minor) == (
        19_200, 19_200, 3, 0,
    )  # fmt: skip
    assert value(close_days([CloseDay(account, DAY, FINANCE)], now=LATER)).state == "closed"


def planted() -> tuple[list[Line], list[Line]]:
    """Return what we have and what the bill says, with one break of each type planted."""
    midnight = datetime(2026, 11, 22, 15, 59, 58, tzinfo=UTC)
    ours = [line(at) for at in range(1, 31)]
    ours += [line(40, at=midnight), line(41, at=midnight)]
    theirs = {one.reference: one for one in ours}
    del theirs["R3"]  # missing there
    theirs["R99"] = line(99)  # missing here
    theirs["R5"] = line(5, 6401)  # amount
    theirs["R6"] = line(6, currency="USD")
    theirs["R7"] = line(7, fee=500)
    theirs["R40"] = line(40, at=midnight + timedelta(seconds=4))  # wrong day
    said = [*theirs.values(), line(8, at=line(8).at + timedelta(hours=1))]  # R8 twice
    return ours, [one.but(fee=one.fee or round(one.amount * 0.006)) for one in said]


EXPECTED = [
    ("amount", "R5", DAY), ("currency", "R6", DAY), ("doubled", "R8", DAY), ("fee", "R7", DAY),
    ("missing_here", "R99", DAY), ("missing_there", "R3", DAY), ("wrong_day", "R40", NEXT),
]  # fmt: skip


def rule(**others: Any) -> None:
    value(keep_settlement_rules([KeepRule("wechat", FINANCE, fee_ppm=6000, **others)], now=LATER))


def test_exactly_the_planted_breaks_are_found(tmp_path: Path) -> None:
    rule()
    ours, theirs = planted()
    taken(*ours)
    job = bring(tmp_path, bills.wechat(theirs))
    assert job.faults() == []
    assert broken() == EXPECTED
    assert BillRow.objects.count() == len(theirs)


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    rule()
    ours, theirs = planted()
    taken(*ours)
    bring(tmp_path, bills.wechat(theirs))
    before = [
        list(model.objects.order_by("pk").values())
        for model in (Bill, BillRow, Break, SettlementDay, Statement)
    ]
    job = bring(tmp_path, bills.wechat(theirs))
    assert job.is_known
    again = [
        list(model.objects.order_by("pk").values())
        for model in (Bill, BillRow, Break, SettlementDay, Statement)
    ]
    assert before == again
    # Other bytes with the same lines: another bill, no other rows, no other breaks.
    job = bring(tmp_path, bills.wechat(theirs) + b"\r\n")
    assert (job.new, job.is_known) == (0, False)
    assert BillRow.objects.count() == len(theirs)
    assert broken() == EXPECTED


def test_what_is_booked_later_mends_its_break(tmp_path: Path) -> None:
    taken(line(1))
    bring(tmp_path, bills.wechat([line(1), line(2)]))
    assert broken() == [("missing_here", "R2", DAY)]
    taken(line(2))
    answer = value(match_days([MatchDay("wechat", DAY, FINANCE)], now=LATER))
    assert (answer.breaks, answer.has_bill) == (0, True)
    assert broken("fixed") == [("missing_here", "R2", DAY)]


def test_what_stands_in_the_next_days_bill_is_on_the_wrong_day_and_not_missing(
    tmp_path: Path,
) -> None:
    late = line(1, at=datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC))
    taken(late, line(2))
    bring(tmp_path, bills.wechat([line(2)]))
    assert broken() == [("missing_there", "R1", DAY)]
    bring(tmp_path, bills.wechat([late.but(at=late.at + timedelta(seconds=3))]))
    assert broken() == [("wrong_day", "R1", NEXT)]
    assert broken("fixed") == [("missing_there", "R1", DAY)]


def test_an_order_that_disagrees_with_its_entries_is_found(tmp_path: Path) -> None:
    (order,) = taken(line(1))
    Order.objects.filter(pk=order).update(captured_minor=6300)
    bring(tmp_path, bills.wechat([line(1)]))
    (found,) = Break.objects.all()
    assert (found.type, found.other, found.here_minor, found.there_minor) == (
        "amount", "order", 6400, 6300,
    )  # fmt: skip
    assert Statement.objects.get().orders_off_minor == 100


def test_a_day_is_closed_only_when_everything_is_explained(tmp_path: Path) -> None:
    taken(line(1), line(3))
    assert code(close()) == "day-without-bill"
    bring(tmp_path, bills.wechat([line(1), line(2)]))
    assert code(close()) == "day-has-breaks"
    assert SettlementDay.objects.get().state == "open"
    ids = list(Break.objects.values_list("pk", flat=True))
    assert (
        code(explain_breaks([ExplainBreak(ids[0], FINANCE, "other")], now=LATER))
        == "invalid-request"
    )
    assert (
        code(explain_breaks([ExplainBreak(ids[0], FINANCE, "because")], now=LATER))
        == "invalid-request"
    )
    assert Break.objects.filter(state="open").count() == 2
    outcomes = explain_breaks([ExplainBreak(one, FINANCE, "timing") for one in ids], now=LATER)
    assert [type(one) for one in outcomes] == [Done, Done]
    assert value(close()).state == "closed"
    assert code(explain_breaks([ExplainBreak(ids[0], FINANCE)], now=LATER)) == "day-closed"
    assert Break.objects.filter(state="explained").count() == 2
    (again,) = close()
    assert isinstance(again, Done)
    assert again.replayed
    assert code(close(reopen=True)) == "invalid-request"
    assert SettlementDay.objects.get().state == "closed"
    assert value(close(reopen=True, reason="a bill was corrected")).state == "open"
    value(explain_breaks([ExplainBreak(ids[0], FINANCE)], now=LATER))
    assert code(close()) == "day-has-breaks"


def test_nothing_in_a_closed_day_is_rewritten_and_what_is_new_shows(tmp_path: Path) -> None:
    taken(line(1))
    bring(tmp_path, bills.wechat([line(1)]))
    value(close())
    before = list(Statement.objects.values())
    taken(line(2))
    answer = value(match_days([MatchDay("wechat", DAY, FINANCE)], now=LATER))
    assert (answer.state, answer.breaks) == ("closed", 1)
    assert list(Statement.objects.values()) == before
    assert broken() == [("missing_there", "R2", DAY)]


def test_money_that_only_the_bill_knows_becomes_a_work_item_once(tmp_path: Path) -> None:
    taken(line(1), line(3))
    bring(tmp_path, bills.wechat([line(1), line(2)]))
    here, there = Break.objects.order_by("type")
    item = value(suspend_breaks([SuspendBreak(here.pk, FINANCE)], now=LATER))
    kept = Suspense.objects.get()
    assert (kept.pk, kept.reason, kept.provider, kept.number, kept.reference, kept.amount_minor) == (
        item, "unknown-payment", "wechat_pay", "P2", "R2", 6400,
    )  # fmt: skip
    (again,) = suspend_breaks([SuspendBreak(here.pk, FINANCE)], now=LATER)
    assert isinstance(again, Done)
    assert again.replayed
    assert (
        code(suspend_breaks([SuspendBreak(there.pk, FINANCE)], now=LATER))
        == "break-not-suspendable"
    )
    assert Suspense.objects.count() == 1
    assert LedgerEntry.objects.count() == 2


def test_breaks_get_an_owner(tmp_path: Path) -> None:
    a_user("bob")
    bring(tmp_path, bills.wechat([line(1)]))
    (one,) = Break.objects.all()
    assert (
        code(assign_breaks([AssignBreak(one.pk, "nobody", FINANCE)], now=LATER))
        == "invalid-request"
    )
    value(assign_breaks([AssignBreak(one.pk, "bob", FINANCE)], now=LATER))
    assert Break.objects.get().owner == "bob"


def test_whoever_reaches_other_shops_alone_settles_nothing_here(tmp_path: Path) -> None:
    bring(tmp_path, bills.wechat([line(1)]))
    rights = FINANCE.rights
    abroad = Actor(STAFF, "eve", rights, grants=(Grant(rights, Reach(shops=frozenset(["x"]))),))
    assert code(match_days([MatchDay("wechat", DAY, abroad)], now=LATER)) == "unknown-account"
    assert code(close(actor=abroad)) == "unknown-account"
    one = Break.objects.get()
    assert code(explain_breaks([ExplainBreak(one.pk, abroad, "timing")], now=LATER)) == "unknown-break"
    with pytest.raises(UnfitBillError, match="no payment account"):
        bring(tmp_path, bills.wechat([line(2)]), actor=abroad)
    nobody = Actor(STAFF, "nob", frozenset(["settlement.view"]))
    assert code(match_days([MatchDay("wechat", DAY, nobody)], now=LATER)) == "forbidden"
    assert (BillRow.objects.count(), Break.objects.get().state) == (1, "open")


def test_days_that_are_not_over_and_days_that_are_none_are_refused() -> None:
    assert (
        code(match_days([MatchDay("wechat", "2026-11-24", FINANCE)], now=LATER)) == "day-not-over"
    )
    assert (
        code(match_days([MatchDay("wechat", "yesterday", FINANCE)], now=LATER)) == "invalid-request"
    )
    assert code(match_days([MatchDay("none", DAY, FINANCE)], now=LATER)) == "unknown-account"
    assert SettlementDay.objects.count() == 0


def test_what_the_balance_says_is_matched_where_there_is_no_bill_of_trades(tmp_path: Path) -> None:
    from core.test_bill_readers import WECHAT_FUNDS

    taken(Line("P1", "R1", 12_850, NOON))
    job = bring(tmp_path, WECHAT_FUNDS.encode())
    assert job.faults() == []
    assert broken() == [("missing_here", "Q1", DAY)]
    rows = Statement.objects.order_by("shop_id")
    assert sum(one.bill_fee for one in rows) == 77
    assert sum(one.bill_payout for one in rows) == 9923
    # The bill of trades comes later: from now on the day is matched by it, fees count once.
    capture = Line("P1", "R1", 12_850, NOON, fee=77)
    refund = Line("F1", "Q1", 2850, NOON, "refund", of="P1")
    bring(tmp_path, bills.wechat([capture, refund]))
    assert sum(one.bill_fee for one in Statement.objects.all()) == 77
    assert sum(one.bill_captured for one in Statement.objects.all()) == 12_850


def test_statements_do_not_grow_with_lines_or_days(tmp_path: Path) -> None:
    def counted(lines: list[Line]) -> tuple[int, int]:
        taken(*lines)
        path = tmp_path / "bill"
        path.write_bytes(bills.wechat(lines))
        job = BillImport(Wish(path, "bill.csv", "wechat", FINANCE), lambda: LATER)
        with statements() as seen:
            for _ in job.steps():
                pass
        import_count = len(seen)
        days = sorted({one.at.date().isoformat() for one in lines})
        with statements() as seen:
            match_days([MatchDay("wechat", day, FINANCE) for day in days], now=LATER)
        return import_count, len(seen)

    counted([line(at) for at in range(4, 6)])
    few = counted([line(at) for at in range(1, 4)])
    many = counted([line(at) for at in range(10, 310)])
    assert many == few
    spread = [
        Line(f"S{at}", f"S{at}", 6400, NOON - timedelta(days=at % 7 + 2)) for at in range(350)
    ]
    assert counted(spread)[1] == few[1]
