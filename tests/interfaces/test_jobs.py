"""Long jobs: each row once, whoever dies; results with the effects; cancelled, fenced, failed."""

from datetime import datetime, timedelta

import msgspec
import pytest

from builders import NOON, a_request, a_shop, a_sku, a_user, some_orders
from laidan.domain.jobs import queries
from laidan.domain.jobs.models import Job, JobChunk
from laidan.domain.orders.models import Order
from laidan.engine.models import Event
from laidan.insights.laws import checker
from laidan.insights.order_conditions import OrderFilter
from laidan.interfaces.worker import jobs
from laidan.interfaces.worker.jobs import Runner
from laidan.interfaces.worker.kinds import bulk_act
from laidan.kernel.actor import STAFF, Actor
from laidan.kernel.outcome import Done, Refused
from laidan.usecases import start_jobs as starting
from laidan.usecases.bulk_acts import BulkAct, start_bulk_act
from laidan.usecases.start_jobs import StartJob, cancel_job, start_jobs
from laidan.usecases.transition_requests import TransitionInputs
from statements import statements

LATER = NOON + timedelta(minutes=5)
CLERK = Actor(STAFF, "user:clerk", frozenset("*"))


class Clock:
    """A clock that stands still until it is put forward."""

    def __init__(self, now: datetime = LATER) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def the_orders(count: int) -> list[str]:
    a_shop()
    a_sku(on_hand=10_000)
    return [one.order_id for one in some_orders(*[a_request() for _ in range(count)])]


def start(wish: BulkAct, **others) -> str:
    clerk = a_user("clerk")
    outcome = start_bulk_act(wish, CLERK, clerk.pk, now=LATER, **others)
    assert isinstance(outcome, Done)
    return outcome.value


def cancelling(**others) -> BulkAct:
    return BulkAct("cancel", TransitionInputs(reason="staff"), **others)


def run(runner: Runner, clock: Clock, steps: int = 1000) -> int:
    taken = 0
    while taken < steps and runner.step(clock()):
        taken += 1
    return taken


def results(job_id: str) -> list[tuple]:
    return [(row.row, row.object, row.told.code) for row in queries.iterate_rows(job_id)]


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(bulk_act, "CHUNK", 3)


def test_a_bulk_act_tells_every_order_and_costs_the_same_for_any_number(db):
    ids = the_orders(8)
    job = start(cancelling(orders=[*ids[:7], "no-such-order", ids[0]]), title="Cancel 9 orders")
    clock = Clock()
    runner = Runner(clock=clock, name="another")
    with statements() as few:
        runner.step(clock())
    row = Job.objects.get(pk=job)
    assert (row.state, row.done, row.refused, row.total) == ("running", 9, 2, 9)
    run(runner, clock)
    assert Job.objects.get(pk=job).state == "done"
    codes = [code for _, _, code in results(job)]
    assert codes == ["done"] * 7 + ["not-found", "wrong-state"]
    numbers = [name for _, name, _ in results(job)]
    assert numbers[0] == Order.objects.get(pk=ids[0]).order_no
    assert Order.objects.filter(state="cancelled").count() == 7

    more = [one.order_id for one in some_orders(*[a_request() for _ in range(60)])]
    second = start(cancelling(orders=more))
    with statements() as many:
        runner.step(clock())
    assert Job.objects.get(pk=second).done == 60
    assert len(many) <= len(few), [one[:90] for one in many]
    assert [one.name for one in checker.check() if not one.holds] == []


def test_refused_rows_are_paged_and_found_alone(db, small_chunks):
    ids = the_orders(4)
    job = start(cancelling(orders=[name for one in ids for name in (one, "x")]))
    clock = Clock()
    run(Runner(clock=clock, name="another"), clock)
    first = queries.find_rows(job, start=0, limit=3, only_refused=False)
    rest = queries.find_rows(job, start=first.after, limit=50, only_refused=False)
    assert [row.row for row in (*first.rows, *rest.rows)] == list(range(1, 9))
    refused = queries.find_rows(job, start=0, limit=2, only_refused=True)
    assert [row.row for row in refused.rows] == [2, 4]
    refused = queries.find_rows(job, start=refused.after, limit=9, only_refused=True)
    assert [row.row for row in refused.rows] == [6, 8]
    assert refused.after is None


def test_a_filter_is_walked_to_its_end_though_orders_leave_it(db, small_chunks):
    the_orders(8)
    wanted = msgspec.to_builtins(OrderFilter(state=("awaiting_payment",)))
    job = start(cancelling(filter=wanted))
    some_orders(a_request(), now=LATER + timedelta(seconds=1))
    clock = Clock(LATER + timedelta(seconds=2))
    run(Runner(clock=clock, name="another"), clock)
    row = Job.objects.get(pk=job)
    assert (row.state, row.done, row.refused, row.total) == ("done", 8, 0, 8)
    # What came in after the wish was not meant.
    assert Order.objects.filter(state="awaiting_payment").count() == 1


