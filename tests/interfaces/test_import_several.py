"""A source of several tables through the pages: many files at once or one ZIP of them."""

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from builders import a_shop, a_sku
from files.test_presets import OLIST
from interfaces.bringing import drafted, finish, form_of, read, run, upload
from interfaces.browsing import a_visitor, words
from laidan.domain.catalog.models import Sku
from laidan.domain.jobs.models import Job
from laidan.domain.orders.models import Order
from laidan.domain.stock.models import Balance
from laidan.interfaces.files import storage
from laidan.interfaces.files.faults import MIB

HISTORY = {"history": "1", "create_missing": "1"}


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.LAIDAN_DATA_DIR = str(tmp_path)


@pytest.fixture
def clerk(db) -> Client:
    """Somebody in a shop that sells in Brazil, who may do all."""
    a_shop("olist", currency="BRL", time_zone="America/Sao_Paulo")
    return a_visitor()


def zipped(files: dict[str, str], **more: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def several(visitor: Client, files: dict[str, str], kind: str = "orders") -> HttpResponse:
    given = [SimpleUploadedFile(name, text.encode()) for name, text in files.items()]
    return visitor.post("/imports", {"kind": kind, "file": given, "whole": "1"})


def unzipped(response: Any) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(b"".join(response))) as archive:
        return {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}


def test_several_files_go_in_as_one_source_and_their_faults_come_back_as_such(clerk, tmp_path):
    files = OLIST | {"items.csv": OLIST["items.csv"].replace("99.9,0.1", "cheap,0.1")}
    answer = several(clerk, files)
    assert answer.status_code == 303, words(answer)
    page = clerk.get(answer["Location"])
    form = form_of(page)
    assert form["source"] == "olist"
    assert all(f"<li>{name}</li>" in page.content.decode() for name in files)
    assert [path.suffix for path in (tmp_path / "jobs").rglob("*.*")] == [".zip"]
    job = run(clerk, answer["Location"], form | HISTORY)
    assert job.figures["added"] == 3
    assert job.refused == 2
    assert set(Order.objects.values_list("external_no", flat=True)) == {"o2", "o3", "o4"}
    fixing = unzipped(clerk.get(f"/jobs/{job.pk}/to-fix.csv"))
    assert set(fixing) == {"orders.csv", "items.csv", "payments.csv", "customers.csv",
                           "products.csv"}  # fmt: skip
    assert fixing["orders.csv"].splitlines()[0].endswith("laidan: why")
    assert [line[:2] for line in fixing["orders.csv"].splitlines()[1:]] == ["o1"]
    assert {line[:2] for line in fixing["payments.csv"].splitlines()[1:]} == {"o1"}
    assert fixing["customers.csv"].splitlines() == OLIST["customers.csv"].splitlines()
    # Mended, and sent again as the ZIP that came.
    mended = fixing | {"items.csv": fixing["items.csv"].replace("cheap", "99.9")}
    address, form = drafted(clerk, zipped(mended), "mended.zip")
    assert form["source"] == "olist"
    assert run(clerk, address, form | HISTORY).figures == {"added": 1}
    assert Order.objects.count() == 4


def test_a_table_that_is_not_among_the_files_is_named(clerk):
    address, form = drafted(clerk, zipped({n: OLIST[n] for n in ("orders.csv", "items.csv")}),
                            "part.zip")  # fmt: skip
    answer = clerk.post(address, form | HISTORY | {"do": "run"})
    assert answer.status_code == 422
    assert "the table of payments is not among the files" in words(answer)
    assert Job.objects.get().state == "draft"


def test_what_is_no_table_is_named_and_paths_lead_nowhere(clerk, tmp_path):
    wrong = OLIST | {"../../photo.png": "\x89PNG"}
    address, form = drafted(clerk, zipped(wrong), "wrong.zip")
    shown = words(clerk.post(address, form | HISTORY | {"do": "look"}))
    assert "photo.png: Not a table" in shown
    assert not (tmp_path.parent / "photo.png").exists()
    harmless = {f"../../{name}": text for name, text in OLIST.items()}
    address, form = drafted(clerk, zipped(harmless), "paths.zip")
    assert run(clerk, address, form | HISTORY).figures == {"added": 4}
    assert [path.name for path in tmp_path.parent.glob("*.csv")] == []


