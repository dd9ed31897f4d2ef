"""Real order histories come in by the command, and the database's figures are the known ones.

The histories lie beside the project, not in it; without them these tests are skipped.
"""

import contextlib
import io
import json
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from builders import the_order_types
from laidan.domain.channels.models import Shop
from laidan.domain.orders.models import Order, OrderLine
from laidan.domain.payments.models import LedgerEntry
from laidan.insights.board import get_board
from laidan.insights.laws import checker
from laidan.interfaces.cli.main import main

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
HISTORIES = DATA / "histories"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the folder ../shared/data is not there"),
    pytest.mark.django_db(transaction=True),
]


def bring_in(path: str, shop: str) -> dict:
    """Import a history twice, which must add nothing, and prove the laws; return the account."""
    the_order_types()
    words = ["import", "orders", str(HISTORIES / path), "--history", "--create-missing"]
    accounts = []
    for _ in range(2):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            assert main([*words, "--shop", shop, "--json"]) == 0
        accounts.append(json.loads(out.getvalue()))
    first, second = accounts
    assert first["orders"]["added"] == first["orders"]["read"]
    assert second["orders"]["known"] == first["orders"]["read"]
    assert second["orders"]["added"] == second["skus_added"] == 0
    assert [verdict.name for verdict in checker.check() if not verdict.holds] == []
    return first


def truth(name: str) -> dict:
    return json.loads((DATA / f"truth_{name}.json").read_text(encoding="utf-8"))


def money(minor: int) -> Decimal:
    return Decimal(minor).scaleb(-2)


def cents(text: str) -> Decimal:
    """Return a figure of the truth, whose thousandths the ledger cannot have."""
    return Decimal(text).quantize(Decimal("0.01"))


def on_the_board(type_: str) -> dict[str, tuple[int, Decimal]]:
    """Return count and amount of each state of a type, as GET /board has them."""
    return {
        column.state: (sums.count, money(sums.amount_minor))
        for column in get_board(now=timezone.now(), types=[type_])
        for sums in column.sums
    }


def by_period(shop: str, layout: str) -> dict[str, list[Order]]:
    """Return the shop's orders by period of its own clock."""
    zone = ZoneInfo(Shop.objects.get(code=shop).time_zone)
    found = defaultdict(list)
    for order in Order.objects.all():
        found[order.placed_at.astimezone(zone).strftime(layout)].append(order)
    return found


def test_online_retail():
    account = bring_in("online_retail_by_day_2010-12_to_2011-06.tar.gz", "giftware")
    known = truth("online_retail_h1")
    assert account["reading"]["left_out"] == {
        "not-an-order": known["lines_negative_qty_not_cancel"]
    }
    sales, notes = on_the_board("retail"), on_the_board("credit_note")
    assert sales["closed"][1] == cents(known["gross"])
    assert notes["credited"] == (known["invoices_cancel"], -cents(known["cancelled"]))
    net = sales["closed"][1] - notes["credited"][1]
    assert net == cents(known["net_gross_plus_cancelled"])
    assert Order.objects.filter(type="retail", total_minor__gt=0).count() == known["invoices_sale"]
    months = by_period("giftware", "%Y-%m")
    assert sorted(months) == sorted(known["by_month"])
    for month, orders in months.items():
        row = known["by_month"][month]
        gross = sum(order.total_minor for order in orders if order.type == "retail")
        cancelled = sum(order.total_minor for order in orders if order.type == "credit_note")
        assert (money(gross), -money(cancelled)) == (cents(row["gross"]), cents(row["cancelled"]))
    units, revenue = Counter(), Counter()
    lines = OrderLine.objects.filter(order__type="retail", goods_minor__gt=0)
    for sku, quantity, goods in lines.values_list("sku_code", "quantity", "goods_minor"):
        units[sku] += quantity
        revenue[sku] += goods
    assert [list(pair) for pair in units.most_common(10)] == known["top10_sku_units"]
    assert [[sku, money(minor)] for sku, minor in revenue.most_common(10)] == [
        [sku, cents(amount)] for sku, amount in known["top10_sku_revenue"]
    ]
    buyers = Counter(
        Order.objects.filter(type="retail", total_minor__gt=0)
        .exclude(customer=None)
        .values_list("customer_id", flat=True)
    )
    repeated = sum(count > 1 for count in buyers.values())
    assert (len(buyers), repeated) == (known["customers_with_sale"], known["customers_repeat"])