def test_a_worker_that_dies_is_followed_by_another_and_nothing_is_done_twice(db, small_chunks):
    ids = the_orders(8)
    job = start(cancelling(orders=ids))
    clock = Clock()
    dead = Runner(clock=clock, name="dead")
    dead.step(clock())
    heir = Runner(clock=clock, name="another")
    assert heir.step(clock()) == 0
    jobs_held = dead.held()
    assert list(jobs_held) == [job]
    clock.now += timedelta(seconds=61)
    heir.step(clock())
    # The one that was believed dead comes back: its chunk is rolled back, not done again.
    dead.step(clock())
    assert dead.held() == {}
    run(heir, clock)
    row = Job.objects.get(pk=job)
    assert (row.state, row.done, row.refused) == ("done", 8, 0)
    assert [number for number, _, _ in results(job)] == list(range(1, 9))
    assert Event.objects.filter(type="order.cancelled").count() == 8
    assert [one.name for one in checker.check() if not one.holds] == []


def test_a_living_worker_keeps_its_job_and_one_that_leaves_gives_it_back(db, small_chunks):
    ids = the_orders(4)
    job = start(cancelling(orders=ids))
    clock = Clock()
    first, second = Runner(clock=clock, name="one"), Runner(clock=clock, name="other")
    first.step(clock())
    clock.now += timedelta(seconds=50)
    jobs.work_jobs.extend_leases(first.held(), now=clock())
    clock.now += timedelta(seconds=50)
    assert second.step(clock()) == 0
    first.leave()
    run(second, clock)
    assert Job.objects.get(pk=job).done == 4
    assert Event.objects.filter(type="order.cancelled").count() == 4


def test_cancelling_ends_at_once_and_what_was_done_stays(db, small_chunks):
    ids = the_orders(8)
    job = start(cancelling(orders=ids))
    clock = Clock()
    runner = Runner(clock=clock, name="another")
    runner.step(clock())
    assert isinstance(cancel_job(job, now=LATER), Done)
    run(runner, clock)
    row = Job.objects.get(pk=job)
    assert (row.state, row.done) == ("cancelled", 3)
    assert Order.objects.filter(state="cancelled").count() == 3
    again = cancel_job(job, now=LATER)
    assert isinstance(again, Done)
    assert again.replayed
    assert isinstance(cancel_job("0192f000-0000-7000-8000-000000000000", now=LATER), Refused)


def test_an_order_that_faults_is_told_and_its_neighbours_are_done(db, small_chunks, monkeypatch):
    ids = the_orders(6)
    from laidan.usecases.advance_orders import Advancer

    honest = Advancer.decide

    def decide(self, request):
        if request.order == ids[1]:
            raise RuntimeError("a fault")
        return honest(self, request)

    monkeypatch.setattr(Advancer, "decide", decide)
    job = start(cancelling(orders=ids))
    clock = Clock()
    run(Runner(clock=clock, name="another"), clock)
    codes = [code for _, _, code in results(job)]
    assert codes == ["done", "done", "internal-fault", "done", "done", "done"]
    assert Job.objects.get(pk=job).refused == 1
    assert sum(len(chunk.rows) for chunk in JobChunk.objects.all()) == 6


def test_jobs_that_cannot_be_done_say_why(db):
    the_orders(1)
    gone = a_user("gone")
    gone.is_active = False
    gone.save()
    (unknown, disabled) = start_jobs(
        [StartJob("mow_the_lawn", CLERK, None), StartJob("bulk_act", CLERK, gone.pk)], now=LATER
    )
    clock = Clock()
    run(Runner(clock=clock, name="another"), clock)
    assert [Job.objects.get(pk=one.value).code for one in (unknown, disabled)] == [
        "unknown-kind", "user-disabled",
    ]  # fmt: skip
    nothing = start_bulk_act(BulkAct("cancel"), CLERK, None, now=LATER)
    assert isinstance(nothing, Refused)
    assert nothing.code == "nothing-chosen"


def test_a_job_whose_worker_dies_again_and_again_is_given_up(db):
    ids = the_orders(1)
    job = start(cancelling(orders=ids))
    clock = Clock()
    for _ in range(6):
        jobs.work_jobs.take_job("one that dies", now=clock())
        clock.now += timedelta(seconds=61)
    row = Job.objects.get(pk=job)
    assert (row.state, row.code, row.due_at) == ("failed", "worker-died", None)


def test_the_rights_of_now_count_and_not_those_of_then(db):
    ids = the_orders(1)
    job = start(cancelling(orders=ids))
    clerk = a_user("clerk")
    clerk.rights = ["orders:read"]
    clerk.save()
    clock = Clock()
    run(Runner(clock=clock, name="another"), clock)
    assert [code for _, _, code in results(job)] == ["forbidden"]


def test_one_wish_started_twice_is_one_job(db):
    ids = the_orders(1)
    wish = cancelling(orders=ids)
    assert start(wish, once="click 1") == start(wish, once="click 1")
    assert Job.objects.count() == 1
    draft = StartJob("bulk_act", CLERK, None, is_draft=True)
    (outcome,) = start_jobs([draft], now=LATER)
    clock = Clock()
    assert Job.objects.get(pk=outcome.value).due_at is None
    assert isinstance(starting.change_draft(outcome.value, {"transition": "x"}, now=LATER), Done)
    assert isinstance(starting.queue_job(outcome.value, CLERK, now=LATER), Done)
    assert starting.queue_job(outcome.value, CLERK, now=LATER).replayed
    refused = starting.change_draft(outcome.value, {}, now=LATER)
    assert isinstance(refused, Refused)
    assert refused.code == "job-not-open"
    run(Runner(clock=clock, name="another"), clock)
