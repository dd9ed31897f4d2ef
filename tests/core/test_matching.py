"""Pairing lines of bills with entries of the ledger, and judging the pairs: pure."""

from datetime import UTC, datetime, timedelta

from laidan.domain.settlement import core
from laidan.domain.settlement.core import Rule
from laidan.domain.settlement.matching import (
    Broken,
    Kept,
    LedgerLine,
    OrderMoney,
    Row,
    difference,
    judge_entry,
    judge_order,
    judge_row,
    pair,
)

AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
DAY = "2026-11-22"
RULE = Rule("acc")


def a_row(id_: str = "r1", **others: object) -> Row:
    said = Row(id_, "acc", "trade", "capture", "P1", "R1", 6400, "CNY", 0, "CNY", AT, DAY, None)
    return said._replace(**others)  # type: ignore[arg-type]  # names are its own


def an_entry(id_: str = "e1", **others: object) -> LedgerLine:
    said = LedgerLine(id_, "o1", "capture", "R1", 6400, "CNY", AT, "P1", "R1", "acc", DAY, "s1")
    return said._replace(**others)  # type: ignore[arg-type]  # names are its own


def types(rows: list[Row], entries: list[LedgerLine], rule: Rule = RULE) -> list[tuple[str, str]]:
    """Return every break of both sides, as (type, subject)."""
    pairs = pair(rows, entries)
    found = [one for row in rows for one in judge_row(row, pairs, rule)]
    found += [one for entry in entries for one in judge_entry(entry, pairs)]
    return [(one.type, one.subject) for one in found]


def test_what_both_sides_say_alike_is_no_break() -> None:
    assert types([a_row()], [an_entry()]) == []
    assert types([a_row(number="")], [an_entry(number="")]) == []
    assert types([a_row(reference="other")], [an_entry()]) == []


def test_each_kind_of_difference_has_its_type() -> None:
    assert types([a_row()], []) == [("missing_here", "row:r1")]
    assert types([], [an_entry()]) == [("missing_there", "entry:e1")]
    assert types([a_row(amount_minor=6401)], [an_entry()]) == [("amount", "row:r1")]
    assert types([a_row(currency="USD")], [an_entry()]) == [("currency", "row:r1")]
    assert types([a_row(day="2026-11-23")], [an_entry()]) == [("wrong_day", "row:r1")]
    assert types([a_row(kind="refund")], [an_entry()]) == [
        ("missing_here", "row:r1"), ("missing_there", "entry:e1"),
    ]  # fmt: skip


def test_one_side_that_has_it_once_more_doubles_it() -> None:
    later = AT + timedelta(minutes=1)
    twice = [a_row(), a_row("r2", reference="R2", at=later)]
    assert types(twice, [an_entry()]) == [("doubled", "row:r2")]
    both = [an_entry(), an_entry("e2", reference="R9", other_reference="R9", at=later)]
    assert types([a_row()], both) == [("doubled", "entry:e2")]
    assert types(twice, [an_entry(), an_entry("e2", reference="R2", other_reference="R2")]) == []


def test_the_providers_reference_decides_before_our_number() -> None:
    rows = [a_row(reference="R2"), a_row("r2", reference="R1")]
    pairs = pair(rows, [an_entry()])
    assert pairs.entry_of == {"r2": an_entry()}
    assert list(pairs.doubled_rows) == ["r1"]


def test_parts_given_back_under_one_reference_are_paired_one_by_one() -> None:
    entries = [
        an_entry(f"e{at}", kind="refund", reference=f"F{at}", number=f"F{at}", other_reference="T")
        for at in (1, 2)
    ]
    rows = [a_row(f"r{at}", kind="refund", number=f"F{3 - at}", reference="T") for at in (1, 2)]
    assert types(rows, entries) == []


def test_fees_are_checked_by_the_rule_with_its_tolerance() -> None:
    rule = Rule("acc", fee_ppm=6000, tolerance_minor=1)
    assert types([a_row(fee_minor=38)], [an_entry()], rule) == []
    assert types([a_row(fee_minor=39)], [an_entry()], rule) == []
    assert types([a_row(fee_minor=40)], [an_entry()], rule) == [("fee", "row:r1")]
    refund, back = a_row(kind="refund", fee_minor=-38), an_entry(kind="refund")
    assert types([refund], [back], rule) == [("fee", "row:r1")]
    assert types([refund], [back], rule._replace(gives_fee_back=True)) == []


def test_an_order_that_says_otherwise_than_its_entries_is_a_break_of_the_amount() -> None:
    order = OrderMoney("o1", "N1", "s1", "CNY", 6400, 0)
    assert judge_order(order, {("o1", "capture"): 6400}, "acc", DAY) == []
    (found,) = judge_order(order, {("o1", "capture"): 6300}, "acc", DAY)
    assert (found.type, found.here_minor, found.there_minor, found.other) == (
        "amount", 6300, 6400, "order",
    )  # fmt: skip


def test_what_was_explained_stays_until_its_amounts_change() -> None:
    pairs = pair([a_row()], [])
    (one,) = judge_row(a_row(), pairs, RULE)
    kept = Kept("b1", "acc", DAY, one.type, one.subject, core.EXPLAINED, None, 6400)
    assert difference([one], [kept]).again == []
    changed: Broken = one._replace(there_minor=1)
    assert difference([changed], [kept]).again == [("b1", changed)]
    assert difference([one], [kept._replace(state=core.FIXED)]).again == [("b1", one)]
    assert difference([], [kept._replace(state=core.OPEN)]).gone == ["b1"]
    assert difference([], [kept]).gone == []
