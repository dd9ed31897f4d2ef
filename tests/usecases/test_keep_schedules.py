"""What people may set of schedules, and what is refused."""

import pytest

from builders import NOON, a_shop
from laidan.domain.audit.models import Operation
from laidan.domain.schedules.models import Schedule, ScheduleRun
from laidan.interfaces.worker.schedules import Kind, Runner
from laidan.kernel.outcome import Done, Refused
from laidan.usecases import act_on_schedules, keep_schedules, run_schedules
from laidan.usecases.act_on_schedules import NamedSchedule
from laidan.usecases.keep_schedules import KeepSchedule, ScheduleAnswer
from usecases.running import CHIEF, CLERK, HOUR, HOURLY, MINUTE, Clock, Counting, keep, only, work

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


def test_paused_is_not_run_but_when_it_is_asked_for(runner, clock, step):
    keep(code="count", is_paused=True)
    assert (only().next_at, only().due_at, only().late_at) == (None, None, None)
    clock.now = NOON + 9 * HOUR
    assert work(runner, clock) == 0
    wish = NamedSchedule("count", CHIEF)
    assert act_on_schedules.run_schedules_now([wish, wish], now=clock.now) == [
        Done(ScheduleAnswer("count", changed=True)), Done(ScheduleAnswer("count"), replayed=True)
    ]  # fmt: skip
    assert work(runner, clock) == 1
    assert ScheduleRun.objects.get().actor == "chief"
    assert only().due_at is None
    keep(code="count", is_paused=False)
    assert only().next_at == NOON + HOUR


def test_asking_for_a_run_leaves_the_times_as_they_are(runner, clock):
    act_on_schedules.run_schedules_now([NamedSchedule("count", CHIEF)], now=NOON)
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
        (act_on_schedules.run_schedules_now, NamedSchedule("count", CLERK)),
        (act_on_schedules.remove_schedules, NamedSchedule("count", CLERK)),
    ):
        (refused,) = command([wish], now=NOON)
        assert refused.code == "forbidden"
    assert (only().is_paused, only().asked_by) == (False, "")


def test_own_schedules_can_be_removed_shipped_ones_and_those_under_way_not(runner, clock):
    keep(code="own", kind="count", cron=HOURLY)
    keep(code="busy", kind="count", cron="0 0 1 1 *")
    act_on_schedules.run_schedules_now([NamedSchedule("busy", CHIEF)], now=NOON)
    run_schedules.take_schedule("here:1", now=NOON)
    wishes = [NamedSchedule(code, CHIEF) for code in ("own", "count", "busy", "none")]
    outcomes = act_on_schedules.remove_schedules(wishes, now=NOON)
    assert outcomes[0] == Done(ScheduleAnswer("own", changed=True))
    assert [one.code for one in outcomes[1:]] == [
        "schedule-shipped", "schedule-running", "not-found"
    ]  # fmt: skip
    assert set(Schedule.objects.values_list("code", flat=True)) == {"count", "busy"}
    (refused,) = act_on_schedules.run_schedules_now([wishes[2]], now=NOON)
    assert refused.code == "schedule-running"


def test_changes_are_in_the_operation_log(runner):
    keep(code="count", cron="5  *  * * *")
    keep(code="count", cron="5 * * * *")
    (entry,) = Operation.objects.all()
    assert (entry.action, entry.label) == ("schedule.changed", "count")
    assert entry.changes == '{"cron":["0 * * * *","5 * * * *"]}'
