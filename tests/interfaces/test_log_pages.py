"""The page of the operation log: one list of orders' events and operations, searched and exported."""

import csv
import io
import os
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from builders import NOON, a_customer, a_mint, a_request, a_shop, a_sku, an_address, some_orders
from interfaces.browsing import a_visitor, words
from laidan.domain.access.models import User
from laidan.domain.audit.core import Deed
from laidan.domain.audit.models import Operation
from laidan.domain.audit.store import record
from laidan.engine import origin, unit
from laidan.insights import operation_log
from laidan.interfaces.web import log_words
from laidan.kernel.actor import SYSTEM
from laidan.kernel.ids import Mint
from laidan.kernel.outcome import Done
from laidan.usecases import grant_access, note_refusals
from laidan.usecases.amend_orders import amend_orders
from laidan.usecases.seal_log import seal_days
from laidan.usecases.transition_requests import Amend, AmendOrder
from statements import statements

pytestmark = pytest.mark.django_db(transaction=True)
SCRIPT = "<script>alert(1)</script>"


def note(*deeds: Deed, door: str = origin.PAGE, days: int = 0) -> None:
    now = timezone.now() - timedelta(days=days)
    here = origin.origin_of(door, address="10.0.0.7", agent=SCRIPT, request="r1")
    with origin.coming_from(here):
        unit.run_once(lambda: record(list(deeds), now=now, mint=Mint(now, os.urandom)))


@pytest.fixture(autouse=True)
def _refusals_are_new() -> None:
    note_refusals.forget()


def price(label: str = "TEE", actor: str = "user:mei", **more: object) -> Deed:
    return Deed(actor, "product.changed", "product", "1", label,
                before={"price": "1.00"}, after={"price": "2.00"}, **more)  # fmt: skip


def listed(response) -> list[str]:
    return re.findall(r'href="/log/([0-9a-f-]{36})"', response.content.decode())


def test_orders_and_everything_else_are_one_list() -> None:
    a_shop()
    a_sku()
    (order,) = some_orders(a_request(("TEE-RED-M", 1)))
    note(price(SCRIPT, reason=SCRIPT))
    auditor = a_visitor("audit.view")
    page = auditor.get("/log")
    shown = words(page)
    assert (page.status_code, len(listed(page))) == (200, 2)
    assert order.order_no in shown
    assert "Product changed" in shown
    assert "Sales order placed" in shown or "Order: " in shown
    assert log_words.action("order.released") == "Hold released"
    assert "Page · 10.0.0.7" in shown
    assert SCRIPT not in page.content.decode()
    entry = auditor.get(f"/log/{listed(page)[0]}")
    assert "1.00" in words(entry)
    assert SCRIPT not in entry.content.decode()
    event = auditor.get(f"/log/{listed(page)[1]}")
    assert event.status_code == 200
    assert order.order_no in words(event)
    assert "操作日志" in words(a_visitor("audit.view", username="b", language="zh-CN").get("/log"))


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("who=mei", 2), ("who=user:mei", 2), ("who=lei", 1), ("who=nobody", 0),
        ("thing=CUP", 1), ("noun=product", 2), ("noun=sign-in", 1), ("door=api", 1),
        ("door=page&who=mei", 1), ("noun=made-up", 3), ("door=%00", 3),
    ],
)  # fmt: skip
def test_a_search_finds_by_who_what_where(query: str, count: int) -> None:
    note(price("CUP"))
    note(price("TEE"), door=origin.API)
    note(Deed("user:lei", "sign-in.refused", "user", "2", "lei"))
    assert len(listed(a_visitor("audit.view").get(f"/log?{query}"))) == count


def test_a_span_of_days_and_an_order_s_number() -> None:
    a_shop()
    a_sku()
    (order,) = some_orders(a_request(("TEE-RED-M", 1)))
    for age in (0, 3):
        note(price(), days=age)
    client = a_visitor("audit.view")
    since = (timezone.localdate() - timedelta(days=1)).isoformat()
    assert len(listed(client.get(f"/log?who=mei&since={since}"))) == 1
    assert len(listed(client.get(f"/log?who=mei&until={since}"))) == 1
    assert len(listed(client.get(f"/log?thing={order.order_no}"))) == 1


@pytest.mark.parametrize(
    "query", ["since=yesterday", "until=2026-99-99", "who=%00", "thing=" + "x" * 900]
)
def test_rubbish_is_said_at_the_field_and_stays_typed(query: str) -> None:
    response = a_visitor("audit.view").get(f"/log?{query}")
    assert response.status_code == 422
    assert 'class="form-error"' in response.content.decode()


@pytest.mark.parametrize("query", ["after=rubbish", "after=%27", "since=0001-01-01", "noun=%27"])
def test_other_rubbish_is_ignored(query: str) -> None:
    assert a_visitor("audit.view").get(f"/log?{query}").status_code == 200


