"""Is what lies under its safety stock written down, by location, and told."""

import csv

import pytest
from django.utils import timezone

from builders import a_location, a_shop, a_sku, some_stock
from interfaces.browsing import a_visitor, words
from laidan.domain.jobs.models import Job
from laidan.domain.notices.models import Alarm
from laidan.domain.stock.models import Balance
from laidan.interfaces.files import storage
from laidan.interfaces.worker.jobs import Runner
from laidan.usecases.report_low_stock import start_low_stock_report

pytestmark = pytest.mark.django_db(transaction=True)


def report() -> Job:
    assert start_low_stock_report(now=timezone.now()) == 1
    runner = Runner()
    while runner.step(timezone.now()):
        pass
    return Job.objects.latest("created_at")


def test_rows_under_their_safety_stock_are_a_file_and_an_alarm() -> None:
    a_shop()
    a_location("east")
    low, fine, free = a_sku("LOW", on_hand=0), a_sku("FINE", on_hand=0), a_sku("FREE", on_hand=0)
    for sku, place, count in ((low, "main", 3), (low, "east", 9), (fine, "main", 5)):
        some_stock(sku, count, location=place)
    some_stock(free, 1)
    Balance.objects.filter(sku=low).update(safety=5)
    Balance.objects.filter(sku=fine).update(safety=5)
    job = report()
    assert (job.state, job.done, job.total) == ("done", 1, 1)
    stored = job.file_out
    with storage.path_of(storage_file(stored)).open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["location"], row["sku"], row["on_hand"], row["missing"]) for row in rows] == [
        ("main", "LOW", "3", "2")
    ]
    alarm = Alarm.objects.get(closed_at=None)
    assert (alarm.kind, alarm.facts["count"], alarm.link) == ("low-stock", 1, f"/jobs/{job.pk}")
    again = report()
    assert [one.subject for one in Alarm.objects.filter(closed_at=None)] == [again.pk]
    Balance.objects.update(safety=0)
    nothing = report()
    assert (nothing.done, nothing.file_out) == (0, None)
    assert not Alarm.objects.filter(closed_at=None).exists()


def storage_file(kept):
    from laidan.domain.jobs.store import file_of

    return file_of(kept)


def test_whoever_sees_all_stock_may_open_the_report() -> None:
    a_shop()
    job = report()
    visitor = a_visitor("stock.view", "orders.view", username="keeper")
    assert "Low-stock report" in words(visitor.get(f"/jobs/{job.pk}"))
    stranger = a_visitor("orders.view", username="stranger")
    assert stranger.get(f"/jobs/{job.pk}").status_code == 404
