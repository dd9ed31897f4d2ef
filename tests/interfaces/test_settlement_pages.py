"""Pages of reconciliation: a bill is brought, differences are explained, the day is closed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

import bills
from builders import a_request, a_shop, a_sku, some_orders
from interfaces.browsing import a_visitor
from laidan.domain.jobs.models import Job
from laidan.domain.payments.models import Suspense
from laidan.domain.settlement.models import Bill, Break, SettlementDay, SettlementRule
from laidan.interfaces.worker.jobs import Runner
from laidan.kernel.actor import SYSTEM
from laidan.usecases.order_requests import PaidRequest
from usecases.money import an_account

pytestmark = pytest.mark.django_db(transaction=True)
YESTERDAY = (datetime.now(UTC) - timedelta(days=2)).replace(
    hour=4, minute=0, second=0, microsecond=0
)
DAY = YESTERDAY.date().isoformat()
RIGHTS = ("orders.view", "payments.view", "settlement.view", "settlement.edit", "settlement.close")


def line(number: int, amount: int = 6400) -> bills.Line:
    return bills.Line(f"P{number}", f"R{number}", amount, YESTERDAY + timedelta(minutes=number))


def a_world() -> None:
    a_shop()
    a_sku("TEE", "64.00", on_hand=100)
    an_account("wechat", "wechat_pay", shops=("main",), created_at=YESTERDAY - timedelta(days=9))
    for number in (1, 2):
        one = line(number)
        paid = PaidRequest("wechat_pay", bills.money(one.amount), one.reference, one.at.isoformat())
        request = a_request(("TEE", 1))
        order = request.order.__class__(lines=request.order.lines, shop="main", paid=paid)
        some_orders(request.__class__(order, SYSTEM), now=YESTERDAY)


def work() -> None:
    runner = Runner()
    for _ in range(50):
        if not runner.step(datetime.now(UTC)):
            return


def finance() -> Client:
    return a_visitor(*RIGHTS, username="fin")


def upload(browser: Client, content: bytes) -> Any:
    file = SimpleUploadedFile("bill.csv", content)
    return browser.post("/settlement/-/bills", {"account": "wechat", "file": file})


def test_a_bill_is_brought_explained_and_its_day_closed() -> None:
    a_world()
    browser = finance()
    assert b"No day was reconciled yet" in browser.get("/settlement").content
    answer = upload(browser, bills.wechat([line(1), line(3)]))
    assert answer.status_code == 303
    work()
    job = Job.objects.get()
    assert (job.state, job.figures, job.refused) == ("done", {"added": 2}, 0)
    page = browser.get("/settlement").content.decode()
    assert DAY in page
    assert "With differences" in page
    day = browser.get(f"/settlement/wechat/{DAY}").content.decode()
    assert "Not in the bill" in day
    assert "Not in our ledger" in day
    here, there = Break.objects.order_by("type")
    shown = browser.get(f"/settlement/-/breaks/{here.pk}").content.decode()
    assert "Put into suspense" in shown
    assert browser.post(f"/settlement/-/breaks/{here.pk}", {"act": "suspend"}).status_code == 303
    assert Suspense.objects.count() == 1
    browser.post(f"/settlement/-/breaks/{there.pk}", {"act": "take"})
    assert Break.objects.get(pk=there.pk).owner == "fin"
    browser.post(f"/settlement/wechat/{DAY}/close")
    assert SettlementDay.objects.get().state == "open"
    browser.post(f"/settlement/wechat/{DAY}/explain", {"all": "1", "reason": "timing"})
    assert set(Break.objects.values_list("state", flat=True)) == {"explained"}
    browser.post(f"/settlement/wechat/{DAY}/close")
    assert SettlementDay.objects.get().state == "closed"
    assert "Open this day again" in browser.get(f"/settlement/wechat/{DAY}").content.decode()
    browser.post(f"/settlement/wechat/{DAY}/close", {"act": "reopen", "reason": "new bill"})
    assert SettlementDay.objects.get().state == "open"


def test_the_lists_narrow_sort_and_page() -> None:
    a_world()
    browser = finance()
    upload(browser, bills.wechat([line(1), line(3), line(4, 99)]))
    work()
    for address, words in {
        "/settlement?state=breaks": DAY, "/settlement?state=closed": "No day meets these filters",
        "/settlement?account=wechat&sort=day": DAY,
        f"/settlement?from={DAY}&to={DAY}": DAY,
        "/settlement/-/breaks?state=open&type=missing_here&sort=-amount": "P3",
        "/settlement/-/breaks?q=nothing": "No difference meets these filters",
        "/settlement/-/breaks?type=amount": "No difference meets these filters",
        f"/settlement/wechat/{DAY}?type=missing_there": "Not in the bill",
        "/settlement/-/bills": "bill.csv",
    }.items():  # fmt: skip
        answer = browser.get(address)
        assert answer.status_code == 200, address
        assert words in answer.content.decode(), address
    assert browser.get("/settlement/wechat/2020-01-01").status_code == 404
    assert browser.get("/settlement/nobody/2020-01-01").status_code == 404


def test_entries_are_handed_to_accounting_with_their_fees() -> None:
    a_world()
    browser = finance()
    upload(browser, bills.wechat([line(1).but(fee=38), line(2)]))
    work()
    answer = browser.get(f"/settlement/-/file?from={DAY}&to={DAY}&format=csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    rows = [row.split(",") for row in answer.content.decode("utf-8-sig").splitlines()]
    assert rows[0] == [
        "day", "account", "time", "order", "shop", "kind", "number", "reference", "amount", "fee",
        "fee_currency", "currency",
    ]  # fmt: skip
    told = [(row[0], row[1], row[4], row[5], row[7], row[8], row[9], row[11]) for row in rows[1:]]
    assert sorted(told) == [
        (DAY, "wechat", "main", "capture", "R1", "64.00", "0.38", "CNY"),
        (DAY, "wechat", "main", "capture", "R2", "64.00", "0.00", "CNY"),
    ]
    upload(browser, bills.wechat([line(1), line(2), line(7)]))
    work()
    Break.objects.update(note="=1+1")
    head, row = browser.get("/settlement/-/breaks.csv").content.decode("utf-8-sig").splitlines()
    assert head.startswith("day,account,difference,kind,order,number,reference,ours,theirs")
    assert row.startswith(f"{DAY},wechat,missing_here,capture,,P7,R7,,64.00,CNY,open,,,'=1+1,")
    book = browser.get("/settlement/-/file?format=xlsx")
    assert book.content.startswith(b"PK")


def test_what_cannot_be_taken_is_said_and_nothing_is_kept() -> None:
    a_world()
    browser = finance()
    answer = browser.post("/settlement/-/bills", {"account": "wechat"})
    assert (answer.status_code, b"Choose a file first." in answer.content) == (422, True)
    answer = browser.post("/settlement/-/bills", {"account": "none"})
    assert answer.status_code == 422
    assert Job.objects.count() == 0
    upload(browser, b"PK\x03\x04 not a zip")
    work()
    assert (Job.objects.get().state, Job.objects.get().code) == ("failed", "damaged-file")
    assert Bill.objects.filter(state="read").count() == 0
    assert SettlementDay.objects.count() == 0


def test_rules_of_an_account_are_kept() -> None:
    a_world()
    browser = finance()
    given = {
        "time_zone": "Asia/Shanghai", "fee": "0.6", "fixed": "0", "tolerance": "2",
        "column_at": "Wann",
    }  # fmt: skip
    assert browser.post("/settlement/-/rules/wechat", given).status_code == 303
    rule = SettlementRule.objects.get()
    assert (rule.fee_ppm, rule.tolerance_minor, rule.column_map) == (6000, 2, {"at": "Wann"})
    answer = browser.post("/settlement/-/rules/wechat", given | {"time_zone": "Mars/Base"})
    assert answer.status_code == 422
    assert SettlementRule.objects.get().time_zone == "Asia/Shanghai"


def test_whoever_only_looks_changes_nothing() -> None:
    a_world()
    upload(finance(), bills.wechat([line(1)]))
    work()
    browser = a_visitor("settlement.view", username="looker")
    assert browser.get("/settlement").status_code == 200
    one = Break.objects.get()
    assert "Explain" not in browser.get(f"/settlement/-/breaks/{one.pk}").content.decode()
    browser.post(f"/settlement/-/breaks/{one.pk}", {"reason": "timing"})
    assert browser.post(f"/settlement/wechat/{DAY}/close").status_code == 403
    assert browser.post(f"/settlement/wechat/{DAY}/match").status_code == 403
    assert upload(browser, bills.wechat([line(2)])).status_code == 403
    assert Break.objects.get().state == "open"
    assert Bill.objects.count() == 1
