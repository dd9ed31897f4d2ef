"""The unit of work: real deadlocks, lost races and lost connections are decided anew."""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import pytest
from django.db import connection

from engine.writes import PATIENCE, Write, together, value_of, write_all, written
from laidan.engine import bulk_sql, unit
from laidan.engine.bulk_sql import LostRaceError
from laidan.engine.models import Setting
from laidan.engine.unit import BusyError, run_batch, run_once
from laidan.kernel.outcome import Done, Outcome

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def servers_only() -> None:
    """Skip where a database admits one writer at a time."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite admits one writer: its transactions cannot meet")


# --- transient faults -----------------------------------------------------------------------


def test_a_deadlock_is_decided_anew(servers_only):
    """Two transactions take the same two rows in opposite order, and both wait for the other."""
    Setting.objects.bulk_create([Setting(name="a", value="0"), Setting(name="b", value="0")])
    gate = threading.Barrier(2)
    tries: list[str] = []

    def crossing(first: str, second: str) -> Callable[[], Any]:
        def attempt(batch: Sequence[Write]) -> list[Outcome[str]]:
            met = tries.count(first) == 0
            tries.append(first)
            for name in (first, second):
                bulk_sql.run(
                    "UPDATE setting SET value = value + 1 WHERE name = %s"
                    if connection.vendor == "mysql"
                    else "UPDATE setting SET value = value::int + 1 WHERE name = %s",
                    [name],
                )
                if met and name == first:
                    gate.wait(PATIENCE)
            return [Done(first)]

        return lambda: run_batch([Write(first)], attempt)

    assert together(crossing("a", "b"), crossing("b", "a")) == [[Done("a")], [Done("b")]]
    assert len(tries) == 3
    assert (value_of("a"), value_of("b")) == ("2", "2")


def test_a_serialization_failure_is_decided_anew():
    """Each counts what the other is about to add; one after the other cannot end so."""
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL reports serialization failures")
    gate = threading.Barrier(2)
    tries: list[str] = []

    def counting(name: str) -> Callable[[], Any]:
        def attempt(batch: Sequence[Write]) -> list[Outcome[int]]:
            bulk_sql.run("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
            (seen,) = bulk_sql.rows("SELECT COUNT(*) FROM setting")[0]
            if name not in tries:
                tries.append(name)
                gate.wait(PATIENCE)
            bulk_sql.insert_rows(Setting, ("name", "value"), [(name, str(seen))])
            return [Done(seen)]

        return lambda: run_batch([Write(name)], attempt)

    outcomes = together(counting("one"), counting("other"))
    assert sorted(outcome[0].value for outcome in outcomes) == [0, 1]
    assert {value_of("one"), value_of("other")} == {"0", "1"}


def test_a_lost_race_is_decided_on_fresh_state(servers_only):
    """Both read, both write on condition that nothing changed: the second one reads again."""
    Setting.objects.create(name="stock", value="10")
    gate = threading.Barrier(2)
    seen: list[str] = []

    def taking(name: str) -> Callable[[], Any]:
        def attempt(batch: Sequence[Write]) -> list[Outcome[str]]:
            ((old,),) = bulk_sql.rows("SELECT value FROM setting WHERE name = 'stock'")
            first_time = len(seen) < 2
            seen.append(old)
            if first_time:
                gate.wait(PATIENCE)
            bulk_sql.update_rows(
                Setting, ("name", "value"), ("value",), [("stock", old, str(int(old) - 1))]
            )
            return [Done(name)]

        return lambda: run_batch([Write(name)], attempt)

    assert together(taking("one"), taking("other")) == [[Done("one")], [Done("other")]]
    assert seen == ["10", "10", "9"]
    assert value_of("stock") == "8"


def test_a_key_taken_in_between_is_decided_on_fresh_state(servers_only):
    seen = []

    def attempt(batch: Sequence[Write]) -> list[Outcome[str]]:
        seen.append(written())
        if "key" in seen[-1]:
            return [Done("was there")]
        assert together(lambda: Setting.objects.create(name="key", value="rival").value) == [
            "rival"
        ]
        return write_all(batch)

    assert run_batch([Write("key")], attempt) == [Done("was there")]
    assert seen == [[], ["key"]]
    assert value_of("key") == "rival"


def test_a_lost_race_leaves_nothing_of_its_try():
    tries = []

    def attempt(batch: Sequence[Write]) -> list[Outcome[str]]:
        tries.append(written())
        outcomes = write_all(batch)
        if len(tries) < 3:
            raise LostRaceError("somebody was first")
        return outcomes

    assert run_batch([Write("a")], attempt) == [Done("a")]
    assert tries == [[], [], []]
    assert written() == ["a"]


def test_what_stays_busy_is_said_and_nothing_is_done(monkeypatch):
    monkeypatch.setattr(unit, "TRIES_MAX", 3)
    Setting.objects.create(name="held", value="0")
    tries = []

    def attempt(batch: Sequence[Write]) -> list[Outcome[str]]:
        tries.append(1)
        bulk_sql.insert_rows(Setting, ("name", "value"), [("new", "x")])
        if connection.vendor == "postgresql":
            bulk_sql.run("SET LOCAL lock_timeout = '50ms'")
        elif connection.vendor == "mysql":
            bulk_sql.run("SET innodb_lock_wait_timeout = 1")
        bulk_sql.run("UPDATE setting SET value = '1' WHERE name = 'held'")
        return [Done("x")]

    with a_held_row("held"), pytest.raises(BusyError):
        run_batch([Write("x")], attempt)
    connection.close()
    # SQLite is busy before anything is decided, the servers at the row that is held.
    assert len(tries) == (0 if connection.vendor == "sqlite" else 3)
    assert written() == ["held"]
    assert value_of("held") == "0"


class a_held_row:  # noqa: N801 - reads as a block
    """Hold a row's lock (on SQLite the writer's) in another connection, for as long as a block."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._held, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._hold, daemon=True)

    def __enter__(self) -> None:
        if connection.vendor == "sqlite":
            connection.ensure_connection()
            connection.connection.execute("PRAGMA busy_timeout = 20")
        self._thread.start()
        assert self._held.wait(PATIENCE)

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(PATIENCE)

    def _hold(self) -> None:
        if connection.vendor == "sqlite":
            path = connection.settings_dict["NAME"]
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                self._held.set()
                self._over.wait(PATIENCE)
                other.execute("ROLLBACK")
            return
        try:
            with unit.transaction():
                bulk_sql.run("UPDATE setting SET value = value WHERE name = %s", [self._name])
                bulk_sql.rows("SELECT 1 FROM setting WHERE name = %s FOR UPDATE", [self._name])
                self._held.set()
                self._over.wait(PATIENCE)
        finally:
            connection.close()


