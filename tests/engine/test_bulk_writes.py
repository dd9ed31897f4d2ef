"""Compare-and-set, sums, conditions and faults of set-based SQL, alike on each engine."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from builders import NOON, a_mint
from engine.nasty import NASTY, an_event, insert
from laidan.domain.orders.models import OrderTag
from laidan.domain.stock.models import Movement
from laidan.engine import bulk_sql
from laidan.engine.bulk_sql import LostRaceError
from laidan.engine.models import Counter, Event, Setting

pytestmark = pytest.mark.django_db


def test_a_row_that_changed_since_is_a_lost_race():
    rows = [an_event(n) for n in range(3)]
    insert(rows)
    changes = [(row[0], seq, "new") for row, seq in zip(rows, (0, 1, 7), strict=True)]
    with pytest.raises(LostRaceError):
        bulk_sql.update_rows(Event, ("id", "seq"), ("payload",), changes)
    with pytest.raises(LostRaceError):
        bulk_sql.update_rows(Event, ("id",), ("payload",), [(a_mint().new(), "new")])


def test_setting_what_is_there_already_is_no_lost_race():
    rows = [an_event(n) for n in range(3)]
    insert(rows)
    for _ in range(2):
        bulk_sql.update_rows(Event, ("id", "seq"), ("payload",), [(r[0], r[2], "x") for r in rows])


def test_sums_are_added_to_what_is_there():
    names = (("name", "slot"), ("count", "amount"))
    bulk_sql.add_rows(Counter, *names, [("a'|\\", 0, 1, 100), ("b", 0, 2, -5)])
    bulk_sql.add_rows(Counter, *names, [("a'|\\", 0, -1, 50), ("a'|\\", 1, 1, 1), ("b", 0, 3, 5)])
    found = bulk_sql.rows("SELECT name, slot, count, amount FROM counter ORDER BY name, slot")
    assert found == [("a'|\\", 0, 0, 150), ("a'|\\", 1, 1, 1), ("b", 0, 5, 0)]


def test_only_new_rows_are_inserted():
    mint = a_mint()
    order, other = mint.new(), mint.new()
    names = ("id", "order_id", "tag")
    added = bulk_sql.insert_new_rows(
        OrderTag, names, [(mint.new(), order, "gift"), (mint.new(), order, "gold")]
    )
    assert added == 2
    bulk_sql.insert_new_rows(
        OrderTag, names, [(mint.new(), order, "gift"), (mint.new(), other, "gift")]
    )
    found = bulk_sql.rows("SELECT order_id, tag FROM order_tag ORDER BY order_id, tag")
    assert found == [(order, "gift"), (order, "gold"), (other, "gift")]


def test_a_taken_key_is_refused():
    row = an_event(1)
    insert([row])
    with pytest.raises(IntegrityError):
        insert([row])


# --- conditions -----------------------------------------------------------------------------


def test_nasty_texts_are_found_among_others():
    bulk_sql.insert_rows(Setting, ("name", "value"), [(t[:60], "x") for t in NASTY])
    for text in NASTY:
        where, values = bulk_sql.among("name", [text[:60]], "text")
        found = bulk_sql.rows(f"SELECT name FROM setting WHERE {where}", values)
        assert found == [(text[:60],)]
    where, values = bulk_sql.among("name", [text[:60] for text in NASTY], "text")
    assert len(bulk_sql.rows(f"SELECT name FROM setting WHERE {where}", values)) == len(NASTY)


def test_texts_that_look_alike_are_not_the_same():
    """Neither case, accents nor spaces at the end make two texts equal, on any engine."""
    alike = ["key", "KEY", "Key", "key ", " key", "kéy", "ke\u0301y", "ｋｅｙ", "key\n"]
    bulk_sql.insert_rows(Setting, ("name", "value"), [(text, text) for text in alike])
    for text in alike:
        where, values = bulk_sql.among("name", [text], "text")
        found = bulk_sql.rows(f"SELECT value FROM setting WHERE {where}", values)
        assert found == [(text,)]


def test_among_nothing_is_nothing():
    insert([an_event(1)])
    for kind, column in (("id", "id"), ("text", "actor"), ("int", "seq")):
        where, values = bulk_sql.among(column, [], kind)
        assert bulk_sql.rows(f"SELECT id FROM event WHERE {where}", values) == []


def test_among_numbers():
    insert([an_event(n) for n in range(5)])
    where, values = bulk_sql.among("seq", {1, 3, 9}, "int")
    found = bulk_sql.rows(f"SELECT seq FROM event WHERE {where} ORDER BY seq", values)
    assert found == [(1,), (3,)]


def test_ids_come_back_as_the_texts_that_went_in():
    row = an_event(1)
    insert([row])
    ((id_, subject),) = bulk_sql.rows("SELECT id, subject_id FROM event")
    assert (id_, subject) == row[:2]
    assert Event.objects.get(pk=row[0]).subject_id == row[1]
    assert Event.objects.filter(pk="no id at all").count() == 0


def test_statements_are_seen_by_wrappers():
    """What counts statements, and what forbids them, must not be passed by."""
    seen = []

    def note(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        insert([an_event(1)])
        bulk_sql.rows("SELECT id FROM event")
    assert [sql.split()[0] for sql in seen] == ["INSERT", "SELECT"]


def test_a_ledger_of_many_rows_goes_in_at_once():
    mint = a_mint()
    names = ("id", "balance_id", "sku_id", "location_id", "bucket", "kind", "delta",
             "reason", "reference", "actor", "at")  # fmt: skip
    ids = (mint.new(), mint.new(), mint.new())
    rows = [(mint.new(), *ids, "", "receive", n, "it's", "", "Li", NOON) for n in range(5000)]
    bulk_sql.insert_rows(Movement, names, rows)
    (found,) = bulk_sql.rows("SELECT COUNT(*), SUM(delta) FROM movement")
    assert tuple(map(int, found)) == (5000, sum(range(5000)))


def test_faults_are_those_of_django_whatever_the_driver():
    """By them lost races and lost connections are known."""
    with pytest.raises(DatabaseError), transaction.atomic():
        bulk_sql.rows("SELECT nothing FROM nowhere")
    with pytest.raises(DatabaseError), transaction.atomic():
        bulk_sql.run("UPDATE nowhere SET nothing = 1")
    assert bulk_sql.rows("SELECT COUNT(*) FROM event") == [(0,)]