def locked() -> bytes:
    """Return a ZIP whose members say that they have a password."""
    content = bytearray(zipped({"a.csv": "no\n1\n", "b.csv": "no\n2\n"}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            content[at + place] |= 1
            at = content.find(mark, at + 1)
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (locked(), "The file has a password"),
        (zipped({"a.csv": "0" * (17 * MIB), "b.csv": "no\n"}), "unpacked ones; refused"),
        (zipped({}), "The file is empty"),
        (zipped({"photo.png": "\x89PNG", "a.exe": "MZ"}), "Not a table"),
    ],
    ids=["password", "bomb", "empty", "no table"],
)
@pytest.mark.one_engine
def test_bad_archives_are_refused_at_the_field_and_nothing_is_kept(clerk, tmp_path, content, says):
    answer = upload(clerk, content, "bad.zip")
    assert answer.status_code == 422
    assert says in words(answer)
    assert Job.objects.count() == 0
    assert list((tmp_path / "jobs").glob("*")) == []


@pytest.mark.one_engine
def test_all_files_together_are_held_to_the_limit(clerk, monkeypatch, tmp_path):
    monkeypatch.setattr("laidan.interfaces.web.receiving.UPLOAD_BYTES_MAX", 600)
    assert (
        max(len(text) for text in OLIST.values()) < 600 < sum(len(text) for text in OLIST.values())
    )
    assert several(clerk, OLIST).status_code == 413
    monkeypatch.setattr("laidan.interfaces.web.receiving.UPLOAD_BYTES_MAX", 10**6)
    assert "The file is empty" in words(several(clerk, {"a.csv": "no\n1\n", "b.csv": ""}))
    assert list(tmp_path.glob("jobs/*")) == []


def test_two_files_of_products_come_back_row_by_row(clerk):
    files = {
        "a.csv": "sku,price\nP-1,1.00\nP-2,bad\n",
        "b.csv": "sku,price\nP-3,2.00\nP-2,1.00\n,1",
    }
    answer = several(clerk, files, "products")
    address = answer["Location"]
    job = run(clerk, address, form_of(clerk.get(address)))
    assert set(Sku.objects.values_list("code", flat=True)) == {"P-1", "P-2", "P-3"}
    assert job.refused == 2
    fixing = unzipped(clerk.get(f"/jobs/{job.pk}/to-fix.csv"))
    assert [line.rpartition(",")[0] for line in fixing["a.csv"].splitlines()[1:]] == ["P-2,bad"]
    assert fixing["b.csv"].splitlines()[1:][0].startswith(",1")


def test_files_of_one_name_are_two(tmp_path, settings):
    stored = storage.keep_all([("a.csv", [b"x\n1\n"]), ("a.csv", [b"x\n2\n"])])
    assert stored.name == "a +1.zip"
    with zipfile.ZipFile(storage.path_of(stored)) as archive:
        assert archive.namelist() == ["a.csv", "2 a.csv"]
        assert stored.size == storage.path_of(stored).stat().st_size


@pytest.mark.parametrize(
    ("kind", "first", "second", "says"),
    [
        ("products", "sku,price\nP-1,1.00\n", "sku,price\nP-1,2.00\n", "SKUs that are there get"),
        ("customers", "ref,name\nC-1,Wang\n", "ref,name\nC-1,Li\n", "Customers who are there get"),
    ],
)
def test_what_changes_what_is_there_is_asked_first(clerk, kind, first, second, says):
    """What is new goes in at once; whatever is overwritten asks, and names the export."""
    address, form = drafted(clerk, first.encode(), kind=kind)
    assert clerk.post(address, form | {"do": "run"}).status_code == 303
    finish()
    address, form = drafted(clerk, second.encode(), kind=kind)
    asked = clerk.post(address, form | {"do": "run"})
    assert asked.status_code == 200
    assert says in words(asked)
    assert f'href="/exports?what={kind}"' in asked.content.decode()
    assert Job.objects.get(pk=address.rpartition("/")[2]).state == "draft"
    assert run(clerk, address, form).figures == {"changed": 1}
    # The same once more changes nothing, and so asks nothing.
    address, form = drafted(clerk, second.encode(), kind=kind)
    assert clerk.post(address, form | {"do": "run"}).status_code == 303


def test_a_count_of_stock_asks_and_its_faults_come_back_as_a_file(clerk):
    a_sku("CUP", on_hand=5)
    address, form = drafted(clerk, b"sku,quantity\nCUP,7\nNONE,1\n", kind="stock")
    assert "What is on hand becomes what the file counts" in words(
        clerk.post(address, form | {"do": "run"})
    )
    assert Balance.objects.get(sku__code="CUP").on_hand == 5
    job = run(clerk, address, form)
    assert Balance.objects.get(sku__code="CUP").on_hand == 7
    (row,) = read(clerk.get(f"/jobs/{job.pk}/to-fix.csv"))
    assert (row["sku"], row["quantity"]) == ("NONE", "1")
    assert row["laidan: why"].startswith("There is no such SKU")
