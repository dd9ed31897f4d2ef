"""No content of a file raises: whatever is wrong with it is an error row."""

import gzip
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from files.samples import old_workbook, workbook, write
from laidan.interfaces.files.drafts import DraftOrder
from laidan.interfaces.files.export import ORDER_COLUMNS
from laidan.interfaces.files.faults import RowError
from laidan.interfaces.files.presets import NAMES, load_preset, read_preset

ROWS = [["external_no", "placed_at", "currency", "line.sku", "line.quantity", "line.unit_price"],
        ["A1", "2026-11-22T10:00:00Z", "CNY", "TEE", 1, 2.5],
        ["A2", "2026-11-22T10:00:00Z", "CNY", "杯子", 3, 2.5]]  # fmt: skip
TEXT = "\n".join(",".join(str(cell) for cell in row) for row in ROWS).encode()


def everything(path, name: str = "laidan") -> list:
    found = list(read_preset(path, load_preset(name).mapping.with_defaults("CNY", "UTC")))
    assert all(isinstance(item, DraftOrder | RowError) for item in found)
    return found


def originals(tmp_path) -> dict[str, bytes]:
    return {
        "csv": TEXT,
        "gb": TEXT.decode().encode("gb18030"),
        "csv.gz": gzip.compress(TEXT),
        "xlsx": workbook(tmp_path / "a.xlsx", ROWS).read_bytes(),
        "xls": old_workbook(tmp_path / "a.xls", ROWS).read_bytes(),
    }


@pytest.mark.parametrize("kind", ["csv", "gb", "csv.gz", "xlsx", "xls"])
def test_damage_anywhere_is_an_error_row_or_no_matter(tmp_path, kind):
    whole = originals(tmp_path)[kind]
    chance = random.Random(7)
    for _ in range(150):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        cut = chance.choice([len(content), chance.randrange(1, len(content))])
        everything(write(tmp_path / f"b.{kind}", bytes(content[:cut])))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(min_size=1, max_size=200))
@pytest.mark.parametrize(
    "start", [b"", b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
)
def test_any_bytes_are_read_or_refused(tmp_path, start, content):
    everything(write(tmp_path / "a.csv", start + content))


CELLS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", "1", "-1", "0", "1e9", "NaN", "2026-11-22", "2026-02-30", "9999-99-99",
                     "0001-01-01T00:00:00", "2026-11-22T10:00:00+99:99", "[]", "[[]]", "{}",
                     '[{"code":1}]', '[{"amount":"x"}]', "[" * 3000, "CNY", "XXQ", "=1+1", "'=x"]),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    rows=st.lists(st.dictionaries(st.sampled_from(ORDER_COLUMNS), CELLS), min_size=1, max_size=4)
)
def test_any_cells_are_an_order_or_refused(tmp_path, rows):
    path = workbook(
        tmp_path / "a.xlsx",
        [ORDER_COLUMNS, *([row.get(c, "") for c in ORDER_COLUMNS] for row in rows)],
    )
    found = list(read_preset(path, load_preset("laidan").mapping))
    assert all(isinstance(item, DraftOrder | RowError) for item in found)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_for_another_preset_is_refused_with_its_columns(tmp_path, name):
    path = write(tmp_path / "a.csv", "a,b\n1,2\n")
    found = everything(tmp_path if name == "olist" else path, name)
    assert found
    assert {item.code for item in found} <= {"missing-column", "missing-table", "unknown-table"}
