"""Each source's peculiarities, by the rules of docs/en/import-export.md; on samples made here."""

from decimal import Decimal

import pytest

from files.samples import codes, write
from laidan.interfaces.files.drafts import CREDIT, SALE, DraftOrder
from laidan.interfaces.files.presets import NAMES, load_preset, read_preset


def read(name: str, path):
    found = list(read_preset(path, load_preset(name).mapping))
    orders = [item for item in found if isinstance(item, DraftOrder)]
    return orders, [item for item in found if not isinstance(item, DraftOrder)]


def flags(order) -> list[str]:
    return [flag.code for flag in order.flags]


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_map_is_valid(name):
    preset = load_preset(name)
    assert preset.mapping.name == name
    assert preset.title


TMALL = "订单编号,总金额,买家实际支付金额,收货地址 ,订单创建时间,订单付款时间 ,退款金额\r\n"


def tmall(tmp_path, row: str, encoding: str = "utf-8"):
    return read("tmall", write(tmp_path / "t.csv", f"{TMALL}{row}\r\n", encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-8-sig"])
def test_a_paid_tmall_order_is_closed_with_its_payment(tmp_path, encoding):
    row = "7,157.0,157.0,湖北省,2020-02-20 23:58:34,2020-02-20 23:58:44,0.0"
    (order,), errors = tmall(tmp_path, row, encoding)
    assert errors == []
    assert order.ship_to.province == "湖北省"
    assert order.placed_at.isoformat() == "2020-02-20T15:58:34+00:00"
    (line,) = order.lines
    assert (line.sku, line.quantity, line.unit_price) == ("TMALL-ORDER", 1, Decimal(157))
    assert (order.paid_amount(), order.refunded_amount()) == (Decimal(157), 0)
    assert (order.history.state, order.flags) == ("closed", ())


def test_an_unpaid_tmall_order_is_cancelled_without_money(tmp_path):
    (order,), _ = tmall(tmp_path, "1,178.8,0.0,上海,2020-02-21 00:00:00,,0.0")
    assert (order.history.state, order.history.cancel_reason) == ("cancelled", "payment_timeout")
    assert (order.payments, order.refunds, order.flags) == ((), (), ())


def test_a_partly_refunded_tmall_order_keeps_what_came_in_and_what_went_back(tmp_path):
    row = "6,327.7,148.9,浙江省,2020-02-20 23:56:39,2020-02-20 23:56:53,178.8"
    (order,), _ = tmall(tmp_path, row)
    assert (order.paid_amount(), order.refunded_amount()) == (Decimal("327.7"), Decimal("178.8"))
    assert (order.history.state, order.flags) == ("closed", ())


def test_a_fully_refunded_tmall_order_is_cancelled(tmp_path):
    (order,), _ = tmall(tmp_path, "5,64.8,0.0,江苏省,2020-02-20 23:57:04,2020-02-20 23:57:11,64.8")
    assert (order.paid_amount(), order.refunded_amount()) == (Decimal("64.8"), Decimal("64.8"))
    assert (order.history.state, order.history.cancel_reason) == ("cancelled", "channel")


def test_tmall_money_that_does_not_add_up_is_flagged(tmp_path):
    (order,), _ = tmall(tmp_path, "8,100,90,北京,2020-02-20 23:57:04,2020-02-20 23:57:11,5")
    assert flags(order) == ["payment-differs"]
    assert order.paid_amount() == Decimal(95)
    (order,), _ = tmall(tmp_path, "9,100,90,北京,2020-02-20 23:57:04,,0")
    assert flags(order) == ["paid-without-time"]
    assert order.payments == ()


RETAIL = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


def retail(tmp_path, *rows: str):
    return read("online-retail", write(tmp_path / "r.csv", RETAIL + "\n".join(rows) + "\n"))


def test_a_credit_note_is_its_own_document_with_the_direction_turned(tmp_path):
    (sale, note), errors = retail(
        tmp_path,
        "536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
        "C536379,85123A,HEART,-6,2010-12-01 09:41:00,2.55,17850.0,United Kingdom",
        "C536379,D,Discount,-1,2010-12-01 09:41:00,27.5,17850.0,United Kingdom",
    )
    assert errors == []
    assert (sale.direction, sale.type, sale.total_amount()) == (SALE, "", Decimal("15.30"))
    assert sale.customer.ref == "17850"
    assert (note.direction, note.type) == (CREDIT, "credit_note")
    assert [(line.quantity, line.kind) for line in note.lines] == [(6, "goods"), (1, "virtual")]
    assert note.total_amount() == Decimal("42.80")
    assert (note.external_no, note.history.state) == ("C536379", "credited")


def test_stock_corrections_are_no_orders_and_are_left_out(tmp_path):
    orders, (error,) = retail(tmp_path, "536589,21777,,-10,2010-12-01 16:50:00,0.0,,United Kingdom")
    assert orders == []
    assert (error.code, error.left_out, error.external_no) == ("not-an-order", True, "536589")


def test_signs_that_contradict_the_document_are_refused(tmp_path):
    _, errors = retail(
        tmp_path,
        "536365,A,A,6,2010-12-01 08:26:00,2.55,1.0,France",
        "536365,B,B,-1,2010-12-01 08:26:00,2.55,1.0,France",
        "C536366,A,A,6,2010-12-01 08:26:00,2.55,1.0,France",
        "536367,A,A,-1,2010-12-01 08:26:00,2.55,1.0,France",
    )
    assert codes(errors) == ["mixed-signs"] * 3
    assert not any(error.left_out for error in errors)


def test_free_missing_and_repeated_things_are_kept_and_flagged(tmp_path):
    (order,), _ = retail(
        tmp_path,
        "536414,22139,,56,2010-12-01 11:52:00,0.0,,Channel Islands",
        "536414,22140,CUP,1,2010-12-01 11:52:00,0.125,,Channel Islands",
        "536414,22140,CUP,1,2010-12-01 11:53:00,0.125,,Channel Islands",
    )
    assert order.customer is None
    assert order.ship_to.country == "Channel Islands"
    assert order.lines[0].title == "22139"
    assert len(order.lines) == 3
    assert order.total_amount() == Decimal("0.26")
    assert order.exact_amount() == Decimal("0.250")
    assert flags(order) == ["several-timestamps", "zero-price", "identical-lines"]
    assert order.placed_at.isoformat() == "2010-12-01T11:52:00+00:00"


def test_british_summer_time_is_understood(tmp_path):
    (order,), _ = retail(tmp_path, "1,A,A,1,2011-06-30 00:30:00,1,,EIRE")
    assert order.placed_at.isoformat() == "2011-06-29T23:30:00+00:00"
    assert order.ship_to.country == "IE"


SUPERSTORE = (
    '"Row ID","Order ID","Order Date","Ship Date","Ship Mode","Customer ID","Customer Name",'
    '"Segment","Country","City","State","Postal Code","Region","Product ID","Category",'
    '"Sub-Category","Product Name","Sales","Quantity","Discount","Profit"\n'
)


def test_superstore_amounts_are_rounded_once_and_shown_exactly(tmp_path):
    row = (
        '4,"US-1",2015-10-11,2015-10-18,"Standard Class","SO-20335","Sean O\'Donnell","Consumer",'
        '"United States","Fort Lauderdale","Florida",33311,"South","FUR-TA-10000577","Furniture",'
        '"Tables","Bretford ""CR4500""",957.5775,5,0.45,-383.031\n'
    )
    (order,), errors = read(
        "superstore", write(tmp_path / "s.csv", SUPERSTORE + row + row.replace("4,", "5,", 1))
    )
    assert errors == []
    assert order.lines[0].unit_price == Decimal("191.5155")
    assert (order.exact_amount(), order.goods_amount()) == (
        Decimal("1915.1550"),
        Decimal("1915.16"),
    )
    assert order.placed_at.isoformat() == "2015-10-11T04:00:00+00:00"
    assert (order.history.state, order.history.courier) == ("closed", "Standard Class")
    assert order.lines[0].attributes["discount_rate"] == "0.45"
    assert flags(order) == ["repeated-sku"]


OLIST = {
    "orders.csv": "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
    "order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date\n"
    "o1,c1,delivered,2017-07-09 21:57:05,2017-07-09 22:10:13,2017-07-11 14:58:04,"
    "2017-07-26 10:57:55,2017-08-01 00:00:00\n"
    "o2,c2,canceled,2018-01-01 10:00:00,,,,2018-02-01 00:00:00\n"
    "o3,c3,shipped,2018-01-01 10:00:00,2018-01-02 10:00:00,2018-01-01 12:00:00,,"
    "2018-02-01 00:00:00\n"
    "o4,c4,unavailable,2018-01-01 10:00:00,2018-01-01 11:00:00,,,2018-02-01 00:00:00\n",
    "items.csv": "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,"
    "freight_value\n"
    "o1,1,p1,s1,2018-08-17 12:15:10,99.9,27.65\no1,2,p1,s2,2018-08-17 12:15:10,99.9,0.1\n"
    "o3,1,p2,s1,2018-08-17 12:15:10,10,1\n",
    "payments.csv": "order_id,payment_sequential,payment_type,payment_installments,"
    "payment_value\no1,1,credit_card,2,200\no1,2,voucher,1,27.55\no2,1,boleto,1,33\n"
    "o3,1,credit_card,1,12\no3,2,voucher,1,0.0\no4,1,boleto,1,5\n",
    "customers.csv": "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,"
    "customer_state\nc1,u1,35182,timoteo,MG\nc2,u1,35182,timoteo,MG\n",
    "products.csv": "product_id,product_category_name,product_weight_g\np1,bebes,1150\n",
}


def olist(tmp_path, **changes: str):
    for name, text in OLIST.items():
        write(tmp_path / name, changes.get(name.removesuffix(".csv"), text))
    return read("olist", tmp_path)


def test_an_olist_order_joins_its_tables(tmp_path):
    (first, second, third, fourth), errors = olist(tmp_path)
    assert errors == []
    assert (first.customer.ref, first.ship_to.city) == ("u1", "timoteo")
    assert [(line.sku, line.title) for line in first.lines] == [("p1", "bebes")] * 2
    assert [line.attributes["seller"] for line in first.lines] == ["s1", "s2"]
    assert first.shipping_fee == Decimal("27.75")
    assert [payment.provider for payment in first.payments] == ["credit_card", "voucher"]
    assert (first.total_amount(), first.paid_amount()) == (Decimal("227.55"), Decimal("227.55"))
    assert (first.history.state, first.flags) == ("closed", ())
    assert first.history.delivered_at.isoformat() == "2017-07-26T13:57:55+00:00"
    assert third.history.state == "open"
    assert (second.history.state, second.history.cancel_reason) == ("cancelled", "channel")
    assert fourth.history.cancel_reason == "out_of_stock"


def test_olist_oddities_are_flagged_and_nothing_is_repaired(tmp_path):
    (_, second, third, _), _ = olist(tmp_path)
    assert flags(second) == ["payment-without-approval", "no-lines", "cancelled-but-paid"]
    assert second.refunds == ()
    assert second.payments[0].at == second.placed_at
    assert flags(third) == ["zero-payment", "payment-differs", "times-out-of-order"]
    assert third.paid_amount() == Decimal(12)


def test_olist_rows_without_their_order_are_refused(tmp_path):
    text = OLIST["items.csv"] + "o9,1,p1,s1,2018-08-17 12:15:10,1,1\n"
    orders, (error,) = olist(tmp_path, items=text)
    assert len(orders) == 4
    assert (error.file, error.row, error.code) == ("items.csv", 5, "no-such-order")


def test_an_olist_order_with_a_bad_item_is_refused_whole(tmp_path):
    orders, errors = olist(tmp_path, items=OLIST["items.csv"].replace("99.9,0.1", "cheap,0.1"))
    assert [order.external_no for order in orders] == ["o2", "o3", "o4"]
    assert {error.external_no for error in errors} == {"o1"}
    assert "not-a-number" in codes(errors)


def test_a_folder_that_lacks_a_table_is_refused(tmp_path):
    write(tmp_path / "orders.csv", OLIST["orders.csv"])
    orders, (error,) = read("olist", tmp_path)
    assert orders == []
    assert error.code == "missing-table"
    assert "items and payments" in error.reason
