"""Statements on PostgreSQL's wire: sent together, answered together, and left in order by a fault."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from psycopg.pq import TransactionStatus

from laidan.engine import bulk_sql, columns, spare_time, statements, unit
from laidan.engine.models import Setting
from laidan.engine.statements import Query
from laidan.kernel.outcome import Done

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def only_postgres() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("the wire is PostgreSQL's")


def kept() -> list[str]:
    return sorted(Setting.objects.values_list("name", flat=True))


def add(*names: str) -> None:
    bulk_sql.insert_rows(Setting, ("name", "value"), [(name, "v") for name in names])


def together(*writes: Callable[[], object]) -> None:
    with transaction.atomic(), bulk_sql.pipelined():
        for write in writes:
            write()


def read_by_scans() -> int:
    ((scans,),) = bulk_sql.rows("SELECT pg_stat_get_xact_numscans('setting'::regclass)::bigint")
    return int(scans)


def test_queries_asked_together_are_answered_each_with_its_own():
    add("a", "b")
    one = Query("SELECT name FROM setting WHERE name = %s", ["a"], lambda rows: rows[0][0])
    two = Query("SELECT count(*) FROM setting", [], lambda rows: rows[0][0])
    three = Query("SELECT 100 %% 7, %s::text, %s::boolean", ["%s", True], lambda rows: rows[0])
    bulk_sql.ask(one, two, three)
    assert (one.answer, two.answer, three.answer) == ("a", 2, (2, "%s", True))


def test_parameters_keep_their_values():
    at = datetime(2026, 11, 22, 10, 0, 0, 123456, tzinfo=UTC)
    (row,) = bulk_sql.rows(
        "SELECT %s::timestamptz, %s::bigint, %s::text, %s::text", [at, -(2**63), "王\\\"'", None]
    )
    assert row == (at, -(2**63), "王\\\"'", None)


def test_what_has_no_form_is_refused_before_anything_is_sent():
    with pytest.raises(DataError, match="NUL"):
        bulk_sql.rows("SELECT %s::text", ["half\0whole"])
    with pytest.raises(TypeError, match="float"):
        bulk_sql.rows("SELECT %s::text", [1.5])
    add("after")
    assert kept() == ["after"]


def test_a_fault_among_writes_undoes_all_of_them_and_the_connection_goes_on():
    add("taken")
    with pytest.raises(IntegrityError):
        together(lambda: add("first"), lambda: add("taken"), lambda: add("last"))
    assert kept() == ["taken"]
    together(lambda: add("first"))
    assert kept() == ["first", "taken"]


def test_a_query_among_writes_sees_them_and_their_counts_are_still_checked():
    def look() -> None:
        assert bulk_sql.rows("SELECT count(*) FROM setting") == [(2,)]

    def overwrite() -> None:
        bulk_sql.update_rows(Setting, ("name",), ("value",), [("a", "x"), ("nobody", "x")])

    with pytest.raises(bulk_sql.LostRaceError):
        together(lambda: add("a", "b"), look, overwrite)
    assert kept() == []


def test_an_exception_between_writes_leaves_nothing_under_way():
    with pytest.raises(ZeroDivisionError):
        together(lambda: add("a"), lambda: 1 // 0)
    assert kept() == []
    assert bulk_sql.rows("SELECT 1") == [(1,)]


def test_more_statements_than_stay_prepared_still_run():
    for number in range(520):
        assert bulk_sql.rows(f"SELECT {number}") == [(number,)]


def test_waiting_time_is_spent_on_what_is_due_and_on_what_comes_meanwhile():
    began, due, done = time.monotonic(), [0.0, 0.0, 0.02], []

    def step() -> bool:
        if due and time.monotonic() - began >= due[0]:
            done.append(due.pop(0))
            return True
        return False

    with spare_time.used_for(step):
        bulk_sql.rows("SELECT pg_sleep(0.05)")
    assert done == [0.0, 0.0, 0.02]
    due.append(0.0)
    bulk_sql.rows("SELECT pg_sleep(0.01)")
    assert due == [0.0]


def test_a_unit_is_committed_on_the_wire_and_django_finds_nothing_left_to_do(
    monkeypatch: pytest.MonkeyPatch,
):
    def attempt(names: Sequence[str]) -> list[Done[int]]:
        add(*names)
        return [Done(1)] * len(names)

    def commit() -> None:
        found.append(connection.connection.info.transaction_status)
        ended()

    found: list[TransactionStatus] = []
    connection.ensure_connection()
    ended = connection._commit
    monkeypatch.setattr(connection, "_commit", commit)
    assert unit.run_batch(["a", "b"], attempt) == [Done(1), Done(1)]
    assert found == [TransactionStatus.IDLE]
    assert kept() == ["a", "b"]


def test_a_commit_inside_another_transaction_is_left_to_that():
    with transaction.atomic():
        with transaction.atomic():
            add("a")
            statements.commit()
        transaction.set_rollback(True)
    assert kept() == []


def test_rows_named_by_keys_are_found_by_an_index_that_was_planned_on_an_empty_table():
    query = Query(
        "SELECT name FROM setting WHERE name = ANY(%s::text[])", [columns.pg_array(["a"], "text")],
        list, by_key=True,
    )  # fmt: skip
    with transaction.atomic():
        assert query.asked() == []
        before = read_by_scans()
        assert query.asked() == []
        assert read_by_scans() == before
