"""Maps are checked like programs: everything wrong is named at once, with its place."""

import tomllib
from decimal import Decimal

import pytest

from files.samples import codes, write
from laidan.interfaces.files.drafts import DraftOrder
from laidan.interfaces.files.mapping import BadMapError, load_map, read_map
from laidan.interfaces.files.reading import read_orders, read_records

GOOD = """
[formats]
time_zone = "Asia/Shanghai"
instants = ["%d/%m/%Y %H:%M"]

[constants]
currency = "CNY"

[columns]
external_no = "Order"
placed_at = "Placed"
state = { column = "Status", values = "state" }
"customer.name" = { join = ["First", "Last"] }
"customer.phone" = { column = "Phone", transform = "digits", optional = true }
"line.sku" = "SKU"
"line.quantity" = "Qty"
"line.unit_price" = "Price"

[values.state]
"交易成功" = "closed"
"*" = "open"
"""
FILE = """Order,Placed,Status,First,Last,SKU,Qty,Price
A1,22/11/2026 10:00,交易成功,Wang,Xiaoming,TEE,2,64.00
A1,22/11/2026 10:00,交易成功,Wang,Xiaoming,MUG,1,0.125
A2,01/02/2026 08:30,,Li,,TEE,1,64
"""


def a_map(text: str = GOOD):
    return read_map(tomllib.loads(text), "sample")


def problems(text: str) -> list[str]:
    with pytest.raises(BadMapError) as caught:
        a_map(text)
    return caught.value.problems


def read(tmp_path, text: str = FILE, mapping: str = GOOD):
    found = list(read_orders(write(tmp_path / "a.csv", text), a_map(mapping)))
    orders = [item for item in found if isinstance(item, DraftOrder)]
    return orders, [item for item in found if not isinstance(item, DraftOrder)]


def test_a_map_turns_rows_into_orders(tmp_path):
    (first, second), errors = read(tmp_path)
    assert errors == []
    assert first.external_no == "A1"
    assert first.placed_at.isoformat() == "2026-11-22T02:00:00+00:00"
    assert first.history.state == "closed"
    assert first.customer.name == "Wang Xiaoming"
    assert [(line.sku, line.quantity, line.row) for line in first.lines] == [
        ("TEE", Decimal(2), 2),
        ("MUG", Decimal(1), 3),
    ]
    assert (first.exact_amount(), first.goods_amount()) == (Decimal("128.125"), Decimal("128.13"))
    assert second.customer.name == "Li"
    assert second.history.state == "open"


def test_day_and_month_are_never_guessed(tmp_path):
    _, errors = read(tmp_path, FILE.replace("22/11/2026", "11/22/2026"))
    assert codes(errors) == ["not-a-time", "order-refused"]
    assert "%d/%m/%Y" in errors[0].reason


def test_everything_wrong_with_a_map_is_said_at_once():
    found = problems("""
    colour = "red"
    kind = "orders"
    [formats]
    time_zone = "Mars/Olympus"
    [constants]
    currency = "XXQ"
    [columns]
    external_nr = "Order"
    placed_at = { colum = "Placed" }
    "line.sku" = { column = "SKU", transform = "rot13", values = "nowhere" }
    """)
    text = "\n".join(found)
    assert "colour: unknown key" in text
    assert "time_zone" in text
    assert "constants.currency: 'XXQ' is not a currency" in text
    assert "columns.external_nr: there is no field of that name; did you mean external_no?" in text
    assert "columns.placed_at.colum: unknown key; did you mean column?" in text
    assert "'rot13' is none of" in text
    assert "there is no table [values.nowhere]" in text
    assert "the field external_no has neither a column nor a constant" in text


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[file]\ndelimiter = ';;'", "file.delimiter"),
        ("[file]\nrows = 'page'", "file.rows"),
        ("[file]\nheader_row = 'two'", "file.header_row"),
        ("kind = 'invoices'", "kind"),
        ("[formats]\ninstants = ['ISO']", "formats.instants"),
        ("[columns]\nplaced_at = 5", "columns.placed_at"),
        ("[columns]\ntags = { join = [] }", "columns.tags"),
    ],
)
def test_each_mistake_is_named_by_its_place(text, place):
    assert any(problem.startswith(place) for problem in problems(text))


