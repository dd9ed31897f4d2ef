"""Real order histories come in by the command, and the figures that the API tells are the known ones.

The histories lie beside the project, not in it; without them these tests are skipped.
"""

import contextlib
import io
import json
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from bench.histories import HISTORIES, Told

from builders import a_key, the_order_types
from interfaces.reading import caller
from laidan.domain.orders.models import Order, OrderLine
from laidan.insights.laws import checker
from laidan.interfaces.cli.main import main

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the folder ../shared/data is not there"),
    pytest.mark.django_db(transaction=True),
]


def bring_in(path: str, shop: str, *, again: bool = True) -> dict:
    """Import a history, then again, which must add nothing; prove the laws; return the account."""
    the_order_types()
    words = ["import", "orders", str(DATA / "histories" / path), "--history", "--create-missing"]
    accounts = []
    for _ in range(1 + again):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            assert main([*words, "--shop", shop, "--json"]) == 0
        accounts.append(json.loads(out.getvalue()))
    first = accounts[0]
    assert first["orders"]["added"] == first["orders"]["read"]
    for second in accounts[1:]:
        assert second["orders"]["known"] == first["orders"]["read"]
        assert second["orders"]["added"] == second["skus_added"] == 0
    assert [verdict.name for verdict in checker.check() if not verdict.holds] == []
    return first


def truth(name: str) -> dict:
    return json.loads((DATA / f"truth_{name}.json").read_text(encoding="utf-8"))


def agree(name: str) -> None:
    """Assert that every figure that the API tells of a history is the known one."""
    get, history = caller(a_key("orders:read")), HISTORIES[name]

    def ask(path: str, asked: Mapping) -> dict:
        answer = get(path, **asked)
        assert answer.status_code == 200, answer.content
        return answer.json()

    found = list(history.compare(Told(ask, history.shop), truth(history.truth)))
    assert len(found) > 5
    for one in found:
        assert one.told == one.known, one.what


def covered() -> dict[str, int]:
    """Return how far credit notes give back no more than the customer bought of the article."""
    left: Counter = Counter()
    found: Counter = Counter()
    lines = OrderLine.objects.order_by("placed_at", "order_id", "line_no").values_list(
        "order__type", "order__customer_id", "sku_code", "quantity", "goods_minor"
    )
    for type_, customer, sku, quantity, goods in lines:
        if type_ != "credit_note":
            left[customer, sku] += quantity if goods > 0 else 0
            continue
        if customer is None:
            found["cancel_lines_without_customer_skipped"] += 1
            continue
        given = min(quantity, left[customer, sku])
        left[customer, sku] -= given
        how = "fully_covered" if given == quantity else "partly_covered" if given else "not_covered"
        found[f"cancel_lines_{how}"] += 1
        found["units_covered"] += given
        found["units_not_covered"] += quantity - given
    return dict(found)


def test_online_retail(engine_name):
    # The longest of them; that importing again adds nothing is asked of each engine by the others.
    path = "online_retail_by_day_2010-12_to_2011-06.tar.gz"
    account = bring_in(path, "giftware", again=engine_name == "sqlite")
    known = truth("online_retail_h1")
    assert account["reading"]["left_out"] == {
        "not-an-order": known["lines_negative_qty_not_cancel"]
    }
    agree("online_retail")
    applied = known["returns_applied"]
    assert covered() == {name: count for name, count in applied.items() if name != "rule"}


@pytest.mark.parametrize(
    "file",
    [
        "tmall_order_report.csv",
        # How a file is encoded is read before any engine is asked.
        pytest.param("tmall_order_report.gb18030.csv", marks=pytest.mark.one_engine),
    ],
)
def test_tmall(file):
    bring_in(file, "tmall")
    agree("tmall")


def test_olist():
    account = bring_in("olist_sample", "olist")
    agree("olist")
    known = truth("olist_sample")
    gone = Order.objects.filter(cancel_reason="out_of_stock").count()
    assert gone == known["orders_by_status"]["unavailable"]
    flags = account["reading"]["flags"]
    assert flags["payment-differs"] == known["reconcile_off"]
    assert flags["no-lines"] == known["orders_without_items"]
    flagged = sum("payment-differs" in {flag["code"] for flag in order.flags}
                  for order in Order.objects.all())  # fmt: skip
    assert flagged == known["reconcile_off"]


def test_superstore():
    account = bring_in("superstore/superstore.csv", "superstore")
    agree("superstore")
    known = truth("superstore")
    (sums,) = account["reading"]["sums"]
    assert sums["exact"] == known["sales"]
    total = sum(Order.objects.values_list("total_minor", flat=True))
    assert Decimal(total).scaleb(-2) == Decimal(sums["rounded"])
    assert OrderLine.objects.count() == known["rows"]
