"""Breaks are explained, given to people and suspended; days are closed and opened again."""

from pathlib import Path

import pytest

import bills
from builders import a_shop, a_sku, a_user, an_order
from laidan.domain.payments.models import LedgerEntry, Suspense
from laidan.domain.settlement.models import BillRow, Break, SettlementDay, Statement
from laidan.interfaces.providers.bills.importing import UnfitBillError
from laidan.kernel.actor import STAFF, SYSTEM, Actor, Grant, Reach
from laidan.kernel.outcome import Done
from laidan.usecases.explain_breaks import assign_breaks, explain_breaks, suspend_breaks
from laidan.usecases.match_days import match_days
from laidan.usecases.money_requests import ResolveSuspense
from laidan.usecases.resolve_suspense import resolve_suspense
from laidan.usecases.settlement_requests import (
    AssignBreak,
    ExplainBreak,
    MatchDay,
    SuspendBreak,
)
from usecases.money import an_account
from usecases.settling import DAY, FINANCE, LATER, bring, broken, close, code, line, taken, value

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop() -> None:
    a_shop()
    a_sku("TEE", "64.00", on_hand=10_000)
    an_account("wechat", "wechat_pay", shops=("main",))


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
    assert (
        code(explain_breaks([ExplainBreak(one.pk, abroad, "timing")], now=LATER)) == "unknown-break"
    )
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


def test_a_work_item_that_is_booked_on_its_order_mends_the_break(tmp_path: Path) -> None:
    bring(tmp_path, bills.wechat([line(2)]))
    (one,) = Break.objects.all()
    item = value(suspend_breaks([SuspendBreak(one.pk, FINANCE)], now=LATER))
    order = an_order(("TEE", 1), now=LATER)
    wish = ResolveSuspense(item, SYSTEM, resolution="booked", order=order.order_no)
    value(resolve_suspense([wish], now=LATER))
    found = LedgerEntry.objects.get()
    assert (found.reference, found.amount_minor, found.kind) == ("R2", 6400, "capture")
    # The money was booked when a person found its order: nothing is missing, the day is another.
    value(match_days([MatchDay("wechat", DAY, FINANCE)], now=LATER))
    assert Break.objects.get(pk=one.pk).state == "fixed"
    assert {kind for kind, _, _ in broken()} <= {"wrong_day"}