def test_a_map_that_is_no_toml_or_not_there_is_one_problem(tmp_path):
    with pytest.raises(BadMapError, match="is not TOML"):
        load_map(write(tmp_path / "m.toml", "columns = ["))
    with pytest.raises(BadMapError, match="No such file"):
        load_map(tmp_path / "none.toml")
    assert load_map(write(tmp_path / "m.toml", GOOD)).name == "m"


def test_a_missing_column_is_named_beside_those_that_are_there(tmp_path):
    orders, (error,) = read(tmp_path, FILE.replace("Placed", "Date").replace("SKU", "Item"))
    assert orders == []
    assert (error.row, error.code) == (0, "missing-column")
    assert "'Placed', 'SKU' is missing" in error.reason
    assert "Date" in error.reason


def test_a_column_that_is_there_twice_is_refused_only_where_it_is_used(tmp_path):
    _, (error,) = read(tmp_path, FILE.replace("First", "Last"))
    assert error.code == "duplicate-column"
    unused = FILE.replace("Price\n", "Price,X,X\n").replace("\nA", "\nA")
    unused = "\n".join(
        row if number == 0 or not row else f"{row},1,2"
        for number, row in enumerate(unused.split("\n"))
    )
    orders, errors = read(tmp_path, unused)
    assert (len(orders), errors) == (2, [])


def test_rows_of_an_order_may_stand_apart(tmp_path):
    rows = FILE.strip().split("\n")
    text = "\n".join([rows[0], rows[1], rows[3], rows[2]])
    (first, second), _ = read(tmp_path, text)
    assert (first.external_no, len(first.lines)) == ("A1", 2)
    assert second.external_no == "A2"


def test_one_bad_row_refuses_its_order_and_no_other(tmp_path):
    (order,), errors = read(tmp_path, FILE.replace("MUG,1,", "MUG,many,"))
    assert order.external_no == "A2"
    assert [(error.row, error.code) for error in errors] == [
        (2, "order-refused"),
        (3, "not-a-number"),
    ]
    assert "Qty: 'many' is not a number" in errors[1].reason
    assert errors[1].raw.startswith("A1,22/11/2026")


def test_rows_that_disagree_about_their_order_are_flagged_not_repaired(tmp_path):
    text = FILE.replace(
        "A1,22/11/2026 10:00,交易成功,Wang,Xiaoming,MUG", "A1,22/11/2026 10:01,x,W,X,MUG"
    )
    (order, _), errors = read(tmp_path, text)
    assert errors == []
    assert order.placed_at.isoformat() == "2026-11-22T02:00:00+00:00"
    assert sorted(flag.code for flag in order.flags) == [
        "rows-disagree",
        "rows-disagree",
        "several-timestamps",
    ]


def test_a_row_that_names_no_order_is_refused(tmp_path):
    orders, (error,) = read(tmp_path, FILE.replace("A2,", " ,"))
    assert len(orders) == 1
    assert (error.row, error.code) == (4, "missing-value")


def test_a_value_that_the_map_does_not_know_is_refused(tmp_path):
    mapping = GOOD.replace('"*" = "open"\n', "")
    _, errors = read(tmp_path, FILE.replace("交易成功", "交易取消"), mapping)
    assert codes(errors) == ["unknown-value", "order-refused"]


@pytest.mark.parametrize(
    ("price", "code"),
    [("1.1234567", "too-many-decimals"), ("1e5", "not-a-number"), ("NaN", "not-a-number"),
     ("９", "not-a-number"), ("-5", "negative-price"), ("9" * 19, "not-a-number")],
)  # fmt: skip
def test_strange_prices_are_refused(tmp_path, price, code):
    _, errors = read(tmp_path, FILE.replace("TEE,1,64", f"TEE,1,{price}"))
    assert codes(errors) == [code]


