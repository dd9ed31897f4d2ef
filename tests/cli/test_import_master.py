"""`laidan import products | stock | customers` as a person or a script meets them."""

import csv
import json
from pathlib import Path

import pytest
import xlsxwriter

from cli.conftest import Place

PRODUCTS = (
    "商品编码,商品名称,SKU,规格名称,条码,售价,单位,类型,安全库存,重量(克),组成\n"
    'P2,礼盒,GIFT,红茶礼盒,,99.00,盒,组合,,,"[{""sku"":""TEA-50"",""quantity"":2}]"\n'
    "P1,红茶,TEA-50,红茶 50 克,6900001,38.00,盒,实物,5,60,\n"
    "P1,红茶,TEA-100,红茶 100 克,6900002,68.00,盒,,5,120,\n"
)
WRONG = (
    "P3,贺卡,CARD1,贺卡,,x,张,,,,\n"
    "P3,贺卡,CARD2,贺卡 2,,5,张,nonsense,,,\n"
    "P3,贺卡,CARD3,贺卡 3,6900001,5,张,,,,\n"
    "P3,贺卡,,贺卡 4,,5,张,,,,\n"
    "P3,贺卡,CARD5,贺卡 5,,5.5,张,虚拟,,,\n"
)


def a_file(place: Place, text: str, name: str, encoding: str = "utf-8") -> str:
    path = place.directory / name
    path.write_bytes(text.encode(encoding))
    return str(path)


def imported(place: Place, kind: str, *words: str) -> dict:
    code, out, err = place.run("import", kind, *words, "--json")
    assert err == ""
    return {"code": code, **json.loads(out)}


def rows(done: dict) -> tuple[int, ...]:
    return tuple(done["rows"][name] for name in ("read", "added", "changed", "known", "refused"))


def skus(place: Place) -> list[tuple]:
    return place.rows("SELECT code, kind, price_micro, safety FROM sku ORDER BY code")


def test_products_come_in_once(opened: Place):
    path = a_file(opened, PRODUCTS, "products.csv", "gb18030")
    assert rows(imported(opened, "products", path, "--dry-run")) == (3, 3, 0, 0, 0)
    assert skus(opened) == []
    first = imported(opened, "products", path)
    assert (first["code"], rows(first)) == (0, (3, 3, 0, 0, 0))
    assert skus(opened) == [
        ("GIFT", "bundle", 99_000_000, 0),
        ("TEA-100", "goods", 68_000_000, 5),
        ("TEA-50", "goods", 38_000_000, 5),
    ]
    assert opened.rows("SELECT name FROM product ORDER BY code") == [("红茶",), ("礼盒",)]
    assert rows(imported(opened, "products", path)) == (3, 0, 0, 3, 0)
    dearer = a_file(opened, PRODUCTS.replace("68.00", "70.00"), "dearer.csv")
    assert rows(imported(opened, "products", dearer)) == (3, 0, 1, 2, 0)
    assert opened.run("check")[0] == 0


def test_a_row_that_is_refused_spoils_no_other(opened: Place):
    errors = opened.directory / "errors.csv"
    path = a_file(opened, PRODUCTS + WRONG, "products.csv")
    done = imported(opened, "products", path, "--errors", str(errors))
    assert (done["code"], rows(done)) == (1, (8, 4, 0, 0, 4))
    listed = list(csv.DictReader(errors.open(encoding="utf-8-sig")))
    assert sorted((int(one["row"]), one["code"]) for one in listed) == [
        (5, "not-a-number"),
        (6, "invalid-product"),
        (7, "barcode-taken"),
        (8, "missing-value"),
    ]
    assert [code for code, *_ in skus(opened)] == ["CARD5", "GIFT", "TEA-100", "TEA-50"]
    assert "4 refused" in opened.run("import", "products", path)[1]


