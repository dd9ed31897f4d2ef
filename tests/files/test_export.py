"""What is exported opens safely in a spreadsheet and reads back as it was."""

import csv
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from laidan.interfaces.files.cells import FORMULA_STARTS, bare, guarded
from laidan.interfaces.files.drafts import DraftOrder
from laidan.interfaces.files.export import (
    ORDER_COLUMNS,
    CannotWriteError,
    order_records,
    write_csv,
    write_xlsx,
)
from laidan.interfaces.files.presets import load_preset, read_preset

LINE = {
    "sku": "TEE-RED-M", "title": "T-shirt, red", "kind": "goods", "quantity": 2,
    "unit_price": "64.00", "discount": "0.00", "tax": "0.00", "from": None, "until": None,
    "attributes": {},
}  # fmt: skip


def a_document(**changes):
    return {
        "order_no": "LD261122-1", "external_no": "T1", "type": "retail", "currency": "CNY",
        "placed_at": "2026-11-22T02:00:00+00:00", "state": "closed", "priority": "normal",
        "paid_at": "2026-11-22T02:01:00+00:00", "discount": "0.00", "shipping_fee": "10.00",
        "total": "138.00", "lines": [LINE], "buyer_note": "", "seller_note": "", "tags": [],
        "fields": {}, "flags": [], "payments": [], "fulfilments": [],
    } | changes  # fmt: skip


CONTACT = {
    "customer": {"ref": "C1", "name": "王小明", "phone": "+8613800138000", "email": ""},
    "ship_to": {"name": "王小明", "country": "CN", "city": "杭州市", "street": "文三路 1 号"},
}


def there_and_back(tmp_path, document, contact=CONTACT, suffix="csv"):
    path = tmp_path / f"out.{suffix}"
    write = write_csv if suffix == "csv" else write_xlsx
    write(path, order_records(document, contact))
    (order,) = read_preset(path, load_preset("laidan").mapping)
    assert isinstance(order, DraftOrder), order
    return order


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_an_order_reads_back_as_it_was(tmp_path, suffix):
    payments = [
        {"kind": "capture", "provider": "manual", "reference": "R-1", "amount": "150.00",
         "currency": "CNY", "note": "", "at": "2026-11-22T02:01:00+00:00", "id": "x"},
        {"kind": "refund", "provider": "manual", "reference": None, "amount": "12.00",
         "currency": "CNY", "note": "", "at": "2026-11-23T02:01:00+00:00", "id": "y"},
    ]  # fmt: skip
    lines = [
        LINE,
        LINE | {"sku": "WIRE", "quantity": "1.250", "unit_price": "1.234567", "discount": "0.10",
                "tax": "0.20", "attributes": {"colour": "=red", "n": 1}},
    ]  # fmt: skip
    document = a_document(
        lines=lines, payments=payments, tags=["vip", "=danger"], flags=[{"code": "c", "detail": "d"}],
        fulfilments=[{"courier": "顺丰", "tracking_no": "SF001"}], buyer_note="-leave\r\nat the door ",
        total="139.64",
    )  # fmt: skip
    order = there_and_back(tmp_path, document, suffix=suffix)
    assert [line.quantity for line in order.lines] == [2, Decimal("1.250")]
    assert order.lines[1].unit_price == Decimal("1.234567")
    assert order.lines[1].attributes == {"colour": "=red", "n": 1}
    assert order.total == order.total_amount() == Decimal("139.64")
    assert [flag.code for flag in order.flags] == ["c"]
    assert order.tags == ("vip", "=danger")
    assert order.buyer_note == "-leave\r\nat the door "
    assert order.customer.phone == "+8613800138000"
    assert (order.history.courier, order.history.tracking_no) == ("顺丰", "SF001")
    assert [payment.amount for payment in order.payments] == [Decimal("150.00")]
    assert order.payments[0].at.isoformat() == "2026-11-22T02:01:00+00:00"
    assert [(refund.provider, refund.amount) for refund in order.refunds] == [
        ("manual", Decimal("12.00"))
    ]
    assert order.placed_at.isoformat() == document["placed_at"]