@pytest.mark.parametrize("file", ["tmall_order_report.csv", "tmall_order_report.gb18030.csv"])
def test_tmall(file):
    bring_in(file, "tmall")
    known = truth("tmall")
    entries = Counter()
    for kind, amount in LedgerEntry.objects.values_list("kind", "amount_minor"):
        entries[kind] += amount
    assert money(entries["capture"]) == Decimal(known["paid_orders_total_amount"])
    assert money(entries["refund"]) == Decimal(known["refund_amount"])
    turnover = entries["capture"] - entries["refund"]
    assert money(turnover) == Decimal(known["turnover_actual_paid"])
    board = on_the_board("retail")
    total = sum(amount for _, amount in board.values())
    assert total == Decimal(known["total_amount_all_rows"])
    full = known["orders_fully_refunded_(refund=total)"]
    assert board["cancelled"][0] == known["unpaid_orders"] + full
    assert board["closed"][0] == known["paid_orders"] - full
    days = by_period("tmall", "%Y-%m-%d")
    assert sorted(days) == sorted(known["by_day"])
    for day, orders in days.items():
        row = known["by_day"][day]
        kept = sum(order.captured_minor - order.refunded_minor for order in orders)
        refunded = sum(order.refunded_minor for order in orders)
        paid = sum(order.captured_minor > 0 for order in orders)
        assert (len(orders), paid) == (row["orders"], row["paid_orders"])
        assert (money(kept), money(refunded)) == (Decimal(row["turnover"]), Decimal(row["refunds"]))


def test_olist():
    account = bring_in("olist_sample", "olist")
    known = truth("olist_sample")
    captured = sum(Order.objects.values_list("captured_minor", flat=True))
    assert money(captured) == Decimal(known["paid_in_orders"])
    goods = sum(Order.objects.values_list("goods_minor", flat=True))
    freight = sum(Order.objects.values_list("shipping_minor", flat=True))
    assert money(goods) == Decimal(known["items_price_sum_all"])
    assert money(freight) == Decimal(known["freight_sum_all"])
    statuses = known["orders_by_status"]
    board = on_the_board("retail")
    assert board["closed"][0] == statuses["delivered"]
    assert board["cancelled"][0] == statuses["canceled"] + statuses["unavailable"]
    working = ("approved", "processing", "invoiced", "shipped")
    assert board["open"][0] == sum(statuses[status] for status in working)
    assert board["in_review"][0] == statuses["created"]
    gone = Order.objects.filter(cancel_reason="out_of_stock").count()
    assert gone == statuses["unavailable"]
    flags = account["reading"]["flags"]
    assert flags["payment-differs"] == known["reconcile_off"]
    assert flags["no-lines"] == known["orders_without_items"]
    flagged = sum("payment-differs" in {flag["code"] for flag in order.flags}
                  for order in Order.objects.all())  # fmt: skip
    assert flagged == known["reconcile_off"]
    months = by_period("olist", "%Y-%m")
    assert {
        month: (len(orders), money(sum(order.captured_minor for order in orders)))
        for month, orders in months.items()
    } == {month: (row["orders"], Decimal(row["paid"])) for month, row in known["by_month"].items()}


def test_superstore():
    account = bring_in("superstore/superstore.csv", "superstore")
    known = truth("superstore")
    (sums,) = account["reading"]["sums"]
    assert sums["exact"] == known["sales"]
    assert on_the_board("retail") == {"closed": (known["orders"], Decimal(sums["rounded"]))}
    units = sum(Order.objects.values_list("units", flat=True))
    assert units == known["units"]
    assert OrderLine.objects.count() == known["rows"]
    for month, orders in by_period("superstore", "%Y-%m").items():
        row = known["by_month"][month]
        lines = sum(order.line_count for order in orders)
        off = abs(money(sum(order.total_minor for order in orders)) - Decimal(row["sales"]))
        assert len(orders) == row["orders"]
        # Each line was rounded once, by half a cent at most.
        assert off <= lines * Decimal("0.005")
