"""Files in and out through the pages: looked at first, run as jobs, mended, undone, exported."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from builders import a_shop, a_sku
from interfaces.bringing import ROWS, TMALL, drafted, finish, read, run, table, upload
from interfaces.browsing import a_visitor, words
from laidan.domain.catalog.models import Sku
from laidan.domain.jobs.models import Job
from laidan.domain.orders.models import Order
from laidan.domain.parties.models import Customer
from laidan.domain.stock.models import Balance
from laidan.engine.models import Event
from laidan.insights.laws import checker
from laidan.interfaces.files import storage
from laidan.interfaces.files.importing import ordering
from laidan.interfaces.worker.jobs import Runner, drop_old_files
from laidan.interfaces.worker.kinds import import_master
from laidan.usecases.seal_log import seal_days


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.LAIDAN_DATA_DIR = str(tmp_path)


@pytest.fixture
def clerk(db) -> Client:
    """Somebody in a shop with one SKU, who may do all."""
    a_shop()
    a_sku(on_hand=100)
    return a_visitor()


def test_a_file_is_looked_at_run_and_its_faults_come_back_to_be_fixed(clerk):
    address, form = drafted(clerk, table(ROWS, "gb18030"))
    shown = clerk.get(address)
    said = words(shown)
    assert "gb18030 · 9 columns" in said
    assert "4 in the file, 2 of them refused." in said
    assert "There is no such SKU" in said
    assert "Not a time" in said
    assert b"<script>alert(1)" not in shown.content
    assert form["column-0"] == "external_no"
    assert form["column-4"] == "line.sku"
    assert Order.objects.count() == 0

    job = run(clerk, address, form)
    assert (job.state, job.done, job.refused, job.total) == ("done", 4, 2, 4)
    assert job.figures == {"added": 2}
    assert set(Order.objects.values_list("external_no", flat=True)) == {"A-1", "A-4"}
    page = clerk.get(f"/jobs/{job.pk}?refused=1")
    assert "There is no such SKU" in words(page)
    assert "Added" in words(page)
    assert clerk.get(address)["Location"] == f"/jobs/{job.pk}"

    fixing = read(clerk.get(f"/jobs/{job.pk}/to-fix.csv"))
    assert [row["订单编号"] for row in fixing] == ["A-2", "A-3"]
    assert fixing[0]["备注"] == "'=1+1"
    assert fixing[1]["laidan: why"].startswith("Not a time")
    results = read(clerk.get(f"/jobs/{job.pk}/results.csv"))
    assert [row["outcome"] for row in results] == ["done", "refused", "refused", "done"]

    mended = table([ROWS[1].replace("NOPE", "TEE-RED-M"), ROWS[2].replace("昨天", "2026-11-20")])
    again = run(clerk, *drafted(clerk, mended))
    assert again.figures == {"added": 2}
    assert Order.objects.count() == 4
    # The same file once more adds nothing and says so.
    assert run(clerk, *drafted(clerk, mended)).figures == {"known": 2}
    assert [one.name for one in checker.check() if not one.holds] == []


def test_a_killed_worker_is_followed_and_no_order_comes_twice(clerk, monkeypatch):
    monkeypatch.setattr(ordering, "ORDERS_MAX", 3)
    rows = [ROWS[3].replace("A-4", f"K-{at}") for at in range(10)]
    rows[1], rows[5] = ROWS[1], ROWS[2]
    address, form = drafted(clerk, table(rows))
    clerk.post(address, form | {"do": "run"})
    dead = Runner(name="dead")
    for _ in range(3):
        dead.step(datetime.now(UTC))
    job = Job.objects.get()
    assert job.state == "running"
    assert 0 < job.done < 10
    heir = Runner()
    for _ in range(30):
        heir.step(datetime.now(UTC) + timedelta(seconds=61))
    assert dead.step(datetime.now(UTC)) == 1
    assert dead.held() == {}
    job.refresh_from_db()
    assert (job.state, job.done, job.refused, job.figures) == ("done", 10, 2, {"added": 8})
    assert Order.objects.count() == 8
    assert Balance.objects.get().reserved == 8


def test_an_import_is_undone_but_for_what_was_touched(clerk):
    job = run(clerk, *drafted(clerk, table([ROWS[0], ROWS[3]])))
    touched = Order.objects.get(external_no="A-1")
    held = {"reason": "wait", "scope": "order"}
    assert clerk.post(f"/orders/{touched.order_no}/acts/hold", held).status_code in (200, 303)
    answer = clerk.post(f"/jobs/{job.pk}/undo")
    twice = clerk.post(f"/jobs/{job.pk}/undo")
    assert answer["Location"] == twice["Location"]
    finish()
    undone = Job.objects.get(kind="undo_import")
    assert (undone.done, undone.refused, undone.figures) == (2, 1, {"removed": 1})
    assert "Somebody has worked on the order since" in words(clerk.get(answer["Location"]))
    assert list(Order.objects.values_list("external_no", flat=True)) == ["A-1"]
    assert Balance.objects.get().reserved == 2
    assert [one.name for one in checker.check() if not one.holds] == []
    assert "Sales order withdrawn" in words(clerk.get("/log"))
    # The number is free: the mended file goes in, and the old one is another order now.
    again = run(clerk, *drafted(clerk, table([ROWS[3].replace("64.00", "60.00")])))
    assert again.figures == {"added": 1}
    assert Balance.objects.get().reserved == 3
    assert run(clerk, *drafted(clerk, table([ROWS[3]]))).figures == {}
    assert [one.name for one in checker.check() if not one.holds] == []


def test_history_is_undone_on_a_later_day_and_the_seals_hold(clerk):
    lines = [f"T-{at},100,{100 - at},浙江,2020-02-21 00:00:00,2020-02-21 00:01:00,{at}"
             for at in range(3)]  # fmt: skip
    content = "\n".join([TMALL, *lines, ""]).encode()
    address, form = drafted(clerk, content, "tmall.csv")
    assert form["source"] == "tmall"
    assert "import it as history" in words(clerk.get(address))
    form |= {"history": "1", "create_missing": "1"}
    assert "0 of them refused" in words(clerk.post(address, form | {"do": "look"}))
    job = run(clerk, address, form)
    assert job.figures == {"added": 3}
    clerk.post(f"/jobs/{job.pk}/undo")
    later = datetime.now(UTC) + timedelta(days=2)
    assert seal_days(9, now=later) >= 1
    undoing = Runner(clock=lambda: later)
    while undoing.step(later):
        pass
    assert Job.objects.get(kind="undo_import").figures == {"removed": 3}
    assert Order.objects.count() == 0
    assert Event.objects.filter(type="order.withdrawn").count() == 3
    assert Event.objects.filter(subject_kind="order").count() == 6
    assert [one.name for one in checker.check() if not one.holds] == []
    address, form = drafted(clerk, content, "tmall.csv")
    assert run(clerk, address, form | {"history": "1"}).figures == {"added": 3}


def test_columns_are_chosen_kept_under_a_name_and_found_again(clerk):
    content = b"no;when;what;how many\nX-1;21.11.2026 10:00;TEE-RED-M;1\n"
    address, form = drafted(clerk, content)
    said = words(clerk.get(address))
    assert "Still needed: External number, Placed at, Line: SKU" in said
    assert said.count("Choose a column or a fixed value for every field still needed.") == 1
    assert "has neither a column" not in said
    chosen = {
        "column-0": "external_no", "column-1": "placed_at", "column-2": "line.sku",
        "column-3": "line.quantity", "instants": "%d.%m.%Y %H:%M", "shop": "main",
    }  # fmt: skip
    looked = clerk.post(address, form | chosen | {"do": "look"})
    assert "1 in the file, 0 of them refused." in words(looked)
    nameless = clerk.post(address, form | chosen | {"do": "keep", "map_name": " "})
    assert nameless.status_code == 422
    kept = clerk.post(address, form | chosen | {"do": "keep", "map_name": "Our old shop"})
    assert kept.status_code == 303
    second, again = drafted(clerk, content.replace(b"X-1", b"X-2"))
    assert again["source"] == "kept:Our old shop"
    job = run(clerk, second, again)
    assert job.figures == {"added": 1}
    assert clerk.post(address, form | chosen | {"do": "discard"}).status_code == 303
    assert Job.objects.get(pk=address.rpartition("/")[2]).state == "cancelled"


def test_products_stock_and_customers_come_in_the_same_way(clerk, monkeypatch):
    monkeypatch.setattr(import_master, "BATCH", 2)
    products = "规格编码,规格名称,售价\nP-1,Cup,12.00\nP-2,Pot,bad\nP-3,Can,3.00\n".encode()
    job = run(clerk, *drafted(clerk, products, kind="products"))
    assert (job.figures, job.refused, job.done) == ({"added": 2}, 1, 3)
    assert Sku.objects.filter(code__startswith="P-").count() == 2
    stock = b"sku,quantity,kind\nP-1,5,\nP-3,7,receive\nP-3,7,receive\nNONE,1,\n"
    job = run(clerk, *drafted(clerk, stock, "stock.csv", kind="stock"))
    assert (job.figures, job.refused) == ({"added": 3}, 1)
    assert Balance.objects.get(sku__code="P-3").on_hand == 14
    # Movements are known again by their content and the file's name.
    again = run(clerk, *drafted(clerk, stock, "stock.csv", kind="stock"))
    assert (again.figures, again.refused) == ({"known": 3}, 1)
    people = "客户编号,姓名,手机\nC-1,王小明,13800138000\n,无名,1\n".encode()
    job = run(clerk, *drafted(clerk, people, kind="customers"))
    assert (job.figures, job.refused) == ({"added": 1}, 1)
    assert Customer.objects.get(ref="C-1").name == "王小明"


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "empty.csv", "The file is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "picture.csv", "Not a table"),
        (b"PK\x03\x04 broken", "broken.xlsx", "damaged"),
        (b"\n\n\n", "blank.csv", "The file is empty"),
    ],
)
def test_rubbish_is_said_at_the_field_and_nothing_is_kept(clerk, tmp_path, content, name, says):
    answer = upload(clerk, content, name)
    assert answer.status_code == 422
    assert says in words(answer)
    assert Job.objects.count() == 0
    assert list((tmp_path / "jobs").glob("*")) == []


def test_a_broken_off_a_missing_and_a_huge_upload_are_refused(clerk, monkeypatch):
    assert "broke off" in words(upload(clerk, table(ROWS), whole=""))
    assert "Choose a file first" in words(clerk.post("/imports", {"kind": "orders", "whole": "1"}))
    assert upload(clerk, table(ROWS), kind="secrets").status_code == 422
    monkeypatch.setattr("laidan.interfaces.web.receiving.UPLOAD_BYTES_MAX", 100)
    assert upload(clerk, table(ROWS)).status_code == 413
    assert Job.objects.count() == 0


def test_names_do_no_harm_and_old_files_go(clerk, tmp_path):
    address, _ = drafted(clerk, table(ROWS), "../../<b>evil</b>.csv")
    shown = clerk.get(address)
    assert b"<b>evil" not in shown.content
    (kept,) = tmp_path.rglob("*.csv")
    assert kept.parent.parent == tmp_path / "jobs"
    stored = Job.objects.get().file_in
    with pytest.raises(storage.FileGoneError):
        storage.path_of(storage.StoredFile("x", "../" + stored["path"], 1))
    drop_old_files(datetime.now(UTC) + timedelta(days=31))
    assert Job.objects.get().state == "cancelled"
    assert list(tmp_path.rglob("*.csv")) == []
    assert clerk.get(address).status_code == 302


def test_each_kind_needs_its_permission_and_a_job_is_its_owners(clerk):
    address, form = drafted(clerk, table(ROWS))
    job = run(clerk, address, form)
    weak = a_visitor("orders.view", username="looker")
    assert weak.get("/imports").status_code == 403
    assert weak.get(f"/jobs/{job.pk}").status_code == 404
    assert weak.post(f"/jobs/{job.pk}/cancel").status_code == 404
    only = a_visitor("orders.view", "imports.run", username="importer")
    assert upload(only, table(ROWS)).status_code == 403
    assert only.get(f"/jobs/{job.pk}/to-fix.csv").status_code == 404
    watcher = a_visitor("orders.view", "imports.run", "audit.view", username="watcher")
    assert watcher.get(f"/jobs/{job.pk}").status_code == 200
    assert watcher.get(f"/jobs/{job.pk}/to-fix.csv").status_code == 404
    assert weak.post("/exports", {"what": "orders"}).status_code == 403
    assert clerk.get("/jobs/not-a-job").status_code == 404
    assert "Everybody's" in words(clerk.get("/jobs?of=all"))


def test_lists_lead_to_the_import_of_what_they_show_where_it_is_allowed(db):
    clerk = a_visitor()
    looker = a_visitor(
        "orders.view", "catalog.view", "stock.view", "customers.view", username="eye"
    )
    pages = {
        "/products": "products", "/stock": "stock", "/customers": "customers", "/orders": "orders",
    }  # fmt: skip
    for address, kind in pages.items():
        link = f'href="/imports?kind={kind}"'
        assert link in clerk.get(address).content.decode(), address
        assert link not in looker.get(address).content.decode(), address
    a_shop()
    a_sku(on_hand=1)
    assert 'href="/imports?kind=stock"' in clerk.get("/stock").content.decode()
    chosen = clerk.get("/imports?kind=stock").content.decode()
    assert 'name="kind" value="stock" checked' in chosen
