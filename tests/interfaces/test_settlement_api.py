"""Reconciliation over HTTP and on the command line."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

import bills
from builders import a_key
from interfaces.test_settlement_pages import DAY, a_world, line
from laidan.domain.settlement.models import BillRow, Break, SettlementDay
from laidan.interfaces.cli.main import main
from laidan.interfaces.worker.reconciling import reconcile_daily
from usecases.money import an_account

pytestmark = pytest.mark.django_db(transaction=True)


def api(token: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {token}"})


def put(client: Client, path: str, **body: Any) -> Any:
    answer = client.put(f"/api/v1{path}", json.dumps(body), content_type="application/json")
    assert answer.status_code == 200, answer.content
    return answer.json()["outcomes"]


def bring(tmp_path: Path, content: bytes, *more: str) -> int:
    path = tmp_path / "bill.csv"
    path.write_bytes(content)
    return main(["settle", "import", str(path), "--account", "wechat", *more])


def test_a_bill_from_the_command_line_is_explained_and_closed_by_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_world()
    assert bring(tmp_path, bills.wechat([line(1), line(3)])) == 0
    assert f"2 lines of {DAY}, 2 new; 2 differences are open." in capsys.readouterr().out
    assert bring(tmp_path, bills.wechat([line(1), line(3)])) == 0
    assert "brought before; nothing was changed" in capsys.readouterr().out
    assert main(["settle", "status", "--state", "breaks", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["day"], row["account"], row["bill"], row["breaks"]) == (DAY, "wechat", True, 2)
    client = api(a_key())
    (day,) = client.get("/api/v1/settlement/days?account=wechat").json()["items"]
    assert (day["state"], day["breaks"], day["has_bill"]) == ("open", 2, True)
    assert sum(float(one["ledger"]["captured"]) for one in day["sums"]) == 128.0
    (refused,) = put(client, "/settlement/days", days=[{"account": "wechat", "day": DAY, "state": "closed"}])  # fmt: skip
    assert refused["problem"]["type"] == "/problems/day-has-breaks"
    assert refused["problem"]["breaks"] == 2
    listed = client.get("/api/v1/settlement/breaks?state=open&limit=1").json()
    assert len(listed["items"]) == 1
    rest = client.get(
        f"/api/v1/settlement/breaks?state=open&limit=1&cursor={listed['next_cursor']}"
    )
    found = [*listed["items"], *rest.json()["items"]]
    assert {one["type"] for one in found} == {"missing_here", "missing_there"}
    outcomes = put(
        client, "/settlement/breaks",
        breaks=[*({"id": one["id"], "reason": "timing"} for one in found), {"id": found[0]["id"]}],
    )  # fmt: skip
    assert [one["status"] for one in outcomes] == [200, 200, 422]
    (closed,) = put(client, "/settlement/days", days=[{"account": "wechat", "day": DAY, "state": "closed"}])  # fmt: skip
    assert closed["day"]["state"] == "closed"
    (bill,) = client.get("/api/v1/settlement/bills").json()["items"]
    assert (bill["layout"], bill["lines"], bill["days"], bill["faults"]) == ("wechat_pay", 2, [DAY], [])  # fmt: skip


def test_wrong_wishes_are_refused_and_nothing_changes(tmp_path: Path) -> None:
    a_world()
    assert bring(tmp_path, b"PK\x03\x04rubbish") == 1
    assert main(["settle", "import", str(tmp_path / "none.csv"), "--account", "wechat"]) == 2
    path = tmp_path / "bill.csv"
    path.write_bytes(bills.wechat([line(1)]))
    assert main(["settle", "import", str(path), "--account", "nobody"]) == 2
    assert (BillRow.objects.count(), SettlementDay.objects.count()) == (0, 0)
    client = api(a_key())
    assert client.get("/api/v1/settlement/days?account=x").status_code == 404
    assert client.get("/api/v1/settlement/breaks?type=x").status_code == 422
    weak = api(a_key("stock:read"))
    assert weak.get("/api/v1/settlement/days").status_code == 403
    assert weak.put("/api/v1/settlement/days", "{}", content_type="application/json").status_code == 403  # fmt: skip


def test_a_bill_whose_sums_differ_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_world()
    assert bring(tmp_path, bills.wechat([line(1)], count=7), "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert [one["code"] for one in told["faults"]] == ["summary-lines"]


class Giving:
    """A provider that hands out a bill, or none, and notes what it was asked."""

    def __init__(self, content: bytes | None) -> None:
        self.content = content
        self.asked: list[str] = []

    def fetch_bill(self, account: Any, day: Any, *, now: datetime) -> list[bytes]:
        """Return the bill on the day of the lines alone."""
        self.asked.append(day.isoformat())
        return [self.content] if self.content and day.isoformat() == DAY else []


def test_yesterdays_bills_are_fetched_read_and_matched_once() -> None:
    from interfaces.test_settlement_pages import work

    a_world()
    an_account("cash", "cash")
    giving = Giving(bills.wechat([line(1), line(2)]))
    providers: Any = {"wechat_pay": giving, "cash": giving}
    now = datetime.now(UTC)
    first = reconcile_daily(now, providers)
    assert first["bills"] == 1
    assert first["failed"] == 0
    work()
    assert Break.objects.count() == 0
    assert SettlementDay.objects.get(day=DAY, state="open").has_bill
    asked = list(giving.asked)
    assert DAY in asked
    again = reconcile_daily(now, providers)
    assert (again["bills"], again["empty"], giving.asked) == (0, 0, asked)
