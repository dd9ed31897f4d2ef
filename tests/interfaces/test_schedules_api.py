"""Can programs, commands and monitors ask what is done by itself, and change it."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from builders import a_key, a_shop, a_user
from laidan.domain.schedules.models import Schedule, ScheduleRun
from laidan.interfaces.cli import schedules as command
from laidan.interfaces.cli.main import main
from laidan.interfaces.worker.schedules import KINDS, Kind, Runner
from laidan.usecases.raise_alarms import RaiseAlarm, raise_alarms

key = ""
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def runner() -> Runner:
    a_shop()
    a_user()
    global key  # noqa: PLW0603 - one caller for each test
    key = a_key("admin")
    made = Runner({"clean_keys": Kind("clean_keys", "*/10 * * * *", lambda _: 7)})
    made.prepare(timezone.now())
    return made


def call(method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict]:
    response = Client().generic(
        method, f"/api/v1{path}", json.dumps(body) if body is not None else "",
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}", **headers},
    )  # fmt: skip
    return response.status_code, json.loads(response.content) | {
        "replayed": response.get("Idempotent-Replay")
    }


def test_schedules_are_told_changed_and_run(runner):
    status, told = call("GET", "/schedules")
    (one,) = told["items"]
    assert (status, one["code"], one["cron"], one["zone"], one["late"]) == (
        200, "clean_keys", "*/10 * * * *", "Asia/Shanghai", False
    )  # fmt: skip
    body = {"schedules": [{"code": "clean_keys", "cron": "0 4 * * *"},
                          {"code": "own", "kind": "clean_keys", "cron": "x"},
                          {"code": "own", "kind": "clean_keys", "cron": "0 5 * * *"}]}  # fmt: skip
    status, told = call("PUT", "/schedules", body)
    assert status == 200
    assert [one["status"] for one in told["outcomes"]] == [200, 422, 201]
    assert Schedule.objects.get(code="clean_keys").cron == "0 4 * * *"


def test_run_under_a_key_is_asked_once(runner):
    for replayed in (None, "true"):
        status, told = call("POST", "/schedules/clean_keys/run", **{"Idempotency-Key": "k1"})
        assert (status, told["asked"], told["replayed"]) == (200, True, replayed)
        runner.step(timezone.now())
    assert ScheduleRun.objects.count() == 1
    run_by = ScheduleRun.objects.get().actor
    assert run_by.startswith("key:")
    status, told = call("GET", "/schedules/clean_keys/runs?limit=1")
    assert (told["items"][0]["figures"], told["items"][0]["by"]) == ({"done": 7}, run_by)
    assert call("POST", "/schedules/none/run")[0] == 404
    assert call("GET", "/schedules/none/runs")[0] == 404


def test_metrics_tell_what_is_late_and_how_many_alarms_nobody_noted(runner):
    Schedule.objects.update(late_at=timezone.now())
    raise_alarms([RaiseAlarm("low-stock", "j", "x")], now=timezone.now())
    text = Client().get("/metrics").content.decode()
    assert 'laidan_schedule_late{schedule="clean_keys"} 1.0' in text
    assert 'laidan_alarms_unseen{kind="low-stock"} 1.0' in text


def test_the_command_lists_and_runs(runner, capsys, monkeypatch):
    monkeypatch.setattr(command, "Runner", lambda: runner)
    assert main(["schedules", "run", "clean_keys"]) == 0
    assert capsys.readouterr().out == "clean_keys: done. done 7\n"
    assert main(["schedules", "list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["code"], row["state"], row["last_outcome"]) == ("clean_keys", "idle", "done")
    assert main(["schedules", "run", "none"]) == 1


def test_every_shipped_kind_runs_on_an_empty_installation(runner):
    real = Runner()
    real.prepare(timezone.now())
    Schedule.objects.update(due_at=timezone.now())
    while real.step(timezone.now()):
        pass
    ended = dict(ScheduleRun.objects.values_list("schedule__code", "outcome"))
    assert ended == dict.fromkeys([kind.code for kind in KINDS.values() if kind.cron], "done")