def test_stock_is_counted_and_moved_once(opened: Place):
    imported(opened, "products", a_file(opened, PRODUCTS, "products.csv"))
    counts = a_file(opened, "仓库,SKU,数量\nmain,TEA-50,12\nmain,TEA-100,7\n", "counts.csv")
    assert rows(imported(opened, "stock", counts, "--dry-run")) == (2, 2, 0, 0, 0)
    assert opened.rows("SELECT COUNT(*) FROM movement") == [(0,)]
    assert rows(imported(opened, "stock", counts)) == (2, 2, 0, 0, 0)
    assert rows(imported(opened, "stock", counts)) == (2, 0, 0, 2, 0)
    moves = "sku,kind,quantity,reference\nTEA-50,receive,5,PO-1\nTEA-50,receive,5,PO-1\n"
    path = a_file(opened, moves + "TEA-50,报废,100,\nGIFT,入库,1,\n", "moves.csv")
    first = imported(opened, "stock", path)
    assert (first["code"], rows(first)) == (1, (4, 2, 0, 0, 2))
    assert first["refusals"] == {"out-of-stock": 1, "invalid-movement": 1}
    # The file with its faults mended moves only what was not moved before.
    mended = a_file(opened, moves + "TEA-50,报废,1,\n", "moves.csv")
    assert rows(imported(opened, "stock", mended)) == (3, 1, 0, 2, 0)
    assert opened.rows(
        "SELECT s.code, b.on_hand FROM balance b JOIN sku s ON s.id = b.sku_id ORDER BY 1"
    ) == [("TEA-100", 7), ("TEA-50", 21)]
    assert opened.run("check")[0] == 0


def test_customers_come_in_once_and_stay_secret(opened: Place):
    text = "客户编号,姓名,手机号,省,市,区,地址\nC1,王小明,13800138000,浙江省,杭州市,西湖区,文三路 1 号\nC2,李雷,,,,,\n"
    path = a_file(opened, text, "customers.csv")
    assert rows(imported(opened, "customers", path, "--dry-run")) == (2, 2, 0, 0, 0)
    assert rows(imported(opened, "customers", path)) == (2, 2, 0, 0, 0)
    assert rows(imported(opened, "customers", path)) == (2, 0, 0, 2, 0)
    assert opened.rows("SELECT ref, name FROM customer ORDER BY ref") == [
        ("C1", "王小明"),
        ("C2", "李雷"),
    ]
    assert opened.rows("SELECT COUNT(*) FROM address") == [(1,)]
    assert "文三路" not in str(opened.rows("SELECT * FROM address"))


@pytest.mark.one_engine
def test_a_map_names_the_columns(opened: Place):
    path = a_file(opened, "Artikel;Preis\nX1;1.234,50\n", "artikel.csv")
    map_path = a_file(
        opened,
        'kind = "products"\n[file]\ndelimiter = ";"\n[formats]\ndecimal_mark = ","\n'
        'thousands_mark = "."\n[constants]\ncurrency = "EUR"\n[columns]\ncode = "Artikel"\n'
        'price = "Preis"\n',
        "map.toml",
    )
    assert rows(imported(opened, "products", path, "--map", map_path)) == (1, 1, 0, 0, 0)
    assert opened.rows("SELECT code, price_micro, currency FROM sku") == [
        ("X1", 1_234_500_000, "EUR")
    ]
    code, _, err = opened.run("import", "stock", path, "--map", map_path)
    assert (code, "is for products" in err) == (2, True)


@pytest.mark.one_engine
def test_a_workbook_is_read_too(opened: Place):
    path = opened.directory / "products.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate((("sku", "name", "price"), ("A-1", "Tea", 12.5))):
            sheet.write_row(number, 0, cells)
    assert rows(imported(opened, "products", str(path))) == (1, 1, 0, 0, 0)
    assert skus(opened) == [("A-1", "goods", 12_500_000, 0)]


@pytest.mark.one_engine
@pytest.mark.parametrize("kind", ["products", "stock", "customers"])
def test_what_cannot_be_read_is_said(opened: Place, kind: str, tmp_path: Path):
    assert opened.run("import", kind, str(tmp_path / "none.csv"))[0] == 2
    empty = a_file(opened, "", "empty.csv")
    done = imported(opened, kind, empty)
    assert (done["code"], done["refusals"]) == (1, {"empty-file": 1})
    other = a_file(opened, "a,b\n1,2\n", "other.csv")
    done = imported(opened, kind, other)
    assert (done["code"], done["refusals"]) == (1, {"missing-column": 1})
