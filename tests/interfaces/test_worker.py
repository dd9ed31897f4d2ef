"""The worker: tasks take turns, faults wait, the end comes soon."""

import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from builders import NOON, a_mint, a_shop, a_sku, an_order
from laidan.domain.orders.models import Order
from laidan.engine import housekeeping
from laidan.engine.models import IdempotencyKey, Setting
from laidan.insights.laws import checker
from laidan.interfaces.worker import tasks
from laidan.interfaces.worker.loop import Task, Worker, start

PATIENCE = 120.0


@pytest.fixture(autouse=True)
def _connections_stay(monkeypatch):
    # The tests' transaction belongs to their connection.
    monkeypatch.setattr("laidan.interfaces.worker.loop.close_old_connections", lambda: None)


class Steps:
    """Counts the steps of a task, and stops the worker at a number of them."""

    def __init__(self, worker: Worker | None = None, stop_at: int = 1_000_000) -> None:
        self.count = 0
        self.worker = worker
        self.stop_at = stop_at

    def __call__(self, now: datetime) -> int:
        self.count += 1
        if self.worker and self.count >= self.stop_at:
            self.worker.stop.set()
        return 1


def run_until_stopped(worker: Worker) -> None:
    thread = start(worker)
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_a_task_with_more_to_do_is_run_again_at_once_and_others_have_their_turn():
    worker = Worker([])
    busy, seldom = Steps(worker, 50), Steps()
    worker.tasks = [Task("busy", 3600, busy, full=1), Task("seldom", 3600, seldom)]
    run_until_stopped(worker)
    assert busy.count == 50
    assert seldom.count == 1


def test_a_task_that_fails_waits_longer_each_time_and_stops_nobody(caplog):
    worker = Worker([])
    failures = []

    def fail(now: datetime) -> int:
        failures.append(time.monotonic())
        raise RuntimeError("no luck")

    steady = Steps(worker, 60)
    worker.tasks = [Task("fails", 0.02, fail), Task("steady", 0.01, steady)]
    run_until_stopped(worker)
    waits = [after - before for before, after in pairwise(failures)]
    assert len(waits) >= 2
    assert all(wait >= 0.04 * 2**number for number, wait in enumerate(waits))
    assert "task fails failed" in caplog.text


def test_it_ends_when_nothing_is_due():
    """Long before the next task is due."""
    worker = Worker([Task("seldom", 3600, Steps())])
    thread = start(worker)
    worker.stop.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_tasks_are_told_the_instant():
    worker = Worker([], clock=lambda: NOON)
    told = []

    def note(now: datetime) -> int:
        told.append(now)
        worker.stop.set()
        return 0

    worker.tasks = [Task("note", 1, note)]
    run_until_stopped(worker)
    assert told == [NOON]


def test_the_worker_has_every_task_once():
    names = [task.name for task in tasks.all_tasks()]
    assert len(names) == len(set(names))
    assert {"deadlines", "heartbeat"} <= set(names)


@pytest.mark.django_db
def test_the_heartbeat_is_one_row_that_moves():
    assert housekeeping.last_beat() is None
    housekeeping.beat(now=NOON)
    housekeeping.beat(now=NOON + timedelta(seconds=5))
    assert housekeeping.last_beat() == NOON + timedelta(seconds=5)
    assert Setting.objects.filter(name=housekeeping.HEARTBEAT).count() == 1


@pytest.mark.django_db
def test_only_answers_for_nothing_are_swept_and_each_key_is_looked_at_once():
    mint = a_mint()
    old, young = NOON - timedelta(days=31), NOON - timedelta(days=1)
    for number in range(10):
        IdempotencyKey(
            id=mint.new(),
            scope="test",
            name=f"key-{number}",
            fingerprint="f",
            subject_id=mint.new() if number % 2 else None,
            created_at=young if number >= 8 else old,
        ).save(force_insert=True)
    before = NOON - timedelta(days=30)
    seen = [housekeeping.sweep_old_keys(before, limit=3) for _ in range(4)]
    assert seen == [3, 3, 2, 0]
    left = IdempotencyKey.objects.order_by("name").values_list("name", flat=True)
    assert list(left) == ["key-1", "key-3", "key-5", "key-7", "key-8", "key-9"]


@pytest.mark.django_db
def test_what_is_due_is_expired():
    a_shop()
    a_sku(on_hand=5)
    placed = an_order(("TEE-RED-M", 5))
    (deadlines,) = [task for task in tasks.all_tasks() if task.name == "deadlines"]
    assert deadlines.step(NOON) == 0
    assert deadlines.step(NOON + timedelta(hours=1)) == 1
    assert Order.objects.get(pk=placed.order_id).state == "cancelled"
    assert [verdict.name for verdict in checker.check() if not verdict.holds] == []


@pytest.mark.django_db(transaction=True)
def test_a_whole_worker_beats_and_stops():
    worker = Worker(tasks.all_tasks())
    begun = datetime.now(UTC)
    thread = threading.Thread(target=_run_with_own_connection, args=[worker])
    thread.start()
    deadline = time.monotonic() + PATIENCE
    while housekeeping.last_beat() is None and time.monotonic() < deadline:
        worker.stop.wait(0.02)
    worker.stop.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    beat = housekeeping.last_beat()
    assert beat is not None
    assert beat >= begun


def _run_with_own_connection(worker: Worker) -> None:
    from django.db import connection

    try:
        worker.run()
    finally:
        connection.close()
