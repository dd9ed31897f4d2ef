"""Orders that a file brings while they live: they take stock, and payments that were made."""

import contextlib
import io
import json

import pytest

from builders import a_shop, a_sku
from laidan.domain.orders.models import Order
from laidan.domain.stock.models import Balance
from laidan.insights.laws import checker
from laidan.interfaces.cli.main import main

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = (
    "external_no,placed_at,currency,line.sku,line.quantity,line.unit_price,"
    "paid.provider,paid.reference,paid.amount,refunded.amount\n"
)
MAP = """
[columns]
external_no = "external_no"
placed_at = "placed_at"
"line.sku" = "line.sku"
"line.quantity" = "line.quantity"
"line.unit_price" = "line.unit_price"
"paid.provider" = "paid.provider"
"paid.reference" = "paid.reference"
"paid.amount" = "paid.amount"
"refunded.amount" = "refunded.amount"
"""


def bring_in(tmp_path, rows: str, *words: str) -> dict:
    (tmp_path / "orders.csv").write_text(HEADER + rows, encoding="utf-8")
    (tmp_path / "map.toml").write_text(MAP, encoding="utf-8")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        given = [str(tmp_path / "orders.csv"), "--map", str(tmp_path / "map.toml"), *words]
        main(["import", "orders", *given, "--json"])
    return json.loads(out.getvalue())


def test_stock_is_taken_until_there_is_none(tmp_path):
    a_shop()
    a_sku("TEE", on_hand=3)
    rows = (
        "A1,2020-11-01,CNY,TEE,2,64.00,alipay,P-1,128.00,\n"
        "A2,2020-11-01,CNY,TEE,2,64.00,,,,\n"
        "A3,2020-11-01,CNY,TEE,1,64.00,,,,\n"
    )
    for _ in range(2):
        found = bring_in(tmp_path, rows)
        assert found["refusals"] == {"out-of-stock": 1}
        states = dict(Order.objects.values_list("external_no", "state"))
        assert states == {"A1": "open", "A3": "awaiting_payment"}
        assert list(Balance.objects.values_list("on_hand", "reserved")) == [(3, 3)]
    assert found["orders"] == {"read": 3, "added": 0, "known": 2, "refused": 1}
    assert [verdict.name for verdict in checker.check() if not verdict.holds] == []


def test_a_dry_run_sees_the_stock_and_takes_none(tmp_path):
    a_shop()
    a_sku("TEE", on_hand=3)
    rows = "".join(f"A{number},2020-11-01,CNY,TEE,2,64.00,,,,\n" for number in range(2))
    found = bring_in(tmp_path, rows, "--dry-run")
    assert found["orders"] == {"read": 2, "added": 1, "known": 0, "refused": 1}
    assert Order.objects.count() == 0
    assert list(Balance.objects.values_list("reserved", flat=True)) == [0]


def test_what_placing_cannot_bring_about_asks_for_history(tmp_path):
    a_shop()
    a_sku("TEE")
    found = bring_in(tmp_path, "A1,2020-11-01,CNY,TEE,1,64,alipay,P-1,64,5\n")
    assert found["refusals"] == {"finished-order": 1}
    found = bring_in(tmp_path, "A1,2020-11-01,CNY,TEE,1,64,,,,\n", "--history")
    assert found["refusals"] == {"missing-state": 1}
    assert Order.objects.count() == 0


def test_one_payment_is_not_taken_for_two_orders(tmp_path):
    a_shop()
    a_sku("TEE")
    rows = "".join(f"A{number},2020-11-01,CNY,TEE,1,64,alipay,P-1,64,\n" for number in range(2))
    found = bring_in(tmp_path, rows)
    assert found["refusals"] == {"duplicate-payment": 1}
    assert Order.objects.count() == 1