@pytest.mark.parametrize(
    ("text", "value"),
    [("¥1 234.50", "1234.50"), ("+3", "3"), ("$0.10", "0.10"), ("0064.000000", "64")],
)
def test_prices_may_have_symbols_and_blanks(tmp_path, text, value):
    (_, order), _ = read(tmp_path, FILE.replace("TEE,1,64", f"TEE,1,{text}"))
    assert order.lines[0].unit_price == Decimal(value)


def test_decimal_commas_are_declared(tmp_path):
    mapping = GOOD.replace("[formats]", '[formats]\ndecimal_mark = ","\nthousands_mark = " "')
    text = FILE.replace(",", ";").replace("0.125", "1 234,5").replace("64.00", "64,00")
    (order, _), errors = read(tmp_path, text, mapping)
    assert errors == []
    assert order.lines[1].unit_price == Decimal("1234.5")
    _, errors = read(tmp_path, text.replace("64,00", "64.00"), mapping)
    assert "not-a-number" in codes(errors)


def test_an_amount_without_a_price_is_divided_exactly_or_by_a_discount(tmp_path):
    mapping = GOOD.replace('"line.unit_price"', '"line.amount"')
    text = FILE.replace("TEE,2,64.00", "TEE,3000000,100000.01").replace("MUG,1,0.125", "MUG,3,10")
    (order, _), errors = read(tmp_path, text, mapping)
    assert errors == []
    assert order.lines[0].surplus > 0
    for line, amount in zip(order.lines, ("100000.01", "10.00"), strict=True):
        assert line.amount("CNY") == Decimal(amount)
        assert line.unit_price == round(line.unit_price, 6)
        assert line.discount >= 0
        due = round(line.quantity * line.unit_price, 2) - line.discount
        assert due == Decimal(amount)


def test_a_total_that_the_lines_do_not_come_to_is_flagged(tmp_path):
    mapping = GOOD.replace("[values.state]", "[values.state]\n", 1).replace(
        '"line.sku" = "SKU"', '"line.sku" = "SKU"\ntotal = "Total"'
    )
    rows = FILE.strip().split("\n")
    text = "\n".join([f"{rows[0]},Total", *(f"{row},128.13" for row in rows[1:])])
    (first, second), errors = read(tmp_path, text, mapping)
    assert errors == []
    assert first.flags == ()
    assert [flag.code for flag in second.flags] == ["total-differs"]
    assert second.lines[0].unit_price == Decimal(64)


def test_a_row_may_be_an_order_and_then_its_number_may_not_come_twice(tmp_path):
    mapping = "[file]\nrows = 'order'\n" + GOOD
    orders, errors = read(tmp_path, FILE, mapping)
    assert [order.external_no for order in orders] == ["A1", "A2"]
    assert [(error.row, error.code) for error in errors] == [(3, "duplicate-in-file")]


def test_text_fields_are_held_to_their_size(tmp_path):
    _, errors = read(tmp_path, FILE.replace("A2,", f"{'9' * 81},"))
    assert codes(errors) == ["text-too-long"]


def test_the_shop_fills_in_what_a_map_leaves_open(tmp_path):
    text = GOOD.replace('time_zone = "Asia/Shanghai"\n', "").replace('currency = "CNY"\n', "")
    mapping = a_map(text).with_defaults("EUR", "Europe/Berlin")
    first = next(read_orders(write(tmp_path / "a.csv", FILE), mapping))
    assert first.currency == "EUR"
    assert first.placed_at.isoformat() == "2026-11-22T09:00:00+00:00"


def test_products_stock_and_customers_are_read_by_their_own_names(tmp_path):
    path = write(tmp_path / "p.csv", "code,name,price,currency\nTEE,T-shirt,64.00,CNY\n,x,1,CNY\n")
    mapping = read_map({"kind": "products", "identity": True}, "own")
    record, error = read_records(path, mapping)
    assert (record.values["code"], record.values["price"]) == ("TEE", Decimal("64.00"))
    assert (error.row, error.code) == (3, "missing-value")
