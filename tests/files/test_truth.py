"""The drafts of Online Retail and Tmall sum to figures computed from the files apart."""

from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from files.truths import MARKS, decimals, history, local, total, truth
from laidan.interfaces.files.drafts import CREDIT, SALE

pytestmark = MARKS


class TestOnlineRetail:
    def read(self):
        return history("online-retail", "online_retail_by_day_2010-12_to_2011-06.tar.gz")

    def test_every_row_is_an_order_line_or_left_out_by_rule(self):
        orders, errors, report = self.read()
        known = truth("online_retail_h1")
        assert all(error.left_out for error in errors)
        assert report.left_out == {"not-an-order": known["lines_negative_qty_not_cancel"]}
        assert sum(len(order.lines) for order in orders) + len(errors) == known["rows"]
        assert len(orders) + len(errors) == known["invoices_all"]

    def test_gross_cancelled_and_net(self):
        orders, _, report = self.read()
        known = truth("online_retail_h1")
        sales = report.sums["GBP", "sales"]
        credit = report.sums["GBP", "credit notes"]
        assert sales.exact == Decimal(known["gross"])
        assert -credit.exact == Decimal(known["cancelled"])
        assert sales.exact - credit.exact == Decimal(known["net_gross_plus_cancelled"])
        # One line in the file has a price of a tenth of a penny; it alone is rounded.
        assert sales.rounded - sales.exact == Decimal("-0.001")
        assert credit.rounded == credit.exact
        assert credit.orders == known["invoices_cancel"]
        assert credit.lines == known["lines_cancel"]
        paying = [order for order in orders if order.direction == SALE and order.exact_amount()]
        assert len(paying) == known["invoices_sale"]
        assert round(sales.exact / len(paying), 2) == Decimal(known["aov"])

    def test_months_and_countries(self):
        orders, _, _ = self.read()
        known = truth("online_retail_h1")
        months = defaultdict(lambda: [Decimal(0), Decimal(0), 0, 0])
        countries = Counter()
        for order in orders:
            row = months[local(order, "Europe/London")]
            amount = order.exact_amount()
            row[0 if order.direction == SALE else 1] += order.direction * amount
            row[2] += order.direction == SALE and amount > 0
            row[3] += order.direction == CREDIT
            if order.direction == SALE and amount:
                countries[order.extra["country"]] += amount
        assert months == {
            month: [
                Decimal(row["gross"]),
                Decimal(row["cancelled"]),
                row["sale_invoices"],
                row["cancel_invoices"],
            ]
            for month, row in known["by_month"].items()
        }
        assert countries == decimals(known["gross_by_country"].items())

    def test_skus(self):
        orders, _, _ = self.read()
        known = truth("online_retail_h1")
        units, revenue = Counter(), Counter()
        not_goods = Decimal(0)
        for order in orders:
            for line in order.lines:
                if order.direction == SALE and line.exact > 0:
                    units[line.sku] += int(line.quantity)
                    revenue[line.sku] += line.exact
                if line.kind == "virtual":
                    not_goods += order.direction * line.exact
        assert [list(pair) for pair in units.most_common(10)] == known["top10_sku_units"]
        assert dict(revenue.most_common(10)) == decimals(known["top10_sku_revenue"])
        assert units.total() == known["units_sold"]
        assert not_goods == Decimal(known["nonmerch_sum"])

    def test_customers_and_oddities(self):
        orders, _, report = self.read()
        known = truth("online_retail_h1")
        buyers = Counter(
            order.customer.ref
            for order in orders
            if order.customer and order.direction == SALE and order.exact_amount() > 0
        )
        assert len(buyers) == known["customers_with_sale"]
        assert sum(count > 1 for count in buyers.values()) == known["customers_repeat"]
        assert report.flags["several-timestamps"] == known["invoices_with_more_than_one_timestamp"]
        free = sum(line.unit_price == 0 for order in orders for line in order.lines)
        assert free + len(self.read()[1]) == known["lines_zero_price"]

    def test_returns_never_exceed_what_was_sold(self):
        """Replaying the credit notes against the sales gives the known covers."""
        orders, _, _ = self.read()
        known = truth("online_retail_h1")["returns_applied"]
        left, counts = Counter(), Counter()
        ordered = sorted(orders, key=lambda order: order.placed_at)
        for order in ordered:
            for line in order.lines:
                if order.customer is None:
                    counts["anonymous"] += order.direction == CREDIT
                    continue
                key = (order.customer.ref, line.sku)
                if order.direction == SALE:
                    left[key] += int(line.quantity) if line.exact > 0 else 0
                    continue
                taken = min(left[key], int(line.quantity))
                left[key] -= taken
                whole = "fully" if taken == line.quantity else "partly" if taken else "not"
                counts[whole] += 1
        assert counts["anonymous"] == known["cancel_lines_without_customer_skipped"]
        assert counts["fully"] == known["cancel_lines_fully_covered"]
        assert counts["partly"] == known["cancel_lines_partly_covered"]
        assert counts["not"] == known["cancel_lines_not_covered"]


class TestTmall:
    @pytest.fixture(params=["tmall_order_report.csv", "tmall_order_report.gb18030.csv"])
    def orders(self, request):
        orders, errors, report = history("tmall", request.param)
        assert (errors, report.flags) == ([], {})
        return orders

    def test_figures(self, orders):
        known = truth("tmall")
        paid = [order for order in orders if order.payments]
        assert len(orders) == known["orders"]
        assert len(paid) == known["paid_orders"]
        assert total(o.total_amount() for o in orders) == Decimal(known["total_amount_all_rows"])
        assert total(o.total_amount() for o in paid) == Decimal(known["paid_orders_total_amount"])
        refunds = total(o.refunded_amount() for o in orders)
        assert refunds == Decimal(known["refund_amount"])
        turnover = total(o.paid_amount() for o in orders) - refunds
        assert turnover == Decimal(known["turnover_actual_paid"])
        full = [o for o in paid if o.refunded_amount() == o.total_amount()]
        assert len(full) == known["orders_fully_refunded_(refund=total)"]
        partly = [o for o in paid if 0 < o.refunded_amount() < o.total_amount()]
        assert len(partly) == known["orders_partly_refunded"]
        matching = sum(o.paid_amount() == o.total_amount() for o in paid)
        assert matching == known["paid_orders_where_actual_plus_refund_equals_total"]
        states = Counter(order.history.state for order in orders)
        assert states["cancelled"] == known["unpaid_orders"] + len(full)

    def test_days_provinces_and_hours(self, orders):
        known = truth("tmall")
        days = defaultdict(lambda: [0, 0, Decimal(0), Decimal(0)])
        provinces = defaultdict(lambda: [0, Decimal(0), Decimal(0)])
        hours = Counter()
        for order in orders:
            kept = order.paid_amount() - order.refunded_amount()
            day = days[local(order, "Asia/Shanghai", "%Y-%m-%d")]
            place = provinces[order.ship_to.province]
            day[1] += bool(order.payments)
            for row, at in ((day, 2), (place, 1)):
                row[0] += 1
                row[at] += kept
                row[at + 1] += order.refunded_amount()
            hours[local(order, "Asia/Shanghai", "%H")] += 1
        assert days == {
            day: [r["orders"], r["paid_orders"], Decimal(r["turnover"]), Decimal(r["refunds"])]
            for day, r in known["by_day"].items()
        }
        assert provinces == {
            place: [r["orders"], Decimal(r["turnover"]), Decimal(r["refunds"])]
            for place, r in known["by_province"].items()
        }
        assert hours == known["orders_by_hour_of_creation"]
