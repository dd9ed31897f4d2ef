"""Are schedules run once each, by one worker, and told of when they fail or stay away."""

from datetime import timedelta

import pytest

from builders import NOON
from laidan.domain.notices.models import Alarm
from laidan.domain.schedules.models import Schedule, ScheduleRun, TaskNote
from laidan.domain.schedules.store import Note
from laidan.engine import unit
from laidan.engine.models import Setting
from laidan.engine.unit import SupersededError
from laidan.interfaces.worker.schedules import Kind, Runner, Turn
from laidan.kernel.actor import STAFF, Actor
from laidan.kernel.outcome import Done, Refused
from laidan.usecases import run_schedules
from laidan.usecases.raise_alarms import SeeAlarm, see_alarms
from usecases.running import CHIEF, CLERK, HOUR, HOURLY, MINUTE, Clock, Counting, only, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def step() -> Counting:
    return Counting()


@pytest.fixture
def runner(clock, step) -> Runner:
    made = Runner({"count": Kind("count", HOURLY, step)}, clock, "here:0")
    made.prepare(clock.now)
    return made


def test_what_is_shipped_is_added_once(runner, clock):
    runner.prepare(clock.now)
    one = only()
    assert (one.code, one.kind, one.cron, one.is_shipped) == ("count", "count", HOURLY, True)
    assert (one.next_at, one.due_at) == (NOON + HOUR, NOON + HOUR)
    assert one.late_at == NOON + 2 * HOUR + 2 * MINUTE


def test_a_due_schedule_is_run_once_and_told(runner, clock, step):
    assert work(runner, clock) == 0
    clock.now = NOON + HOUR
    assert work(runner, clock) == 1
    assert [turn.now for turn in step.turns] == [clock.now]
    run = ScheduleRun.objects.get()
    assert (run.outcome, run.figures, run.planned_at, run.worker, run.actor) == (
        "done", {"done": 3}, NOON + HOUR, "here:0", ""
    )  # fmt: skip
    one = only()
    assert (one.state, one.next_at, one.last_outcome) == ("idle", NOON + 2 * HOUR, "done")
    assert one.late_at == NOON + 3 * HOUR + 2 * MINUTE


def test_hours_slept_through_are_one_run_and_a_clock_set_back_repeats_nothing(runner, clock, step):
    clock.now = NOON + 5 * HOUR + MINUTE
    assert work(runner, clock) == 1
    assert only().next_at == NOON + 6 * HOUR
    clock.now = NOON + 4 * HOUR
    assert work(runner, clock) == 0
    clock.now = NOON + 5 * HOUR + 30 * MINUTE
    assert work(runner, clock) == 0
    assert len(step.turns) == 1


def test_a_clock_that_went_back_during_the_run_repeats_nothing(clock):
    def back(turn: Turn) -> int:
        clock.now = NOON + 30 * MINUTE
        return 1

    runner = Runner({"count": Kind("count", HOURLY, back)}, clock, "here:0")
    runner.prepare(clock.now)
    clock.now = NOON + HOUR
    assert runner.step(clock.now) == 1
    assert only().next_at == NOON + 2 * HOUR


def test_a_next_time_out_of_all_reason_is_reckoned_anew(runner, clock):
    Schedule.objects.update(next_at=NOON + timedelta(days=999), due_at=NOON + timedelta(days=999))
    run_schedules.watch_schedules(now=NOON)
    assert only().due_at == NOON + HOUR


def test_what_failed_is_tried_again_and_comes_at_its_time_all_the_same(runner, clock, step):
    step.fault = RuntimeError("no luck")
    clock.now = NOON + HOUR
    assert work(runner, clock) == 1
    one = only()
    assert (one.last_outcome, one.last_message) == ("failed", "RuntimeError: no luck")
    assert (one.next_at, one.due_at) == (NOON + 2 * HOUR, NOON + HOUR + MINUTE)
    step.fault = None
    clock.now += MINUTE
    assert work(runner, clock) == 1
    assert (only().due_at, only().tries) == (NOON + 2 * HOUR, 0)
    assert ScheduleRun.objects.count() == 2


def test_two_workers_never_run_one_schedule_at_once(runner, clock):
    clock.now = NOON + HOUR
    taken = run_schedules.take_schedule("here:1", now=clock.now)
    assert taken is not None
    assert run_schedules.take_schedule("there:2", now=clock.now) is None
    run_schedules.extend_schedules(
        {taken.id: taken.token}, now=clock.now + 50 * timedelta(seconds=1)
    )
    assert run_schedules.take_schedule("there:2", now=clock.now + MINUTE) is None