def test_a_partly_shipped_order_comes_back_unshipped_and_flagged(tmp_path):
    document = a_document(
        fulfilment_status="partially_shipped", shipped_at="2026-11-22T03:00:00+00:00", state="open"
    )
    order = there_and_back(tmp_path, document)
    assert order.history.shipped_at is None
    assert [flag.code for flag in order.flags] == ["partly-shipped"]


def test_an_order_without_a_number_from_its_channel_keeps_its_own(tmp_path):
    order = there_and_back(tmp_path, a_document(external_no=None))
    assert (order.external_no, order.order_no) == ("LD261122-1", "LD261122-1")


def test_an_order_without_lines_has_one_row_and_none_after(tmp_path):
    order = there_and_back(tmp_path, a_document(lines=[], total="0.00", shipping_fee="0.00"))
    assert order.lines == ()
    assert order.external_no == "T1"


DANGEROUS = ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "'=quoted", "＝1"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_starts_a_formula_in_csv(tmp_path, text):
    path = tmp_path / "out.csv"
    write_csv(path, order_records(a_document(lines=[LINE | {"title": text}]), CONTACT))
    with path.open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert row["line.title"] == f"'{text}"
    assert not any(cell.startswith(FORMULA_STARTS) for cell in row.values())
    order = there_and_back(tmp_path, a_document(lines=[LINE | {"title": text}]))
    assert order.lines[0].title == text


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_is_a_formula_in_xlsx(tmp_path, text):
    path = tmp_path / "out.xlsx"
    write_xlsx(path, order_records(a_document(lines=[LINE | {"title": text}]), CONTACT))
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert rows[1][ORDER_COLUMNS.index("line.title")] == f"'{text}"
    order = there_and_back(tmp_path, a_document(lines=[LINE | {"title": text}]), suffix="xlsx")
    assert order.lines[0].title == text


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_guarding_is_undone_exactly(text):
    assert bare(guarded(text)) == text
    assert not guarded(text).startswith(FORMULA_STARTS)


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"),
    min_size=1, max_size=20,
).filter(lambda text: text.strip() != "")  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(title=WORDS, note=WORDS, tag=WORDS)
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_any_words_come_back(tmp_path, suffix, title, note, tag):
    document = a_document(lines=[LINE | {"title": title}], buyer_note=note, tags=[tag])
    order = there_and_back(tmp_path, document, suffix=suffix)
    assert order.lines[0].title == title
    assert order.buyer_note == note
    assert order.tags == (tag.strip(),)


def test_numbers_are_numbers_as_long_as_a_spreadsheet_keeps_them(tmp_path):
    lines = [LINE, LINE | {"unit_price": "9999999999.123456"}]
    path = tmp_path / "out.xlsx"
    assert write_xlsx(path, order_records(a_document(lines=lines), CONTACT)) == 2
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    at = ORDER_COLUMNS.index("line.unit_price")
    assert [rows[1][at], rows[2][at]] == [64.0, "9999999999.123456"]


def test_a_byte_order_mark_is_written_on_demand(tmp_path):
    path = tmp_path / "out.csv"
    write_csv(path, order_records(a_document(), CONTACT), with_bom=True)
    assert path.read_bytes().startswith(b"\xef\xbb\xbfexternal_no,")
    (order,) = read_preset(path, load_preset("laidan").mapping)
    assert order.external_no == "T1"


def test_a_text_too_long_for_xlsx_is_said_and_not_cut(tmp_path):
    document = a_document(seller_note="x" * 40_000)
    with pytest.raises(CannotWriteError, match="write CSV"):
        write_xlsx(tmp_path / "out.xlsx", order_records(document, CONTACT))


def test_an_empty_export_still_has_its_header(tmp_path):
    assert write_csv(tmp_path / "a.csv", []) == 0
    assert write_xlsx(tmp_path / "a.xlsx", []) == 0
    assert (tmp_path / "a.csv").read_text(encoding="utf-8").startswith("external_no,")
