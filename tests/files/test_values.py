"""What values become: those a list names, those it does not, and those of own fields."""

from files.samples import codes, write
from files.test_mapping import FILE, GOOD, problems, read
from laidan.interfaces.files.delimited import Declared
from laidan.interfaces.files.importing import distinct
from laidan.interfaces.files.importing.distinct import Found, values_of
from laidan.interfaces.files.mapping import Column


def test_values_that_a_list_does_not_name_may_stay_as_they_are(tmp_path):
    text = FILE.replace("A2,01/02/2026 08:30,,", "A2,01/02/2026 08:30,shipped,")
    stays = GOOD.replace('"*" = "open"', '"*" = "*"')
    orders, errors = read(tmp_path, text, stays)
    assert errors == []
    assert [order.history.state for order in orders] == ["closed", "shipped"]
    orders, errors = read(tmp_path, FILE, stays)
    assert [order.history.state for order in orders] == ["closed", ""]


OWN = GOOD.replace(
    "[values.state]",
    '"fields.wanted_by" = { column = "By", kind = "date" }\n'
    '"line.attributes.length_mm" = { column = "Length", kind = "integer" }\n'
    '"line.attributes.weight" = { column = "Weight", kind = "decimal" }\n'
    '"line.attributes.proof" = { column = "Proof", kind = "boolean" }\n'
    "[values.state]",
)


def test_own_fields_are_read_as_what_they_take(tmp_path):
    head, *rows = FILE.strip().split("\n")
    own = "\n".join([f"{head},By,Length,Weight,Proof", f"{rows[2]},22/11/2026 00:00,12.0,0.50,是"])
    ((order,), errors) = read(tmp_path, own, OWN)
    assert errors == []
    assert order.fields == {"wanted_by": "2026-11-22"}
    assert order.lines[0].attributes == {"length_mm": 12, "weight": "0.50", "proof": True}
    _, errors = read(tmp_path, own.replace("12.0", "12.5").replace("是", "maybe"), OWN)
    assert codes(errors) == ["not-a-number", "not-yes-or-no"]
    (named,) = problems(OWN.replace('"boolean"', '"colour"'))
    assert named.startswith("columns.line.attributes.proof.kind: an own field may be one of ")
    wrong = GOOD.replace('"line.sku" = "SKU"', '"line.sku" = { column = "SKU", kind = "date" }')
    assert problems(wrong)[0].startswith("columns.line.sku.kind: ")


def test_the_values_of_a_file_are_counted_as_the_map_will_see_them(tmp_path, monkeypatch):
    path = write(tmp_path / "a.csv", FILE)
    columns = {
        "state": Column(("Status",)), "line.sku": Column(("SKU",), transform="lower"),
        "customer.name": Column(("First", "Last")), "courier": Column(("Not there",)),
    }  # fmt: skip
    found = values_of(path, "orders", Declared(), columns)
    assert found == {
        "state": Found((("交易成功", 2),)),
        "line.sku": Found((("tee", 2), ("mug", 1))),
        "customer.name": Found((("Wang Xiaoming", 2), ("Li", 1))),
    }
    monkeypatch.setattr(distinct, "VALUES_MAX", 1)
    few = values_of(path, "orders", Declared(), {"line.sku": Column(("SKU",))})
    assert few == {"line.sku": Found((("TEE", 2),), is_all=False)}
    monkeypatch.setattr(distinct, "ROWS_MAX", 1)
    first = values_of(path, "orders", Declared(), {"line.sku": Column(("SKU",))})
    assert first == {"line.sku": Found((("TEE", 1),), is_all=False)}
    assert values_of(write(tmp_path / "b.csv", ""), "orders", Declared(), columns) == {}
