"""The drafts of Olist and Superstore sum to figures computed from the files apart."""

from collections import Counter, defaultdict
from decimal import Decimal

from files.truths import MARKS, decimals, history, local, truth

pytestmark = MARKS


class TestOlist:
    def read(self):
        return history("olist", "olist_sample")

    def test_money(self):
        orders, errors, report = self.read()
        known = truth("olist_sample")
        assert [error.code for error in errors] == ["unknown-table", "unknown-table"]
        assert len(orders) == known["orders"]
        sums = report.sums["BRL", "sales"]
        assert sums.paid == Decimal(known["paid_in_orders"])
        assert sums.exact == sums.rounded == Decimal(known["items_price_sum_all"])
        assert sums.total - sums.rounded == Decimal(known["freight_sum_all"])
        assert sums.lines == known["item_rows"]
        by_type = Counter()
        for order in orders:
            for payment in order.payments:
                by_type[payment.provider] += payment.amount
        expected = {
            name: Decimal(row["value"])
            for name, row in known["payments_by_type"].items()
            if Decimal(row["value"])
        }
        assert by_type == expected

    def test_reconciliation(self):
        orders, _, report = self.read()
        known = truth("olist_sample")
        both = [order for order in orders if order.lines and order.payments]
        off = {
            order.external_no: order.paid_amount() - order.total_amount()
            for order in both
            if order.paid_amount() != order.total_amount()
        }
        assert len(both) - len(off) == known["reconcile_exact"]
        assert len(off) == known["reconcile_off"]
        assert sum(off.values()) == Decimal(known["reconcile_total_difference"])
        worst = sorted(off.items(), key=lambda pair: -abs(pair[1]))[:10]
        assert dict(worst) == decimals(known["reconcile_worst"])
        assert report.flags["payment-differs"] == known["reconcile_off"]
        assert report.flags["no-lines"] == known["orders_without_items"]

    def test_statuses_lines_and_months(self):
        orders, _, _ = self.read()
        known = truth("olist_sample")
        statuses = Counter(order.extra["status"] for order in orders)
        assert statuses == known["orders_by_status"]
        sellers = [{line.attributes["seller"] for line in order.lines} for order in orders]
        assert sum(len(names) > 1 for names in sellers) == known["orders_multi_seller"]
        assert sum(len(order.lines) > 1 for order in orders) == known["orders_multi_line"]
        customers = Counter(order.customer.ref for order in orders)
        assert len(customers) == known["customers_unique"]
        assert sum(count > 1 for count in customers.values()) == known["customers_repeat"]
        months = defaultdict(lambda: {"orders": 0, "paid": Decimal(0)})
        for order in orders:
            row = months[local(order, "America/Sao_Paulo")]
            row["orders"] += 1
            row["paid"] += order.paid_amount()
        assert months == {
            month: {"orders": row["orders"], "paid": Decimal(row["paid"])}
            for month, row in known["by_month"].items()
        }
        units = Counter(line.sku for order in orders for line in order.lines)
        assert sorted(units.values(), reverse=True)[:10] == [
            count for _, count in known["top10_products_units"]
        ]

    def test_times_that_contradict_each_other(self):
        orders, _, _ = self.read()
        known = truth("olist_sample")
        early = sum(
            order.history.shipped_at < order.history.paid_at
            for order in orders
            if order.history.shipped_at and order.history.paid_at
        )
        assert early == known["carrier_handover_before_approval"]
        flagged = sum(any(f.code == "times-out-of-order" for f in o.flags) for o in orders)
        assert flagged >= early


class TestSuperstore:
    def read(self):
        return history("superstore", "superstore/superstore.csv")

    def test_sales_exact_and_rounded(self):
        orders, errors, report = self.read()
        known = truth("superstore")
        assert errors == []
        assert len(orders) == known["orders"]
        sums = report.sums["USD", "sales"]
        assert (sums.lines, sums.exact) == (known["rows"], Decimal(known["sales"]))
        assert sums.rounded == sums.total == Decimal("2297201.07")
        assert sum(line.quantity for o in orders for line in o.lines) == known["units"]
        assert report.flags["repeated-sku"] == known["orders_repeating_a_product"]

    def test_months_categories_and_customers(self):
        orders, _, _ = self.read()
        known = truth("superstore")
        months = defaultdict(lambda: {"orders": 0, "sales": Decimal(0)})
        categories, products, ships = Counter(), Counter(), Counter()
        for order in orders:
            row = months[local(order, "America/New_York")]
            row["orders"] += 1
            row["sales"] += order.exact_amount()
            ships[order.history.courier] += 1
            for line in order.lines:
                categories[line.attributes["category"]] += line.exact
                products[line.title] += line.exact
        assert months == {
            month: {"orders": row["orders"], "sales": Decimal(row["sales"])}
            for month, row in known["by_month"].items()
        }
        assert categories == decimals(known["sales_by_category"].items())
        assert dict(products.most_common(5)) == decimals(known["top5_products_sales"])
        assert ships == known["orders_by_ship_mode"]
        assert len({order.customer.ref for order in orders}) == known["customers"]
