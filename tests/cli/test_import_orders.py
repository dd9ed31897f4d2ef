"""`laidan import orders` and `laidan export orders` as a person or a script meets them."""

import csv
import json
import signal
import time
from pathlib import Path

import pytest

from cli.conftest import Place

HEADER = "external_no,placed_at,currency,state,line.sku,line.title,line.quantity,line.unit_price\n"
ROWS = (
    "T1,2020-11-01T10:00:00+08:00,CNY,closed,TEE,T-shirt,2,64.00\n"
    "T1,2020-11-01T10:00:00+08:00,CNY,closed,MUG,Mug,1,0.125\n"
    "T2,2020-11-02T10:00:00+08:00,CNY,cancelled,TEE,T-shirt,1,64\n"
)
LIVE = HEADER.replace("state,", "") + "L1,2020-11-01T10:00:00+08:00,CNY,TEE,T-shirt,2,64.00\n"


def orders(place: Place) -> list[tuple]:
    return place.rows(
        "SELECT external_no, state, total_minor FROM sales_order ORDER BY external_no"
    )


def a_file(place: Place, text: str = HEADER + ROWS, name: str = "orders.csv") -> str:
    path = place.directory / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def imported(place: Place, *words: str) -> dict:
    code, out, err = place.run("import", "orders", *words, "--json")
    assert err == ""
    return {"code": code, **json.loads(out)}


def test_a_file_comes_in_once(opened: Place):
    path = a_file(opened)
    words = (path, "--history", "--create-missing")
    first = imported(opened, *words)
    assert (first["code"], first["skus_added"]) == (0, 2)
    assert first["orders"] == {"read": 2, "added": 2, "known": 0, "refused": 0}
    assert orders(opened) == [("T1", "closed", 12813), ("T2", "cancelled", 6400)]
    again = imported(opened, *words)
    assert (again["code"], again["skus_added"]) == (0, 0)
    assert again["orders"] == {"read": 2, "added": 0, "known": 2, "refused": 0}
    assert len(orders(opened)) == 2
    assert opened.run("check")[0] == 0


@pytest.mark.one_engine
def test_the_sums_of_the_file_stand_beside_the_rounded_ones(opened: Place):
    (sums,) = imported(opened, a_file(opened), "--history", "--create-missing")["reading"]["sums"]
    assert (sums["exact"], sums["rounded"], sums["rounding"]) == ("192.125", "192.13", "0.005")
    out = opened.must("import", "orders", a_file(opened), "--history")
    assert "2 orders read: 0 added, 2 there already, 0 refused." in out
    assert "lines in the file 192.125, each rounded once 192.13 (rounding +0.005)" in out


def test_a_dry_run_keeps_nothing_and_foretells_everything(opened: Place):
    path = a_file(opened)
    dry = imported(opened, path, "--history", "--create-missing", "--dry-run")
    assert dry["orders"] == {"read": 2, "added": 2, "known": 0, "refused": 0}
    assert dry["skus_added"] == 2
    assert orders(opened) == []
    assert opened.rows("SELECT COUNT(*) FROM sku") == [(0,)]
    elsewhere = (path, "--history", "--create-missing", "--dry-run", "--shop", "elsewhere")
    assert imported(opened, *elsewhere)["orders"]["added"] == 2
    assert opened.rows("SELECT code FROM shop") == [("main",)]
    assert imported(opened, path, "--history", "--dry-run")["refusals"] == {"unknown-sku": 2}


@pytest.mark.one_engine
def test_every_refused_row_is_in_the_errors_file_with_its_reason(opened: Place):
    text = (
        HEADER + ROWS + "T3,yesterday,CNY,closed,TEE,T,1,1\nT4,2020-11-02,CNY,closed,=cmd,T,0,1\n"
    )
    errors = opened.directory / "errors.csv"
    found = imported(
        opened, a_file(opened, text), "--history", "--create-missing", "--errors", str(errors)
    )
    assert found["code"] == 1
    assert found["orders"]["added"] == 2
    with errors.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["row"], row["order"], row["code"]) for row in rows] == [
        ("5", "T3", "not-a-time"),
        ("6", "T4", "quantity-not-positive"),
    ]
    assert "'yesterday' is not a time" in rows[0]["reason"]
    assert rows[0]["raw"].startswith("T3,yesterday")


def test_each_row_of_an_order_that_placing_refuses_is_named(opened: Place):
    errors = opened.directory / "errors.csv"
    found = imported(opened, a_file(opened), "--history", "--errors", str(errors))
    assert found["refusals"] == {"unknown-sku": 2}
    with errors.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["row"], row["order"]) for row in rows] == [("2", "T1"), ("3", "T1"), ("4", "T2")]
    assert orders(opened) == []


def test_the_same_number_with_other_content_is_refused(opened: Place):
    imported(opened, a_file(opened), "--history", "--create-missing")
    changed = a_file(opened, (HEADER + ROWS).replace("T2,2020-11-02", "T2,2020-11-03"))
    found = imported(opened, changed, "--history")
    assert found["orders"] == {"read": 2, "added": 0, "known": 1, "refused": 1}
    assert found["refusals"] == {"duplicate-order": 1}


def test_living_orders_take_stock_and_history_does_not(opened: Place):
    imported(opened, a_file(opened), "--history", "--create-missing")
    assert opened.rows("SELECT COUNT(*) FROM balance") == [(0,)]
    found = imported(opened, a_file(opened, LIVE))
    assert found["refusals"] == {"out-of-stock": 1}
    found = imported(opened, a_file(opened))
    assert found["refusals"] == {"finished-order": 2}


