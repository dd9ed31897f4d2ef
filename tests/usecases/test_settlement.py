"""Settling accounts: what bills, the ledger and the orders do not agree on is found."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import bills
from bills import Line
from builders import NOON, a_shop, a_sku
from laidan.domain.orders.models import Order
from laidan.domain.settlement.models import Bill, BillRow, Break, SettlementDay, Statement
from laidan.interfaces.providers.bills.importing import BillImport, Wish
from laidan.usecases import matching_days
from laidan.usecases.close_days import close_days
from laidan.usecases.keep_settlement_rules import keep_settlement_rules
from laidan.usecases.match_days import match_days
from laidan.usecases.settlement_requests import (
    CloseDay,
    KeepRule,
    MatchDay,
)
from statements import statements
from usecases.money import an_account
from usecases.settling import DAY, FINANCE, LATER, NEXT, bring, broken, line, taken, value

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop() -> None:
    a_shop()
    a_sku("TEE", "64.00", on_hand=10_000)
    an_account("wechat", "wechat_pay", shops=("main",))


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


def test_pages_of_any_size_find_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching_days, "PAGE", 3)
    rule()
    ours, theirs = planted()
    taken(*ours)
    bring(tmp_path, bills.wechat(theirs))
    assert broken() == EXPECTED