def test_waiting_for_a_busy_database_ends_when_it_is_free():
    Setting.objects.create(name="held", value="0")
    holder = a_held_row("held")
    outcome: list[Any] = []

    def act() -> None:
        outcome.extend(
            together(
                lambda: run_once(
                    lambda: bulk_sql.run("UPDATE setting SET value = '1' WHERE name = 'held'")
                )
            )
        )

    with holder:
        waiting = threading.Thread(target=act, daemon=True)
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
    waiting.join(PATIENCE)
    assert outcome == [1]
    assert value_of("held") == "1"


# --- a connection that goes away ------------------------------------------------------------


def _kill_own_connection() -> None:
    """Let another session end this one, as a restarted server would."""
    if connection.vendor == "postgresql":
        ((number,),) = bulk_sql.rows("SELECT pg_backend_pid()")
        sql = f"SELECT pg_terminate_backend({number}, 5000)"
    else:
        ((number,),) = bulk_sql.rows("SELECT CONNECTION_ID()")
        sql = f"KILL CONNECTION {number}"

    def kill() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    assert together(kill) == [None]


def test_a_lost_connection_is_replaced_and_the_batch_decided_anew(servers_only):
    tries = []

    def attempt(batch: Sequence[Write]) -> list[Outcome[str]]:
        tries.append(1)
        if len(tries) == 1:
            _kill_own_connection()
        return write_all(batch)

    assert run_batch([Write("a"), Write("b")], attempt) == [Done("a"), Done("b")]
    assert len(tries) == 2
    assert written() == ["a", "b"]


def test_a_connection_lost_at_the_commit_is_not_decided_anew(servers_only):
    """Whether the commit arrived is unknown: only whoever has a key may ask again."""
    tries = []

    def attempt(batch: Sequence[Write]) -> list[Outcome[str]]:
        tries.append(1)
        outcomes = write_all(batch)
        _kill_own_connection()
        return outcomes

    with pytest.raises(BusyError):
        run_batch([Write("a")], attempt)
    assert len(tries) == 1
    assert run_batch([Write("b")], write_all) == [Done("b")]
