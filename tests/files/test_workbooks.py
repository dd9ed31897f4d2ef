"""Reading XLSX and XLS as data, and refusing what only an attacker would send."""

import zipfile
from datetime import datetime

import pytest
import xlsxwriter

from files.samples import (
    codes,
    old_workbook,
    read_all,
    repacked,
    understated,
    workbook,
    write,
)
from laidan.interfaces.files.tables import Declared, Limits

ROWS = [["no", "qty"], ["A1", 2], ["A2", 3.5]]


def test_cells_become_the_text_of_a_csv(tmp_path):
    rows = [["no", "qty", "paid", "note"], ["A1", 17850.0, True, "x\ny"], ["A2", 0.1, False, None]]
    headers, found, errors = read_all(workbook(tmp_path / "a.xlsx", rows))
    assert headers == [("no", "qty", "paid", "note")]
    assert [(row.number, row.cells) for row in found] == [
        (2, ("A1", "17850", "true", "x\ny")),
        (3, ("A2", "0.1", "false", "")),
    ]
    assert errors == []


def test_times_become_iso_texts(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet()
        form = book.add_format({"num_format": "yyyy/mm/dd hh:mm:ss"})
        sheet.write(0, 0, "at")
        sheet.write_datetime(1, 0, datetime(2026, 11, 22, 10, 0, 5), form)  # noqa: DTZ001 - a spreadsheet has no zone
    _, rows, _ = read_all(tmp_path / "a.xlsx")
    assert rows[0].cells == ("2026-11-22T10:00:05",)


def test_binary_noise_of_numbers_is_dropped_and_lost_digits_are_said(tmp_path):
    rows = [["no", "price"], [1234567890123456789, 957.5775000000001], ["B", 0.1 + 0.2]]
    _, found, _ = read_all(workbook(tmp_path / "a.xlsx", rows))
    assert found[0].cells[1] == "957.5775"
    assert found[1].cells[1] == "0.3"
    (fault,) = found[0].faults
    assert (fault.column, fault.code) == (0, "digits-lost")


def test_rows_keep_their_numbers_under_a_title(tmp_path):
    rows = [["Our orders"], [None], ["no", "qty"], ["A1", 2]]
    _, found, _ = read_all(workbook(tmp_path / "a.xlsx", rows), Declared(header_row=3))
    assert [(row.number, row.cells) for row in found] == [(4, ("A1", "2"))]


def test_every_visible_sheet_is_read_and_hidden_ones_are_not(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        for name in ("one", "two", "secret"):
            sheet = book.add_worksheet(name)
            sheet.write_column(0, 0, ["no", name])
        sheet.hide()
    _, rows, _ = read_all(tmp_path / "a.xlsx")
    assert [row.cells for row in rows] == [("one",), ("two",)]
    _, rows, _ = read_all(tmp_path / "a.xlsx", Declared(sheet="two"))
    assert [row.cells for row in rows] == [("two",)]
    assert codes(read_all(tmp_path / "a.xlsx", Declared(sheet="secret"))[2]) == ["no-such-sheet"]


def test_the_name_does_not_decide_what_a_file_is(tmp_path):
    workbook(tmp_path / "a.xlsx", ROWS)
    (tmp_path / "a.xlsx").rename(tmp_path / "a.csv")
    assert len(read_all(tmp_path / "a.csv")[1]) == 2


def test_a_macro_is_refused_under_any_name(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ROWS)
    repacked(path, {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 a macro"})
    (error,) = read_all(path)[2]
    assert error.code == "macro-file"
    assert "macro" in error.reason


def test_a_macro_enabled_workbook_is_refused_even_without_the_macro(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ROWS)
    with zipfile.ZipFile(path) as archive:
        types = archive.read("[Content_Types].xml")
    types = types.replace(
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    )
    repacked(path, {"[Content_Types].xml": types})
    assert codes(read_all(path)[2]) == ["macro-file"]


def test_a_zip_bomb_is_refused_by_its_directory(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ROWS)
    repacked(path, {"xl/worksheets/sheet1.xml": b"<row>" + b" " * 60_000_000})
    (error,) = read_all(path)[2]
    assert error.code == "zip-bomb"
    small = Limits(workbook_bytes=10_000_000, ratio=10_000)
    assert codes(read_all(path, limits=small)[2]) == ["zip-bomb"]


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ROWS)
    repacked(path, {"xl/worksheets/sheet1.xml": b"<row>" + b" " * 30_000_000})
    understated(path, "xl/worksheets/sheet1.xml", 1000)
    (error,) = read_all(path)[2]
    assert error.code == "zip-bomb"
    assert "larger than it declares" in error.reason


def test_too_many_parts_are_refused(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ROWS)
    repacked(path, {f"xl/media/{number}.png": b"" for number in range(60)})
    assert codes(read_all(path, limits=Limits(entries=50))[2]) == ["too-many-entries"]


def test_one_cell_in_the_far_corner_does_not_fill_the_memory(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["no"]])
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    far = b'<row r="1048576"><c r="SF1048576"><v>1</v></c></row></sheetData>'
    repacked(path, {"xl/worksheets/sheet1.xml": sheet.replace(b"</sheetData>", far)})
    (error,) = read_all(path)[2]
    assert error.code == "too-many-cells"


def test_entities_are_refused(tmp_path):
    path = workbook(tmp_path / "a.xlsx", ROWS)
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    head, _, rest = sheet.partition(b"\n")
    evil = head + b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + rest
    repacked(path, {"xl/worksheets/sheet1.xml": evil})
    assert codes(read_all(path)[2]) == ["unsafe-file"]


@pytest.mark.parametrize("cut", [30, 300, -30])
def test_a_cut_workbook_is_damaged_and_nothing_worse(tmp_path, cut):
    path = workbook(tmp_path / "a.xlsx", ROWS)
    write(path, path.read_bytes()[:cut])
    assert codes(read_all(path)[2]) == ["damaged-file"]


def test_a_document_that_is_no_workbook_is_refused(tmp_path):
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>")
    assert codes(read_all(path)[2]) == ["unsupported-file"]


def test_an_empty_workbook_is_said_to_be_empty(tmp_path):
    assert codes(read_all(workbook(tmp_path / "a.xlsx", []))[2]) == ["empty-file"]


def test_the_old_binary_format_is_read(tmp_path):
    path = old_workbook(tmp_path / "a.xls", [["订单", "qty"], ["A1", 2.0], ["A2", 3.5]])
    headers, rows, errors = read_all(path)
    assert errors == []
    assert headers == [("订单", "qty")]
    assert [row.cells for row in rows] == [("A1", "2"), ("A2", "3.5")]


def test_macros_and_passwords_in_the_old_format_are_refused(tmp_path):
    path = old_workbook(tmp_path / "a.xls", [["no"]], extra="_VBA_PROJECT_CUR")
    assert codes(read_all(path)[2]) == ["macro-file"]
    path = old_workbook(tmp_path / "b.xls", [["no"]], extra="EncryptedPackage")
    assert codes(read_all(path)[2]) == ["encrypted-file"]


def test_a_damaged_old_workbook_is_no_traceback(tmp_path):
    path = old_workbook(tmp_path / "a.xls", [["no"]])
    write(path, path.read_bytes()[:700])
    assert codes(read_all(path)[2]) == ["damaged-file"]
