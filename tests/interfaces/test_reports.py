"""What the reports tell, to whom, in which days, and as which file."""

import io
import json
import re
from datetime import date
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from builders import a_customer, a_request, a_shop, a_sku, an_address, some_orders
from interfaces.browsing import a_visitor, words
from laidan.domain.access.models import User
from laidan.domain.audit.models import Operation
from laidan.interfaces.web.report_query import PERIODS, span
from statements import statements

pytestmark = pytest.mark.django_db
DAYS = "period=chosen&since=2026-11-21&until=2026-11-22"


@pytest.fixture(autouse=True)
def _orders() -> None:
    a_shop()
    a_sku()
    mei = a_customer("Mei", ref="C1")
    some_orders(
        a_request(("TEE-RED-M", 2), customer=mei, paid="128.00", ship_to=an_address()),
        a_request(("TEE-RED-M", 1), customer=mei, placed_at="2026-11-21T23:30:00+08:00"),
        a_request(customer=a_customer("Bo", "13900000001", ref="C2")),
    )


def chart(page: Any) -> dict[str, Any]:
    found = re.search(r'id="chart-data"[^>]*>(.*?)</script>', page.content.decode(), re.DOTALL)
    assert found is not None
    read: dict[str, Any] = json.loads(found[1])
    return read


def test_a_report_has_numbers_a_chart_and_the_same_as_a_table() -> None:
    page = a_visitor().get(f"/reports?{DAYS}")
    assert page.status_code == 200
    said = words(page)
    assert "2026-11-21 – 2026-11-22 · Asia/Shanghai" in said
    assert "Amount ¥256.00" in said
    assert "Orders 3" in said
    assert "Average order value ¥85.33" in said
    assert "Bought again 50.0%" in said
    assert chart(page) == {
        "labels": ["2026-11-21", "2026-11-22"],
        "series": [
            {"name": "Orders", "kind": "bar", "values": [1.0, 2.0], "texts": ["1", "2"]},
            {"name": "Amount", "kind": "line", "values": [64.0, 192.0],
             "texts": ["¥64.00", "¥192.00"]},
        ],
        "isAcross": False,
    }  # fmt: skip
    assert "2026-11-21 1 1 ¥64.00 ¥64.00 ¥0.00 ¥0.00 1 0.0% 0" in said
    assert "/charts." in page.content.decode()
    assert "/charts." not in a_visitor().get("/orders").content.decode()


def test_days_without_orders_are_days_too_and_what_was_before_is_compared() -> None:
    visitor = a_visitor()
    page = visitor.get("/reports?period=chosen&since=2026-11-20&until=2026-11-22")
    assert chart(page)["labels"] == ["2026-11-20", "2026-11-21", "2026-11-22"]
    page = visitor.get("/reports?period=chosen&since=2026-11-22&until=2026-11-22")
    assert "Orders 2 +100.0% Average" in words(page)
    assert "compared with 1 day before" in words(page)
    page = visitor.get(f"/reports?{DAYS}&by=month&sort=-key")
    assert chart(page)["labels"] == ["2026-11"]


def test_parts_are_named_and_sorted() -> None:
    visitor = a_visitor(language="zh-hans")
    assert "店铺 订单 件数" in words(visitor.get(f"/reports?{DAYS}&by=shop"))
    by_state = visitor.get(f"/reports?{DAYS}&by=state&sort=orders")
    assert 'aria-sort="ascending"' in by_state.content.decode()
    assert len(chart(by_state)["labels"]) == 2
    by_sku = words(visitor.get(f"/reports?{DAYS}&by=sku"))
    assert "TEE-RED-M" in by_sku
    # What came in and went back belongs to whole orders.
    assert "规格 (SKU) 订单 件数 金额 购买人数" in by_sku


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("since=2026-11-22&until=2026-11-21", "The last day lies before the first."),
        ("since=1066-10-14", "Type a day between 1970 and 2199."),
        ("since=never", "Type a day such as 2026-11-30."),
    ],
)
def test_days_that_cannot_be_are_said_at_the_field(asked: str, said: str) -> None:
    page = a_visitor().get(f"/reports?period=chosen&{asked}")
    assert page.status_code == 422
    assert said in words(page)


def test_who_may_not_see_amounts_sees_counts_alone() -> None:
    visitor = a_visitor("figures.view", "orders.view", username="counter")
    User.objects.filter(username="counter").update(masks=["price"])
    for query in ("", "&by=shop", "&by=shop&sort=-amount", "&by=sku"):
        page = visitor.get(f"/reports?{DAYS}{query}")
        assert page.status_code == 200
        assert "¥" not in page.content.decode()
        assert [one["name"] for one in chart(page)["series"]] == ["Orders"]
        assert "Amount" not in words(page).replace("Amounts are hidden", "")
        file = visitor.get(f"/reports/file?{DAYS}{query}").content.decode("utf-8-sig")
        assert "64" not in file


def test_the_file_has_what_the_table_has() -> None:
    visitor = a_visitor()
    file = visitor.get(f"/reports/file?{DAYS}")
    assert file["Content-Disposition"] == (
        'attachment; filename="laidan-figures-day-2026-11-21-2026-11-22.csv"'
    )
    lines = file.content.decode("utf-8-sig").splitlines()
    assert lines[0] == (
        "Day,Name,Currency,Orders,Units sold,Amount,Average order value,Paid,Refunded,Buyers,"
        "Bought again,Cancelled"
    )
    assert lines[1] == "2026-11-21,,CNY,1,1,64.00,64.00,0.00,0.00,1,0.0000,0"
    book = visitor.get(f"/reports/file?{DAYS}&format=xlsx")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0)
    rows = sheet.to_python()
    assert rows[1][:6] == ["2026-11-21", "", "CNY", 1, 1, 64.0]
    told = Operation.objects.filter(action="export.created").values_list("label", "changes")
    assert [label for label, _ in told] == ["figures", "figures"]


@pytest.mark.one_engine
def test_a_report_costs_few_statements_however_much_there_is() -> None:
    visitor = a_visitor()

    def spent(query: str) -> int:
        visitor.get(f"/reports?{query}")
        with statements() as seen:
            assert visitor.get(f"/reports?{query}").status_code == 200
        return len(seen)

    asked = [DAYS, f"{DAYS}&by=sku", f"{DAYS}&by=shop&shop=main", f"{DAYS}&by=state"]
    few = {query: spent(query) for query in asked}
    for number in range(2, 12):
        a_sku(f"MUG-{number}")
        some_orders(a_request((f"MUG-{number}", 1)))
    assert {query: spent(query) for query in asked} == few
    assert max(few.values()) <= 20


@pytest.mark.one_engine
def test_a_period_is_whole_days() -> None:
    today = date(2026, 3, 31)
    assert {period: span(period, today) for period in PERIODS if period != "chosen"} == {
        "today": (today, today),
        "yesterday": (date(2026, 3, 30), date(2026, 3, 30)),
        "7": (date(2026, 3, 25), today),
        "30": (date(2026, 3, 2), today),
        "month": (date(2026, 3, 1), today),
        "last-month": (date(2026, 2, 1), date(2026, 2, 28)),
        "year": (date(2026, 1, 1), today),
    }
