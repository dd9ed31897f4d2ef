"""Are schedules run once each, by one worker, and told of when they fail or stay away?"""

from datetime import datetime, timedelta

import pytest

from builders import NOON, a_shop
from laidan.domain.audit.models import Operation
from laidan.domain.notices.models import Alarm
from laidan.domain.schedules.models import Schedule, ScheduleRun, TaskNote
from laidan.domain.schedules.store import Note
from laidan.engine import unit
from laidan.engine.models import Setting
from laidan.engine.unit import SupersededError
from laidan.interfaces.worker.schedules import Kind, Runner, Turn
from laidan.kernel.actor import STAFF, Actor
from laidan.kernel.outcome import Done, Refused
from laidan.usecases import keep_schedules, run_schedules
from laidan.usecases.keep_schedules import KeepSchedule, NamedSchedule, ScheduleAnswer
from laidan.usecases.raise_alarms import SeeAlarm, see_alarms

pytestmark = pytest.mark.django_db(transaction=True)
CHIEF = Actor(STAFF, "chief", frozenset({"*"}))
CLERK = Actor(STAFF, "clerk", frozenset({"orders:read"}))
HOURLY = "0 * * * *"
# NOON is a whole hour everywhere that matters here.
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Clock:
    """Time that tests move."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Counting:
    """A step that counts, and fails while it is told to."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.fault: Exception | None = None

    def __call__(self, turn: Turn) -> int:
        self.turns.append(turn)
        if self.fault is not None:
            raise self.fault
        return 3


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


def work(runner: Runner, clock: Clock) -> int:
    """Do all that is due; return how many steps that took."""
    count = 0
    while runner.step(clock.now):
        count += 1
    return count


def only() -> Schedule:
    return Schedule.objects.get()


def keep(**wish: object) -> object:
    (outcome,) = keep_schedules.keep_schedules([KeepSchedule(actor=CHIEF, **wish)], now=NOON)
    return outcome


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


# --- what people set ------------------------------------------------------------------------


def test_paused_is_not_run_but_when_it_is_asked_for(runner, clock, step):
    keep(code="count", is_paused=True)
    assert (only().next_at, only().due_at, only().late_at) == (None, None, None)
    clock.now = NOON + 9 * HOUR
    assert work(runner, clock) == 0
    wish = NamedSchedule("count", CHIEF)
    assert keep_schedules.run_schedules_now([wish, wish], now=clock.now) == [
        Done(ScheduleAnswer("count", changed=True)), Done(ScheduleAnswer("count"), replayed=True)
    ]  # fmt: skip
    assert work(runner, clock) == 1
    assert ScheduleRun.objects.get().actor == "chief"
    assert only().due_at is None
    keep(code="count", is_paused=False)
    assert only().next_at == NOON + HOUR


def test_asking_for_a_run_leaves_the_times_as_they_are(runner, clock):
    keep_schedules.run_schedules_now([NamedSchedule("count", CHIEF)], now=NOON)
    clock.now = NOON + MINUTE
    assert work(runner, clock) == 1
    assert (only().next_at, only().due_at) == (NOON + HOUR, NOON + HOUR)


def test_a_schedule_of_a_shop_goes_by_the_shops_clocks(runner):
    a_shop(time_zone="America/New_York")
    made = keep(code="daily", kind="count", cron="0 3 * * *", shop="main")
    assert made == Done(ScheduleAnswer("daily", created=True, changed=True))
    one = Schedule.objects.get(code="daily")
    assert one.next_at.isoformat() == "2026-11-22T08:00:00+00:00"
    keep(code="daily", zone="UTC")
    one.refresh_from_db()
    assert one.next_at.isoformat() == "2026-11-23T03:00:00+00:00"


@pytest.mark.parametrize(
    ("wish", "code", "place"),
    [
        ({"code": "a b", "kind": "count", "cron": HOURLY}, "invalid-request", "code"),
        ({"code": "x", "kind": "none", "cron": HOURLY}, "unknown-kind", "kind"),
        ({"code": "x", "kind": "count"}, "invalid-request", "cron"),
        ({"code": "count", "kind": "other"}, "invalid-request", "kind"),
        ({"code": "count", "cron": "9 9"}, "invalid-request", "cron"),
        ({"code": "count", "shop": "nowhere"}, "unknown-shop", "shop"),
        ({"code": "count", "zone": "Mars/North"}, "invalid-request", "zone"),
        ({"code": "count", "zone": "../etc/passwd"}, "invalid-request", "zone"),
    ],
)
def test_what_cannot_be_is_refused_at_its_place_and_changes_nothing(runner, wish, code, place):
    before = list(Schedule.objects.values())
    refused = keep(**wish)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.errors[0].loc) == (code, place)
    assert list(Schedule.objects.values()) == before
    assert not Operation.objects.exists()


def test_who_may_not_is_refused_and_changes_nothing(runner):
    for command, wish in (
        (keep_schedules.keep_schedules, KeepSchedule("count", CLERK, is_paused=True)),
        (keep_schedules.run_schedules_now, NamedSchedule("count", CLERK)),
        (keep_schedules.remove_schedules, NamedSchedule("count", CLERK)),
    ):
        (refused,) = command([wish], now=NOON)
        assert refused.code == "forbidden"
    assert (only().is_paused, only().asked_by) == (False, "")


def test_own_schedules_can_be_removed_shipped_ones_and_those_under_way_not(runner, clock):
    keep(code="own", kind="count", cron=HOURLY)
    keep(code="busy", kind="count", cron="0 0 1 1 *")
    keep_schedules.run_schedules_now([NamedSchedule("busy", CHIEF)], now=NOON)
    run_schedules.take_schedule("here:1", now=NOON)
    wishes = [NamedSchedule(code, CHIEF) for code in ("own", "count", "busy", "none")]
    outcomes = keep_schedules.remove_schedules(wishes, now=NOON)
    assert outcomes[0] == Done(ScheduleAnswer("own", changed=True))
    assert [one.code for one in outcomes[1:]] == [
        "schedule-shipped", "schedule-running", "not-found"
    ]  # fmt: skip
    assert set(Schedule.objects.values_list("code", flat=True)) == {"count", "busy"}
    (refused,) = keep_schedules.run_schedules_now([wishes[2]], now=NOON)
    assert refused.code == "schedule-running"


def test_changes_are_in_the_operation_log(runner):
    keep(code="count", cron="5  *  * * *")
    keep(code="count", cron="5 * * * *")
    (entry,) = Operation.objects.all()
    assert (entry.action, entry.label) == ("schedule.changed", "count")
    assert entry.changes == '{"cron":["0 * * * *","5 * * * *"]}'


def test_notes_of_tasks_are_kept_newest_success_and_newest_failure():
    early, late = NOON, NOON + MINUTE
    run_schedules.note_tasks([Note("deadlines", 1.0, late, 4, None, "", "here:1")])
    run_schedules.note_tasks([Note("deadlines", 1.0, early, 9, early, "Oh: no", "here:2")])
    note = TaskNote.objects.get()
    assert (note.ok_at, note.done, note.worker) == (late, 4, "here:1")
    assert (note.failed_at, note.message) == (early, "Oh: no")