def test_a_worker_that_was_stopped_and_wakes_commits_nothing(clock, step):
    """While it slept its lease ended, and another did the work."""
    other = Runner({"count": Kind("count", HOURLY, step)}, clock, "there:2")

    def sleep(turn: Turn) -> int:
        clock.now += 2 * MINUTE
        with unit.riding(None):  # the other is another process
            assert other.step(clock.now) == 1
        unit.run_once(lambda: Setting.objects.create(name="woken", value="1"))
        raise AssertionError("it was let through")

    sleeper = Runner({"count": Kind("count", HOURLY, sleep)}, clock, "here:1")
    other.prepare(clock.now)
    clock.now = NOON + HOUR
    assert sleeper.step(clock.now) == 1
    assert not Setting.objects.filter(name="woken").exists()
    assert sleeper.held() == {}
    runs = ScheduleRun.objects.order_by("token").values_list("outcome", "worker")
    assert list(runs) == [("lost", "here:1"), ("done", "there:2")]
    assert only().last_outcome == "done"


def test_the_end_of_a_run_that_was_taken_over_says_nothing(runner, clock):
    clock.now = NOON + HOUR
    taken = run_schedules.take_schedule("here:1", now=clock.now)
    run_schedules.take_schedule("there:2", now=clock.now + 2 * MINUTE)
    end = run_schedules.RunEnd("done", {}, "")
    assert run_schedules.end_run(taken, end, now=clock.now + 2 * MINUTE) is False
    assert only().state == "running"
    with pytest.raises(SupersededError), run_schedules.fenced(taken, clock):
        unit.run_once(lambda: None)


def test_a_long_run_goes_on_step_by_step_and_stopping_leaves_it_to_others(clock):
    steps = iter([5, 5, 2])
    runner = Runner({"count": Kind("count", HOURLY, lambda _: next(steps), 5)}, clock, "here:0")
    runner.prepare(clock.now)
    clock.now = NOON + HOUR
    assert runner.step(clock.now) == 1
    assert runner.held() == {only().pk: 1}
    runner.leave()
    assert (only().state, only().last_message) == ("idle", "The worker was stopped.")
    clock.now += MINUTE
    assert work(runner, clock) == 2
    assert [run.figures for run in ScheduleRun.objects.order_by("token")] == [
        {"done": 5}, {"done": 7}
    ]  # fmt: skip


def test_work_that_this_version_does_not_know_fails_with_words(runner, clock):
    Schedule.objects.update(kind="gone")
    clock.now = NOON + HOUR
    work(runner, clock)
    assert only().last_message == "This version has no work gone."


def test_an_alarm_is_raised_once_and_closed_by_the_next_success(runner, clock, step):
    step.fault = RuntimeError("no luck")
    clock.now = only().late_at
    work(runner, clock)
    for _ in range(3):
        assert run_schedules.watch_schedules(now=clock.now) == 1
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.subject, alarm.link) == (
        "schedule-late", "count", "/settings/schedules/count"
    )  # fmt: skip
    step.fault, clock.now = None, clock.now + HOUR
    work(runner, clock)
    assert run_schedules.watch_schedules(now=clock.now) == 0
    alarm.refresh_from_db()
    assert (alarm.closed_at, alarm.open_key) == (clock.now, None)


def test_alarms_are_seen_by_who_may_and_the_first_stays(runner, clock):
    clock.now = only().late_at
    run_schedules.watch_schedules(now=clock.now)
    id_ = Alarm.objects.get().pk
    nobody = Actor(STAFF, "nobody")
    (refused,) = see_alarms([SeeAlarm(id_, nobody)], now=clock.now)
    assert isinstance(refused, Refused)
    assert Alarm.objects.get().seen_by == ""
    for actor in (CHIEF, CLERK):
        assert see_alarms([SeeAlarm(id_, actor)], now=clock.now) == [Done(id_)]
    assert Alarm.objects.get().seen_by == "chief"
    (unknown,) = see_alarms([SeeAlarm("x", CHIEF)], now=clock.now)
    assert unknown.code == "unknown-alarm"


def test_notes_of_tasks_are_kept_newest_success_and_newest_failure():
    early, late = NOON, NOON + MINUTE
    run_schedules.note_tasks([Note("deadlines", 1.0, late, 4, None, "", "here:1")])
    run_schedules.note_tasks([Note("deadlines", 1.0, early, 9, early, "Oh: no", "here:2")])
    note = TaskNote.objects.get()
    assert (note.ok_at, note.done, note.worker) == (late, 4, "here:1")
    assert (note.failed_at, note.message) == (early, "Oh: no")
