"""Do people see what is done by itself, how it went, and what has to be looked at."""

import pytest
from django.utils import timezone

from builders import a_shop
from interfaces.browsing import a_visitor, words
from laidan.domain.schedules.models import Schedule, ScheduleRun
from laidan.interfaces.web import schedule_words
from laidan.interfaces.worker.crew import all_workers
from laidan.interfaces.worker.schedules import KINDS, Kind, Runner
from laidan.usecases.raise_alarms import RaiseAlarm, raise_alarms

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def runner() -> Runner:
    a_shop()
    made = Runner({"clean_keys": Kind("clean_keys", "*/10 * * * *", lambda _: 7)})
    made.prepare(timezone.now())
    return made


def test_every_kind_and_every_task_has_words() -> None:
    assert KINDS.keys() <= schedule_words.KINDS.keys()
    tasks = {task.name for worker in all_workers() for task in worker.tasks}
    assert tasks <= schedule_words.TASKS.keys()


def test_the_list_teaches_when_it_is_empty_and_says_that_no_worker_runs() -> None:
    a_shop()
    page = words(a_visitor().get("/settings/schedules"))
    assert "No schedules yet" in page
    assert "No worker is running" in page


def test_run_now_pause_and_resume_are_acts_of_the_page(runner: Runner) -> None:
    visitor = a_visitor()
    here = "/settings/schedules/clean_keys"
    assert "Not run yet" in words(visitor.get(here))
    assert visitor.post(f"{here}/act/run").status_code == 303
    assert "starts within seconds" in words(visitor.get(here))
    runner.step(timezone.now())
    page = words(visitor.get(here))
    assert "Worked off 7" in page
    assert "In order" in page
    assert ScheduleRun.objects.get().actor == "user:clerk"
    visitor.post(f"{here}/act/pause")
    assert "Paused" in words(visitor.get("/settings/schedules"))
    visitor.post(f"{here}/act/resume")
    assert Schedule.objects.get().next_at is not None
    assert visitor.post(f"{here}/act/fly").status_code == 404


def test_the_next_five_times_are_shown_while_typing(runner: Runner) -> None:
    visitor = a_visitor()
    times = "/settings/schedules/-/times"
    page = words(visitor.get(times, {"cron": "30 8 * * *", "zone": "UTC"}))
    assert page.count("08:30 UTC") == 5
    assert "The hour cannot be read" in words(visitor.get(times, {"cron": "0 25 * * *"}))
    assert words(visitor.get(times, {"cron": ""})).strip() == ""
    assert words(visitor.get(times, {"cron": "0 0 * * *", "zone": "Mars"})).count("CST") == 5


def test_what_cannot_be_is_said_at_its_field_and_nothing_changes(runner: Runner) -> None:
    visitor = a_visitor()
    here = "/settings/schedules/clean_keys"
    answer = visitor.post(f"{here}/edit", {"cron": "x * * * *", "zone": "Mars"})
    assert answer.status_code == 422
    assert "The minute cannot be read." in words(answer)
    assert Schedule.objects.get().cron == "*/10 * * * *"
    answer = visitor.post(f"{here}/edit", {"cron": "5 * * * *", "zone": ""})
    assert answer.status_code == 303
    assert Schedule.objects.get().cron == "5 * * * *"


def test_own_schedules_are_added_and_removed_after_asking(runner: Runner) -> None:
    visitor = a_visitor()
    wish = {"code": "nightly", "kind": "clean_keys", "cron": "0 1 * * *", "shop": "main"}
    assert visitor.post("/settings/schedules/-/new", wish).status_code == 303
    assert visitor.post("/settings/schedules/-/new", wish).status_code == 422
    remove = "/settings/schedules/nightly/remove"
    assert "cannot be taken back" in words(visitor.get(remove))
    assert visitor.post(remove).status_code == 303
    assert list(Schedule.objects.values_list("code", flat=True)) == ["clean_keys"]
    visitor.post("/settings/schedules/clean_keys/remove")
    assert Schedule.objects.count() == 1


def test_the_bell_counts_until_somebody_has_noted(runner: Runner) -> None:
    wishes = [
        RaiseAlarm("schedule-late", "clean_keys", "clean_keys", facts={"kind": "clean_keys"}),
        RaiseAlarm("low-stock", "j", "2026-11-23", link="/jobs/j", facts={"count": 3}),
        RaiseAlarm("webhook-paused", "w", "erp", shop="other"),
    ]
    raise_alarms(wishes, now=timezone.now())
    visitor = a_visitor()
    page = visitor.get("/stock").content.decode()
    assert '<span class="count-mark">3</span>' in page
    assert "A schedule is late" in page
    listed = words(visitor.get("/alarms"))
    assert "Clean up answers has not succeeded in two of its intervals." in listed
    assert "3 rows are under their safety stock." in listed
    assert visitor.post("/alarms/seen", {"all": "1"}).status_code == 303
    page = visitor.get("/stock").content.decode()
    assert "count-mark" not in page
    narrowed = words(visitor.get("/alarms?kind=low-stock"))
    assert "under their safety stock" in narrowed
    assert "erp" not in narrowed


def test_the_bell_is_for_those_who_may(runner: Runner) -> None:
    raise_alarms([RaiseAlarm("low-stock", "j", "x")], now=timezone.now())
    visitor = a_visitor("stock.view", username="picker")
    assert "top-bell" not in visitor.get("/stock").content.decode()
    assert visitor.get("/alarms").status_code == 403


@pytest.mark.parametrize("address", ["/alarms", "/settings/schedules", "/settings/schedules/-/new",
                                     "/settings/schedules/clean_keys",
                                     "/settings/schedules/clean_keys/edit"])  # fmt: skip
def test_the_pages_are_there_in_chinese(runner: Runner, address: str) -> None:
    page = a_visitor(language="zh-CN").get(address)
    assert page.status_code == 200
    assert '<html lang="zh-Hans"' in page.content.decode()
