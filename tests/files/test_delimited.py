"""Reading CSV and TSV row by row, with an error for each row that cannot be read."""

import pytest

from files.samples import codes, read_all, write
from laidan.interfaces.files.tables import Declared, Limits


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    text = "order;no,sku|x\tqty".replace(";", "").replace(",", delimiter)
    text = text.replace("|x\t", delimiter) + f"\n1{delimiter}TEE{delimiter}2\n"
    headers, rows, errors = read_all(write(tmp_path / "a.csv", text))
    assert headers == [("orderno", "sku", "qty")]
    assert [row.cells for row in rows] == [("1", "TEE", "2")]
    assert errors == []


def test_amounts_with_decimal_commas_do_not_hide_the_semicolon(tmp_path):
    text = "no;price;city\n1;12,50;Köln\n2;3,00;Bonn\n"
    headers, rows, _ = read_all(write(tmp_path / "a.csv", text))
    assert headers == [("no", "price", "city")]
    assert rows[0].cells == ("1", "12,50", "Köln")


def test_headers_lose_their_blanks_and_byte_order_mark(tmp_path):
    headers, _, _ = read_all(write(tmp_path / "a.csv", " no ,收货地址 \n1,2\n", "utf-8-sig"))
    assert headers == [("no", "收货地址")]


def test_quoted_cells_may_hold_delimiters_quotes_and_lines(tmp_path):
    text = 'no,note\r\n1,"a, ""b""\r\nc"\r\n2,d\r\n'
    _, rows, errors = read_all(write(tmp_path / "a.csv", text))
    assert [(row.number, row.cells) for row in rows] == [
        (2, ("1", 'a, "b"\r\nc')),
        (3, ("2", "d")),
    ]
    assert errors == []


def test_rows_are_numbered_as_a_spreadsheet_does(tmp_path):
    _, rows, _ = read_all(write(tmp_path / "a.csv", "\n\nno\n1\n\n2\n"))
    assert [(row.number, row.cells) for row in rows] == [(4, ("1",)), (6, ("2",))]


def test_uneven_rows_are_refused_and_the_others_read(tmp_path):
    text = "a,b\n1,2\n3\n4,5,6\n7,8,,\n9,10\n"
    _, rows, errors = read_all(write(tmp_path / "a.csv", text))
    assert [row.cells for row in rows] == [("1", "2"), ("7", "8"), ("9", "10")]
    assert [(error.row, error.code) for error in errors] == [
        (3, "too-few-cells"),
        (4, "too-many-cells"),
    ]
    assert errors[1].raw == "4,5,6"


def test_an_open_quote_says_which_lines_it_swallowed(tmp_path):
    lines = "\n".join(f"{number},x" for number in range(30))
    text = f'no,note\n1,ok\n2,"never closed\n{lines}\n'
    _, rows, errors = read_all(write(tmp_path / "a.csv", text))
    assert [row.cells for row in rows] == [("1", "ok")]
    assert codes(errors) == ["bad-row"]
    assert "lines 3–33" in errors[0].reason


def test_a_huge_cell_is_a_fault_of_its_cell_and_memory_stays_bounded(tmp_path):
    limits = Limits(cell_chars=100, line_chars=1000)
    text = f"a,b\n1,{'x' * 200}\n2,{'y' * 5000}\n3,z\n"
    _, rows, errors = read_all(write(tmp_path / "a.csv", text), limits=limits)
    assert [(fault.column, fault.code) for fault in rows[0].faults] == [(1, "cell-too-long")]
    assert [(error.row, error.code) for error in errors] == [(3, "bad-row")]
    assert rows[1].cells == ("3", "z")


@pytest.mark.parametrize("char", ["\0", "\x01", "\x1b", "\x7f", "\ufffe"])
def test_control_characters_are_faults_that_name_the_character(tmp_path, char):
    text = f"no,name\n1,ab\n2,a{char}b\n"
    _, rows, errors = read_all(write(tmp_path / "a.csv", text), declared=Declared(encoding="utf-8"))
    assert errors == []
    assert rows[0].faults == ()
    (fault,) = rows[1].faults
    assert (fault.column, fault.code) == (1, "control-character")
    assert f"U+{ord(char):04X}" in fault.reason


def test_half_a_utf8_sequence_is_a_fault_of_its_cell_alone(tmp_path):
    content = "no,城市\n1,杭州\n2,".encode() + "成都".encode()[:-1] + ",\n3,北京\n".encode()[1:]
    _, rows, errors = read_all(write(tmp_path / "a.csv", content))
    assert errors == []
    assert [[fault.code for fault in row.faults] for row in rows] == [[], ["bad-encoding"], []]
    assert rows[2].cells == ("3", "北京")


@pytest.mark.parametrize("content", [b"", b"\n\n\n", b"   \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_said_to_be_empty(tmp_path, content):
    _, rows, errors = read_all(write(tmp_path / "a.csv", content))
    assert rows == []
    assert codes(errors) == ["empty-file"]


def test_too_many_columns_are_refused(tmp_path):
    text = ",".join(f"c{number}" for number in range(600)) + "\n"
    assert codes(read_all(write(tmp_path / "a.csv", text))[2]) == ["too-many-columns"]


def test_what_is_not_there_is_an_error_and_no_traceback(tmp_path):
    (error,) = read_all(tmp_path / "nothing.csv")[2]
    assert error.code == "no-such-file"


def test_a_picture_is_no_table(tmp_path):
    (error,) = read_all(write(tmp_path / "a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"))[2]
    assert error.code == "not-a-table"
