"""Set-based SQL keeps every text, number and instant as it is, on each engine, in one statement."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from builders import NOON, a_mint, a_shop, a_sku
from engine.nasty import NASTY, an_event, insert, stored, texts
from laidan.domain.orders.models import OrderTag
from laidan.domain.stock.models import Balance, StockAlert
from laidan.engine import bulk_sql, instants
from laidan.engine.models import Counter, Event
from statements import statements

pytestmark = pytest.mark.django_db


@contextmanager
def counted(count: int) -> Iterator[None]:
    with statements() as seen:
        yield
    assert len(seen) == count, seen


def test_nasty_texts_are_inserted_as_they_are():
    rows = [an_event(n, payload=text, sealed=text) for n, text in enumerate(NASTY)]
    insert(rows)
    assert stored() == rows


def test_nothing_is_not_the_empty_text_nor_the_word():
    rows = [an_event(n, sealed=text) for n, text in enumerate([None, "", "NULL", "null", None])]
    insert(rows)
    assert [row[8] for row in stored()] == [None, "", "NULL", "null", None]


@pytest.mark.parametrize("column", [[None], ["x"], ['"'], ["x", None], ['"', None], ["\\", "x"]])
def test_one_nasty_text_does_not_spoil_its_neighbours(column):
    insert([an_event(n, sealed=text) for n, text in enumerate(column)])
    assert [row[8] for row in stored()] == column


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(texts, st.none() | texts), max_size=6))
@example([("\\", '"'), ('"', None)])
def test_any_text_is_inserted_and_updated_as_it_is(pairs):
    bulk_sql.run("DELETE FROM event")
    rows = [an_event(n, payload=one, sealed=other) for n, (one, other) in enumerate(pairs)]
    insert(rows)
    assert stored() == rows
    swapped = [(row[0], row[8], row[7]) for row in rows if row[8] is not None]
    bulk_sql.update_rows(Event, ("id",), ("payload", "sealed"), swapped)
    expected = {row[0]: (row[7], row[8]) for row in rows} | {id_: (p, s) for id_, p, s in swapped}
    assert {row[0]: (row[7], row[8]) for row in stored()} == expected


def test_nasty_texts_are_updated_as_they_are():
    rows = [an_event(n) for n in range(len(NASTY))]
    insert(rows)
    changes = [(row[0], text, text) for row, text in zip(rows, NASTY, strict=True)]
    bulk_sql.update_rows(Event, ("id",), ("payload", "sealed"), changes)
    assert [(row[0], row[7], row[8]) for row in stored()] == changes


def test_a_value_is_updated_to_nothing():
    rows = [an_event(n, sealed="x") for n in range(3)]
    insert(rows)
    changes = [(rows[0][0], None), (rows[1][0], ""), (rows[2][0], "y")]
    bulk_sql.update_rows(Event, ("id",), ("sealed",), changes)
    assert [row[8] for row in stored()] == [None, "", "y"]
    when = [(row[0], NOON if n else None) for n, row in enumerate(rows)]
    bulk_sql.update_rows(Event, ("id",), ("relayed_at",), when)
    found = bulk_sql.rows("SELECT relayed_at FROM event ORDER BY seq")
    assert [instants.aware(row)[0] for row in found] == [None, NOON, NOON]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1)),  # noqa: DTZ001 - given a zone below
        min_size=1,
        max_size=5,
    ),
    st.integers(-14 * 60, 14 * 60),
)
def test_an_instant_is_kept_to_the_microsecond_in_whatever_zone(moments, minutes):
    bulk_sql.run("DELETE FROM event")
    zone = timezone(timedelta(minutes=minutes))
    moments = [moment.replace(tzinfo=zone) for moment in moments]
    insert([an_event(n, at=moment) for n, moment in enumerate(moments)])
    assert [row[5] for row in stored()] == moments
    later = [moment + timedelta(microseconds=1) for moment in moments]
    ids = [row[0] for row in stored()]
    bulk_sql.update_rows(Event, ("id",), ("at",), list(zip(ids, later, strict=True)))
    assert [row[5] for row in stored()] == later
    assert all(row[5].utcoffset() == timedelta(0) for row in stored())


def test_an_instant_compares_with_what_is_stored():
    insert([an_event(n, at=NOON + timedelta(microseconds=n)) for n in range(3)])
    limit = bulk_sql.instant((NOON + timedelta(microseconds=1)).astimezone(UTC))
    (count,) = bulk_sql.rows("SELECT COUNT(*) FROM event WHERE at <= %s", [limit])[0]
    assert count == 2


def test_numbers_and_truths_are_kept_and_changed():
    a_shop()
    sku = a_sku(on_hand=0)
    mint = a_mint()
    names = ("id", "sku_id", "location_id", "bucket", "on_hand", "reserved", "safety", "backorder")
    big = 2**62
    rows = [
        (mint.new(), sku.id, mint.new(), "", big, 0, 0, True),
        (mint.new(), sku.id, mint.new(), "lot", 5, 5, 0, False),
    ]
    bulk_sql.insert_rows(Balance, names, rows)
    changes = [(rows[0][0], big - 1, False), (rows[1][0], 6, True)]
    bulk_sql.update_rows(Balance, ("id",), ("on_hand", "backorder"), changes)
    found = bulk_sql.rows("SELECT id, on_hand, backorder FROM balance ORDER BY id")
    assert [(row[0], row[1], bool(row[2])) for row in found] == changes


def test_an_id_may_be_absent():
    mint = a_mint()
    names = ("id", "kind", "sku_id", "location_id", "detail", "raised_at")
    rows = [(mint.new(), "low", mint.new(), place, "", NOON) for place in (None, mint.new())]
    bulk_sql.insert_rows(StockAlert, names, rows)
    found = bulk_sql.rows("SELECT location_id FROM stock_alert ORDER BY id")
    assert [row[0] for row in found] == [row[3] for row in rows]


# --- one statement, whatever the number of rows ---------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 100])
def test_one_statement_for_any_number_of_rows(count):
    rows = [an_event(n) for n in range(count)]
    with counted(1):
        insert(rows)
    with counted(1):
        bulk_sql.update_rows(Event, ("id",), ("payload",), [(row[0], "new") for row in rows])
    with counted(1):
        bulk_sql.add_rows(Counter, ("name", "slot"), ("count", "amount"),
                          [(f"n{n:03}", 0, 1, 1) for n in range(count)])  # fmt: skip
    with counted(1):
        where, values = bulk_sql.among("id", [row[0] for row in rows])
        assert len(bulk_sql.rows(f"SELECT id FROM event WHERE {where}", values)) == count


def test_no_row_is_no_statement():
    with counted(0):
        insert([])
        bulk_sql.update_rows(Event, ("id",), ("payload",), [])
        bulk_sql.add_rows(Counter, ("name", "slot"), ("count", "amount"), [])
        assert bulk_sql.insert_new_rows(OrderTag, ("id", "order_id", "tag"), []) == 0