def test_pages_follow_each_other_without_gap_at_a_fixed_number_of_queries() -> None:
    a_shop()
    a_sku()
    some_orders(*[a_request(("TEE-RED-M", 1)) for _ in range(30)])
    note(*[price(f"SKU-{n}") for n in range(100)])
    client = a_visitor("audit.view")
    address, seen, counts = "/log", [], []
    while address:
        with statements() as sent:
            page = client.get(address)
        seen += listed(page)
        counts.append(len([one for one in sent if "operation" in one or "FROM event" in one]))
        following = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        address = f"/log{following[1]}" if following else ""
    assert len(seen) == len(set(seen)) == 130
    assert seen == sorted(seen, reverse=True)
    assert set(counts) == {2}
    back = []
    while True:
        preceding = re.search(r'rel="prev" href="([^"]+)"', page.content.decode())
        if not preceding:
            break
        page = client.get(f"/log{preceding[1]}")
        back.append(listed(page))
    assert back == [seen[50:100], seen[:50]]


def test_a_search_without_an_index_looks_at_a_window_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(operation_log, "WINDOW", 5)
    note(Deed("user:old", "shop.opened", "shop", "1", "first"))
    note(*[price(f"SKU-{n}") for n in range(12)])
    client = a_visitor("audit.view")
    address, found, pages = "/log?noun=shop", [], 0
    while address:
        page = client.get(address)
        found += listed(page)
        pages += 1
        following = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        if following:
            assert "Looked back to" in words(page)
        address = f"/log{following[1].replace('&amp;', '&')}" if following else ""
    assert (len(found), pages) == (1, 3)
    back, pages = [], 0
    while preceding := re.search(r'rel="prev" href="([^"]+)"', page.content.decode()):
        page = client.get(f"/log{preceding[1].replace('&amp;', '&')}")
        back += listed(page)
        pages += 1
    assert (back, pages) == ([], 3)
    note(Deed("user:new", "shop.opened", "shop", "2", "second"))
    page = client.get(f"/log?noun=shop&before={found[0]}")
    assert "Newer" in words(page)


def test_differences_are_told_in_words_and_contacts_as_far_as_one_may_see_them() -> None:
    a_shop()
    a_sku()
    (order,) = some_orders(a_request(("TEE-RED-M", 1), customer=a_customer(), ship_to=an_address()))
    moved = {"name": "李雷", "phone": "13900139000", "street": "文三路 2 号"}
    changes = AmendOrder(ship_to=an_address(**moved), seller_note="gift")
    later = NOON + timedelta(minutes=1)
    (outcome,) = amend_orders([Amend(order.order_no, changes, SYSTEM)], now=later)
    assert isinstance(outcome, Done)
    auditor = a_visitor("audit.view", "customers.view", language="zh-CN")
    shown = words(auditor.get(f"/log/{listed(auditor.get('/log'))[0]}"))
    assert "收货地址 · 姓名 王小明 李雷" in shown
    assert "收货地址 · 手机号 138****8000 139****9000" in shown
    assert "收货地址 · 详细地址 文三路 1 号 文三路 2 号" in shown
    assert "内部备注 – gift" in shown
    stranger = a_visitor("audit.view", username="b")
    shown = words(stranger.get(f"/log/{listed(stranger.get('/log'))[0]}"))
    assert "文三路" not in shown
    assert "13900139000" not in shown
    placed = words(stranger.get(f"/log/{listed(stranger.get('/log'))[-1]}"))
    assert "Line 1 · Quantity – 1" in placed
    assert "line_id" not in placed


def test_the_export_holds_what_was_searched_for_and_is_written_down() -> None:
    note(price("=1+1"), price("CUP"))
    client = a_visitor("audit.view", "audit.export")
    response = client.get("/log.csv?who=mei")
    text = b"".join(response.streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row["object"] for row in rows] == ["CUP", "'=1+1"]
    assert rows[0]["changes"] == '{"price": ["1.00", "2.00"]}'
    entry = Operation.objects.get(action="log.exported")
    assert (entry.actor, entry.changes) == ("user:clerk", '{"who":[null,"mei"]}')
    assert client.get("/log.csv?since=rubbish").status_code == 422


def test_seals_are_shown_with_their_key() -> None:
    client = a_visitor("audit.view")
    assert "No day is sealed yet" in words(client.get("/log/seals"))
    unit.run_once(lambda: record([price()], now=NOON, mint=a_mint()))
    assert seal_days(1, now=NOON + timedelta(days=2)) == 1
    shown = words(client.get("/log/seals"))
    assert "2026-11-22" in shown
    assert "BEGIN PUBLIC KEY" in shown


def test_who_may_not_sees_nothing_and_his_asking_is_written_down() -> None:
    note(price())
    clerk = a_visitor("orders:read")
    entry = Operation.objects.get().pk
    for path in ("/log", f"/log/{entry}", "/log.csv", "/log/seals"):
        assert clerk.get(path).status_code == 403
        assert Client().get(path).status_code == 302
    clerk.get("/log")
    refused = Operation.objects.filter(action="access.refused", actor="user:clerk").order_by("id")
    assert [one.label for one in refused] == [
        "GET /log", f"GET /log/{entry}", "GET /log.csv", "GET /log/seals",
    ]  # fmt: skip
    assert a_visitor("audit.view", username="b").get("/log.csv").status_code == 403
    assert a_visitor("audit.view", username="b").get(f"/log/{a_mint().new()}").status_code == 404


def test_whoever_sees_some_shops_only_does_not_see_the_log() -> None:
    auditor = a_visitor("audit.view", "audit.export", "orders.view")
    User.objects.filter(username="clerk").update(reach={"shops": ["main"]})
    grant_access.forget_keys()
    assert [auditor.get(path).status_code for path in ("/log", "/log.csv")] == [403, 403]