@pytest.mark.one_engine
def test_a_map_that_is_wrong_is_explained_and_nothing_is_read(opened: Place):
    map_ = opened.directory / "map.toml"
    map_.write_text('[columns]\nexternal_nr = "A"\n', encoding="utf-8")
    code, out, err = opened.run("import", "orders", a_file(opened), "--map", str(map_))
    assert (code, out) == (2, "")
    assert "columns.external_nr: there is no field of that name; did you mean external_no?" in err
    assert "cannot be used" in err


@pytest.mark.one_engine
def test_a_map_reads_what_no_preset_knows(opened: Place):
    map_ = opened.directory / "map.toml"
    map_.write_text(
        '[constants]\ncurrency = "CNY"\nstate = "closed"\n"line.quantity" = 1\n'
        '[columns]\nexternal_no = "单号"\nplaced_at = "下单时间"\n"line.sku" = "商品"\n'
        '"line.unit_price" = "单价"\n',
        encoding="utf-8",
    )
    path = opened.directory / "orders.csv"
    path.write_bytes("单号,下单时间,商品,单价\nA1,2020-11-01 10:00,杯子,12.50\n".encode("gb18030"))
    words = (str(path), "--map", str(map_), "--history", "--create-missing")
    assert imported(opened, *words)["orders"]["added"] == 1
    assert opened.rows("SELECT placed_at FROM sales_order")[0][0] is not None
    assert orders(opened) == [("A1", "closed", 1250)]


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("none.csv",), "there is no file none.csv"),
        (("{}", "--shop", "nowhere"), "there is no shop nowhere"),
        (("{}", "--preset", "tmall", "--shop", "nowhere"), "there is no shop nowhere"),
        (("{}", "--preset", "superstore"), "the file is in USD and the shop main sells in CNY"),
    ],
)
def test_unusable_arguments_are_said_in_a_sentence(opened: Place, words, sentence):
    path = a_file(opened)
    filled = [word.format(path) for word in words]
    code, out, err = opened.run("import", "orders", *filled)
    assert (code, out) == (2, "")
    assert sentence in err


@pytest.mark.one_engine
def test_a_file_that_nobody_knows_asks_for_a_map(opened: Place):
    code, _, err = opened.run("import", "orders", a_file(opened, "a,b\n1,2\n"))
    assert code == 2
    assert "--map" in err


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty-file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not-a-table"),
        (b"external_no,b\n1,2\n", "missing-column"),
        (HEADER.encode() + b"T\x01,2020-11-01,CNY,closed,A,B,1,1\n", "control-character"),
        (HEADER.encode() + "T1,2020-11-01,CNY,closed,A,杯".encode()[:-1] + b",1,1\n",
         "bad-encoding"),
    ],
)  # fmt: skip
def test_rubbish_is_an_error_row_and_nothing_is_kept(opened: Place, content, code):
    path = opened.directory / "orders.csv"
    path.write_bytes(content)
    found = imported(opened, str(path), "--preset", "laidan", "--history", "--create-missing")
    assert found["code"] == 1
    assert [error["code"] for error in found["errors"]] == [code]
    assert orders(opened) == []


def test_a_killed_import_is_finished_by_the_next(opened: Place):
    count = 6000
    lines = "".join(
        f"K{number},2020-11-01T10:00:00+08:00,CNY,closed,TEE,T-shirt,1,64.00\n"
        for number in range(count)
    )
    path = a_file(opened, HEADER + lines)
    words = ("import", "orders", path, "--history", "--create-missing")
    child = opened.start(*words)
    _until(lambda: _count(opened) > 0 or child.poll() is not None)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    half = _count(opened)
    assert 0 < half < count
    out = opened.must(*words)
    assert f"{count:,} orders read: {count - half:,} added, {half:,} there already" in out
    assert _count(opened) == count
    assert opened.run("check")[0] == 0


def _count(place: Place) -> int:
    return int(place.rows("SELECT COUNT(*) FROM sales_order")[0][0])


def _until(holds) -> None:
    give_up = time.monotonic() + 300
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.005)


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_an_export_comes_back_to_the_same_orders(opened: Place, suffix: str):
    imported(opened, a_file(opened), "--history", "--create-missing")
    out = str(opened.directory / f"out.{suffix}")
    assert "2 orders in 3 rows" in opened.must("export", "orders", out)
    assert imported(opened, out, "--history")["orders"]["known"] == 2
    before = orders(opened)
    assert not list(Path(opened.directory).glob("*.part"))
    for table in ("sales_order", "order_line"):
        assert len(opened.rows(f"SELECT id FROM {table}")) in {2, 3}
    assert orders(opened) == before


def test_an_export_is_narrowed_by_shop_state_and_day(opened: Place):
    imported(opened, a_file(opened), "--history", "--create-missing")
    out = opened.must("export", "orders", "-", "--state", "cancelled")
    assert [row["external_no"] for row in csv.DictReader(out.splitlines())] == ["T2"]
    out = opened.must("export", "orders", "-", "--from", "2020-11-01", "--to", "2020-11-02")
    assert {row["external_no"] for row in csv.DictReader(out.splitlines())} == {"T1"}
    code, _, err = opened.run("export", "orders", "-", "--shop", "nowhere")
    assert (code, err) == (2, "laidan export: there is no shop nowhere\n")
    assert opened.run("export", "orders", "out.pdf")[0] == 2
