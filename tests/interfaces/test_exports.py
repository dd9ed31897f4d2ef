"""Orders, products, stock and customers as files: filtered, in any encoding, and harmless."""

import csv
import io

import pytest
from django.test import Client

from builders import a_shop, a_sku
from interfaces.bringing import ROWS, drafted, finish, run, table
from interfaces.browsing import a_visitor
from laidan.domain.jobs.models import Job


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.LAIDAN_DATA_DIR = str(tmp_path)


@pytest.fixture
def clerk(db) -> Client:
    """Somebody in a shop with one SKU, who may do all."""
    a_shop()
    a_sku(on_hand=100)
    return a_visitor()


def test_exports_keep_to_the_filter_the_encoding_and_harmless_texts(clerk):
    rows = [ROWS[0].replace("<script>alert(1)</script>", '"=HYPERLINK(""x"")"'), ROWS[3]]
    run(clerk, *drafted(clerk, table(rows)))

    def export(what: str, chosen: str, query: str = "") -> bytes:
        answer = clerk.post("/exports", {"what": what, "format": chosen, "query": query})
        finish()
        job = Job.objects.get(pk=answer["Location"].rpartition("/")[2])
        assert (job.state, job.code) == ("done", ""), job.message
        return b"".join(clerk.get(f"/jobs/{job.pk}/file"))

    found = export("orders", "gb18030", "external_no=A-1").decode("gb18030")
    (row,) = csv.DictReader(io.StringIO(found))
    assert (row["external_no"], row["ship_to.name"]) == ("A-1", "王小明")
    assert row["seller_note"] == '\'=HYPERLINK("x")'
    assert export("orders", "xlsx").startswith(b"PK")
    assert export("orders", "utf-8-sig").startswith(b"\xef\xbb\xbf")
    (sku,) = csv.DictReader(io.StringIO(export("products", "utf-8").decode()))
    assert (sku["code"], sku["price"]) == ("TEE-RED-M", "64.00")
    (balance,) = csv.DictReader(io.StringIO(export("stock", "utf-8").decode()))
    assert (balance["sku"], balance["quantity"]) == ("TEE-RED-M", "100")
    people = list(csv.DictReader(io.StringIO(export("customers", "utf-8").decode())))
    assert people == []
